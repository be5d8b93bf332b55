"""Sets that others published: what they do not say stays unknown."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import torch
from PIL import Image

from matchzoo.core.class_names import check_names
from matchzoo.core.declaration.choices import checked, checked_fields
from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing.progress import note
from matchzoo.data.images.hub_dataset import all_text, distinct, info_of, numbers
from matchzoo.data.reading.decoding import Decoding, Fit, formats
from matchzoo.data.reading.encoded import Encoded
from matchzoo.data.reading.folders import class_folders, parts_of
from matchzoo.data.reading.layout import by_convention
from matchzoo.data.reading.listing import list_classes, list_files
from matchzoo.data.reading.repository import Repository
from matchzoo.data.reading.shards import Rows, Shards, check_images, named, read_column
from matchzoo.data.reading.splits import WORDS, split_of
from matchzoo.data.reading.store import budget
from matchzoo.hub.folders.folder import refuse_links_out
from matchzoo.hub.folders.set_schema import CLASSES, SetFields
from matchzoo.hub.third_party.tensor_form import AS_STORED, TensorForm
from matchzoo.hub.third_party.torch_files import read_torch

TORCH_FILES = (".pt", ".pth")
LARGEST = 16 << 20
"""Bytes of a file of class names."""


@attrs.frozen(field_transformer=checked_fields)
class Chosen:
    """What of a set of others is read, and how, as `DistilledDataset.load` says."""

    config: str | None = None
    image_column: str = "image"
    label_column: str = "label"
    fit: Fit | None = None
    form: TensorForm = AS_STORED


def read(path: Path, names: tuple[str, ...], size: int | None, chosen: Chosen) -> SetFields:
    """The set of a folder of images or parquet files, or of a ``.parquet``, ``.pt`` or ``.pth``."""
    if path.is_dir():
        try:
            refuse_links_out(path, path.rglob("*"))
        except MatchZooError as error:
            raise MatchZooError(f"{path}: {error}") from None

        parquet_files = _parquet_files(path)
        if parquet_files:
            _, training_files = _layout(str(path), parquet_files, {}, chosen)
            return read_parquet(str(path), path, training_files, {}, names, size, chosen)
        return read_folders(path, names, size, chosen.fit)

    if path.suffix == ".parquet":
        return read_parquet(str(path), path.parent, (path.name,), {}, names, size, chosen)
    if path.suffix in TORCH_FILES:
        return read_torch(path, names, chosen.form)
    raise MatchZooError(
        f"{path}: not a distilled data set (expected a folder, or a file in .safetensors, .parquet, .pt or .pth)"
    )


def are_folders(path: Path) -> bool:
    """Whether a set of others is a folder of images for each class, so that names of classes are names of folders."""
    return path.is_dir() and not _parquet_files(path)


def read_repository(repository: Repository, names: tuple[str, ...], size: int | None, chosen: Chosen) -> SetFields:
    """The set of a repository of the Hub: its parquet files or folders of images, by the Hub's conventions."""
    readme = repository.readme()
    source = f"{repository.name}@{repository.commit}"
    config, files = _layout(source, repository.names, readme, chosen)
    folder = repository.fetch(files)
    if files[0].endswith(".parquet"):
        return read_parquet(source, folder, files, info_of(readme, config), names, size, chosen)
    return read_hub_folders(source, folder, files, names, size, chosen.fit)


@checked
def read_folders(folder: Path, names: tuple[str, ...], size: int | None, fit: Fit | None) -> SetFields:
    """Images in a folder a class; ``classes.json`` that `DistilledDataset.export` wrote names them, in order."""
    try:
        root = folder if (folder / CLASSES).is_file() else parts_of(folder, wanted="train").train
        folders = class_folders(root)
        exported_names = _exported(root / CLASSES, folders)
        listing = list_classes(root, exported_names or folders)
    except MatchZooError as error:
        torch_file = next((file.name for file in sorted(folder.iterdir()) if file.suffix in TORCH_FILES), "")
        hint = f"; give the file of torch in it: {folder / torch_file}" if torch_file else ""
        raise MatchZooError(
            f"{folder}: no run, no distilled set (metrics.json, images.safetensors or distilled.safetensors), no "
            f"parquet files; as images: {error}{hint}"
        ) from None

    classes = tuple(exported_names.values()) if exported_names else folders
    listing.labels[:] = _numbered(f"{folder}: folders", listing.labels, classes, names)
    openers = [lambda path=root / file.path: path for file in listing.files]
    how = (size, fit)
    return _decoded(str(folder), listing, openers, names or classes, how, named_by=names or exported_names)


@checked
def read_hub_folders(
    source: str, folder: Path, files: Sequence[str], names: tuple[str, ...], size: int | None, fit: Fit | None
) -> SetFields:
    """Images of a repository, of the class that their folder is called."""
    folders = [Path(name).parent.name for name in files]
    classes = distinct(folders)
    labels = _numbered(f"{source}: folders", numbers(folders, classes, f"{source}: folders"), classes, names)
    listing = list_files(folder, files, labels)
    openers = [lambda path=folder / name: path for name in files]
    return _decoded(source, listing, openers, names or classes, (size, fit), named_by=names)


def read_parquet(
    source: str,
    folder: Path,
    files: Sequence[str],
    info: Mapping[str, Any],
    names: tuple[str, ...],
    size: int | None,
    chosen: Chosen,
) -> SetFields:
    """Images and labels of parquet files."""
    image, label = chosen.image_column, chosen.label_column
    check_images(source, folder, files, image, _option)
    column = read_column(source, folder, files, label, "label_column", _option)
    declared = column.names or named(info.get("features"), label)
    if all_text(column.values, f"{source}: '{label}'"):
        classes = distinct(column.values)
    else:
        classes = declared or names or distinct(column.values, _option("label_column"))
    labels = numbers(column.values, classes, f"{source}: '{label}'", remedy="")
    labels = _numbered(f"{source}: '{label}'", labels, classes, names)
    rows = Rows([folder / name for name in files], image)

    def content(row: int) -> io.BytesIO:
        encoded, _, row_of_file = rows.get(row)
        if encoded is None:
            raise MatchZooError(f"{source}: row {row_of_file}: there is no image")
        return io.BytesIO(encoded)

    openers = [lambda row=row: content(row) for row in range(len(labels))]
    shards = Shards(source, folder, tuple(files), image, labels)
    return _decoded(source, shards, openers, names or classes, (size, chosen.fit), named_by=names or declared)


def names_of(given: str | Path | Sequence[str] | None) -> tuple[str, ...]:
    """Class names as they are given, or of a file of them; empty if there are none."""
    if given is None:
        return ()
    if not isinstance(given, str | Path):
        check_names(tuple(given))
        return tuple(given)
    path = Path(given).expanduser()
    try:
        if path.stat().st_size > LARGEST:
            raise MatchZooError(f"class names: {path}: over {LARGEST} bytes; expected a name a line")
        text = path.read_text(encoding="utf-8-sig")
        names = (
            json.loads(text) if path.suffix == ".json" else [line.strip() for line in text.splitlines() if line.strip()]
        )
    except (OSError, ValueError, RecursionError) as error:
        raise MatchZooError(
            f"class names: {path}: cannot be read ({error}); expected a name a line, or a JSON list"
        ) from None
    check_names(names)
    return tuple(names)


def _parquet_files(folder: Path) -> list[str]:
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.parquet"))


def _layout(source: str, names: Sequence[str], readme: Mapping[str, Any], chosen: Chosen) -> tuple[str, Sequence[str]]:
    """The configuration, and the files of its training split; of its first where none is called so."""
    config, splits = by_convention(names, readme, chosen.config, _option)
    given = sorted((name for name in splits if splits[name]), key=lambda name: split_of(name) != "train")
    if not given:
        raise MatchZooError(f"{source}: README.md: names no files of the configuration '{config}'")
    split = next((word for word in (*WORDS["train"], *given) if word in given), given[0])
    if len(given) > 1:
        note(f"{source}: the set is '{split}'; not read: {', '.join(name for name in given if name != split)}")
    return config, splits[split]


def _option(field: str) -> str:
    """What messages call an option, in Python and in commands."""
    return "the data set" if field == "repo" else f"{field} (--{field.replace('_', '-')} of matchzoo pull)"


def _numbered(where: str, labels: Sequence[int], classes: tuple[str, ...], names: tuple[str, ...]) -> list[int]:
    """Labels, indices into the classes of some folders or texts, as indices into the class names that are given.

    Classes of the same names are matched by name, numbers below the number of names are the labels themselves, and all
    others are named in order.
    """
    known = {name: i for i, name in enumerate(names)}
    if not names or classes == names:
        return list(labels)
    if all(name in known for name in classes):
        order = [known[name] for name in classes]
    elif all(map(str.isdecimal, classes)) and max(map(int, classes)) < len(names):
        order = [int(name) for name in classes]
    elif len(classes) == len(names):
        return list(labels)
    else:
        shown = ", ".join(classes[:3]) + (", …" if len(classes) > 3 else "")
        raise MatchZooError(f"{where}: {len(classes)} classes ({shown}), but {len(names)} class names are given")
    if len(set(order)) < len(order):
        raise MatchZooError(f"{where}: two of them are the same number ({', '.join(classes[:3])}, …); rename one")
    return [order[label] for label in labels]


class ShapeError(MatchZooError):
    """Images are of several sizes, or not square, and nobody said what becomes of them."""


def _decoded(
    source: str,
    images: Encoded,
    openers: Sequence[Callable[[], Any]],
    names: tuple[str, ...],
    how: tuple[int | None, Fit | None],
    *,
    named_by: Any,
) -> SetFields:
    """Images of files at their own size, or at a size and fit that are given."""
    side = _side(source, openers, *how)
    need = len(openers) * 3 * side * side * 4
    if need > budget():
        raise MatchZooError(
            f"{source}: {len(openers)} images of {side} pixels need {need / 2**20:.0f} MiB, at most "
            f"{budget() / 2**20:.0f} are used; give a smaller size (--size N), or set MATCHZOO_MEMORY (in MiB)"
        )

    decoding, rows = Decoding(side, fit=how[1] or "crop"), torch.arange(len(openers))
    split = images.split(decoding)
    images.tell(split, decoding, rows, lambda found: f"stretch them from {found} to 8 bits before they are read")
    samples = split.all()
    assert samples.labels is not None
    values = samples.values.to(torch.float32)
    are_names = bool(named_by) or not all(map(str.isdecimal, names))
    return SetFields(values, samples.labels, names, named=are_names)


def _side(source: str, openers: Sequence[Callable[[], Any]], size: int | None, fit: Fit | None) -> int:
    """Pixels a side that images are read at: as given, else their own; raises where that is not enough to say."""
    if size is not None and fit is not None:
        return size
    sizes: set[tuple[int, int]] = set()
    for row, opener in enumerate(openers):
        try:
            with Image.open(opener(), formats=formats()) as image:
                sizes.add(image.size)
        except MatchZooError:
            raise
        except Exception as error:  # decoders of damaged files raise whatever their parsing runs into
            raise MatchZooError(f"{source}: image {row} cannot be read ({error})") from None

    shown = " and ".join(f"{width}x{height}" for width, height in sorted(sizes)[:2])
    odd = next((f"{width}x{height}" for width, height in sorted(sizes) if width != height), "")
    at = "" if size is not None else ", and at which size (--size N)"
    if odd and fit is None:
        raise ShapeError(
            f"{source}: images that are not square, such as {odd}: say how they become so with fit (--fit crop: their "
            f"center, --fit pad: the whole on white){at}"
        )
    if size is None and (odd or len(sizes) > 1):
        raise ShapeError(f"{source}: images of several sizes, such as {shown}; give size (--size N)")
    return size if size is not None else sizes.pop()[0]


def _exported(path: Path, folders: tuple[str, ...]) -> dict[str, str]:
    """Names by folder, as `DistilledDataset.export` wrote them; empty where that is not there, or of other folders."""
    try:
        if path.stat().st_size > LARGEST:
            return {}
        names = json.loads(path.read_text(encoding="utf-8-sig"))
        check_names(list(names.values()))
    except (OSError, ValueError, AttributeError, RecursionError, MatchZooError):
        return {}
    return names if sorted(names) == sorted(folders) else {}
