"""Reading a model: nothing of it is believed before it has been checked, and nothing is executed or unpickled."""

import math
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from matchzoo import zoo
from matchzoo.core.class_names import check_names
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.spec import Facts
from matchzoo.core.step import Step
from matchzoo.core.structuring import structure, to_table
from matchzoo.hub.folders import layout_check
from matchzoo.hub.folders.folder import REMEDY, Folder
from matchzoo.hub.folders.model_writing import CARD, CONFIG, FORMAT, HASHED, PART, RECIPE, SAMPLE, SCHEMA, TENSORS
from matchzoo.hub.folders.validation import sha256
from matchzoo.hub.model import CLASSES, Model, Part
from matchzoo.models.classifiers.image_classifier import Probe
from matchzoo.projectors import Backbone

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
    "licence": (str,),
    "versions": (dict,),
    "repository": (dict, type(None)),
}
"""What ``config.json`` must hold."""
Layout = dict[str, tuple[list[int], bool]]
"""Shapes by name, and whether the values are floating-point numbers."""
PLAIN = ("steps", "seed", "source", "licence", "versions", "repository")


def read(folder: Path, card: str = "") -> Model:
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


def _read(folder: Folder, card: str) -> Model:
    folder.refuse_code()
    about = folder.table(KINDS, ("backbones", "scores"))
    for name in (*HASHED, CARD):
        folder.file(name)
    folder.check_hashes(about.get("files"), HASHED)
    recipe, _ = folder.toml(RECIPE)
    folder.check_card(CARD)
    facts = _facts(about["facts"])
    for name in ("steps", "seed"):
        if (
            isinstance(about[name], bool)
            or not -(2**63) <= about[name] < 2**63
            or (name == "steps" and about[name] < 0)
        ):
            raise MatchZooError(f"{CONFIG}: {name}: expected a whole number, got {about[name]!r:.80}")
    declared = _declared(folder.toml(PART)[1], about["family"], card)
    tensors = _tensors(folder.file(TENSORS), about, declared, facts)
    fields: dict[str, Any] = {name: about[name] for name in PLAIN}
    fields |= {name: tuple(about[name]) for name in ("backbones", "scores")}
    return Model(declared=declared, tensors=tensors, facts=facts, recipe=recipe, **fields)


def _facts(table: dict[str, Any]) -> Facts:
    """The facts that the part is built by, each within what can be."""
    try:
        facts = structure(table, Facts)
    except DeclarationError as error:
        raise MatchZooError(f"{CONFIG}: {error.under('facts')}") from None
    if not 1 <= len(facts.shape) <= 4 or min(facts.shape) < 1:
        raise MatchZooError(f"{CONFIG}: facts.shape: expected 1 to 4 numbers above 0, got {list(facts.shape)!r:.80}")
    wrong = next((n for n in ("classes", "features") if getattr(facts, n) is not None and getattr(facts, n) < 1), None)
    if wrong is not None or facts.count < 0:
        raise MatchZooError(f"{CONFIG}: facts.{wrong or 'count'}: expected a number above 0")
    if facts.class_names:
        check_names(facts.class_names)
    if len(facts.class_names) not in (0, facts.classes):
        raise MatchZooError(
            f"{CONFIG}: facts.class_names: {len(facts.class_names)} names of {facts.classes or 0} classes"
        )
    return facts


def _declared(table: dict[str, Any], family: str, card: str) -> Part:
    """The part as it is declared, of a kind that the registries know; it names no file."""
    if family not in CLASSES:
        raise MatchZooError(f"{CONFIG}: family: expected generator, projector or probe, got {family!a:.80}")
    projector = table.get("projector") if family == "probe" else None
    if card and isinstance(projector, dict):
        projector["card"] = card
    named = _cards(table)
    stranger = next((name for name in named if name != card and (name.endswith(".toml") or _unknown(name))), None)
    if stranger is not None:
        raise MatchZooError(
            f"{PART}: card: {stranger!a:.80} is no card of the zoo, and files that a model names are not read; get the "
            "card from its publisher and give its path with card (--card)"
        )
    try:
        part: Part = structure(table, CLASSES[family])
    except DeclarationError as error:
        raise MatchZooError(f"{PART}: {error}") from None
    if isinstance(part, Backbone):
        raise MatchZooError(f"{PART}: a frozen backbone is no model of its own; its weights come from its card")
    return part


def _cards(value: Any) -> list[str]:
    """All that is called ``card`` in a table, at any depth."""
    if isinstance(value, dict):
        own = [str(inner) for key, inner in value.items() if key == "card"]
        return own + [name for inner in value.values() for name in _cards(inner)]
    return [name for inner in value for name in _cards(inner)] if isinstance(value, list) else []


def _unknown(name: str) -> bool:
    full = zoo.full_name(name)
    return full is None or not full.startswith("backbones/")


def _tensors(path: Path, about: dict[str, Any], declared: Part, facts: Facts) -> dict[str, torch.Tensor]:
    """The tensors: names, shapes, types and sizes are compared before anything is read, then values and hashes."""
    said = about["tensors"]
    try:
        with safe_open(path, "pt") as file:
            found = {}
            for name in file.keys():  # noqa: SIM118  (it is no dict)
                part = file.get_slice(name)
                kind = DTYPES.get(part.get_dtype())
                if kind is None:
                    raise MatchZooError(f"{path.name}: {name!a:.80} is of type {part.get_dtype()}; expected float32")
                found[name] = (list(part.get_shape()), kind)
                own = said.get(name)
                expected = {"shape": found[name][0], "dtype": str(kind).removeprefix("torch.")}
                if not isinstance(own, dict) or {key: own.get(key) for key in expected} != expected:
                    raise MatchZooError(
                        f"{path.name}: {name!a:.80} is {expected['dtype']} {expected['shape']}, {CONFIG} says "
                        f"{own!r:.120}; {REMEDY}"
                    )
            values = sum(math.prod(shape) for shape, _ in found.values())
            if values > path.stat().st_size:
                raise MatchZooError(f"{path.name}: declares more than the file holds; {REMEDY}")
            _compare(found, _layout(declared, facts, about, values))
            tensors = {name: file.get_tensor(name) for name in found}
    except (ValueError, RecursionError, SafetensorError) as error:
        raise MatchZooError(f"{path.name}: cannot be read as safetensors ({str(error)[:200]}); {REMEDY}") from None
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise MatchZooError(f"{path.name}: {name} has values that are no finite numbers; {REMEDY}")
        own, expected = sha256(tensor), said[name].get("sha256")
        if own != expected:
            raise MatchZooError(f"{path.name}: the sha256 of {name} is {own}, {CONFIG} says {expected!s:.80}; {REMEDY}")
    return tensors


def _layout(declared: Part, facts: Facts, about: dict[str, Any], values: int) -> Layout:
    """What the part will hold; nothing is made."""
    if isinstance(declared, Probe) and (not facts.classes or len(facts.class_names) != facts.classes):
        raise MatchZooError(f"{CONFIG}: facts: a probe needs classes and their names")
    if isinstance(declared, Probe) and isinstance(declared.projector, Backbone):
        features = zoo.load(declared.projector.card, zoo.BackboneCard).features
        return {"weight": ([facts.classes or 0, features], True), "bias": ([facts.classes or 0], True)}

    def build() -> Part:
        part: Any = structure(to_table(declared), CLASSES[about["family"]])
        part.build(facts)
        if not isinstance(part, Probe):
            part.advance(Step(about["steps"], about["seed"]))
        return part

    try:
        return layout_check.layout(build, values)
    except MatchZooError as error:
        raise MatchZooError(f"{PART}: {error}; {REMEDY}") from None


def _compare(found: dict[str, tuple[list[int], torch.dtype]], expected: Layout) -> None:
    """Raise where the tensors are not those of the part."""
    strange = sorted(found.keys() - expected.keys())
    missing = sorted(expected.keys() - found.keys())
    if strange or missing:
        said = f"has no {missing[0]!a:.80}" if missing else f"holds {strange[0]!a:.80}, which the part has not"
        raise MatchZooError(f"{TENSORS}: {said}; {REMEDY}")
    for name, (shape, kind) in found.items():
        wanted, floating = expected[name]
        if (shape, kind.is_floating_point) != expected[name]:
            said = f"{'floating-point' if floating else 'whole'} numbers {wanted}"
            raise MatchZooError(f"{TENSORS}: {name} is {kind} {shape}, the part that is declared has {said}; {REMEDY}")
