"""A repository of data on the Hugging Face Hub: what it holds, and those of its files that are wanted, fetched once."""

import contextlib
import glob
import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import attrs

from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing.progress import is_quiet
from matchzoo.core.storage import files
from matchzoo.core.storage.cache import VARIABLE, cache_folder
from matchzoo.core.storage.hub_environment import check_environment
from matchzoo.core.storage.hub_errors import UnreachableError, explained
from matchzoo.core.storage.hub_repository import commit_of
from matchzoo.core.storage.paths import is_below

KIND = "dataset"
README = "README.md"
MANY = 1000
"""Files from which on whole folders are asked for instead."""


class GoneError(MatchZooError):
    """The commit that was noted is no longer on the Hub; the note was removed, and `Repository.find` asks again."""


@attrs.frozen
class Repository:
    """A repository at the commit that its branch or tag was when it was first asked for.

    Which commit, and which files it has, is noted in the cache (``hub/``), and the files are in the Hub's own cache
    (``HF_HUB_CACHE``): what has been fetched is read ever after without a word to the network.

    Attributes:
        name: such as ``owner/name``.
        revision: branch, tag or commit that was asked for.
        commit: that it stands for.
        names: of its files.
    """

    name: str
    revision: str
    commit: str
    names: tuple[str, ...]

    @classmethod
    def find(cls, name: str, revision: str) -> "Repository":
        """Look it up: in the cache, else on the Hub, else (without a network) among what was fetched by other means.

        Raises:
            MatchZooError: no such repository or revision, no access, or neither a cached copy nor a network.
        """
        note = _note(name, revision)
        try:
            content = json.loads(note.read_text(encoding="utf-8"))
            return cls(name, revision, content["commit"], tuple(content["names"]))
        except (OSError, ValueError, KeyError):  # not there, or not ours
            pass
        check_environment()
        from huggingface_hub import HfApi, errors
        from huggingface_hub.hf_api import RepoFile

        api = HfApi()
        try:
            with _explained(name, revision):
                commit = commit_of(api.repo_info(name, revision=revision, repo_type=KIND))
                tree = api.list_repo_tree(name, revision=commit, recursive=True, repo_type=KIND)
                names = sorted(entry.path for entry in tree if isinstance(entry, RepoFile))
        except UnreachableError:
            with contextlib.suppress(errors.LocalEntryNotFoundError, errors.HFValidationError):
                folder = _local(name, revision)
                local = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
                return cls(name, revision, folder.name, tuple(local))
            raise
        try:
            note.parent.mkdir(parents=True, exist_ok=True)
            files.write_json(note, {"repo": name, "revision": revision, "commit": commit, "names": names})
        except OSError as error:
            raise MatchZooError(
                f"{note.parent}: cannot be written ({error.strerror}); set {VARIABLE} to another folder"
            ) from None
        return cls(name, revision, commit, tuple(names))

    def fetch(self, wanted: Sequence[str]) -> Path:
        """The folder of the repository's files with (at least) those that are wanted in it; downloaded if not there.

        Raises:
            GoneError: its history was squashed, or it was created again.
            MatchZooError: as `find`.
        """
        check_environment(connects=False)
        from huggingface_hub import errors, snapshot_download

        odd = next((name for name in wanted if not is_below(name)), None)
        if odd is not None:
            raise MatchZooError(f"{self.name}@{self.revision}: {odd!a:.80} is not a name of a file in a repository")
        patterns = [glob.escape(name) for name in wanted]
        if len(patterns) > MANY:
            patterns = sorted({glob.escape(name.split("/")[0]) + ("/*" if "/" in name else "") for name in wanted})
        with contextlib.suppress(errors.LocalEntryNotFoundError):
            folder = _local(self.name, self.commit, patterns)
            if all((folder / name).is_file() for name in wanted):
                return folder
        with _explained(self.name, self.revision), _bars():
            try:
                place = snapshot_download(self.name, revision=self.commit, allow_patterns=patterns, repo_type=KIND)
            except errors.RevisionNotFoundError:
                _note(self.name, self.revision).unlink(missing_ok=True)
                if self.revision == self.commit:
                    raise
                raise GoneError(
                    f"{self.name}@{self.revision}: was commit {self.commit}, which the Hub no longer has; start again, "
                    "and it is looked up again"
                ) from None
            folder = Path(place)
        missing = [name for name in wanted if not (folder / name).is_file()]
        if missing:
            raise MatchZooError(
                f"{self.name}@{self.revision}: {len(missing)} of {len(wanted)} files have not come, such as "
                f"{missing[0]}; fetch them with: {command(self.name, self.revision)} --force-download"
            )
        return folder

    def readme(self) -> dict[str, Any]:
        """What the head of its README says, in YAML; empty where there is none, or none that can be read."""
        if README not in self.names:
            return {}
        import yaml
        from huggingface_hub.repocard import REGEX_YAML_BLOCK

        with contextlib.suppress(ValueError, yaml.YAMLError):
            text = (self.fetch([README]) / README).read_text(encoding="utf-8-sig")
            head = REGEX_YAML_BLOCK.search(text)
            content = yaml.safe_load(head[2]) if head else None
            return content if isinstance(content, dict) else {}
        return {}

    def origin(self) -> dict[str, str]:
        """What a result records."""
        return {"repo": self.name, "revision": self.revision, "commit": self.commit}


def command(name: str, revision: str) -> str:
    """The command that fetches a whole repository."""
    return f"hf download {name} --repo-type dataset --revision {revision}"


def _note(name: str, revision: str) -> Path:
    """Where it is kept which commit a revision is."""
    return cache_folder() / "hub" / f"{hashlib.sha256(f'{name}@{revision}'.encode()).hexdigest()[:32]}.json"


def _local(name: str, revision: str, patterns: list[str] | None = None) -> Path:
    """The folder in the Hub's cache; raises `LocalEntryNotFoundError` if it is not there, or known not to be whole."""
    from huggingface_hub import snapshot_download

    return Path(
        snapshot_download(name, revision=revision, local_files_only=True, allow_patterns=patterns, repo_type=KIND)
    )


def _explained(name: str, revision: str) -> AbstractContextManager[None]:
    remedy = f"where it can be, {command(name, revision)}, then copy the folder of HF_HUB_CACHE if that is elsewhere"
    return explained(name, revision, "data set", doing="download", field="data", remedy=remedy)


@contextlib.contextmanager
def _bars() -> Iterator[None]:
    """The client's own progress bars, but for a quiet run."""
    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    if not is_quiet() or are_progress_bars_disabled():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()
