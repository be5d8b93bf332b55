"""The linear probe that synthetic features induce, judged on real ones: closed-form linear-probe distillation."""

from collections.abc import Sequence
from typing import Any

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, positive
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.numerics.losses import soft_cross_entropy
from matchzoo.core.samples import Samples, probabilities, unweighted
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher

BLOCK = 2**20
"""Scores that are formed at once (4 MiB in float32)."""


def sample_space_probe(
    features: torch.Tensor, labels: torch.Tensor, classes: int, ridge: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Ridge regression of the labels on the features, by a system of one equation a sample.

    The bias is free: features and labels are centered first, Z̃ = Z − z̄ and Ỹ = Y − ȳ. With K = Z̃ Z̃ᵀ [n, n] and
    λ = ridge · tr(K) / n, the mean square length of a centered feature times ``ridge``,

        W = Z̃ᵀ (K + λ I)⁻¹ Ỹ,   b = ȳ − z̄ W,

    which is (Z̃ᵀ Z̃ + λ I)⁻¹ Z̃ᵀ Ỹ, the minimum of ‖Z̃ W − Ỹ‖² + λ ‖W‖². Differentiable in features and probabilities.
    λ moves with the features, so a ridge means the same for every backbone, and scores of features of another scale
    from a probe on features of that scale are the same. Where the features are all the same, λ is of the size of their
    rounding, so that the result is finite: W = 0.

    Args:
        features: Z, [n, d].
        labels: class indices [n], or probabilities Y [n, c].
        classes: c.
        ridge: above 0. In float32 a ridge below about n · 1e-7 is lost in rounding.

    Returns:
        W [d, c] and b [c]; not finite where the system is not positive definite.
    """
    targets = probabilities(labels, classes, features)
    mean, average = features.mean(0), targets.mean(0)
    z = features - mean
    kernel = z @ z.T
    rounding = torch.finfo(z.dtype).eps ** 2 * features.detach().square().sum(1).mean() + torch.finfo(z.dtype).tiny
    strength = ridge * kernel.diagonal().mean().maximum(rounding)  # for features that are all the same
    factor, failed = torch.linalg.cholesky_ex(kernel.diagonal_scatter(kernel.diagonal() + strength))
    solution = torch.cholesky_solve(targets - average, factor)
    weight = z.T @ solution.masked_fill(failed != 0, torch.nan)  # no look at ``failed``, for which a GPU would wait
    return weight, average - mean @ weight


def probe_loss(
    features: torch.Tensor,
    labels: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor,
    temperature: float,
    sample_weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """`soft_cross_entropy` of a linear probe's scores Z W + b; a scalar.

    Where n · c is large and features and labels require no gradient, rows go in blocks, whose gradients with respect to
    W and b are summed with the value: nothing of n rows is kept. Half-precision features are taken to the precision of
    W.

    Args:
        features: Z, [n, d].
        labels: class indices [n], or probabilities [n, c].
        weight: W, [d, c].
        bias: b, [c].
        temperature: above 0.
        sample_weights: [n] non-negative with a positive sum; None for equal ones.
    """
    labels = labels.to(weight if labels.ndim == 2 else weight.device)
    rows = max(BLOCK // len(bias), 1)
    if len(features) <= rows or features.requires_grad or labels.requires_grad:
        scores = features.to(weight) @ weight + bias
        return soft_cross_entropy(scores, labels, temperature, sample_weights)
    if sample_weights is None:
        shares = weight.new_full((len(features),), 1 / len(features))
    else:
        shares = (sample_weights / sample_weights.sum()).to(weight)
    loss: torch.Tensor = _Blocks.apply(features, labels, weight, bias, temperature, shares, rows)
    return loss


class _Blocks(torch.autograd.Function):
    """The loss Σ_i s_i ℓ_i over blocks of rows, and its gradient with respect to the probe, in one pass."""

    @staticmethod
    def forward(
        ctx: Any,
        features: torch.Tensor,
        labels: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor,
        temperature: float,
        shares: torch.Tensor,
        rows: int,
    ) -> torch.Tensor:
        loss, of_weight, of_bias = bias.new_zeros(()), torch.zeros_like(weight), torch.zeros_like(bias)
        sharp_weight, sharp_bias = weight / temperature, bias / temperature
        for start in range(0, len(features), rows):
            some = slice(start, start + rows)
            z, own, share = features[some].to(weight), labels[some], shares[some, None]
            logs = torch.log_softmax(torch.addmm(sharp_bias, z, sharp_weight), 1)
            if own.ndim == 2:
                loss -= ((own * logs) * share).sum()
                residual = logs.exp_().mul_(own.sum(1, keepdim=True)).sub_(own)
            else:
                loss -= (logs.gather(1, own[:, None]) * share).sum()
                residual = logs.exp_().scatter_add_(1, own[:, None], -torch.ones_like(share))
            residual *= share / temperature
            of_weight += z.T @ residual
            of_bias += residual.sum(0)
        ctx.save_for_backward(of_weight, of_bias)
        return loss

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        of_weight, of_bias = ctx.saved_tensors
        return None, None, gradient * of_weight, gradient * of_bias, None, None, None


@declare("induced-probe")
class InducedProbe(Matcher):
    """Cross-entropy, on real features, of the ridge-regression probe that the synthetic features induce.

    A problem of two levels without an inner loop: `sample_space_probe` of the synthetic features (all views of a step
    are its samples), then `soft_cross_entropy` of its scores of the real ones, differentiated through the solve. Best
    with a stored real side; ``rows`` of it a step make it cheaper. Class means are not exact here, since the
    cross-entropy of a mean is not the mean of cross-entropies.

    Examples:
        >>> InducedProbe()(Samples(real, labels), Samples(synthetic, its_labels))  # values [n, d]; a scalar

    Source: CLP-DD, arXiv 2605.07194, of which we know the abstract and the beginning only: a closed-form kernel ridge
    probe inside, a cross-entropy with a temperature outside. The bias, the scale of the ridge and every constant are
    ours.
    """

    ridge: float = attrs.field(default=3.0, validator=positive())
    """The L2 penalty, in units of the mean square length of a centered synthetic feature."""
    temperature: float = attrs.field(default=0.05, validator=positive())
    """What scores are divided by before the softmax: they are near 0 and 1, so it should be below 1."""
    rows: int | None = attrs.field(default=None, validator=at_least(1))
    """Real rows a step, drawn from those there are; all of them if not given. One draw serves all updates of a step,
    and all spaces."""

    @property
    def supports_float16(self) -> bool:
        """Yes: it widens the rows of a step."""
        return True

    def build(self, spec: Spec) -> None:
        """Take the number of classes; raises for fewer than two."""
        if spec.classes is None or spec.classes < 2:
            raise DeclarationError([("data", f"a linear probe needs at least 2 classes, got {spec.classes or 'none'}")])
        self.classes = spec.classes

    @property
    def uses_sample_weights(self) -> bool:
        """Those of real samples."""
        return True

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The cross-entropy, a scalar; raises for sets without labels, a single or weighted synthetic samples."""
        real, synthetic = sets
        if real.labels is None or synthetic.labels is None:
            side = "real" if real.labels is None else "synthetic"
            raise DeclarationError([("matcher", f"a linear probe needs labels, and the {side} samples have none")])
        unweighted(synthetic, "induced-probe, synthetic side")
        if len(synthetic) < 2:
            raise MatchZooError(
                "induced-probe: one synthetic sample makes no probe; it needs at least 2 a step: let "
                "generator.images_per_class and trainer.batch give as many"
            )
        if self.rows is not None and self.rows < len(real):
            chosen = torch.randperm(len(real), generator=step.rng("real rows"))[: self.rows]
            real = real.rows(chosen.to(real.values.device, non_blocking=True))
        weight, bias = sample_space_probe(_full(synthetic.values), synthetic.labels, self.classes, self.ridge)
        assert real.labels is not None
        return Discrepancy(probe_loss(real.values, real.labels, weight, bias, self.temperature, real.weights))


def _full(features: torch.Tensor) -> torch.Tensor:
    """Half precision as float32."""
    return features.float() if features.dtype in (torch.float16, torch.bfloat16) else features
