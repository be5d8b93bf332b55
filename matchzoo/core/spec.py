"""What the parts of a recipe tell each other while they are built, left to right."""

import json
from collections.abc import Mapping
from typing import Any

import attrs


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
    """

    shape: tuple[int, ...]
    classes: int | None = None
    class_names: tuple[str, ...] = ()
    count: int = 0
    features: int | None = None
    seed: int = 0
    space: str = "projector"
    group_names: tuple[str, ...] = ()

    @property
    def is_images(self) -> bool:
        """Whether a sample is an image."""
        return len(self.shape) == 3


def specs_as_text(spec: Spec, specs: Mapping[str, Spec]) -> str:
    """The spec of the data, and others by name, as one JSON text."""
    return json.dumps({**attrs.asdict(spec), "specs": {name: attrs.asdict(own) for name, own in specs.items()}})


def specs_of_text(text: str) -> tuple[Spec, dict[str, Spec]]:
    """The specs of `specs_as_text`; version 0.1 wrote none by name."""
    table = json.loads(text)
    named = table.pop("specs", {})
    return _spec(table), {name: _spec(own) for name, own in named.items()}


def _spec(table: dict[str, Any]) -> Spec:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
    return Spec(**values)
