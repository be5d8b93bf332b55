"""What the parts of a recipe tell each other while they are built, left to right."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    import torch


@attrs.frozen(kw_only=True)
class Units:
    """What the numbers of a sample are in the table that they come from: column j is ``center_j + scale_j · value_j``.

    Attributes:
        columns: names, one of each number of a sample.
        center: of each column; its mean over the training rows where the data are standardized, else 0.
        scale: of each column, above 0; its standard deviation over the training rows, else 1.
    """

    columns: tuple[str, ...]
    center: tuple[float, ...]
    scale: tuple[float, ...]

    def standardized(self, rows: "torch.Tensor") -> "torch.Tensor":
        """Rows [n, d] of the table as parts see them, float64."""
        center, scale = self._tensors(rows)
        return (rows.double() - center) / scale

    def restored(self, values: "torch.Tensor") -> "torch.Tensor":
        """Values [n, d] of samples as rows of the table, float64."""
        center, scale = self._tensors(values)
        return center + scale * values.double()

    def _tensors(self, like: "torch.Tensor") -> "list[torch.Tensor]":
        return [like.new_tensor(values, dtype=like.double().dtype) for values in (self.center, self.scale)]


@attrs.frozen(kw_only=True)
class Spec:
    """What is known of the samples so far: data → projector → generator → matchers each add their part.

    Attributes:
        shape: of one sample: (channels, height, width) of images, (d,) of points; of a view, for projectors and terms.
        classes: number of classes; None without labels.
        class_names: their names, in label order; empty without labels.
        count: number of training samples.
        features: dimension of the projector's features; None before it is built.
        seed: of the run.
        group_names: names of the environments or subgroups of the training samples; empty without groups.
        space: where the recipe declares the projector that is built, or whose features these are: ``projector``, or
            ``projectors.clip`` where it has several.
        units: names and units of the numbers of a sample; None for samples that are no rows of a table.
        sets: how many sets a statistic will be asked of in an update, where it is built; 0 where that is not known.
        images_per_class: synthetic images of every class, for terms; 0 where the generator makes none.
    """

    shape: tuple[int, ...]
    classes: int | None = None
    class_names: tuple[str, ...] = ()
    count: int = 0
    features: int | None = None
    seed: int = 0
    space: str = "projector"
    group_names: tuple[str, ...] = ()
    units: Units | None = None
    sets: int = 0
    images_per_class: int = 0

    @property
    def is_images(self) -> bool:
        """Whether a sample is an image."""
        return len(self.shape) == 3


def as_table(spec: Spec) -> dict[str, Any]:
    """A spec as JSON holds it: without units where it has none, as earlier versions wrote it, and without what
    terms alone are told."""
    table = attrs.asdict(spec)
    del table["sets"], table["images_per_class"]
    if spec.units is None:
        del table["units"]
    return table


def specs_as_text(spec: Spec, specs: Mapping[str, Spec]) -> str:
    """The spec of the data, and others by name, as one JSON text."""
    return json.dumps({**as_table(spec), "specs": {name: as_table(own) for name, own in specs.items()}})


def specs_of_text(text: str) -> tuple[Spec, dict[str, Spec]]:
    """The specs of `specs_as_text`; version 0.1 wrote none by name."""
    table = json.loads(text)
    named = table.pop("specs", {})
    return _spec(table), {name: _spec(own) for name, own in named.items()}


def _spec(table: dict[str, Any]) -> Spec:
    units = table.get("units")
    known = {} if units is None else {"units": Units(**{name: tuple(values) for name, values in units.items()})}
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
    return Spec(**{**values, **known})
