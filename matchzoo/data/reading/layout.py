"""Which files of a repository of data are which split, by its README or by their names."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import attrs

from matchzoo.core.errors import MatchZooError, did_you_mean
from matchzoo.core.showing.progress import note
from matchzoo.data.reading.file_kinds import has_image_suffix, kind_of, shown_kinds
from matchzoo.data.reading.folders import JUNK
from matchzoo.data.reading.splits import WORDS, split_of, split_of_word

Option = Callable[[str], str]
FIELD: Option = "data.{}".format
"""What messages call an option: in a recipe, the field of its data."""
UNNAMED = "default"
"""What the configuration without a name is called, after the same."""
COPY = "refs/convert/parquet"
"""The branch on which the Hub keeps parquet copies of what was published in other forms."""


@attrs.frozen
class Layout:
    """Files of the training and of the test part.

    Attributes:
        train: names in the repository, sorted.
        test: the same; None where a share of the training part is to be kept for testing.
        config: configuration that they are of; empty where there is only one without a name.
    """

    train: tuple[str, ...]
    test: tuple[str, ...] | None
    config: str = ""

    @property
    def parquet(self) -> bool:
        """Whether these are parquet files; else they are images."""
        return self.train[0].endswith(".parquet")


def by_patterns(names: Sequence[str], train: Sequence[str], test: Sequence[str]) -> Layout:
    """The layout that patterns give: ``*``, ``?`` and ``[…]`` stay within a folder, ``**`` goes through folders.

    Raises:
        MatchZooError: nothing matches, parquet files and images both do, or a file is in both parts.
    """
    first, second = _matching(names, train, "data.train_files"), _matching(names, test, "data.test_files")
    _refuse_shared(
        first, second, "data.test_files", "leave them out of data.train_files, or give no test_files for a share"
    )
    return Layout(first, second or None)


def by_convention(
    names: Sequence[str], readme: Mapping[str, Any], config: str | None, option: Option = FIELD
) -> tuple[str, dict[str, list[str]]]:
    """Configuration and splits of a repository: those of its README, else by the names of its files and folders.

    A configuration of the README is its ``data_files``, else what is below its ``data_dir``. Parquet files go before
    images. The folder of a file, less the names of splits and ``data``, is its configuration.

    Raises:
        MatchZooError: no data in a form that is known, or more than one configuration and none of them chosen.
    """
    useful = _useful(names, f"{option('repo')}: it", option)
    declared = {str(one.get("config_name", UNNAMED)): one for one in tables(readme.get("configs"))}
    if any("data_files" in one or "data_dir" in one for one in declared.values()):
        standard = [name for name, one in declared.items() if one.get("default")] or ([UNNAMED] * (UNNAMED in declared))
        chosen = _config(config, declared, standard, option)
        given, folder = declared[chosen].get("data_files"), _folder_of(declared[chosen])
        inner = [name.removeprefix(folder) for name in names if name.startswith(folder)]
        parts: Mapping[str, Sequence[str]] | None = None
        if given is not None:
            parts = {name: _matching(inner, paths, f"README.md: {name}") for name, paths in _parts(given).items()}
        elif folder:
            parts = _by_split(_useful(inner, f"README.md: data_dir {folder}", option))
        if parts is not None:
            return chosen, {split: [folder + name for name in found] for split, found in parts.items()}
    by_config: dict[str, list[str]] = {}
    parquet = useful[0].endswith(".parquet")
    for name in useful:
        by_config.setdefault(_folder(name) if parquet else "", []).append(name)
    chosen = _config(config, by_config, [], option)
    return chosen, _by_split(by_config[chosen])


def choose(splits: Mapping[str, Sequence[str]], train: str, test: str | None, config: str = "") -> Layout:
    """The layout of two of the splits; with the same name for both, and without a split for testing, a share is kept.

    Where none is named for testing, it is the first of test and validation without a training file.

    Raises:
        MatchZooError: there is no such split, or the two that are named have a file in common.
    """

    def find(name: str, field: str) -> tuple[str, ...]:
        split = _named(name, splits, field)
        if not splits[split]:
            raise MatchZooError(f"{field}: the split '{name}' has no files")
        return tuple(splits[split])

    first = find(train, "data.train_split")
    if test is None:
        others = {name: files for name, files in splits.items() if files and set(first).isdisjoint(files)}
        by_kind = ([name for name in others if split_of(name) == kind] for kind in ("test", "validation"))
        candidates = next(filter(None, by_kind), [])
        test = _named(split_of(candidates[0]) or "", candidates, "data.test_split") if candidates else None
    second = None if test in (None, train) else find(str(test), "data.test_split")
    _refuse_shared(first, second or (), "data.test_split", f"name another, or '{train}' too for a share of it")
    return Layout(first, second, config)


def _named(name: str, splits: Collection[str], field: str) -> str:
    """The split that is called so, else by another word for it, else by a name that speaks of it."""
    known = [split for split in splits if split_of_word(name) and split_of(split) == split_of_word(name)]
    words = WORDS.get(split_of_word(name) or "", ())
    exact = next((word for word in (name, *words) if word in splits), None)
    if exact is None and len(known) > 1:
        raise MatchZooError(f"{field}: which is '{name}'? choose one: {', '.join(known)}")
    if exact is None and not known:
        raise MatchZooError(f"{field}: there is no split '{name}'{did_you_mean(name, splits)}")
    return exact or known[0]


def _refuse_shared(train: Sequence[str], test: Sequence[str], field: str, remedy: str) -> None:
    """Raise if a file is in both parts."""
    both = sorted(set(train).intersection(test))
    if both:
        raise MatchZooError(
            f"{field}: {len(both)} of {len(test)} files are for training too, such as {both[0]}; {remedy}"
        )


def _by_split(names: Iterable[str]) -> dict[str, list[str]]:
    splits: dict[str, list[str]] = {}
    for name in names:
        splits.setdefault(_split_of(name) or "train", []).append(name)
    return splits


def _useful(names: Iterable[str], where: str, option: Option) -> list[str]:
    """Parquet files, else images in folders; hidden ones left out."""
    seen = [n for n in names if not any(part.startswith(".") or part in JUNK for part in n.split("/"))]
    parquet = [name for name in seen if name.endswith(".parquet") and PurePosixPath(name).stem != "metadata"]
    images = [name for name in seen if "/" in name and has_image_suffix(name)]
    if any(_split_of(name) for name in images):
        images = [name for name in images if _split_of(name)]  # no pictures of the README
    if not parquet and not images:
        raise MatchZooError(
            f"{where} holds neither parquet files nor images in folders, but {', '.join(seen[:5]) or 'nothing'}; "
            f"the Hub keeps parquet copies of many data sets: {option('revision')} = '{COPY}'"
        )
    if images and not parquet:
        _look_at_folders(where, seen, images)
    return parquet or images


def _look_at_folders(where: str, seen: Iterable[str], images: Collection[str]) -> None:
    """Raise if the folders of the images are parts and no classes; tell of one that looks so, and what is skipped."""
    folders = {PurePosixPath(name).parent.name for name in images}
    parts = sorted(folder for folder in folders if split_of(folder))
    if parts and len(parts) == len(folders):
        raise MatchZooError(f"{where} holds images in the folders {', '.join(parts[:4])}, not in one for each class")
    if parts and not any(map(_split_of, images)):
        note(f"{where} has images in '{parts[0]}', which is read as a class, not as a part of the data")
    places, known = {PurePosixPath(name).parent for name in images}, set(images)
    others = [name for name in seen if name not in known and PurePosixPath(name).parent in places]
    if others:
        kinds = shown_kinds(Counter(map(kind_of, others)))
        note(f"{where} holds {len(others)} other files that cannot be read as images: {kinds}")


def _matching(names: Iterable[str], patterns: Sequence[str], what: str) -> tuple[str, ...]:
    expressions = [re.compile(_expression(pattern)) for pattern in patterns]
    hidden = re.compile(r"(^|/)\.")
    matching = sorted(n for n in names if not hidden.search(n) and any(e.fullmatch(n) for e in expressions))
    kept = [n for n in matching if has_image_suffix(n) or n.lower().endswith(".parquet")]
    if patterns and (not kept or len({n.endswith(".parquet") for n in kept}) > 1):
        got = f"among {', '.join(matching[:3])}" if matching else "none"
        got += "; a bracket that is part of a name is written [[]" if any("[" in one for one in patterns) else ""
        raise MatchZooError(f"{what}: expected parquet files or images that match {', '.join(patterns)}, got {got}")
    return tuple(kept)


def _expression(pattern: str) -> str:
    """A regular expression for a pattern of file names."""
    parts = {"**/": r"(?:.*/)?", "**": r".*", "*": r"[^/]*", "?": r"[^/]"}
    words = re.split(r"(\*\*/|\*\*|\*|\?|\[(?:![^/]|[^/!])[^]/]*\])", pattern.removeprefix("./"))
    plain, special = words[::2], [parts.get(word) or _one_of(word) for word in words[1::2]]
    return "".join(re.escape(word) + after for word, after in zip(plain, [*special, ""], strict=True))


def _one_of(word: str) -> str:
    """A regular expression for ``[…]``, one of some letters, or ``[!…]``, any other; ``a-c`` stands for a to c."""
    listed = re.findall("(.)-(.)|(.)", word[1:-1].removeprefix("!"))
    known = "".join(re.escape(one) if one else f"{re.escape(a)}-{re.escape(b)}" for a, b, one in listed if a <= b)
    if word[1] == "!":
        return f"[^/{known}]"
    return f"(?!/)[{known}]" if known else "(?!)"


def _folder(name: str) -> str:
    """The folder of a file, less the names of splits and ``data``."""
    folders = PurePosixPath(name).parent.parts
    return "/".join(part for part in folders if part != "data" and split_of(part) is None)


def _split_of(name: str) -> str | None:
    """The split that a path speaks of, folders first: that of a parquet file by any part of it; that of an image by a
    folder above that of its class, and by one that has the very name before another."""
    *folders, last = PurePosixPath(name).parts
    parts = [*folders, last] if last.endswith(".parquet") else folders[:-1]
    return next(filter(None, map(split_of_word, parts)), None) or next(filter(None, map(split_of, parts)), None)


def _config(asked: str | None, known: Mapping[str, Any], standard: Sequence[str], option: Option) -> str:
    by_name = {name or UNNAMED: name for name in sorted(known)}
    if asked is not None:
        if asked not in by_name:
            raise MatchZooError(
                f"{option('config')}: there is no configuration '{asked}'{did_you_mean(asked, by_name)}"
            )
        return by_name[asked]
    if len(known) == 1 or standard:
        return standard[0] if standard else next(iter(known))
    raise MatchZooError(f"{option('config')}: it has several configurations, choose one: {', '.join(by_name)}")


def _folder_of(config: Mapping[str, Any]) -> str:
    """``data_dir`` of a configuration, with a slash at its end; empty for the whole repository."""
    folder = PurePosixPath(str(config.get("data_dir") or "")).as_posix()
    return "" if folder == "." else f"{folder}/"


def tables(value: Any) -> list[Mapping[str, Any]]:
    """The tables of a README's value, which is one or a list of them."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, Mapping)]


def _parts(given: Any) -> dict[str, list[str]]:
    """``data_files`` of a README in any of its forms: a pattern, patterns, or patterns by split."""

    def listed(paths: Any) -> list[str]:
        return [str(path) for path in (paths if isinstance(paths, list) else [paths])]

    if isinstance(given, Mapping):
        return {str(split): listed(paths) for split, paths in given.items()}
    if isinstance(given, list) and given and all(isinstance(one, Mapping) for one in given):
        return {str(one.get("split", "train")): listed(one.get("path", [])) for one in given}
    return {"train": listed(given)}
