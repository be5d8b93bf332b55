"""A set of further views of samples."""

from collections.abc import Sequence

import torch
from torch import nn

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import DeclarationError
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.data.views import Views
from matchzoo.training.derived_sets.derived_set import DerivedSet, Embed


@declare("views")
class FurtherViews(DerivedSet):
    """Random views of samples on top of those that all sets of the recipe have: a strong view beside a weak one, or an
    augmentation of one's own beside another recording.

    Operations that need the mean color of the data take it from ``views.augment.mean`` and ``std``.
    """

    views: Views
    """One of each sample, of its own size."""

    def __attrs_post_init__(self) -> None:
        if self.views.copies > 1 or self.views.shared or self.views.size is not None:
            message = "are one of each sample, of its own size; leave out copies, shared and size"
            raise DeclarationError([("views", message)])
        if self.views.augment is not None and self.views.augment.mean is None:
            raise DeclarationError([("views.augment.mean", "missing: say mean and std of the images")])

    @property
    def spaces(self) -> dict[str, str | None]:
        """None: features are not looked at."""
        return {}

    @torch.no_grad()
    def derive(
        self,
        sets: Sequence[Samples],
        embed: Embed,
        parameters: Sequence[nn.Parameter],
        step: Step,
        rng: torch.Generator,
    ) -> Samples:
        """The views, with labels and rows; raises for samples that are no images."""
        [samples] = sets
        if samples.values.ndim != 4:
            shape = tuple(samples.values.shape[1:])
            raise DeclarationError([("views", f"are of images, but a sample of '{self.of}' has shape {shape}")])
        return samples.with_values(self.views.apply(samples.values, self.views.draw(len(samples), rng)))
