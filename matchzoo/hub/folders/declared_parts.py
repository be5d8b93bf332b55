"""The parts that can be published, declared and not built: from tables and to them."""

from collections.abc import Mapping
from typing import Any, Literal

import attrs

from matchzoo.core.declaration.declare import FAMILIES, declare
from matchzoo.core.declaration.structuring import structure, to_table
from matchzoo.core.declaration.validators import at_least
from matchzoo.generators import Generator
from matchzoo.models.classifiers.image_classifier import Probe
from matchzoo.projectors import Backbone, Projector

Part = Generator | Projector | Probe
Family = Literal["generator", "projector", "probe"]
CLASSES: dict[str, type] = {"generator": Generator, "projector": Projector, "probe": Probe}
"""The families of parts that can be published."""


@declare
class ProbeTable:
    """What a table declares of a probe; `Probe` itself knows no projectors by kind."""

    projector: Projector
    """The space whose features are classified."""
    size: int | None = attrs.field(default=None, validator=at_least(1))
    """Pixels a side of what is projected."""


def declared(table: Any, family: str) -> Part:
    """The part that a table declares, not built.

    Args:
        table: as TOML gives it.
        family: ``generator``, ``projector`` or ``probe``.

    Raises:
        DeclarationError: all problems of the table, each with its path.
    """
    if family == "probe":
        probe = structure(table, ProbeTable)
        return Probe(projector=probe.projector, size=probe.size)
    part: Part = structure(table, CLASSES[family])
    return part


def table_of(part: Part) -> dict[str, Any]:
    """The table that declares a part, its ``kind`` always a key."""
    table = to_table(part)
    return dict(table) if isinstance(table, Mapping) else {"kind": table}


def unbuilt(part: Part) -> Part:
    """A fresh part of the same declaration."""
    return declared(table_of(part), family_of(part))


def family_of(part: Part) -> Family:
    """``generator``, ``projector`` or ``probe``."""
    family: Any = next(name for name, cls in CLASSES.items() if isinstance(part, cls))
    return family


def kind_of(part: Part) -> str:
    """The kind of a part in its family; of a probe, that of its projector."""
    of_kind: Any = part.projector if isinstance(part, Probe) else part
    family = "generator" if isinstance(of_kind, Generator) else "projector"
    return FAMILIES[CLASSES[family]].kind_of(type(of_kind))


def backbones_of(part: Part) -> dict[str, Backbone]:
    """The frozen backbones within a part, by the prefix of their tensors; their weights come from their cards."""
    return {prefix: module for prefix, module in part.named_modules() if isinstance(module, Backbone)}
