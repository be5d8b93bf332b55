"""Reading an artefact: nothing of it is believed before it has been checked, and nothing is executed or unpickled."""

import json
import math
import tomllib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import torch
import yaml
from safetensors import SafetensorError, safe_open

from matchzoo.artefact import foreign, head, shard
from matchzoo.artefact.content import check, check_names, check_shapes, sha256
from matchzoo.artefact.writing import CARD, FORMAT, GRID, METRICS, NAMES, RECIPE, SCHEMA, TENSORS
from matchzoo.distilled import DistilledDataset
from matchzoo.errors import MatchZooError
from matchzoo.weights.weights import file_sha256

LIMITS = {METRICS: 64 << 20, RECIPE: 1 << 20, CARD: 16 << 20, GRID: 256 << 20}
"""Bytes of files that are read whole."""
CODE = (".py", ".pyc", ".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".bin", ".joblib", ".so", ".sh", ".dll", ".exe")
"""Endings of files that could run, or that only a pickle's reader reads."""
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
REMEDY = "fetch or make it again"


def read(
    path: str | Path, *, class_names: str | Path | Sequence[str] | None = None, size: int | None = None
) -> DistilledDataset:
    """The set of a path or repository, as `DistilledDataset.load` says."""
    place = Path(path).expanduser()
    if not place.exists():
        from matchzoo import hub

        if isinstance(path, str) and hub.is_name(path) and place.suffix not in (".safetensors", ".pt", ".pth"):
            try:
                return hub.pull(path, class_names=class_names, size=size)
            except MatchZooError as error:
                raise MatchZooError(f"{path}: there is no such folder here; on the Hub: {error}") from None
        raise MatchZooError(f"{path}: there is no such run, distilled set or folder of images")
    ours = artefact_of(place)
    if ours is not None:
        return read_artefact(ours)
    if place.is_dir():
        single = next((place / name for name in SINGLE if (place / name).is_file()), None)
        if single is not None:
            return read_tensors(single)
    elif place.suffix == ".safetensors":
        return read_tensors(place)
    return foreign.read(place, foreign.names_of(class_names), size)


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


def _artefact(folder: Path) -> DistilledDataset:
    _refuse_strangers(folder)
    about = metrics(_file(folder, METRICS))
    for name in NAMES:
        _file(folder, name)
    hashes = about.get("files")
    if not isinstance(hashes, dict):
        raise MatchZooError(f"{METRICS}: expected a table 'files', got {hashes!r:.80}")
    for name, expected in hashes.items():
        found = file_sha256(_file(folder, name))
        if found != expected:
            raise MatchZooError(f"{name}: its sha256 is {found}, {METRICS} says {expected!s:.80}; {REMEDY}")
    unsaid = [name for name in (shard.NAME, RECIPE, GRID) if name not in hashes]
    if unsaid:
        raise MatchZooError(f"{METRICS}: has no hash of {unsaid[0]}; {REMEDY}")
    recipe = _recipe(_file(folder, RECIPE))
    _card(_file(folder, CARD))
    names = about.get("class_names")
    check_names(names)
    assert isinstance(names, list)
    images, labels = _tensors(_file(folder, TENSORS), tuple(names), about)
    shard.compare(_file(folder, shard.NAME), images, labels, names)
    fields = {name: about[name] for name in KINDS}
    fields["head"] = _head(folder, about, hashes, len(names))
    for name in ("backbones", "scores"):
        fields[name] = tuple(fields[name])
    return DistilledDataset(images, labels, tuple(names), recipe=recipe, **fields)


def _head(folder: Path, about: dict[str, Any], hashes: dict[str, Any], classes: int) -> head.Head | None:
    """The head that is with the set, if ``metrics.json`` speaks of one; its hash has been compared."""
    if about.get("head") is None:
        if head.NAME in hashes or (folder / head.NAME).exists():
            raise MatchZooError(f"{head.NAME}: {METRICS} says nothing of it; remove it")
        return None
    if head.NAME not in hashes:
        raise MatchZooError(f"{METRICS}: has no hash of {head.NAME}; {REMEDY}")
    return head.Head.read(_file(folder, head.NAME), about["head"], classes)


def metrics(path: Path) -> dict[str, Any]:
    """The table of ``metrics.json``: of our format, of a schema that is known, with fields of the right types."""
    try:
        about = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise MatchZooError(f"{METRICS}: cannot be read as JSON ({str(error)[:200]}); {REMEDY}") from None
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise MatchZooError(f"{METRICS}: is not that of a distilled set (its 'format' should be '{FORMAT}')")
    schema = about.get("schema")
    if type(schema) is not int or schema < 1:
        raise MatchZooError(f"{METRICS}: schema: expected a whole number from 1, got {schema!r:.80}")
    if schema > SCHEMA:
        raise MatchZooError(
            f"it was written by a newer matchzoo (schema {schema}, this one reads up to {SCHEMA}): "
            "pip install --upgrade matchzoo-torch"
        )
    for name, kinds in KINDS.items():
        if name not in about or not isinstance(about[name], kinds):
            wanted = " or ".join("null" if kind is type(None) else kind.__name__ for kind in kinds)
            raise MatchZooError(f"{METRICS}: {name}: expected {wanted}, got {about.get(name)!r:.80}")
    for name in ("backbones", "scores"):
        if not all(isinstance(one, dict) for one in about[name]):
            raise MatchZooError(f"{METRICS}: {name}: expected a list of tables")
    return about


def read_tensors(path: Path) -> DistilledDataset:
    """The set of a ``.safetensors`` with its class names in the metadata, checked."""
    try:
        with safe_open(path, "pt") as file:
            names = json.loads((file.metadata() or {}).get("class_names", "null"))
        check_names(names)
        images, labels = _tensors(path, tuple(names), None)
    except MatchZooError as error:
        raise MatchZooError(f"{path}: not a distilled data set ({error})") from None
    except (OSError, ValueError, RecursionError, SafetensorError) as error:
        raise MatchZooError(f"{path}: not a distilled data set ({error})") from None
    known = {"size": list(images.shape[2:]), "range": [0, 1], "normalisation": "none"}
    return DistilledDataset(images, labels, tuple(names), preprocessing=known)


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


def _file(folder: Path, name: Any) -> Path:
    """A file of the folder; raises if it is missing, too large to be read whole, or outside of the folder."""
    parts = PurePosixPath(name).parts if isinstance(name, str) else ()
    if not parts or "\\" in name or "\0" in name or ":" in name or name.startswith("/") or ".." in parts:
        raise MatchZooError(f"{METRICS}: {name!a:.80} is no name of a file in the folder; nothing else is read")
    path = folder / name
    root = folder.resolve()
    if root.parent.name == "snapshots" and (root.parent.parent / "blobs").is_dir():
        root = root.parent.parent  # the Hub's cache, whose files are links to its blobs
    if not path.resolve().is_relative_to(root):
        raise MatchZooError(f"{name}: is a link that leads out of the folder; copy the file into it")
    if not path.is_file():
        raise MatchZooError(f"{name}: is missing; {REMEDY}")
    size = path.stat().st_size
    if size > LIMITS.get(name, size):
        raise MatchZooError(f"{name}: {size} bytes, at most {LIMITS[name]} are read")
    return path


def _refuse_strangers(folder: Path) -> None:
    """Raise if there is code or a pickle beside the files: nothing would run it here, but it does not belong."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in CODE:
            name = path.relative_to(folder).as_posix()
            raise MatchZooError(f"{name}: a distilled set holds neither code nor pickles, and none is run; remove it")


def _recipe(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
        tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise MatchZooError(f"{RECIPE}: cannot be read as TOML ({str(error)[:200]}); {REMEDY}") from None
    return text


def _card(path: Path) -> None:
    """Raise if the card's head is no plain YAML, or its text would run something in a browser."""
    try:
        text = path.read_text(encoding="utf-8")
        head = text.split("---\n", 2)[1] if text.startswith("---\n") and text.count("---\n") > 1 else ""
        found = yaml.safe_load(head)
    except (ValueError, IndexError, RecursionError, yaml.YAMLError) as error:
        reason = (str(error).splitlines() or [""])[0]
        raise MatchZooError(f"{CARD}: its head cannot be read as plain YAML ({reason}); {REMEDY}") from None
    if not isinstance(found, dict):
        raise MatchZooError(f"{CARD}: has no head of YAML; {REMEDY}")
    lower = text.lower()
    wrong = next((word for word in ("<script", "<iframe", "<object", "javascript:") if word in lower), None)
    if wrong is not None:
        raise MatchZooError(f"{CARD}: holds code for a browser ('{wrong}'); remove it")


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")
