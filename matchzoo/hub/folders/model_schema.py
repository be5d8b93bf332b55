"""What a trained model is to its readers, writers and cards: the files of its folder, and its fields."""

from collections.abc import Mapping
from typing import Any, Protocol

import attrs
import torch

from matchzoo.core.spec import Spec
from matchzoo.hub.folders.declared_parts import Family, Part

FORMAT = "matchzoo-model"
SCHEMA = 1
"""Of the folder; a reader refuses one that is newer than itself."""
TENSORS, PART, CONFIG, RECIPE, CARD = "model.safetensors", "part.toml", "config.json", "recipe.toml", "README.md"
SAMPLE = "sample.png"
"""Only of generators."""
HASHED = (TENSORS, PART, RECIPE)
"""Files whose hash ``config.json`` must hold."""
FILES = (*HASHED, CONFIG, CARD, SAMPLE)
"""The files of a model, the sample among them."""
Table = Mapping[str, Any]


@attrs.frozen(eq=False, kw_only=True)
class ModelFields:
    """What a reader gives: the fields of a `Model`, which says what each of them means.

    Attributes:
        tensors: of any shape, by name.
    """

    declared: Part
    tensors: dict[str, torch.Tensor]
    spec: Spec
    steps: int = 0
    seed: int = 0
    source: Table | None = None
    backbones: tuple[Table, ...] = ()
    recipe: str = ""
    scores: tuple[Table, ...] = ()
    license: str = ""
    versions: Table = attrs.field(factory=dict)
    repository: Table | None = None


class TrainedModel(Protocol):
    """What writers and cards need of a model, as `Model` has it."""

    @property
    def declared(self) -> Part:
        """The part as it is declared, not built."""

    @property
    def tensors(self) -> dict[str, torch.Tensor]:
        """Its parameters and buffers by name."""

    @property
    def spec(self) -> Spec:
        """What it is built by."""

    @property
    def steps(self) -> int:
        """How long it was trained."""

    @property
    def seed(self) -> int:
        """Of the run."""

    @property
    def source(self) -> Table | None:
        """The data that it was made of."""

    @property
    def backbones(self) -> tuple[Table, ...]:
        """What it was made with."""

    @property
    def recipe(self) -> str:
        """The resolved recipe, as TOML text."""

    @property
    def scores(self) -> tuple[Table, ...]:
        """Records of the evaluations."""

    @property
    def license(self) -> str:
        """Of the model itself (SPDX)."""

    @property
    def versions(self) -> Table:
        """Of the packages that made it."""

    @property
    def repository(self) -> Table | None:
        """Where it was pulled from."""

    @property
    def family(self) -> Family:
        """What it is: ``generator``, ``projector``, ``probe``."""

    @property
    def kind(self) -> str:
        """Of the part in its family."""

    @property
    def bytes(self) -> int:
        """Of the tensors."""

    @property
    def part(self) -> Any:
        """The part, built and trained."""
