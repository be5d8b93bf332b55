"""What a distilled set is to its readers, writers and cards: the files of its folder, and its fields."""

from collections.abc import Mapping
from typing import Any

import attrs
import torch

from matchzoo.evaluation.baselines import class_counts
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


def _without_gradients(values: torch.Tensor) -> torch.Tensor:
    """Values […] that no graph holds: a set is a result, and processes hand on only such."""
    return values.detach() if values.requires_grad else values


@attrs.frozen(eq=False)
class SetFields:
    """What readers give, and writers and cards take: the fields of a `DistilledDataset`, which says what each of them
    means.

    Attributes:
        images: [m, 3, h, w] (or [m, 1, h, w]) float32 in [0, 1].
        labels: [m] int64, or [m, classes] float32.
    """

    images: torch.Tensor = attrs.field(converter=_without_gradients)
    labels: torch.Tensor = attrs.field(converter=_without_gradients)
    class_names: tuple[str, ...]
    named: bool = attrs.field(default=True, kw_only=True)
    preprocessing: Table | None = attrs.field(default=None, kw_only=True)
    source: Table | None = attrs.field(default=None, kw_only=True)
    backbones: tuple[Table, ...] = attrs.field(default=(), kw_only=True)
    recipe: str = attrs.field(default="", kw_only=True)
    scores: tuple[Table, ...] = attrs.field(default=(), kw_only=True)
    scores_of: str = attrs.field(default="", kw_only=True)
    license: str = attrs.field(default="", kw_only=True)
    versions: Table = attrs.field(factory=dict, kw_only=True)
    repository: Table | None = attrs.field(default=None, kw_only=True)
    head: Head | None = attrs.field(default=None, kw_only=True)

    def __len__(self) -> int:
        return len(self.images)

    @property
    def images_per_class(self) -> float:
        """Images by classes: a whole number where every class has as many."""
        return len(self) / len(self.class_names)

    @property
    def counts(self) -> tuple[int, ...]:
        """Images of every class, as `matchzoo.evaluation.baselines.class_counts` counts them."""
        return class_counts(self.labels, len(self.class_names))
