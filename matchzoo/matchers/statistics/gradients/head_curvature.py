"""Gradient, Hessian and per-sample variance of a linear head's loss, in closed form: weights, bias and features alike
stay in the graph.

Notation: features Z [n, d], extended by ones to A = [Z, 1] [n, d + 1]; scores S = ZWᵀ + b [n, c]; P = softmax(S);
labels Y [n, c]; E = P − Y; weights v_i of the samples with Σ v_i = 1. All results are [c, d + 1], the last column that
of the bias.
"""

from collections.abc import Callable, Mapping
from typing import Literal

import attrs
import torch

from matchzoo.core.declaration.choices import checked
from matchzoo.core.samples import probabilities

Quantity = Literal["gradient", "hessian-gradient", "hessian-diagonal", "gradient-variance"]
"""What of the loss of a head: see `LinearHead`."""


@attrs.frozen(eq=False)
class LinearHead:
    """The mean cross-entropy of a linear head on a set of samples, as a function of the head.

    Two or three matrix products each, in place of a backward pass through a backward pass. The Hessian of the loss is
    that of its weights and bias, (c (d + 1))², and is never formed.

    Examples:
        >>> head = LinearHead(features, labels, weight, bias)
        >>> head.hessian_product(head.gradient())  # HGP, [c, d + 1]

    Attributes:
        features: Z, [n, d].
        labels: class indices [n], or probabilities [n, c].
        weight: W, [c, d].
        bias: b, [c].
        sample_weights: [n] non-negative with a positive sum; None for equal ones.
        extended: A, [n, d + 1]; not given, as what follows.
        probabilities: P, [n, c].
        residual: E, [n, c].

    Source: Hemati et al., Understanding Hessian alignment for domain generalization, ICCV 2023, whose code draws the
    diagonal (Hutchinson) and differentiates twice; Rame et al., Fishr, ICML 2022. The closed forms are ours.
    """

    features: torch.Tensor
    labels: torch.Tensor
    weight: torch.Tensor
    bias: torch.Tensor
    sample_weights: torch.Tensor | None = None
    extended: torch.Tensor = attrs.field(init=False)
    probabilities: torch.Tensor = attrs.field(init=False)
    residual: torch.Tensor = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        scores = torch.addmm(self.bias, self.features, self.weight.T)
        object.__setattr__(self, "probabilities", scores.softmax(1))
        target = probabilities(self.labels, len(self.bias), self.probabilities)
        object.__setattr__(self, "residual", self.probabilities - target)
        ones = self.features.new_ones(len(self.features), 1)
        object.__setattr__(self, "extended", torch.cat([self.features, ones], 1))

    def gradient(self) -> torch.Tensor:
        """G = Σ_i v_i e_i a_iᵀ, [c, d + 1]."""
        return self._sum(self.residual, self.extended)

    def hessian_product(self, direction: torch.Tensor) -> torch.Tensor:
        """H V = Σ_i v_i (p_i ⊙ (u_i − ⟨p_i, u_i⟩)) a_iᵀ with u_i = V a_i, [c, d + 1], for a direction V [c, d + 1]."""
        along = self.extended @ direction.T
        centered = along - (self.probabilities * along).sum(1, keepdim=True)
        return self._sum(self.probabilities * centered, self.extended)

    def hessian_diagonal(self) -> torch.Tensor:
        """Σ_i v_i (p_i ⊙ (1 − p_i)) (a_i²)ᵀ, [c, d + 1]: exact, where Hutchinson's estimate of it is a random one."""
        return self._sum(self.probabilities * (1 - self.probabilities), self.extended.square())

    def gradient_variance(self) -> torch.Tensor:
        """Σ_i v_i (e_i²) (a_i²)ᵀ − G², [c, d + 1]: the variance over samples of every entry of the gradient (with
        1/n)."""
        return self._sum(self.residual.square(), self.extended.square()) - self.gradient().square()

    def mean_square_norm(self) -> torch.Tensor:
        """Σ_i v_i ‖e_i a_iᵀ‖² = Σ_i v_i ‖e_i‖² ‖a_i‖², []: the mean squared norm of the gradients of single samples."""
        squares = self.residual.square().sum(1, keepdim=True)
        return self._sum(squares, self.extended.square().sum(1, keepdim=True)).squeeze()

    @checked
    def quantity(self, name: Quantity) -> torch.Tensor:
        """One of these [c, d + 1] by its name; ``hessian-gradient`` is H G, the Hessian-gradient product (HGP)."""
        return QUANTITIES[name](self)

    def _sum(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        if self.sample_weights is None:
            return left.T @ right / len(left)
        shares = (self.sample_weights / self.sample_weights.sum()).to(left)
        return (left * shares[:, None]).T @ right


QUANTITIES: Mapping[str, Callable[[LinearHead], torch.Tensor]] = {
    "gradient": LinearHead.gradient,
    "hessian-gradient": lambda head: head.hessian_product(head.gradient()),
    "hessian-diagonal": LinearHead.hessian_diagonal,
    "gradient-variance": LinearHead.gradient_variance,
}


def scale_gradient(
    scores: torch.Tensor, labels: torch.Tensor, sample_weights: torch.Tensor | None = None
) -> torch.Tensor:
    """The derivative [] of the mean cross-entropy with respect to a factor w of the scores, at w = 1: the mean of
    Σ_k (p_k − y_k) s_k.

    Its square is the penalty of IRM: a classifier that is optimal in an environment cannot gain by scaling its scores.

    Args:
        scores: S, [n, c].
        labels: class indices [n], or probabilities [n, c].
        sample_weights: [n] non-negative with a positive sum; None for equal ones.

    Source: Arjovsky et al., Invariant risk minimization, 2019, IRMv1.
    """
    residual = scores.softmax(1) - probabilities(labels, scores.shape[1], scores)
    each = (residual * scores).sum(1)
    if sample_weights is None:
        return each.mean()
    return each @ (sample_weights / sample_weights.sum()).to(each)
