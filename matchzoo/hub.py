"""Distilled sets to and from the Hugging Face Hub, each a data set repository of its own.

from matchzoo import hub

distilled = hub.pull("user/name", revision="…")
hub.push(distilled, "user/name")

Tokens, private repositories, the endpoint, the cache and offline mode are those of ``huggingface_hub`` (``hf auth
login``, ``HF_TOKEN``, ``HF_ENDPOINT``, ``HF_HUB_CACHE``, ``HF_HUB_OFFLINE``); no token is logged or stored here.
"""

import contextlib
import glob
import hashlib
import json
import re
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from matchzoo.errors import MatchZooError

if TYPE_CHECKING:
    from matchzoo.distilled import DistilledDataset

NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*(@[^@\s]+)?")
"""``user/name`` or ``user/name@revision``."""
KIND = "dataset"
COMMIT = re.compile(r"[0-9a-f]{40}")
OWN = (".gitattributes",)
"""Files that the Hub puts into a new repository."""


@attrs.frozen
class Pushed:
    """What a push did, or would do.

    Attributes:
        repo: the repository.
        commit: that it made; empty for a dry run.
        files: bytes of each file, by name.
        notes: what its publisher should know.
    """

    repo: str
    commit: str
    files: dict[str, int]
    notes: tuple[str, ...] = ()


def is_name(text: str) -> bool:
    """Whether a text is of the form of ``user/name`` or ``user/name@revision``."""
    return NAME.fullmatch(text) is not None and ".." not in text


def pull(
    repo: str,
    revision: str | None = None,
    *,
    class_names: str | Path | Sequence[str] | None = None,
    size: int | None = None,
) -> "DistilledDataset":
    """Fetch a set and check it from end to end; of an artefact the tensors are exact.

    A branch or tag is resolved to the commit that it is now, which `DistilledDataset.repository` keeps; files that are
    in the cache are not fetched again, and with ``HF_HUB_OFFLINE`` the last commit that was fetched is read.

    Args:
        repo: ``user/name`` or ``user/name@revision``: an artefact, parquet files, or folders of images.
        revision: branch, tag or commit; ``main`` if neither says one.
        class_names: as `DistilledDataset.load`.
        size: as `DistilledDataset.load`.

    Raises:
        MatchZooError: no such repository or revision, no access, no network, or what came is refused; with the remedy.
    """
    from matchzoo.artefact import reading
    from matchzoo.artefact.foreign import names_of
    from matchzoo.artefact.head import NAME as HEAD
    from matchzoo.artefact.writing import METRICS, NAMES, TENSORS
    from matchzoo.data.repository import Repository

    name, asked = _split(repo, revision)
    given = names_of(class_names)
    commit = _resolve(name, asked)
    at = {"repo": name, "revision": asked, "commit": commit}
    with _explained(name, asked):
        found = Repository.find(name, commit)
    if METRICS in found.names and TENSORS in found.names:
        folder = _snapshot(name, asked, commit, [*NAMES, HEAD])
        try:
            distilled = reading.read_artefact(folder)
        except MatchZooError:  # the cache may hold what a bad connection left: once more, from the Hub
            if _offline():
                raise
            folder = _snapshot(name, asked, commit, [*NAMES, HEAD], again=True)
            try:
                distilled = reading.read_artefact(folder)
            except MatchZooError as error:
                raise MatchZooError(f"{name}@{asked}: fetched twice; {error}; or pull another revision") from None
    else:
        distilled = _foreign(found, at, given, size)
    return attrs.evolve(distilled, repository=at)


def push(
    distilled: "DistilledDataset",
    repo: str,
    *,
    private: bool | None = None,
    licence: str = "",
    message: str = "",
    force: bool = False,
    dry_run: bool = False,
) -> Pushed:
    """Publish a set as an artefact, in one commit on ``main``; the repository is made where there is none.

    Args:
        distilled: the set.
        repo: ``user/name``.
        private: visibility of a repository that is made; the account's default if not given.
        licence: of the set (SPDX), for its card; that which it has if not given.
        message: of the commit.
        force: replace a set of another recipe, or other files of the same names.
        dry_run: say what would be uploaded, and ask the Hub nothing.

    Raises:
        MatchZooError: the set is not as it must be, the repository holds another one, no access, or no network; with
            the remedy. The commit is made whole or not at all.
    """
    from huggingface_hub import CommitOperationAdd, HfApi

    from matchzoo.artefact import writing
    from matchzoo.artefact.content import check

    name, revision = _split(repo, None)
    if "@" in repo:
        raise MatchZooError(f"{repo}: a set is pushed to main; give user/name without a revision ('{revision}')")
    check(distilled.images, distilled.labels, distilled.class_names)
    distilled = attrs.evolve(distilled, licence=licence or distilled.licence)
    with tempfile.TemporaryDirectory(prefix="matchzoo-push-") as place:
        folder = Path(place)
        writing.fill(distilled, folder, name)
        files = {file: (folder / file).stat().st_size for file in writing.names_of(distilled)}
        notes = _notes(distilled)
        if dry_run:
            return Pushed(name, "", files, notes)
        api = HfApi()
        with _explained(name, "main", "push"):
            api.create_repo(name, repo_type=KIND, private=private, exist_ok=True)
            parent = _there(api, name, distilled, force)
            operations = [CommitOperationAdd(file, folder / file) for file in files]
            made = api.create_commit(
                name,
                operations,
                commit_message=message or f"Distilled set, {len(distilled)} images",
                repo_type=KIND,
                parent_commit=parent,
            )
    return Pushed(name, str(made.oid), files, notes)


def _there(api: Any, name: str, distilled: "DistilledDataset", force: bool) -> str | None:
    """The commit that a push replaces; raises if that holds something else and is not to be replaced."""
    from huggingface_hub import hf_hub_download

    from matchzoo.artefact.writing import METRICS, RECIPE

    info = api.repo_info(name, revision="main", repo_type=KIND)
    names = {one.rfilename for one in info.siblings or []} - set(OWN)
    if not names or force:
        return info.sha
    if METRICS in names and RECIPE in names:
        theirs, about = (
            Path(hf_hub_download(name, file, revision=info.sha, repo_type=KIND)) for file in (RECIPE, METRICS)
        )
        if _same(theirs, about, distilled):
            return info.sha
        what = "a distilled set of another recipe"
    else:
        what = f"files that are no distilled set ({', '.join(sorted(names)[:3])})"
    raise MatchZooError(
        f"{name}: holds {what}; push to another repository, or replace it with force (--force): earlier commits stay"
    )


def _same(recipe: Path, metrics: Path, distilled: "DistilledDataset") -> bool:
    """Whether what is there is of the same recipe, but for the device, or has the same tensors."""
    from matchzoo.artefact.content import sha256

    def table(text: str) -> dict[str, Any]:
        found = tomllib.loads(text)
        found.get("trainer", {}).pop("device", None)
        return found

    try:
        about = json.loads(metrics.read_text(encoding="utf-8"))
        if about["images"]["sha256"] == sha256(distilled.images) and about["labels"]["sha256"] == sha256(
            distilled.labels
        ):
            return True
        return bool(distilled.recipe) and table(recipe.read_text(encoding="utf-8")) == table(distilled.recipe)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def _notes(distilled: "DistilledDataset") -> tuple[str, ...]:
    notes = [f"unknown: {name}" for name in distilled.unknown]
    if not distilled.licence:
        notes.append("no licence is chosen for the set (licence, --licence)")
    paths = re.findall(r'"((?:/|~|[A-Za-z]:\\)[^"\n]+)"', distilled.recipe)
    if paths:
        notes.append(f"recipe.toml will show paths of this machine, such as {paths[0]}")
    return tuple(notes)


def _foreign(found: Any, at: dict[str, str], names: tuple[str, ...], size: int | None) -> "DistilledDataset":
    from matchzoo.artefact import foreign
    from matchzoo.data.hub import info_of
    from matchzoo.data.layout import by_convention, choose

    readme = found.readme()
    config, splits = by_convention(found.names, readme, None)
    layout = choose(splits, "train" if "train" in splits else next(iter(splits)), None, config)
    folder = found.fetch(layout.train)
    source = f"{at['repo']}@{at['commit']}"
    if layout.parquet:
        return foreign.read_parquet(source, folder, layout.train, info_of(readme, config), names, size)
    return foreign.read_hub_folders(source, folder, layout.train, names, size)


def _split(repo: str, revision: str | None) -> tuple[str, str]:
    if not is_name(repo):
        raise MatchZooError(f"expected user/name or user/name@revision, got {repo!r}")
    name, _, said = repo.partition("@")
    if said and revision and said != revision:
        raise MatchZooError(f"{repo}: says its revision already, but revision is {revision!r}")
    return name, said or revision or "main"


def _resolve(name: str, revision: str) -> str:
    """The commit that a revision is now; offline, that which it was when it was last pulled."""
    from huggingface_hub import HfApi, errors, snapshot_download

    from matchzoo import files
    from matchzoo.cache import cache_folder

    if COMMIT.fullmatch(revision):
        return revision
    note = cache_folder() / "hub" / f"pulled-{hashlib.sha256(f'{name}@{revision}'.encode()).hexdigest()[:32]}.json"
    if not _offline():
        with _explained(name, revision):
            commit = str(HfApi().repo_info(name, revision=revision, repo_type=KIND).sha)
            note.parent.mkdir(parents=True, exist_ok=True)
            files.write_json(note, {"repo": name, "revision": revision, "commit": commit})
        return commit
    with contextlib.suppress(OSError, ValueError, KeyError):
        return str(json.loads(note.read_text(encoding="utf-8"))["commit"])
    try:  # fetched by other means, such as hf download
        return Path(snapshot_download(name, revision=revision, local_files_only=True, repo_type=KIND)).name
    except errors.LocalEntryNotFoundError:
        raise MatchZooError(
            f"{name}@{revision}: is not in the Hub's cache here, and HF_HUB_OFFLINE is set; where the Hub can be "
            f"reached: matchzoo pull {name}@{revision}"
        ) from None


def _snapshot(name: str, revision: str, commit: str, wanted: list[str], *, again: bool = False) -> Path:
    """The folder of a commit in the Hub's cache, with the files that are wanted."""
    from huggingface_hub import snapshot_download

    patterns = [glob.escape(file) for file in wanted]
    with _explained(name, revision):
        return Path(
            snapshot_download(name, revision=commit, allow_patterns=patterns, repo_type=KIND, force_download=again)
        )


def _offline() -> bool:
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)


@contextlib.contextmanager
def _explained(name: str, revision: str, doing: str = "pull") -> Iterator[None]:
    """What the Hub's client raises, in words for people, with the remedy."""
    from huggingface_hub import errors

    at = f"{name}@{revision}"
    try:
        try:
            yield
        except RuntimeError as error:  # what the client makes of a fault while a large file goes up
            if error.__cause__ is None:
                raise
            raise error.__cause__ from None
    except errors.GatedRepoError:
        raise MatchZooError(
            f"{at}: its owners ask you to accept their terms on its page first; then log in here: hf auth login"
        ) from None
    except errors.RepositoryNotFoundError as error:
        if _status(error) == 401:
            raise MatchZooError(f"{at}: {_denied(401)}; or there is no such data set") from None
        raise MatchZooError(f"there is no data set {name} on the Hub, or it is private (then: hf auth login)") from None
    except errors.RevisionNotFoundError:
        raise MatchZooError(f"the data set {name} has no revision '{revision}'") from None
    except errors.HFValidationError as error:
        raise MatchZooError(f"expected user/name, got {name!r} ({error})") from None
    except errors.HfHubHTTPError as error:
        status = _status(error)
        reason = _denied(status) or (str(error).splitlines() or [""])[0]
        again = "" if status in (401, 403) else f"; nothing was changed: {doing} again"
        raise MatchZooError(f"{at}: the {doing} failed ({status}): {reason}{again}") from None
    except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled, errors.HTTPError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None and not isinstance(error, ConnectionError):
            raise MatchZooError(f"{at}: the {doing} failed ({error}); mend that and {doing} again") from None
        reason = (str(error).splitlines() or [""])[0][:200]
        raise MatchZooError(
            f"{at}: the Hub cannot be reached, or the connection broke ({type(error).__name__}: {reason}), or "
            f"HF_HUB_OFFLINE is set; nothing was changed: {doing} again where it can be reached (with HF_HUB_OFFLINE=1 "
            "what was fetched before is read)"
        ) from None


def _status(error: Any) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)


def _denied(status: int | None) -> str:
    """What is wrong, where the Hub's answer alone says it."""
    return {
        401: "the Hub does not know who you are: hf auth login, or set HF_TOKEN",
        403: "your token has no right to do this: use one with write access (hf auth login), or a repository of yours",
        409: "somebody else is writing there",
        412: "somebody else has pushed meanwhile; look at what is there",
        429: "too many requests: wait as long as the Hub asks",
    }.get(status or 0, "" if (status or 0) < 500 else "the Hub has a fault of its own")
