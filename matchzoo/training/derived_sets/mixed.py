"""Two views of the same samples, mixed."""

from collections.abc import Sequence

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import not_empty
from matchzoo.core.errors import DeclarationError
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.matchers import mixture
from matchzoo.training.derived_sets.derived_set import DerivedSet, Embed


@declare("mixture")
class Mixed(DerivedSet):
    """Two views of the same samples, mixed: α x + (1 − α) y[π], with one α from Beta(1, 1) and one permutation π in
    each step (`matchzoo.matchers.mixture`), for the term ``mixed-correlation``. Mixed samples have no labels.

    Source: Zhang et al., mixup: beyond empirical risk minimization, ICLR 2018; Bandara et al., Guarding Barlow Twins
    against overfitting with mixed samples (2023).
    """

    others: str = attrs.field(default="real'", validator=not_empty())
    """Name of the set of the y: another view of the rows of ``of``."""

    def __attrs_post_init__(self) -> None:
        if self.of.rstrip("'") != self.others.rstrip("'"):
            message = f"expected another view of the same rows, such as \"{self.of}'\", got '{self.others}'"
            raise DeclarationError([("others", message)])

    @property
    def spaces(self) -> dict[str, str | None]:
        """None: it looks at samples alone."""
        return {}

    @property
    def made_of(self) -> tuple[str, ...]:
        """Both views."""
        return (self.of, self.others)

    def derive(
        self,
        sets: Sequence[Samples],
        embed: Embed,
        parameters: Sequence[nn.Parameter],
        step: Step,
        rng: torch.Generator,
    ) -> Samples:
        """The mixed samples."""
        first, second = (samples.values.detach() for samples in sets)
        return Samples(mixture(len(first), step).of(first, second))
