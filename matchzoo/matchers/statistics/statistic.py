"""The question of a statistic: what of a set of samples is compared?"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, final

import torch

from matchzoo.core.declaration.declare import family
from matchzoo.core.errors import MatchZooError
from matchzoo.core.part import Part
from matchzoo.core.samples import Samples, as_samples, spec_of
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step


@family("statistic")
class Statistic(Part, ABC):
    """A differentiable summary of a set of samples, the same draw for every set of a step.

    Examples:
        >>> HeadGradient()(torch.randn(60, 8), torch.arange(60) % 3).shape  # classes, features + 1
        torch.Size([3, 9])
    """

    vectorizes: ClassVar[bool] = False
    """Whether `measure` can be run on several sets at once by `torch.vmap`."""
    is_joint: ClassVar[bool] = False
    """Whether it is one statistic of several sets together."""

    @property
    def uses_sample_weights(self) -> bool:
        """Whether the weights of samples count; where they do not, samples with weights are refused."""
        return True

    @property
    def supports_float16(self) -> bool:
        """Whether it takes features in float16 and widens them a block at a time."""
        return False

    @property
    def known_shape(self) -> tuple[int, ...] | None:
        """The shape of the statistic where it follows from what it was built for; None where it does not."""
        return None

    def build(self, spec: Spec) -> None:
        """Take from the spec what is needed, such as the number of classes; raises where it is missing."""
        return

    def forward(
        self,
        values: torch.Tensor | Samples,
        labels: torch.Tensor | None = None,
        weights: torch.Tensor | None = None,
        step: Step | None = None,
        classes: int | None = None,
    ) -> torch.Tensor:
        """The statistic [k, …] of one set, outside of any recipe.

        Args:
            values: features [n, d] (what has more dimensions is flattened), or `Samples`.
            labels: class indices [n] or probabilities [n, c], where the statistic needs them.
            weights: [n] non-negative; None for equal ones.
            step: whose randomness draws what is random, such as a head; that of seed 0 if not given. Sets that are
                compared take the same.
            classes: c; by the labels if not given (the columns of probabilities, one more than the largest index).

        Raises:
            MatchZooError: the set is not what the statistic takes.
        """
        samples = as_samples(values, labels, weights)
        self.build(spec_of([samples], classes))
        return self.measure(_flat(samples), step or Step(0, 0))

    @abstractmethod
    def measure(self, samples: Samples, step: Step) -> torch.Tensor:
        """The statistic [k, …] of a set, differentiable in its values."""

    def measure_all(self, sets: Sequence[Samples], step: Step) -> list[torch.Tensor]:
        """The statistics [k, …] of some sets, one of each."""
        return [self.measure(samples, step) for samples in sets]

    def center(self, sets: Sequence[Samples]) -> torch.Tensor | None:
        """What ``to-mean`` compares the statistics of some sets with, [k, …]; None for their mean."""
        return None


class JointStatistic(Statistic, ABC):
    """One statistic of several sets, such as the correlation between two views of the same rows.

    Examples:
        >>> CrossCorrelation()(torch.randn(60, 8), torch.randn(60, 8)).shape
        torch.Size([8, 8])
    """

    is_joint: ClassVar[bool] = True

    def forward(  # type: ignore[override]  # sets take the place of labels and weights
        self, *sets: torch.Tensor | Samples, step: Step | None = None
    ) -> torch.Tensor:
        """The statistic [k, …] of some sets together, outside of any recipe.

        Args:
            sets: features [n, d] each, or `Samples`.
            step: whose randomness draws what is random; that of seed 0 if not given.
        """
        samples = [as_samples(given) for given in sets]
        self.build(spec_of(samples))
        return self.measure_jointly([_flat(given) for given in samples], step or Step(0, 0))

    @abstractmethod
    def measure_jointly(self, sets: Sequence[Samples], step: Step) -> torch.Tensor:
        """The statistic [k, …] of the sets together, differentiable in their values."""

    @final
    def measure(self, samples: Samples, step: Step) -> torch.Tensor:
        """Raises: it is of several sets."""
        raise MatchZooError(f"{type(self).__name__}: is a statistic of several sets together, got one")

    @final
    def measure_all(self, sets: Sequence[Samples], step: Step) -> list[torch.Tensor]:
        """The one statistic [k, …] of all of them."""
        return [self.measure_jointly(sets, step)]


def _flat(samples: Samples) -> Samples:
    """The same samples with values [n, d]."""
    return samples if samples.values.ndim == 2 else samples.with_values(samples.values.flatten(1))
