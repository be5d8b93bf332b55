"""Total variation: how much neighboring pixels of images differ."""

import math
from collections.abc import Sequence
from typing import ClassVar

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples, unweighted
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher


def total_variation(images: torch.Tensor, beta: float = 2.0) -> torch.Tensor:
    """Mean over images, channels and pixels of ((x[i, j+1] − x[i, j])² + (x[i+1, j] − x[i, j])²)^(β/2), a scalar ≥ 0.

    Args:
        images: [n, c, h, w], h, w ≥ 2; of each the last row and column have no such pair and are left out.
        beta: 1 is the total variation itself, whose gradient where neighbors are equal is taken to be 0; 2 its smooth
            form, in which noise that is independent of the image adds a constant.

    Raises:
        MatchZooError: they are no images of two pixels a side or more.

    Examples:
        >>> total_variation(torch.tensor([[[[0.0, 1.0], [0.0, 0.0]]]]))
        tensor(1.)

    Source: Mahendran and Vedaldi, Understanding deep image representations by inverting them, CVPR 2015, equation 4,
    there a sum over pixels.
    """
    if images.ndim != 4 or min(images.shape[2:]) < 2:
        raise MatchZooError(f"total variation: expected images [n, c, h, w], h, w ≥ 2, got {list(images.shape)}")
    across = images[:, :, :-1, 1:] - images[:, :, :-1, :-1]
    down = images[:, :, 1:, :-1] - images[:, :, :-1, :-1]
    squared = across.square() + down.square()
    if beta == 2:
        return squared.mean()
    steep = squared > 0  # the power's derivative at 0 is infinite
    return torch.where(steep, torch.where(steep, squared, 1).pow(beta / 2), 0).mean()


@declare("total-variation")
class TotalVariation(Matcher):
    """`total_variation` of images, a penalty on grain in those that are optimized; of several sets, the mean of theirs.

    It stands in a space of kind ``identity``, and sees what the others see: the views of images, noise included.

    Examples:
        >>> TotalVariation()(torch.rand(4, 3, 8, 8))  # a scalar
    """

    arity: ClassVar[tuple[int, int | None]] = (1, None)
    default_sets: ClassVar[tuple[str, ...]] = ("synthetic",)
    beta: float = attrs.field(default=2.0, validator=at_least(1))
    """Exponent: 2 for squared differences, 1 for the total variation itself."""

    def build(self, spec: Spec) -> None:
        """Raises unless the space is the pixels of images."""
        if not spec.is_images or spec.features not in (None, math.prod(spec.shape)):
            got = f"{spec.features} features of samples of shape {spec.shape}"
            message = f"expected the pixels of images, got {got}; name a projector of kind 'identity'"
            raise DeclarationError([("space", message)])
        self.shape = spec.shape

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The mean over the sets of their total variation, a scalar."""
        images = [unweighted(samples, "total-variation").values.reshape(-1, *self.shape) for samples in sets]
        return Discrepancy(torch.stack([total_variation(some, self.beta) for some in images]).mean())
