"""Reading a model: nothing of it is believed before it has been checked, and nothing is executed or unpickled."""

import math
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from matchzoo import zoo
from matchzoo.core.class_names import check_names
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.generators import Generator
from matchzoo.hub.folders import declared_parts, layout_check
from matchzoo.hub.folders.declared_parts import CLASSES, Part
from matchzoo.hub.folders.folder import REMEDY, Folder
from matchzoo.hub.folders.model_schema import (
    CARD,
    CONFIG,
    FORMAT,
    HASHED,
    PART,
    RECIPE,
    SAMPLE,
    SCHEMA,
    TENSORS,
    ModelFields,
)
from matchzoo.hub.folders.validation import sha256
from matchzoo.models.classifiers.image_classifier import Probe
from matchzoo.projectors import Backbone, Projector

LIMITS = {CONFIG: 64 << 20, PART: 1 << 20, RECIPE: 1 << 20, CARD: 16 << 20, SAMPLE: 64 << 20}
"""Bytes of files that are read whole."""
DTYPES = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64, "I32": torch.int32, "BOOL": torch.bool}
KINDS: dict[str, tuple[type, ...]] = {
    "family": (str,),
    "facts": (dict,),
    "tensors": (dict,),
    "steps": (int,),
    "seed": (int,),
    "source": (dict, type(None)),
    "backbones": (list,),
    "scores": (list,),
    "license": (str,),
    "versions": (dict,),
    "repository": (dict, type(None)),
}
"""What ``config.json`` must hold."""
Layout = dict[str, tuple[list[int], bool]]
"""Shapes by name, and whether the values are floating-point numbers."""
Stored = dict[str, tuple[list[int], torch.dtype]]
"""Shapes and types of the tensors of a file, by name."""
PLAIN = ("steps", "seed", "source", "license", "versions", "repository")


def read(folder: Path, card: str = "") -> ModelFields:
    """Read and check a model; a `MatchZooError` says which file of it is wrong, how, and the remedy.

    Args:
        folder: that `Model.save` wrote.
        card: as `Model.load`.
    """
    if not folder.is_dir():
        raise MatchZooError(f"{folder}: there is no such folder")
    try:
        return _read(Folder(folder, "model", FORMAT, SCHEMA, CONFIG, LIMITS), card)
    except MatchZooError as error:
        raise MatchZooError(f"{folder}: refused as a model: {error}") from None
    except OSError as error:
        raise MatchZooError(f"{folder}: cannot be read ({error.strerror})") from None


def _read(folder: Folder, card: str) -> ModelFields:
    folder.refuse_code()
    about = folder.table(KINDS, ("backbones", "scores"))

    for name in (*HASHED, CARD):
        folder.file(name)
    folder.check_hashes(about.get("files"), HASHED)
    recipe, _ = folder.toml(RECIPE)
    folder.check_card(CARD)

    spec = _spec(about["facts"])
    for name in ("steps", "seed"):
        if (
            isinstance(about[name], bool)
            or not -(2**63) <= about[name] < 2**63
            or (name == "steps" and about[name] < 0)
        ):
            raise MatchZooError(f"{CONFIG}: {name}: expected a whole number, got {about[name]!r:.80}")

    declared = _declared(folder.toml(PART)[1], about["family"], card)
    tensors = _tensors(folder.file(TENSORS), about, declared, spec)
    fields: dict[str, Any] = {name: about[name] for name in PLAIN}
    fields |= {name: tuple(about[name]) for name in ("backbones", "scores")}
    return ModelFields(declared=declared, tensors=tensors, spec=spec, recipe=recipe, **fields)


def _spec(table: dict[str, Any]) -> Spec:
    """The spec that the part is built by, each of its fields within what can be."""
    try:
        spec = structure(table, Spec)
    except DeclarationError as error:
        raise MatchZooError(f"{CONFIG}: {error.under('facts')}") from None

    if not 1 <= len(spec.shape) <= 4 or min(spec.shape) < 1:
        raise MatchZooError(f"{CONFIG}: facts.shape: expected 1 to 4 numbers above 0, got {list(spec.shape)!r:.80}")
    counts = {"classes": spec.classes, "features": spec.features}
    wrong = next((name for name, count in counts.items() if count is not None and count < 1), None)
    if wrong is not None or spec.count < 0:
        raise MatchZooError(f"{CONFIG}: facts.{wrong or 'count'}: expected a number above 0")

    units = spec.units
    if units is not None:
        lengths = {len(units.columns), len(units.center), len(units.scale), len(set(units.columns))}
        if {(length,) for length in lengths} != {spec.shape} or min(units.scale) <= 0:
            reason = f"a name, a center and a scale above 0 of each number of a sample {list(spec.shape)!r:.80}"
            raise MatchZooError(f"{CONFIG}: facts.units: expected {reason}")

    if spec.class_names:
        check_names(spec.class_names)
    if len(spec.class_names) not in (0, spec.classes):
        raise MatchZooError(
            f"{CONFIG}: facts.class_names: {len(spec.class_names)} names of {spec.classes or 0} classes"
        )
    return spec


def _declared(table: dict[str, Any], family: str, card: str) -> Part:
    """The part as it is declared, of a kind that the registries know; it names no file."""
    if family not in CLASSES:
        raise MatchZooError(f"{CONFIG}: family: expected generator, projector or probe, got {family!a:.80}")

    projector = table.get("projector") if family == "probe" else table
    if isinstance(projector, dict) and projector.get("kind") == "stack":
        layers = projector.get("layers")
        projector = layers[0] if isinstance(layers, list) and layers else None
    if card and isinstance(projector, dict) and projector.get("kind") == "backbone":
        projector["card"] = card
    foreign = [name for name in _cards(table) if name != card and (name.endswith(".toml") or _unknown(name))]
    if foreign:
        raise MatchZooError(
            f"{PART}: card: {foreign[0]!a:.80} is no card of the zoo, and files that a model names are not read; get "
            "the card from its publisher and give its path with card (--card)"
        )

    try:
        part = declared_parts.declared(table, family)
    except DeclarationError as error:
        raise MatchZooError(f"{PART}: {error}") from None
    if isinstance(part, Backbone):
        raise MatchZooError(f"{PART}: a frozen backbone is no model of its own; its weights come from its card")
    if isinstance(part, Generator) and part.reads_data:
        raise MatchZooError(
            f"{PART}: a generator that maps a data set names that data, and a model reads none; {REMEDY}"
        )
    if isinstance(part, Generator) and part.space is not None:
        raise MatchZooError(f"{PART}: a generator among codes needs the decoder of another model; {REMEDY}")
    if any(generator.init is not None for generator in part.modules() if isinstance(generator, Generator)):
        raise MatchZooError(f"{PART}: init: a model holds all of its values, and nothing else is read; {REMEDY}")
    for projector in (module for module in part.modules() if isinstance(module, Projector)):
        if projector.names_another or projector.init is not None or projector.on is not None:
            raise MatchZooError(
                f"{PART}: a projector of kind '{declared_parts.kind_of(projector)}' names another one or a file (kind, "
                f"on, init); a model holds all of it, and nothing else is read; {REMEDY}"
            )
    return part


def _cards(value: Any) -> list[str]:
    """All that is called ``card`` in a table, at any depth."""
    if isinstance(value, dict):
        cards = [str(inner) for key, inner in value.items() if key == "card"]
        return cards + [name for inner in value.values() for name in _cards(inner)]
    return [name for inner in value for name in _cards(inner)] if isinstance(value, list) else []


def _unknown(name: str) -> bool:
    full = zoo.full_name(name)
    return full is None or not full.startswith("backbones/")


def _tensors(path: Path, about: dict[str, Any], declared: Part, spec: Spec) -> dict[str, torch.Tensor]:
    """The tensors: names, shapes, types and sizes are compared before anything is read, then values and hashes."""
    expected = about["tensors"]
    try:
        with safe_open(path, "pt") as file:
            stored = _stored(path, file, expected)
            values = sum(math.prod(shape) for shape, _ in stored.values())
            if values > path.stat().st_size:
                raise MatchZooError(f"{path.name}: declares more than the file holds; {REMEDY}")
            _compare(stored, _layout(declared, spec, about, values))
            tensors = {name: file.get_tensor(name) for name in stored}
    except (ValueError, RecursionError, SafetensorError) as error:
        raise MatchZooError(f"{path.name}: cannot be read as safetensors ({str(error)[:200]}); {REMEDY}") from None

    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise MatchZooError(f"{path.name}: {name} has values that are no finite numbers; {REMEDY}")
        digest, wanted = sha256(tensor), expected[name].get("sha256")
        if digest != wanted:
            raise MatchZooError(
                f"{path.name}: the sha256 of {name} is {digest}, {CONFIG} says {wanted!s:.80}; {REMEDY}"
            )
    return tensors


def _stored(path: Path, file: Any, expected: dict[str, Any]) -> Stored:
    """What a file declares, of types that are read and as ``config.json`` says."""
    stored = {}
    for name in file.keys():  # noqa: SIM118  (it is not a dict)
        tensor = file.get_slice(name)
        dtype = DTYPES.get(tensor.get_dtype())
        if dtype is None:
            raise MatchZooError(f"{path.name}: {name!a:.80} is of type {tensor.get_dtype()}; expected float32")

        stored[name] = (list(tensor.get_shape()), dtype)
        declared = {"shape": stored[name][0], "dtype": str(dtype).removeprefix("torch.")}
        entry = expected.get(name)
        if not isinstance(entry, dict) or {key: entry.get(key) for key in declared} != declared:
            raise MatchZooError(
                f"{path.name}: {name!a:.80} is {declared['dtype']} {declared['shape']}, {CONFIG} says "
                f"{entry!r:.120}; {REMEDY}"
            )
    return stored


def _layout(declared: Part, spec: Spec, about: dict[str, Any], values: int) -> Layout:
    """What the part will hold; nothing is made."""
    if isinstance(declared, Probe) and (not spec.classes or len(spec.class_names) != spec.classes):
        raise MatchZooError(f"{CONFIG}: facts: a probe needs classes and their names")
    if isinstance(declared, Probe) and isinstance(declared.projector, Backbone):
        features = declared.projector.width(spec)
        return {"weight": ([spec.classes or 0, features], True), "bias": ([spec.classes or 0], True)}

    widths = layout_check.widths(declared, spec)

    def build() -> Part:
        part = declared_parts.unbuilt(declared)
        layout_check.outline(part, widths)
        part.build(spec)
        if not isinstance(part, Probe):
            part.before_step(Step(about["steps"], about["seed"]))
        return part

    try:
        return layout_check.layout(build, values)
    except MatchZooError as error:
        raise MatchZooError(f"{PART}: {error}; {REMEDY}") from None


def _compare(stored: Stored, expected: Layout) -> None:
    """Raise where the tensors are not those of the part."""
    surplus = sorted(stored.keys() - expected.keys())
    missing = sorted(expected.keys() - stored.keys())
    if surplus or missing:
        problem = f"has no {missing[0]!a:.80}" if missing else f"holds {surplus[0]!a:.80}, which the part has not"
        raise MatchZooError(f"{TENSORS}: {problem}; {REMEDY}")

    for name, (shape, dtype) in stored.items():
        wanted, floating = expected[name]
        if (shape, dtype.is_floating_point) != expected[name]:
            numbers = f"{'floating-point' if floating else 'whole'} numbers {wanted}"
            raise MatchZooError(
                f"{TENSORS}: {name} is {dtype} {shape}, the part that is declared has {numbers}; {REMEDY}"
            )
