"""Sets that others published: what they do not say stays unknown."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import torch
from PIL import Image

from matchzoo.core.class_names import check_names
from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing.progress import note
from matchzoo.data.hub_dataset import all_text, distinct, info_of, numbers
from matchzoo.data.reading.decoding import Decoding, formats
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
from matchzoo.hub.folders.validation import check

LARGEST = 16 << 20
"""Bytes of a file of class names."""
SAID = "give them with class_names (--class-names FILE)"


@attrs.frozen
class Chosen:
    """What of a data set is read, as `DistilledDataset.load` says."""

    config: str | None = None
    image_column: str = "image"
    label_column: str = "label"


def read(path: Path, names: tuple[str, ...], size: int | None, chosen: Chosen) -> SetFields:
    """The set of a folder of images or parquet files, or of a ``.parquet``, ``.pt`` or ``.pth``."""
    if path.is_dir():
        try:
            refuse_links_out(path, path.rglob("*"))
        except MatchZooError as error:
            raise MatchZooError(f"{path}: {error}") from None

        parquet_files = sorted(file.relative_to(path).as_posix() for file in path.rglob("*.parquet"))
        if parquet_files:
            _, training_files = _layout(str(path), parquet_files, {}, chosen)
            return read_parquet(str(path), path, training_files, {}, names, size, chosen)
        return read_folders(path, names, size)

    if path.suffix == ".parquet":
        return read_parquet(str(path), path.parent, (path.name,), {}, names, size, chosen)
    if path.suffix in (".pt", ".pth"):
        return read_torch(path, names)
    raise MatchZooError(
        f"{path}: not a distilled data set (expected a folder, or a file in .safetensors, .parquet, .pt or .pth)"
    )


def read_repository(repository: Repository, names: tuple[str, ...], size: int | None, chosen: Chosen) -> SetFields:
    """The set of a repository of the Hub: its parquet files or folders of images, by the Hub's conventions."""
    readme = repository.readme()
    source = f"{repository.name}@{repository.commit}"
    config, files = _layout(source, repository.names, readme, chosen)
    folder = repository.fetch(files)
    if files[0].endswith(".parquet"):
        return read_parquet(source, folder, files, info_of(readme, config), names, size, chosen)
    return read_hub_folders(source, folder, files, names, size)


def read_folders(folder: Path, names: tuple[str, ...], size: int | None) -> SetFields:
    """Images in a folder a class; ``classes.json`` that `DistilledDataset.export` wrote names them, in order."""
    try:
        root = folder if (folder / CLASSES).is_file() else parts_of(folder, wanted="train").train
        folders = class_folders(root)
        exported_names = _exported(root / CLASSES, folders)
        listing = list_classes(root, exported_names or folders)
    except MatchZooError as error:
        raise MatchZooError(
            f"{folder}: no run, no distilled set (metrics.json, images.safetensors or distilled.safetensors), no "
            f"parquet files; as images: {error}"
        ) from None
    classes = tuple(exported_names.values()) if exported_names else folders
    if names and len(names) != len(classes):
        raise MatchZooError(f"{folder}: {len(classes)} folders, but {len(names)} class names are given")

    openers = [lambda path=root / file.path: path for file in listing.files]
    return _decoded(str(folder), listing, openers, names or classes, size, named_by=names or exported_names)


def read_hub_folders(
    source: str, folder: Path, files: Sequence[str], names: tuple[str, ...], size: int | None
) -> SetFields:
    """Images of a repository, of the class that their folder is called."""
    folders = [Path(name).parent.name for name in files]
    classes = distinct(folders)
    listing = list_files(folder, files, numbers(folders, classes, f"{source}: folders"))
    if names and len(names) != len(classes):
        raise MatchZooError(f"{source}: {len(classes)} folders, but {len(names)} class names are given")

    openers = [lambda path=folder / name: path for name in files]
    return _decoded(source, listing, openers, names or classes, size, named_by=names)


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
    if names and declared and len(names) != len(declared):
        raise MatchZooError(f"{source}: declares {len(declared)} classes, but {len(names)} class names are given")

    text = all_text(column.values, f"{source}: '{label}'")
    classes = (
        (distinct(column.values) if text else declared) or names or distinct(column.values, _option("label_column"))
    )
    labels = numbers(column.values, classes, f"{source}: '{label}'", remedy="")
    rows = Rows([folder / name for name in files], image)

    def content(row: int) -> io.BytesIO:
        encoded, _, row_of_file = rows.get(row)
        if encoded is None:
            raise MatchZooError(f"{source}: row {row_of_file}: there is no image")
        return io.BytesIO(encoded)

    openers = [lambda row=row: content(row) for row in range(len(labels))]
    shards = Shards(source, folder, tuple(files), image, labels)
    return _decoded(source, shards, openers, names or classes, size, named_by=names or declared or text)


def read_torch(path: Path, names: tuple[str, ...]) -> SetFields:
    """(images, labels) of a file of torch, read with ``weights_only=True``: of tensors, lists and tables only."""
    images, labels = _stored_tensors(path)
    for tensor in (images, labels):
        if tensor.numel() * tensor.element_size() > path.stat().st_size:
            raise MatchZooError(f"{path}: a tensor of shape {list(tensor.shape)} declares more than the file holds")

    if images.dtype == torch.uint8:
        images = images.float() / 255
    images = images.float() if images.is_floating_point() else images
    labels = labels.float() if labels.is_floating_point() else labels.long()
    if labels.ndim not in (1, 2) or labels.numel() == 0:
        raise MatchZooError(f"{path}: labels: expected [m] or [m, c], got shape {list(labels.shape)}")

    count = labels.shape[1] if labels.ndim == 2 else int(labels.max()) + 1
    if not names and not 1 <= count <= max(len(labels), labels.numel()) * 1000:
        raise MatchZooError(f"{path}: labels up to {count - 1}; {SAID}")
    classes = names or tuple(map(str, range(count)))
    try:
        check(images.contiguous(), labels, classes)
    except MatchZooError as error:
        raise MatchZooError(f"{path}: {error}") from None
    return SetFields(images.contiguous(), labels.contiguous(), classes, named=bool(names))


def _stored_tensors(path: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """The two tensors of a file of torch, however they lie in it."""
    remedy = "ask for tensors, or save them yourself: torch.save((images, labels), PATH)"
    _refuse_unpacked(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever the unpickler meets; it makes nothing but tensors and plain values
        reason = (str(error).splitlines() or [""])[0][:200]
        raise MatchZooError(
            f"{path}: holds more than tensors, or is damaged; it was not unpickled ({reason}); {remedy}"
        ) from None

    if isinstance(content, dict) and "data" in content and "images" not in content:
        content = content["data"]
    if isinstance(content, dict):
        content = (content.get("images"), content.get("labels"))
    if isinstance(content, list | tuple) and len(content) == 1:
        content = content[0]

    pair = isinstance(content, list | tuple) and len(content) == 2
    if not pair or not all(isinstance(tensor, torch.Tensor) for tensor in content):
        raise MatchZooError(f"{path}: expected two tensors, (images, labels) or a table with these keys; {remedy}")
    return content[0], content[1]


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


def _decoded(
    source: str,
    images: Encoded,
    openers: Sequence[Callable[[], Any]],
    names: tuple[str, ...],
    size: int | None,
    *,
    named_by: Any,
) -> SetFields:
    """Images of files at their own size, or resized to ``size`` pixels a side."""
    side = size or _side(source, openers)
    need = len(openers) * 3 * side * side * 4
    if need > budget():
        raise MatchZooError(
            f"{source}: {len(openers)} images of {side} pixels need {need / 2**20:.0f} MiB, at most "
            f"{budget() / 2**20:.0f} are used; give a smaller size (--size N), or set MATCHZOO_MEMORY (in MiB)"
        )

    samples = images.split(Decoding(side)).all()
    assert samples.labels is not None
    values = samples.values.to(torch.float32)
    are_names = bool(named_by) or not all(name.isdigit() for name in names)
    return SetFields(values, samples.labels, names, named=are_names)


def _side(source: str, openers: Sequence[Callable[[], Any]]) -> int:
    """Pixels a side of images that are all of the same square size; else raises."""
    sizes = set()
    for row, opener in enumerate(openers):
        try:
            with Image.open(opener(), formats=formats()) as image:
                sizes.add(image.size)
        except MatchZooError:
            raise
        except Exception as error:  # decoders of damaged files raise whatever their parsing runs into
            raise MatchZooError(f"{source}: image {row} cannot be read ({error})") from None
        if len(sizes) > 1 or image.width != image.height:
            raise MatchZooError(f"{source}: images of several sizes, or that are not square; give size (--size N)")
    return int(np.array(list(sizes)).max())


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


def _refuse_unpacked(path: Path) -> None:
    """Raise if an archive would unpack to more than it is: torch stores its tensors as they are."""
    try:
        with zipfile.ZipFile(path) as archive:
            total = sum(entry.file_size for entry in archive.infolist())
    except (OSError, zipfile.BadZipFile):
        return
    if total > path.stat().st_size:
        raise MatchZooError(f"{path}: would unpack to {total} bytes, more than the file has; ask for plain tensors")
