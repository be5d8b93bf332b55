"""Adversarial losses: a critic's one feature tells real from synthetic samples."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F

from matchzoo.core.declaration.choices import checked
from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples, unweighted
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher

Loss = Literal["non-saturating", "minimax", "least-squares", "hinge", "wasserstein"]


@checked
def critic_loss(real: torch.Tensor, synthetic: torch.Tensor, loss: Loss) -> torch.Tensor:
    """What a critic minimizes, from its outputs [n] on real and [m] on synthetic samples; a scalar.

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


@checked
def generator_loss(synthetic: torch.Tensor, loss: Loss) -> torch.Tensor:
    """What a generator minimizes, from the critic's outputs [m] on its samples; a scalar.

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
    """`critic_loss` or `generator_loss` of a projector with one feature, the critic; both players minimize theirs.

    Examples:
        >>> GAN(side="critic")(critic(real), critic(synthetic))  # outputs [n] or [n, 1]; a scalar
        >>> GAN(side="generator")(critic(synthetic))
    """

    arity: ClassVar[tuple[int, int | None]] = (1, 2)
    side: Literal["critic", "generator"]
    """Whose loss this is."""
    loss: Loss = "non-saturating"
    """Which one; critic and generator should say the same."""

    @property
    def wanted_sets(self) -> tuple[str, ...]:
        """Both for a critic, the synthetic one for a generator."""
        return ("real", "synthetic") if self.side == "critic" else ("synthetic",)

    def build(self, spec: Spec) -> None:
        """Raises unless the space has one feature."""
        if spec.features != 1:
            path = f"{spec.space}.features"
            raise DeclarationError([(path, f"a critic has one feature, got {spec.features}; set {path} = 1")])

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The loss; a generator's looks at synthetic samples only."""
        if self.side == "critic":
            if len(sets) != 2:
                raise MatchZooError("gan: a critic's loss takes its outputs on real and on synthetic samples, got one")
            real, synthetic = (unweighted(samples, "gan").values.flatten() for samples in sets)
            return Discrepancy(critic_loss(real, synthetic, self.loss))
        return Discrepancy(generator_loss(unweighted(sets[-1], "gan").values.flatten(), self.loss))
