"""What a distilled set is to its readers, writers and cards: the files of its folder, and its fields."""

from collections.abc import Mapping
from typing import Any, Protocol

import attrs
import torch

from matchzoo.hub.folders import shard
from matchzoo.models.classifiers.stored_head import Head

FORMAT = "matchzoo-distilled"
SCHEMA = 1
"""Of the folder; a reader refuses one that is newer than itself."""
TENSORS, METRICS, RECIPE, CARD, GRID = "images.safetensors", "metrics.json", "recipe.toml", "README.md", "grid.png"
HASHED = (shard.NAME, RECIPE, GRID)
"""Files whose hash ``metrics.json`` holds."""
NAMES = (TENSORS, *HASHED, METRICS, CARD)
"""The files of an artifact; `stored_head.NAME` may be with them."""
CLASSES = "classes.json"
"""In an exported folder: the name of each class by its folder."""
Table = Mapping[str, Any]


@attrs.frozen(eq=False)
class SetFields:
    """What a reader gives: the fields of a `DistilledDataset`, which says what each of them means.

    Attributes:
        images: [m, 3, h, w] (or [m, 1, h, w]) float32 in [0, 1].
        labels: [m] int64, or [m, classes] float32.
    """

    images: torch.Tensor
    labels: torch.Tensor
    class_names: tuple[str, ...]
    named: bool = attrs.field(default=True, kw_only=True)
    preprocessing: Table | None = attrs.field(default=None, kw_only=True)
    source: Table | None = attrs.field(default=None, kw_only=True)
    backbones: tuple[Table, ...] = attrs.field(default=(), kw_only=True)
    recipe: str = attrs.field(default="", kw_only=True)
    scores: tuple[Table, ...] = attrs.field(default=(), kw_only=True)
    license: str = attrs.field(default="", kw_only=True)
    versions: Table = attrs.field(factory=dict, kw_only=True)
    repository: Table | None = attrs.field(default=None, kw_only=True)
    head: Head | None = attrs.field(default=None, kw_only=True)


class NamedClasses(Protocol):
    """Anything that has class names, and knows whether they are names."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """In label order."""

    @property
    def named(self) -> bool:
        """Whether these are names, not bare numbers."""


class DistilledSet(NamedClasses, Protocol):
    """What writers and cards need of a set, as `DistilledDataset` has it."""

    @property
    def images(self) -> torch.Tensor:
        """Images [m, 3, h, w] (or [m, 1, h, w]) in [0, 1]."""

    @property
    def labels(self) -> torch.Tensor:
        """Class indices [m], or probabilities [m, classes]."""

    @property
    def preprocessing(self) -> Table | None:
        """What the images were made for."""

    @property
    def source(self) -> Table | None:
        """The data that the images stand for."""

    @property
    def backbones(self) -> tuple[Table, ...]:
        """What the images were made with."""

    @property
    def recipe(self) -> str:
        """The resolved recipe, as TOML text."""

    @property
    def scores(self) -> tuple[Table, ...]:
        """Records of the evaluations."""

    @property
    def license(self) -> str:
        """Of the set itself (SPDX)."""

    @property
    def versions(self) -> Table:
        """Of the packages that made it."""

    @property
    def repository(self) -> Table | None:
        """Where it was pulled from."""

    @property
    def head(self) -> Head | None:
        """A classifier of all the data that travels with it."""

    @property
    def images_per_class(self) -> float:
        """Images by classes."""

    def __len__(self) -> int: ...
