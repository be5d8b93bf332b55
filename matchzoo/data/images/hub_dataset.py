"""A data set of the Hugging Face Hub."""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import torch

from matchzoo.core.class_names import sort_names
from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.showing.progress import note
from matchzoo.core.storage.paths import is_below
from matchzoo.data.data import Loaded
from matchzoo.data.reading.encoded import Decoded, Encoded
from matchzoo.data.reading.layout import FIELD, Layout, by_convention, by_patterns, choose, tables
from matchzoo.data.reading.listing import list_files
from matchzoo.data.reading.numbering import LARGEST, UNLABELED, check_numbering
from matchzoo.data.reading.repository import GoneError, Repository
from matchzoo.data.reading.shards import Shards, arrow, check_images, is_unlabeled, named, read_column

Names = tuple[str, ...]
Found = tuple[Sequence[Encoded], Names, Names]
"""Images of the training part and, if there is one, of the test part; names of the classes and of the groups."""
OTHER_SPLIT = " choose another with data.test_split"


@declare("hub")
class Hub(Decoded):
    """A data set of the Hub in one of the two layouts that are usual: parquet files, or folders of images.

    Parquet files hold a row an image, encoded, as `datasets` writes them; in folders, an image is of the class that
    its folder is called. Splits are those of the README, else of the names of files and folders. Fetched once, at the
    commit that the revision then stood for.
    """

    repo: str
    """Repository, such as ``owner/name``, or ``owner/name@revision``."""
    revision: str | None = None
    """Branch, tag or commit; ``main`` if neither this nor the repository says one."""
    config: str | None = None
    """Configuration (the Hub also calls it subset); needed where there are several. The one without a name is called
    ``default``."""
    train_split: str = "train"
    """Split that is matched."""
    test_split: str | None = None
    """Split for testing; if not given, test where it has labels, else validation, else a share of the training split.
    With the name of the training split it is a share of that."""
    image_column: str = "image"
    """Column of the images in parquet files."""
    label_column: str = "label"
    """Column of the labels in parquet files, whole numbers or text."""
    group_column: str | None = None
    """Column of an environment or subgroup, if there is one."""
    class_names: tuple[str, ...] = ()
    """Names of the labels in order, for data that do not say them; of text or folders, all that there are."""
    train_files: tuple[str, ...] = ()
    """Patterns of the training files, such as ``data/fold-[0-3]-*.parquet`` or ``photos/**``, where neither the README
    nor their names say it."""
    test_files: tuple[str, ...] = ()
    """Patterns of the test files, along with those of the training files, of which none is among them."""

    def __attrs_post_init__(self) -> None:
        problems = []
        if not re.fullmatch(r"[\w.-]+/[\w.-]+(@[^@\s]+)?", self.repo):
            problems.append(("repo", f"expected owner/name or owner/name@revision, got {self.repo!r}"))
        elif "@" in self.repo and self.revision is not None:
            problems.append(("revision", f"the repository says one already: {self.repo}"))
        if not is_below(self.revision or self.repo.partition("@")[2] or "main"):
            problems.append(("revision", "expected a branch, tag or commit, got a path that leads out of the cache"))
        if self.test_files and not self.train_files:
            problems.append(("test_files", "only along with train_files"))
        if problems:
            raise DeclarationError(problems)

    def load(self) -> Loaded:
        """Fetch what is not here, and read it; raises where the repository or its content is not as expected."""
        try:
            return self._load()
        except GoneError:  # it forgot the commit, so that the revision is looked up again
            return self._load()

    def _load(self) -> Loaded:
        name, _, revision = self.repo.partition("@")
        self.repository = repository = Repository.find(name, revision or self.revision or "main")
        if self.train_files:
            layout = by_patterns(repository.names, self.train_files, self.test_files)
            info: Mapping[str, Any] = {}
        else:
            readme = repository.readme()
            config, splits = by_convention(repository.names, readme, self.config)
            layout = self._labeled(repository, splits, config)
            info = info_of(readme, config)
        parts = [layout.train, *filter(None, [layout.test])]
        contents, classes, groups = (
            self._parquet(repository, parts, info) if layout.parquet else self._folders(repository, parts)
        )
        if len(contents) == 1:
            return self.shared(contents[0], classes, groups)
        return self.parted(contents[0], contents[1], classes, groups)

    def origin(self) -> dict[str, Any]:
        """The commit that was read, and the range that ``"auto"`` has found."""
        return {**self.repository.origin(), **super().origin()}

    def _labeled(self, repository: Repository, splits: Mapping[str, Sequence[str]], config: str) -> Layout:
        """The layout of the splits; what is not read is told. One for testing that is not named in the recipe is passed
        over if it was published without labels: none, or all -1, in its first parquet file."""
        layout = choose(splits, self.train_split, self.test_split, config)
        used = {name for name, files in splits.items() if tuple(files) in (layout.train, layout.test)}
        if self.test_split is None and layout.test is not None and layout.test[0].endswith(".parquet"):
            arrow()
            first = layout.test[:1]
            if is_unlabeled(repository.fetch(first) / first[0], self.label_column):
                folder, source = repository.fetch(layout.train[:1]), f"{repository.name}@{repository.commit}"
                read_column(
                    source, folder, layout.train[:1], self.label_column, "label_column"
                )  # else it is misspelled
                test = next(name for name, files in splits.items() if tuple(files) == layout.test)
                note(f"{self.repo}: the split '{test}' has no labels and is left out")
                return self._labeled(repository, {n: files for n, files in splits.items() if n != test}, config)
        unread = [f"'{name}'" for name, files in splits.items() if files and name not in used]
        if unread:
            note(f"{self.repo}: splits that are not read: {', '.join(unread)}")
        return layout

    def _parquet(self, repository: Repository, parts: Sequence[Names], info: Mapping[str, Any]) -> Found:
        """What is in parquet files; the first of each part is fetched and checked before the others."""
        arrow()
        self._rows(repository, [part[:1] for part in parts], info)
        found, classes, groups = self._rows(repository, parts, info)
        self._refuse_one(classes)
        if classes == tuple(map(str, range(len(classes)))):
            check_numbering(torch.tensor(found[0].labels), f"data.label_column: {self.repo}: '{self.label_column}'")
        return found, classes, groups

    def _rows(self, repository: Repository, parts: Sequence[Names], info: Mapping[str, Any]) -> Found:
        folder = repository.fetch([name for part in parts for name in part])
        source = f"{repository.name}@{repository.commit}"
        for part in parts:
            check_images(source, folder, part, self.image_column)

        def numbered(column: str, field: str, given: Names = ()) -> tuple[list[list[int]], Names]:
            read = [read_column(source, folder, part, column, field) for part in parts]
            class_names = given or read[0].names or named(info.get("features"), column)
            names = class_names or distinct([value for one in read for value in one.values], FIELD(field))
            return [numbers(one.values, names, f"{source}: '{column}'") for one in read], names

        labels, classes = numbered(self.label_column, "label_column", self.class_names)
        members: list[Any] = [None] * len(parts)
        groups: Names = ()
        if self.group_column is not None:
            members, groups = numbered(self.group_column, "group_column")
        rows = zip(parts, labels, members, strict=True)
        return (
            [Shards(source, folder, part, self.image_column, own, among) for part, own, among in rows],
            classes,
            groups,
        )

    def _folders(self, repository: Repository, parts: Sequence[Names]) -> Found:
        if self.group_column is not None:
            raise MatchZooError("data.group_column: images in folders have no columns")
        folders = [[PurePosixPath(name).parent.name for name in part] for part in parts]
        names = self.class_names or distinct([value for one in folders for value in one])
        self._refuse_one(names)
        labels = [numbers(one, names, f"{repository.name}@{repository.commit}: folders") for one in folders]
        folder = repository.fetch([name for part in parts for name in part])
        return [list_files(folder, part, own) for part, own in zip(parts, labels, strict=True)], names, ()

    def _refuse_one(self, classes: Names) -> None:
        if len(classes) < 2:
            raise MatchZooError(f"data.repo: {self.repo}: expected at least 2 classes, got {', '.join(classes)}")


def info_of(readme: Mapping[str, Any], config: str) -> Mapping[str, Any]:
    """The ``dataset_info`` of a configuration (empty for the one without a name)."""
    infos = tables(readme.get("dataset_info"))
    if len(infos) == 1:
        return infos[0]
    return next((one for one in infos if one.get("config_name", "default") == (config or "default")), {})


def all_text(values: list[Any], where: str) -> bool:
    """Whether these are texts; raises if some are, and others are numbers."""
    texts = {isinstance(value, str): value for value in values}
    if len(texts) > 1:
        raise MatchZooError(
            f"{where}: expected text in all files or numbers in all, got '{texts[True]}' and {texts[False]}; text and "
            "numbers in different parts are read where class_names are given"
        )
    return False not in texts


def distinct(values: list[Any], where: str = FIELD("label_column")) -> tuple[str, ...]:
    """Names of values that nothing names: text in the order of `sort_names`, numbers from 0 up; messages begin with
    ``where``."""
    if not all_text(values, where):
        if max(values) >= LARGEST:
            raise MatchZooError(
                f"{where}: expected text or numbers that count from 0, got {max(values)}; number them from 0"
            )
        return tuple(map(str, range(max(values) + 1)))
    return sort_names(values)


def numbers(values: list[Any], names: tuple[str, ...], where: str, remedy: str = OTHER_SPLIT) -> list[int]:
    """Values as numbers of names; raises with the first that has none."""
    if all_text(values, where):
        known = {name: i for i, name in enumerate(names)}
        wrong = next((row for row, value in enumerate(values) if value not in known), None)
        if wrong is not None:
            raise MatchZooError(
                f"{where}: expected one of {', '.join(names[:8])}, got '{values[wrong]}' in row {wrong}"
            )
        return [known[value] for value in values]
    wrong = next((row for row, value in enumerate(values) if not 0 <= value < len(names)), None)
    if wrong is not None:
        hint = f"; a split without labels?{remedy}" if values[wrong] == UNLABELED else ""
        if (min(values), max(values)) == (1, len(names)):
            hint = "; they are numbered from 1: subtract 1"
        raise MatchZooError(
            f"{where}: expected numbers from 0 to {len(names) - 1}, got {values[wrong]} in row {wrong}{hint}"
        )
    return values
