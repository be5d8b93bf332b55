"""Mixed Barlow Twins: correlations with the features of mixed images, held at mixtures of the correlations."""

from collections.abc import Sequence
from typing import ClassVar

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import Samples, unweighted
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher
from matchzoo.matchers.statistics.cross_correlation import standardized


@attrs.frozen(eq=False)
class Mixture:
    """How the rows of two sets are mixed: α x + (1 − α) y[π], the same for all rows.

    Examples:
        >>> drawn = mixture(len(x), Step(1, 0))
        >>> mixed = drawn.of(x, y)  # of the shape of x and y, [n, …]

    Attributes:
        share: α in [0, 1].
        order: π [n] int64, a permutation.
    """

    share: float
    order: torch.Tensor

    def of(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        """The mixed rows [n, …]."""
        return self.share * first + (1 - self.share) * second[self.order.to(second.device, non_blocking=True)]


def mixture(count: int, step: Step) -> Mixture:
    """The mixture of ``count`` rows that a step draws: α from Beta(1, 1), which is uniform, and a permutation."""
    rng = step.rng("mixture")
    share = torch.rand((), generator=rng, dtype=torch.float64).item()
    return Mixture(share, torch.randperm(count, generator=rng))


def mixed_correlation_loss(
    first: torch.Tensor,
    second: torch.Tensor,
    mixed: torch.Tensor,
    drawn: Mixture,
    *,
    scaled: bool = True,
    eps: float = 1e-5,
) -> torch.Tensor:
    """‖C_ma − T_a‖² + ‖C_mb − T_b‖², where a and b are the features of two views x and y, m those of their mixture
    α x + (1 − α) y[π], C_ma = m̃ᵀã/n their correlation, and T_a = α ãᵀã/n + (1 − α) b̃[π]ᵀã/n the mixture of those of
    what was mixed; likewise for b.

    Gradients pass through the targets T as well.

    Examples:
        >>> drawn = mixture(len(x), Step(1, 0))
        >>> mixed_correlation_loss(network(x), network(y), network(drawn.of(x, y)), drawn)

    Args:
        first: a, [n, d].
        second: b, [n, d].
        mixed: m, [n, d].
        drawn: α and π.
        scaled: features are standardized, as published. A network that is linear then does not have 0, since a mixture
            varies less than what is mixed. Else they are only centered, covariances stand in place of correlations,
            and every affine network has exactly 0.
        eps: added to the variances.

    Returns:
        A scalar ≥ 0.

    Raises:
        MatchZooError: the shapes differ.

    Source: Bandara et al., Guarding Barlow Twins against overfitting with mixed samples (2023). Its code for ImageNet
    takes b̃ᵀb̃ with the factor α in T_b, though α is the share of x; here it is ãᵀb̃.
    """
    if not first.shape == second.shape == mixed.shape or first.ndim != 2 or len(drawn.order) != len(first):
        shapes = ", ".join(str(tuple(z.shape)) for z in (first, second, mixed))
        message = f"expected three sets of features of one shape [n, d] and a mixture of n rows, got {shapes}"
        raise MatchZooError(f"mixed-correlation: {message} and one of {len(drawn.order)}")
    a, b, m = (standardized(z, eps) if scaled else z - z.mean(0) for z in (first, second, mixed))
    difference = m - drawn.of(a, b)
    return sum(((difference.T @ z / len(z)).square().sum() for z in (a, b)), start=first.new_zeros(()))


@declare("mixed-correlation")
class MixedCorrelation(Matcher):
    """`mixed_correlation_loss` of two views and of their mixture, which a recipe declares as a set of kind ``mixture``
    (``[sets.mixed]``): what Mixed Barlow Twins adds to the loss of Barlow Twins.

    Its ``weight`` is s λ, with the λ of Barlow Twins: s = 4 in the paper's code for small data (2 for STL-10), and
    ½ to 1 in that for ImageNet, warmed up over ten epochs.

    Source: Bandara et al., Guarding Barlow Twins against overfitting with mixed samples (2023).
    """

    arity: ClassVar[tuple[int, int | None]] = (3, 3)
    default_sets: ClassVar[tuple[str, ...]] = ("real", "real'", "mixed")
    scaled: bool = True
    """Whether features are standardized, as published; else they are centered only, and a linear network has 0."""
    eps: float = attrs.field(default=1e-5, validator=at_least(0))
    """Added to the variances."""

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The loss, for the mixture that the step draws; raises for sets of different shapes."""
        first, second, mixed = (unweighted(samples, "mixed-correlation").values for samples in sets)
        drawn = mixture(len(first), step)
        return Discrepancy(mixed_correlation_loss(first, second, mixed, drawn, scaled=self.scaled, eps=self.eps))
