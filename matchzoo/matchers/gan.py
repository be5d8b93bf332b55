"""Adversarial losses: a critic's one feature tells real from synthetic samples."""

from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F

from matchzoo.core.declare import declare
from matchzoo.core.errors import DeclarationError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Facts
from matchzoo.core.step import Step
from matchzoo.matchers.matcher import Matcher

Loss = Literal["non-saturating", "minimax", "least-squares", "hinge", "wasserstein"]


def critic_loss(real: torch.Tensor, synthetic: torch.Tensor, loss: Loss) -> torch.Tensor:
    """What a critic minimises, from its outputs [n] on real and [m] on synthetic samples; a scalar.

    ``non-saturating`` and ``minimax``: half the cross-entropies of logits, ½ (E softplus(−D(x)) + E softplus(D(g))).
    ``least-squares``: ½ (E (D(x) − 1)² + E D(g)²). ``hinge``: E max(0, 1 − D(x)) + E max(0, 1 + D(g)).
    ``wasserstein``: E D(g) − E D(x).

    Source: Goodfellow et al. 2014; Mao et al. 2017; Lim and Ye 2017; Arjovsky et al. 2017.
    """
    if loss == "least-squares":
        return 0.5 * ((real - 1).square().mean() + synthetic.square().mean())
    if loss == "hinge":
        return (1 - real).relu().mean() + (1 + synthetic).relu().mean()
    if loss == "wasserstein":
        return synthetic.mean() - real.mean()
    return 0.5 * (F.softplus(-real).mean() + F.softplus(synthetic).mean())


def generator_loss(synthetic: torch.Tensor, loss: Loss) -> torch.Tensor:
    """What a generator minimises, from the critic's outputs [m] on its samples; a scalar.

    ``non-saturating``: E softplus(−D(g)). ``minimax``: −E softplus(D(g)). ``least-squares``: ½ E (D(g) − 1)². ``hinge``
    and ``wasserstein``: −E D(g).
    """
    if loss == "non-saturating":
        return F.softplus(-synthetic).mean()
    if loss == "minimax":
        return -F.softplus(synthetic).mean()
    if loss == "least-squares":
        return 0.5 * (synthetic - 1).square().mean()
    return -synthetic.mean()


@declare("gan")
class GAN(Matcher):
    """`critic_loss` or `generator_loss` of a projector with one feature, the critic; both players minimise theirs."""

    side: Literal["critic", "generator"]
    """Whose loss this is."""
    loss: Loss = "non-saturating"
    """Which one; critic and generator should say the same."""

    def build(self, facts: Facts) -> None:
        """Raises unless the space has one feature."""
        if facts.features != 1:
            path = f"{facts.space}.features"
            raise DeclarationError([(path, f"a critic has one feature, got {facts.features}; set {path} = 1")])

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> torch.Tensor:
        """The loss, a scalar."""
        real, synthetic = (samples.values.flatten() for samples in sets)
        if self.side == "critic":
            return critic_loss(real, synthetic, self.loss)
        return generator_loss(synthetic, self.loss)
