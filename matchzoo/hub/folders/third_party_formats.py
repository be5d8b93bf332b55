"""Sets that others published: what they do not say stays unknown."""

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import torch
from PIL import Image

from matchzoo.core.class_names import check_names
from matchzoo.core.errors import MatchZooError
from matchzoo.data.hub_dataset import all_text, distinct, info_of, numbers
from matchzoo.data.reading.decoding import Decoding, formats
from matchzoo.data.reading.encoded import Encoded
from matchzoo.data.reading.layout import WORDS, by_convention
from matchzoo.data.reading.listing import class_folders, list_classes, list_files
from matchzoo.data.reading.repository import Repository
from matchzoo.data.reading.shards import Rows, Shards, check_images, named, read_column
from matchzoo.data.reading.store import budget
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.hub.folders.folder import refuse_links_out
from matchzoo.hub.folders.validation import check
from matchzoo.hub.folders.writing import CLASSES

LARGEST = 16 << 20
"""Bytes of a file of class names."""
SAID = "give them with class_names (--class-names FILE)"


@attrs.frozen
class Chosen:
    """What of a data set is read, as `DistilledDataset.load` says."""

    config: str | None = None
    image_column: str = "image"
    label_column: str = "label"


def read(path: Path, names: tuple[str, ...], size: int | None, chosen: Chosen) -> DistilledDataset:
    """The set of a folder of images or parquet files, or of a ``.parquet``, ``.pt`` or ``.pth``."""
    if path.is_dir():
        try:
            refuse_links_out(path, path.rglob("*"))
        except MatchZooError as error:
            raise MatchZooError(f"{path}: {error}") from None
        inner = sorted(p.relative_to(path).as_posix() for p in path.rglob("*.parquet"))
        if inner:
            _, files = _layout(str(path), inner, {}, chosen)
            return read_parquet(str(path), path, files, {}, names, size, chosen)
        return read_folders(path, names, size)
    if path.suffix == ".parquet":
        return read_parquet(str(path), path.parent, (path.name,), {}, names, size, chosen)
    if path.suffix in (".pt", ".pth"):
        return read_torch(path, names)
    raise MatchZooError(
        f"{path}: not a distilled data set (expected a folder, or a file in .safetensors, .parquet, .pt or .pth)"
    )


def read_repository(found: Repository, names: tuple[str, ...], size: int | None, chosen: Chosen) -> DistilledDataset:
    """The set of a repository of the Hub: its parquet files or folders of images, by the Hub's conventions."""
    readme = found.readme()
    source = f"{found.name}@{found.commit}"
    config, files = _layout(source, found.names, readme, chosen)
    folder = found.fetch(files)
    if files[0].endswith(".parquet"):
        return read_parquet(source, folder, files, info_of(readme, config), names, size, chosen)
    return read_hub_folders(source, folder, files, names, size)


def read_folders(folder: Path, names: tuple[str, ...], size: int | None) -> DistilledDataset:
    """Images in a folder a class; ``classes.json`` that `DistilledDataset.export` wrote names them, in order."""
    root = folder / "train" if (folder / "train").is_dir() else folder
    try:
        places = class_folders(root)
        said = _exported(root / CLASSES, places)
        listing = list_classes(root, said or places)
    except MatchZooError as error:
        raise MatchZooError(
            f"{folder}: no run, no distilled set (metrics.json, images.safetensors or distilled.safetensors), no "
            f"parquet files; as images: {error}"
        ) from None
    found = tuple(said.values()) if said else places
    if names and len(names) != len(found):
        raise MatchZooError(f"{folder}: {len(found)} folders, but {len(names)} class names are given")
    paths = [root / file.path for file in listing.files]
    return _decoded(str(folder), listing, [lambda p=p: p for p in paths], names or found, size, named_by=names or said)


def read_hub_folders(
    source: str, folder: Path, files: Sequence[str], names: tuple[str, ...], size: int | None
) -> DistilledDataset:
    """Images of a repository, of the class that their folder is called."""
    values = [Path(name).parent.name for name in files]
    found = distinct(values)
    listing = list_files(folder, files, numbers(values, found, f"{source}: folders"))
    if names and len(names) != len(found):
        raise MatchZooError(f"{source}: {len(found)} folders, but {len(names)} class names are given")
    paths = [folder / name for name in files]
    return _decoded(source, listing, [lambda p=p: p for p in paths], names or found, size, named_by=names)


def read_parquet(
    source: str,
    folder: Path,
    files: Sequence[str],
    info: Mapping[str, Any],
    names: tuple[str, ...],
    size: int | None,
    chosen: Chosen,
) -> DistilledDataset:
    """Images and labels of parquet files."""
    image, label = chosen.image_column, chosen.label_column
    check_images(source, folder, files, image, _option)
    column = read_column(source, folder, files, label, "label_column", _option)
    declared = column.names or named(info.get("features"), label)
    if names and declared and len(names) != len(declared):
        raise MatchZooError(f"{source}: declares {len(declared)} classes, but {len(names)} class names are given")
    text = all_text(column.values, f"{source}: '{label}'")
    known = (distinct(column.values) if text else declared) or names or distinct(column.values, _option("label_column"))
    labels = numbers(column.values, known, f"{source}: '{label}'", remedy="")
    rows = Rows([folder / name for name in files], image)

    def content(row: int) -> Any:
        import io

        found, _, inner = rows.get(row)
        if found is None:
            raise MatchZooError(f"{source}: row {inner}: there is no image")
        return io.BytesIO(found)

    opened = [lambda row=row: content(row) for row in range(len(labels))]
    shards = Shards(source, folder, tuple(files), image, labels)
    return _decoded(source, shards, opened, names or known, size, named_by=names or declared or text)


def read_torch(path: Path, names: tuple[str, ...]) -> DistilledDataset:
    """(images, labels) of a file of torch, read with ``weights_only=True``: of tensors, lists and tables only."""
    again = "ask for tensors, or save them yourself: torch.save((images, labels), PATH)"
    _refuse_unpacked(path)
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever the unpickler meets; it makes nothing but tensors and plain values
        reason = (str(error).splitlines() or [""])[0][:200]
        raise MatchZooError(
            f"{path}: holds more than tensors, or is damaged; it was not unpickled ({reason}); {again}"
        ) from None
    if isinstance(found, dict) and "data" in found and "images" not in found:
        found = found["data"]
    if isinstance(found, dict):
        found = (found.get("images"), found.get("labels"))
    if isinstance(found, list | tuple) and len(found) == 1:
        found = found[0]
    if not (isinstance(found, list | tuple) and len(found) == 2 and all(isinstance(x, torch.Tensor) for x in found)):
        raise MatchZooError(f"{path}: expected two tensors, (images, labels) or a table with these keys; {again}")
    images, labels = found
    for tensor in (images, labels):
        if tensor.numel() * tensor.element_size() > path.stat().st_size:
            raise MatchZooError(f"{path}: a tensor of shape {list(tensor.shape)} declares more than the file holds")
    if images.dtype == torch.uint8:
        images = images.float() / 255
    images = images.float() if images.is_floating_point() else images
    labels = labels.float() if labels.is_floating_point() else labels.long()
    if labels.ndim not in (1, 2) or labels.numel() == 0:
        raise MatchZooError(f"{path}: labels: expected [m] or [m, c], got shape {list(labels.shape)}")
    classes = labels.shape[1] if labels.ndim == 2 else int(labels.max()) + 1
    if not names and not 1 <= classes <= max(len(labels), labels.numel()) * 1000:
        raise MatchZooError(f"{path}: labels up to {classes - 1}; {SAID}")
    known = names or tuple(map(str, range(classes)))
    try:
        check(images.contiguous(), labels, known)
    except MatchZooError as error:
        raise MatchZooError(f"{path}: {error}") from None
    return DistilledDataset(images.contiguous(), labels.contiguous(), known, named=bool(names))


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
        text = path.read_text(encoding="utf-8")
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
    split = next((word for word in (*WORDS["train"], *splits) if splits.get(word)), None)
    if split is None:
        raise MatchZooError(f"{source}: README.md: names no files of the configuration '{config}'")
    return config, splits[split]


def _option(field: str) -> str:
    """What messages call an option, in Python and in commands."""
    return "the data set" if field == "repo" else f"{field} (--{field.replace('_', '-')} of matchzoo pull)"


def _decoded(
    source: str,
    images: Encoded,
    opened: Sequence[Any],
    names: tuple[str, ...],
    size: int | None,
    *,
    named_by: Any,
) -> DistilledDataset:
    """Images of files at their own size, or resized to ``size`` pixels a side."""
    side = size or _side(source, opened)
    need = len(opened) * 3 * side * side * 4
    if need > budget():
        raise MatchZooError(
            f"{source}: {len(opened)} images of {side} pixels need {need / 2**20:.0f} MiB, at most "
            f"{budget() / 2**20:.0f} are used; give a smaller size (--size N), or set MATCHZOO_MEMORY (in MiB)"
        )
    samples = images.split(Decoding(side)).all()
    assert samples.labels is not None
    values = samples.values.to(torch.float32)
    are_names = bool(named_by) or not all(name.isdigit() for name in names)
    return DistilledDataset(values, samples.labels, names, named=are_names)


def _side(source: str, opened: Sequence[Any]) -> int:
    """Pixels a side of images that are all of the same square size; else raises."""
    sizes = set()
    for row, file in enumerate(opened):
        try:
            with Image.open(file(), formats=formats()) as image:
                sizes.add(image.size)
        except MatchZooError:
            raise
        except Exception as error:  # decoders of damaged files raise whatever their parsing runs into
            raise MatchZooError(f"{source}: image {row} cannot be read ({error})") from None
        if len(sizes) > 1 or image.width != image.height:
            raise MatchZooError(f"{source}: images of several sizes, or that are not square; give size (--size N)")
    return int(np.array(list(sizes)).max())


def _exported(path: Path, places: tuple[str, ...]) -> dict[str, str]:
    """Names by folder, as `DistilledDataset.export` wrote them; empty where that is not there, or of other folders."""
    try:
        if path.stat().st_size > LARGEST:
            return {}
        found = json.loads(path.read_text(encoding="utf-8"))
        check_names(list(found.values()))
    except (OSError, ValueError, AttributeError, RecursionError, MatchZooError):
        return {}
    return found if sorted(found) == sorted(places) else {}


def _refuse_unpacked(path: Path) -> None:
    """Raise if an archive would unpack to more than it is: torch stores its tensors as they are."""
    try:
        with zipfile.ZipFile(path) as archive:
            total = sum(entry.file_size for entry in archive.infolist())
    except (OSError, zipfile.BadZipFile):
        return
    if total > path.stat().st_size:
        raise MatchZooError(f"{path}: would unpack to {total} bytes, more than the file has; ask for plain tensors")
