"""The commands to and from the Hub: matchzoo push, matchzoo pull."""

from pathlib import Path
from typing import Annotated

import tyro

from matchzoo.errors import MatchZooError

Flag = Annotated[bool, tyro.conf.FlagCreatePairsOff]
Repo = Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="USER/NAME")]


def push(
    source: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="SET")],
    repo: Repo,
    private: Flag = False,
    licence: str = "",
    message: str = "",
    force: Flag = False,
    dry_run: Flag = False,
    class_names: Path | None = None,
) -> None:
    """Publish a distilled set as a data set of the Hub, in one commit.

    Args:
        source: folder of a run or of a distilled set, or a set of others in a file or folder.
        repo: repository, which is made if it is not there.
        private: make a repository that only you see.
        licence: of the set (SPDX), for its card.
        message: of the commit.
        force: replace a set of another recipe.
        dry_run: say what would be uploaded, and upload nothing.
        class_names: file with the class names of a set that does not say them: a line each, or a JSON list.
    """
    from matchzoo import hub
    from matchzoo.distilled import DistilledDataset
    from matchzoo.text import size_of

    if not hub.is_name(repo):
        raise MatchZooError(f"expected user/name, got {repo!r}")
    distilled = DistilledDataset.load(source, class_names=class_names)
    done = hub.push(
        distilled,
        repo,
        private=private or None,
        licence=licence,
        message=message,
        force=force,
        dry_run=dry_run,
    )
    for name, size in done.files.items():
        print(f"{size_of(size):>8}  {name}")
    for note in done.notes:
        print(note)
    total = size_of(sum(done.files.values()))
    if dry_run:
        print(f"would push {total} to {repo} (nothing was uploaded)")
    else:
        print(f"pushed {total} to {repo}@{done.commit}; anybody reads it with: matchzoo pull {repo}")


def pull(
    repo: Repo,
    output: Path | None = None,
    revision: str | None = None,
    size: int | None = None,
    class_names: Path | None = None,
) -> None:
    """Fetch a distilled set of the Hub, check it, and keep it in a folder.

    Args:
        repo: repository, or USER/NAME@REVISION.
        output: folder to write; NAME if not given.
        revision: branch, tag or commit.
        size: pixels a side, for sets of others whose images are of several sizes.
        class_names: file with the class names of a set that does not say them: a line each, or a JSON list.
    """
    from matchzoo import hub

    distilled = hub.pull(repo, revision, class_names=class_names, size=size)
    folder = output or Path(repo.partition("@")[0].rpartition("/")[2])
    distilled.save(folder)
    at = distilled.repository or {}
    print("\n".join([f"{at.get('repo')}@{at.get('commit')}", *distilled.describe(), f"wrote {folder}"]))
