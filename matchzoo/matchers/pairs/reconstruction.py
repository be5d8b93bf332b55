"""How well samples can be told from their features."""

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


@declare("reconstruction")
class Reconstruction(Matcher):
    """Σ over the sets of the mean of (x − decode(features of x))², over all values of all samples.

    A player that moves an auto-encoder minimizes it, so that the features keep what the samples are.

    Source: Li et al., MMD GAN, NeurIPS 2017, section 3.3 (λ of the released code is 8: ``weight = 8.0``).

    Examples:
        >>> Reconstruction()(auto_encoder.embed(Samples(x)))  # x [n, …]; a scalar
    """

    arity: ClassVar[tuple[int, int | None]] = (1, None)
    needs_inputs: ClassVar[bool] = True
    noise: float = attrs.field(default=0.0, validator=at_least(0))
    """Standard deviation of normal noise that is added to each feature before it is decoded, in units of the feature's
    own over the set, so that the decoder is smooth between codes."""

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The error, a scalar ≥ 0; raises for features that cannot be decoded."""
        total = torch.zeros((), dtype=sets[0].values.dtype, device=sets[0].values.device)
        for position, samples in enumerate(sets):
            unweighted(samples, "reconstruction")
            if samples.origin is None or samples.decode is None:
                raise MatchZooError(
                    "reconstruction: features that were stored cannot be decoded; use reference = online, or in a loop "
                    "of your own the samples that projector.embed(samples) gives"
                )
            codes = samples.values
            if self.noise:
                spread = codes.detach().std(0, correction=0)
                drawn = torch.randn(codes.shape, generator=step.rng("reconstruction", position)).to(codes)
                codes = codes + self.noise * spread * drawn
            total = total + (samples.origin.values - samples.decode(codes)).square().mean()
        return Discrepancy(total)
