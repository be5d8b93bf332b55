"""A repository of the Hugging Face Hub at a revision: its commit, its files in the cache, and a new commit on it."""

import contextlib
import glob
import hashlib
import json
import re
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, TypeVar

import attrs

from matchzoo.core.declaration.choices import checked, checked_fields
from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage import files
from matchzoo.core.storage.cache import VARIABLE, cache_folder
from matchzoo.core.storage.hub_errors import explained, is_offline
from matchzoo.core.storage.paths import is_below

Kind = Literal["dataset", "model"]
T = TypeVar("T")
NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*(@[^@\s]+)?")
"""``user/name`` or ``user/name@revision``."""
COMMIT = re.compile(r"[0-9a-f]{40}")
HASH = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
"""A commit in SHA-1, or in SHA-256."""
OWN = (".gitattributes",)
"""Files that the Hub puts into a new repository."""
NOUNS: dict[Kind, str] = {"dataset": "data set", "model": "model"}
"""What messages call a repository of a kind."""


@attrs.frozen(field_transformer=checked_fields)
class HubRepository:
    """Where something is pulled from or pushed to.

    Attributes:
        kind: of repository.
        name: ``user/name``.
        revision: branch, tag or commit.
    """

    kind: Kind
    name: str
    revision: str

    @classmethod
    @checked
    def of(cls, kind: Kind, repo: str, revision: str | None = None) -> "HubRepository":
        """The place of ``user/name`` or ``user/name@revision``; ``main`` if nothing says a revision."""
        if not is_name(repo):
            raise MatchZooError(f"expected user/name or user/name@revision, got {repo!r}")
        name, _, stated = repo.partition("@")
        if stated and revision and stated != revision:
            raise MatchZooError(f"{repo}: says its revision already, but revision is {revision!r}")
        if not is_below(stated or revision or "main"):
            raise MatchZooError(f"revision: expected a branch, tag or commit, got {stated or revision!r}")
        return cls(kind, name, stated or revision or "main")

    @classmethod
    @checked
    def to_push(cls, kind: Kind, repo: str, what: str) -> "HubRepository":
        """The place of ``user/name``, on ``main``; ``what`` is what messages call the thing."""
        place = cls.of(kind, repo)
        if "@" in repo:
            raise MatchZooError(
                f"{repo}: a {what} is pushed to main; give user/name without a revision ('{place.revision}')"
            )
        return place

    @property
    def noun(self) -> str:
        """What messages call it."""
        return NOUNS[self.kind]

    def explained(self, doing: str = "pull") -> contextlib.AbstractContextManager[None]:
        """`matchzoo.core.storage.hub_errors.explained` for this place."""
        return explained(self.name, self.revision, self.noun, doing=doing)

    def exists(self) -> bool:
        """Whether there is such a repository, as far as this account sees; offline, whether it was pulled here."""
        if is_offline():
            with contextlib.suppress(MatchZooError):
                return bool(self.resolve())
            return False
        with self.explained():
            from huggingface_hub import HfApi, errors

            try:
                HfApi().repo_info(self.name, repo_type=self.kind)
            except errors.GatedRepoError:
                return True
            except errors.RepositoryNotFoundError:
                return False
        return True

    def resolve(self) -> str:
        """The commit that the revision is now; offline, that which it was when it was last pulled."""
        if COMMIT.fullmatch(self.revision):
            return self.revision
        prefix = "" if self.kind == "dataset" else "models/"
        key = hashlib.sha256(f"{prefix}{self.name}@{self.revision}".encode()).hexdigest()[:32]
        note = cache_folder() / "hub" / f"pulled-{key}.json"
        if not is_offline():
            with self.explained():
                from huggingface_hub import HfApi

                commit = commit_of(HfApi().repo_info(self.name, revision=self.revision, repo_type=self.kind))
            try:
                note.parent.mkdir(parents=True, exist_ok=True)
                files.write_json(note, {"repo": self.name, "revision": self.revision, "commit": commit})
            except OSError as error:
                raise MatchZooError(
                    f"{note.parent}: cannot be written ({error.strerror}); set {VARIABLE} to another folder"
                ) from None
            return commit
        with contextlib.suppress(OSError, ValueError, KeyError):
            return str(json.loads(note.read_text(encoding="utf-8"))["commit"])
        from huggingface_hub import errors, snapshot_download

        try:  # fetched by other means, such as hf download
            return Path(
                snapshot_download(self.name, revision=self.revision, local_files_only=True, repo_type=self.kind)
            ).name
        except errors.LocalEntryNotFoundError:
            raise MatchZooError(
                f"{self.name}@{self.revision}: is not in the Hub's cache here, and HF_HUB_OFFLINE is set; where the "
                f"Hub can be reached: matchzoo pull {self.name}@{self.revision}"
            ) from None

    def fetch(self, commit: str, wanted: Sequence[str], read: Callable[[Path], T]) -> T:
        """What ``read`` makes of the folder of a commit, with the files that are wanted in it.

        If it refuses them they are fetched once more: the cache may hold what a bad connection left.
        """
        folder = self._snapshot(commit, wanted)
        try:
            return read(folder)
        except MatchZooError:
            if is_offline():
                raise
        folder = self._snapshot(commit, wanted, again=True)
        try:
            return read(folder)
        except MatchZooError as error:
            raise MatchZooError(
                f"{self.name}@{self.revision}: fetched twice; {error}; or pull another revision"
            ) from None

    def _snapshot(self, commit: str, wanted: Sequence[str], *, again: bool = False) -> Path:
        patterns = [glob.escape(file) for file in wanted]
        with self.explained():
            from huggingface_hub import snapshot_download

            return Path(
                snapshot_download(
                    self.name, revision=commit, allow_patterns=patterns, repo_type=self.kind, force_download=again
                )
            )

    def publish(
        self,
        folder: Path,
        names: Collection[str],
        *,
        private: bool | None,
        message: str,
        replaces: Callable[[Mapping[str, Path]], bool] | None,
        telling: Sequence[str],
        ours: Sequence[str],
        what: str,
    ) -> tuple[str, list[str]]:
        """Commit files of a folder, on top of what was looked at; the repository is made where there is none.

        Args:
            folder: that holds the files.
            names: of the files.
            private: visibility of a repository that is made; the account's default if None. True refuses a public one
                that is there.
            message: of the commit.
            replaces: whether the files may take the place of those that are there, of which it is given those that
                tell; None if they may in any case.
            telling: names of files that a repository must have to be asked about.
            ours: names, or patterns whose ``*`` stays within a folder, of all files that such a repository may have:
                those that are there and not pushed now are deleted in the same commit, and no others.
            what: messages call what is pushed.

        Returns:
            The commit, and the names of the files that it deleted.
        """
        with self.explained("push"):
            from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

            api = HfApi()
            api.create_repo(self.name, repo_type=self.kind, private=private, exist_ok=True)
            info: Any = api.repo_info(self.name, revision="main", repo_type=self.kind)
            there = {one.rfilename for one in info.siblings or []}
            if private and not info.private:
                raise MatchZooError(
                    f"{self.name}: is public, and stays so; nothing was uploaded: make it private in its settings on "
                    "the Hub, push to another repository, or leave out private (--private)"
                )
            self._check(info.sha, there, replaces, telling, what)
            gone = sorted(file for file in there - set(names) if any(_matches(file, pattern) for pattern in ours))
            added = [CommitOperationAdd(file, folder / file) for file in names]
            deleted = [CommitOperationDelete(file, is_folder=False) for file in gone]
            commit = api.create_commit(
                self.name, [*added, *deleted], commit_message=message, repo_type=self.kind, parent_commit=info.sha
            )
        return str(commit.oid), gone

    def _check(
        self,
        commit: str | None,
        there: set[str],
        replaces: Callable[[Mapping[str, Path]], bool] | None,
        telling: Sequence[str],
        what: str,
    ) -> None:
        """Raise if the commit that a push replaces, with these files, holds something else and is to stay."""
        from huggingface_hub import hf_hub_download

        names = there - set(OWN)
        if not names or replaces is None:
            return
        if names.issuperset(telling):
            asked = {file: hf_hub_download(self.name, file, revision=commit, repo_type=self.kind) for file in telling}
            if replaces({file: Path(path) for file, path in asked.items()}):
                return
            held = f"a {what} of another recipe"
        else:
            held = f"files that are no {what} ({', '.join(sorted(names)[:3])})"
        raise MatchZooError(
            f"{self.name}: holds {held}; push to another repository, or replace it with force (--force): earlier "
            "commits stay"
        )


def _matches(name: str, pattern: str) -> bool:
    """Whether a file's name is one or of a pattern, whose ``*`` stays within a folder."""
    return name.count("/") == pattern.count("/") and fnmatchcase(name, pattern)


def commit_of(info: Any) -> str:
    """The commit that the Hub says a revision is; a `MatchZooError` if that is none, for it names a folder here."""
    commit = str(info.sha)
    if not HASH.fullmatch(commit):
        raise MatchZooError(
            f"{info.id}: the Hub says that its commit is {commit!a:.80}, which is none; is HF_ENDPOINT right?"
        )
    return commit


def is_name(text: str) -> bool:
    """Whether a text is of the form of ``user/name`` or ``user/name@revision``."""
    return NAME.fullmatch(text) is not None and ".." not in text


@contextlib.contextmanager
def filled(fill: Callable[[Path], object]) -> Iterator[Path]:
    """A temporary folder with what is to go up."""
    try:
        place = tempfile.TemporaryDirectory(prefix="matchzoo-push-")
        try:
            fill(Path(place.name))
        except BaseException:
            place.cleanup()
            raise
    except OSError as error:
        raise MatchZooError(
            f"what is to go up cannot be written to {tempfile.gettempdir()} ({error.strerror}); set TMPDIR to a folder "
            "with room, and push again"
        ) from None
    with place:
        yield Path(place.name)
