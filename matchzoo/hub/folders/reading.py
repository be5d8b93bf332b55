"""Reading an artefact: nothing of it is believed before it has been checked, and nothing is executed or unpickled."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import torch
from safetensors import SafetensorError, safe_open

from matchzoo.core.class_names import check_names
from matchzoo.core.errors import MatchZooError
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.hub.folders import shard, third_party_formats
from matchzoo.hub.folders.folder import REMEDY, Folder
from matchzoo.hub.folders.validation import check, check_shapes, sha256
from matchzoo.hub.folders.writing import CARD, FORMAT, GRID, METRICS, NAMES, RECIPE, SCHEMA, TENSORS
from matchzoo.models.classifiers import stored_head

LIMITS = {METRICS: 64 << 20, RECIPE: 1 << 20, CARD: 16 << 20, GRID: 256 << 20}
"""Bytes of files that are read whole."""
SINGLE = (TENSORS, "distilled.safetensors")
"""Files that hold a set without the rest of an artefact."""
KINDS: dict[str, tuple[type, ...]] = {
    "preprocessing": (dict, type(None)),
    "source": (dict, type(None)),
    "backbones": (list,),
    "scores": (list,),
    "licence": (str,),
    "versions": (dict,),
    "repository": (dict, type(None)),
    "named": (bool,),
}
"""What ``metrics.json`` must hold beside the tensors' table."""


def read(
    path: str | Path,
    *,
    class_names: str | Path | Sequence[str] | None = None,
    size: int | None = None,
    **chosen: Any,
) -> DistilledDataset:
    """The set of a path or repository, as `DistilledDataset.load` says; ``chosen``: fields of `foreign.Chosen`."""
    place = Path(path).expanduser()
    if not place.exists():
        from matchzoo import hub
        from matchzoo.zoo import cards

        if isinstance(path, str) and cards.named(path) is not None:
            return hub.pull(path, class_names=class_names)
        if isinstance(path, str) and hub.is_name(path) and place.suffix not in (".safetensors", ".pt", ".pth"):
            try:
                return hub.pull(path, class_names=class_names, size=size, **chosen)
            except NamedError:
                raise
            except MatchZooError as error:
                raise MatchZooError(f"{path}: there is no such folder here; on the Hub: {error}") from None
        raise MatchZooError(f"{path}: there is no such run, distilled set or folder of images")
    names = third_party_formats.names_of(class_names)
    ours = artefact_of(place)
    if ours is not None:
        return with_names(read_artefact(ours), names, str(path))
    single = next((place / name for name in SINGLE if (place / name).is_file()), None) if place.is_dir() else place
    if single is not None and single.suffix == ".safetensors":
        return with_names(read_tensors(single), names, str(path))
    return third_party_formats.read(place, names, size, third_party_formats.Chosen(**chosen))


class NamedError(MatchZooError):
    """Class names are given for a set that says them."""


def with_names(distilled: DistilledDataset, names: tuple[str, ...], source: str) -> DistilledDataset:
    """A set that matchzoo saved, with the class names that are given, if they are, for its bare numbers.

    Raises:
        NamedError: it says its class names.
        MatchZooError: they are not as many as it has classes.
    """
    if not names:
        return distilled
    own = distilled.class_names
    if distilled.named:
        shown = ", ".join(own[:3]) + (", …" if len(own) > 3 else "")
        raise NamedError(f"{source}: says its class names ({shown}); leave out class_names (--class-names)")
    if len(names) != len(own):
        raise MatchZooError(f"{source}: {len(own)} classes, but {len(names)} class names are given")
    return attrs.evolve(distilled, class_names=names, named=True)


def artefact_of(path: Path) -> Path | None:
    """The folder of the artefact that a path stands for: itself, or ``distilled`` of a run; None if there is none."""
    for folder in (path, path / "distilled"):
        metrics = folder / METRICS
        if not metrics.is_file() and not metrics.is_symlink():
            continue
        if (folder / "metrics.jsonl").exists():  # of a run
            continue
        return folder
    return None


def read_artefact(folder: Path) -> DistilledDataset:
    """Read and check an artefact; a `MatchZooError` says which file of it is wrong, how, and the remedy."""
    try:
        return _artefact(folder)
    except MatchZooError as error:
        raise MatchZooError(f"{folder}: refused as a distilled set: {error}") from None
    except OSError as error:
        raise MatchZooError(f"{folder}: cannot be read ({error.strerror})") from None


def _artefact(path: Path) -> DistilledDataset:
    folder = Folder(path, "distilled set", FORMAT, SCHEMA, METRICS, LIMITS)
    folder.refuse_code()
    about = folder.table(KINDS, ("backbones", "scores"))
    for name in NAMES:
        folder.file(name)
    folder.check_hashes(about.get("files"), (shard.NAME, RECIPE, GRID))
    recipe, _ = folder.toml(RECIPE)
    folder.check_card(CARD)
    names = about.get("class_names")
    check_names(names)
    assert isinstance(names, list)
    images, labels = _tensors(folder.file(TENSORS), tuple(names), about)
    shard.compare(folder.file(shard.NAME), images, labels, names)
    fields = {name: about[name] for name in KINDS}
    fields["head"] = _head(folder, about, about["files"], len(names))
    for name in ("backbones", "scores"):
        fields[name] = tuple(fields[name])
    return DistilledDataset(images, labels, tuple(names), recipe=recipe, **fields)


def _head(folder: Folder, about: dict[str, Any], hashes: dict[str, Any], classes: int) -> stored_head.Head | None:
    """The head that is with the set, if ``metrics.json`` speaks of one; its hash has been compared."""
    if about.get("head") is None:
        if stored_head.NAME in hashes or (folder.path / stored_head.NAME).exists():
            raise MatchZooError(f"{stored_head.NAME}: {METRICS} says nothing of it; remove it")
        return None
    if stored_head.NAME not in hashes:
        raise MatchZooError(f"{METRICS}: has no hash of {stored_head.NAME}; {REMEDY}")
    return stored_head.Head.read(folder.file(stored_head.NAME), about["head"], classes)


def read_tensors(path: Path) -> DistilledDataset:
    """The set of a ``.safetensors`` with its class names in the metadata, checked."""
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata() or {}
        names = json.loads(about.get("class_names", "null"))
        check_names(names)
        images, labels = _tensors(path, tuple(names), None)
    except MatchZooError as error:
        raise MatchZooError(f"{path}: not a distilled data set ({error})") from None
    except (OSError, ValueError, RecursionError, SafetensorError) as error:
        raise MatchZooError(f"{path}: not a distilled data set ({error})") from None
    known = {"size": list(images.shape[2:]), "range": [0, 1], "normalisation": "none"}
    return DistilledDataset(images, labels, tuple(names), preprocessing=known, named=about.get("named") != "false")


def _tensors(path: Path, names: tuple[str, ...], about: dict[str, Any] | None) -> tuple[torch.Tensor, torch.Tensor]:
    """Images and labels: shapes, types and sizes are compared before anything is read, then content and hashes."""
    try:
        with safe_open(path, "pt") as file:
            said = json.loads((file.metadata() or {}).get("class_names", "null"))
            if said != list(names):
                raise MatchZooError(f"{path.name}: its class names are not those of {METRICS}; {REMEDY}")
            if sorted(file.keys()) != ["images", "labels"]:
                raise MatchZooError(f"{path.name}: expected the tensors images and labels, got {sorted(file.keys())}")
            declared = {}
            for name in ("images", "labels"):
                part = file.get_slice(name)
                kind = {"F32": "float32", "I64": "int64"}.get(part.get_dtype(), part.get_dtype())
                declared[name] = (list(part.get_shape()), kind)
            check_shapes(declared["images"], declared["labels"], len(names))
            for name, (shape, kind) in declared.items():
                own = about.get(name) if about is not None else {"shape": shape, "dtype": kind}
                if not isinstance(own, dict) or (own.get("shape"), own.get("dtype")) != (shape, kind):
                    raise MatchZooError(f"{path.name}: {name} is {kind} {shape}, {METRICS} says {own!r:.120}; {REMEDY}")
                if math.prod(shape) * 4 > path.stat().st_size:
                    raise MatchZooError(f"{path.name}: {name} declares more than the file holds; {REMEDY}")
            images, labels = file.get_tensor("images"), file.get_tensor("labels")
    except (ValueError, RecursionError, SafetensorError) as error:
        raise MatchZooError(f"{path.name}: cannot be read as safetensors ({str(error)[:200]}); {REMEDY}") from None
    check(images, labels, names)
    for name, tensor in (("images", images), ("labels", labels)) if about is not None else ():
        found, expected = sha256(tensor), about[name].get("sha256") if about is not None else None
        if found != expected:
            raise MatchZooError(
                f"{path.name}: the sha256 of {name} is {found}, {METRICS} says {expected!s:.80}; {REMEDY}"
            )
    return images, labels
