"""Reading an artifact: nothing of it is believed before it has been checked, and nothing is executed or unpickled."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import attrs
import torch
from safetensors import SafetensorError, safe_open

from matchzoo.core.class_names import check_names
from matchzoo.core.errors import MatchZooError
from matchzoo.hub.folders import shard
from matchzoo.hub.folders.folder import REMEDY, Folder
from matchzoo.hub.folders.scores import set_digest
from matchzoo.hub.folders.set_schema import (
    CARD,
    FORMAT,
    GRID,
    HASHED,
    METRICS,
    NAMES,
    RECIPE,
    SCHEMA,
    TENSORS,
    SetFields,
)
from matchzoo.hub.folders.validation import check, check_shapes, sha256
from matchzoo.hub.third_party import formats
from matchzoo.models.classifiers import stored_head

S = TypeVar("S", bound=SetFields)
LIMITS = {METRICS: 64 << 20, RECIPE: 1 << 20, CARD: 16 << 20, GRID: 256 << 20}
"""Bytes of files that are read whole."""
SINGLE = (TENSORS, "distilled.safetensors")
"""Files that hold a set without the rest of an artifact."""
KINDS: dict[str, tuple[type, ...]] = {
    "preprocessing": (dict, type(None)),
    "source": (dict, type(None)),
    "backbones": (list,),
    "scores": (list,),
    "license": (str,),
    "versions": (dict,),
    "repository": (dict, type(None)),
    "named": (bool,),
}
"""What ``metrics.json`` must hold beside the tensors' table."""
DTYPES = {"F32": "float32", "I64": "int64"}
"""The types of images and labels, as safetensors and torch call them."""


def read(
    path: Path,
    class_names: tuple[str, ...],
    size: int | None,
    chosen: formats.Chosen,
    source: str = "",
) -> SetFields:
    """The set of a folder or file that is there, as `DistilledDataset.load` says.

    Args:
        path: of it.
        class_names: that are given for it; empty if there are none.
        size: pixels a side that images in files are resized to.
        chosen: what of a set of others is read.
        source: what messages call it; the path if not given.
    """
    artifact = artifact_of(path)
    if artifact is not None:
        return with_names(read_artifact(artifact), class_names, source or str(path))

    tensors = path
    if path.is_dir():
        tensors = next((path / name for name in SINGLE if (path / name).is_file()), path)
    if tensors.suffix == ".safetensors" and not tensors.is_dir():
        return with_names(read_tensors(tensors), class_names, source or str(path))
    return formats.read(path, class_names, size, chosen)


class NamedError(MatchZooError):
    """Class names are given for a set that says them."""


def with_names(distilled: S, names: tuple[str, ...], source: str) -> S:
    """A set that matchzoo saved, with the class names that are given, if they are, for its bare numbers.

    Raises:
        NamedError: it says its class names.
        MatchZooError: they are not as many as it has classes.
    """
    if not names:
        return distilled

    known = distilled.class_names
    if distilled.named:
        shown = ", ".join(known[:3]) + (", …" if len(known) > 3 else "")
        raise NamedError(f"{source}: says its class names ({shown}); leave out class_names (--class-names)")
    if len(names) != len(known):
        raise MatchZooError(f"{source}: {len(known)} classes, but {len(names)} class names are given")

    attrs_class: Any = distilled
    renamed: S = attrs.evolve(attrs_class, class_names=names, named=True)
    return renamed


def artifact_of(path: Path) -> Path | None:
    """The folder of the artifact that a path stands for: itself, or ``distilled`` of a run; None if there is none."""
    for folder in (path, path / "distilled"):
        metrics = folder / METRICS
        if not metrics.is_file() and not metrics.is_symlink():
            continue
        if is_run(folder):
            continue
        return folder
    return None


def is_run(folder: Path) -> bool:
    """Whether a folder is that of a run: what it holds may be called as files of an artifact are."""
    return any((folder / name).exists() for name in ("metrics.jsonl", "environment.json"))


def read_artifact(folder: Path) -> SetFields:
    """Read and check an artifact; a `MatchZooError` says which file of it is wrong, how, and the remedy."""
    try:
        return _artifact(folder)
    except MatchZooError as error:
        raise MatchZooError(f"{folder}: refused as a distilled set: {error}") from None
    except OSError as error:
        raise MatchZooError(f"{folder}: cannot be read ({error.strerror})") from None


def _artifact(path: Path) -> SetFields:
    folder = Folder(path, "distilled set", FORMAT, SCHEMA, METRICS, LIMITS)
    folder.refuse_code()
    about = folder.table(KINDS, ("backbones", "scores"))

    for name in NAMES:
        folder.file(name)
    folder.check_hashes(about.get("files"), HASHED)
    recipe, _ = folder.toml(RECIPE)
    folder.check_card(CARD)

    class_names = about.get("class_names")
    check_names(class_names)
    assert isinstance(class_names, list)
    images, labels = _tensors(folder.file(TENSORS), tuple(class_names), about)
    shard.compare(folder.file(shard.NAME), images, labels, class_names)

    fields = {name: about[name] for name in KINDS}
    fields |= {name: tuple(about[name]) for name in ("backbones", "scores")}
    fields["scores_of"] = set_digest(about["images"]["sha256"], about["labels"]["sha256"])
    fields["head"] = _head(folder, about, about["files"], len(class_names))
    return SetFields(images, labels, tuple(class_names), recipe=recipe, **fields)


def _head(folder: Folder, about: dict[str, Any], hashes: dict[str, Any], classes: int) -> stored_head.Head | None:
    """The head that is with the set, if ``metrics.json`` speaks of one; its hash has been compared."""
    if about.get("head") is None:
        if stored_head.NAME in hashes or (folder.path / stored_head.NAME).exists():
            raise MatchZooError(f"{stored_head.NAME}: {METRICS} says nothing of it; remove it")
        return None

    if stored_head.NAME not in hashes:
        raise MatchZooError(f"{METRICS}: has no hash of {stored_head.NAME}; {REMEDY}")
    return stored_head.Head.read(folder.file(stored_head.NAME), about["head"], classes)


def read_tensors(path: Path) -> SetFields:
    """The set of a ``.safetensors`` with its class names in the metadata, checked."""
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata() or {}
        class_names = json.loads(about.get("class_names", "null"))
        check_names(class_names)
        images, labels = _tensors(path, tuple(class_names), None)
    except (OSError, ValueError, RecursionError, SafetensorError, MatchZooError) as error:
        raise MatchZooError(f"{path}: not a distilled data set ({error})") from None

    preprocessing = {"size": list(images.shape[2:]), "range": [0, 1], "normalization": "none"}
    named = about.get("named") != "false"
    return SetFields(images, labels, tuple(class_names), preprocessing=preprocessing, named=named)


def _tensors(
    path: Path, class_names: tuple[str, ...], about: Mapping[str, Any] | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Images and labels: shapes, types and sizes are compared before anything is read, then content and hashes."""
    try:
        with safe_open(path, "pt") as file:
            _check_declared(path, file, class_names, about)
            images, labels = file.get_tensor("images"), file.get_tensor("labels")
    except (ValueError, RecursionError, SafetensorError) as error:
        raise MatchZooError(f"{path.name}: cannot be read as safetensors ({str(error)[:200]}); {REMEDY}") from None

    check(images, labels, class_names)
    if about is not None:
        for name, tensor in (("images", images), ("labels", labels)):
            digest, expected = sha256(tensor), about[name].get("sha256")
            if digest != expected:
                raise MatchZooError(
                    f"{path.name}: the sha256 of {name} is {digest}, {METRICS} says {expected!s:.80}; {REMEDY}"
                )
    return images, labels


def _check_declared(path: Path, file: Any, class_names: tuple[str, ...], about: Mapping[str, Any] | None) -> None:
    """Raise where what a file declares is no set, is not what ``metrics.json`` says, or is more than it can hold."""
    declared_names = json.loads((file.metadata() or {}).get("class_names", "null"))
    if declared_names != list(class_names):
        raise MatchZooError(f"{path.name}: its class names are not those of {METRICS}; {REMEDY}")
    if sorted(file.keys()) != ["images", "labels"]:
        raise MatchZooError(f"{path.name}: expected the tensors images and labels, got {sorted(file.keys())}")

    declared = {}
    for name in ("images", "labels"):
        tensor = file.get_slice(name)
        declared[name] = (list(tensor.get_shape()), DTYPES.get(tensor.get_dtype(), tensor.get_dtype()))
    check_shapes(declared["images"], declared["labels"], len(class_names))

    for name, (shape, dtype) in declared.items():
        expected = about.get(name) if about is not None else {"shape": shape, "dtype": dtype}
        if not isinstance(expected, dict) or (expected.get("shape"), expected.get("dtype")) != (shape, dtype):
            raise MatchZooError(f"{path.name}: {name} is {dtype} {shape}, {METRICS} says {expected!r:.120}; {REMEDY}")
        if math.prod(shape) * 4 > path.stat().st_size:
            raise MatchZooError(f"{path.name}: {name} declares more than the file holds; {REMEDY}")
