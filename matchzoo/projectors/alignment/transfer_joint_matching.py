"""Transfer joint matching: transfer components of which unhelpful samples of the source take no part."""

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, positive
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.projectors.alignment.kernel_alignment import KernelAlignment, difference, oriented

SMALLEST = 1e-8
"""Length of a row of A below which its weight grows no further."""
TINY = torch.finfo(torch.float64).tiny


def transfer_joint_matching(
    gram: torch.Tensor, sources: int, features: int, penalty: float = 1.0, iterations: int = 10
) -> torch.Tensor:
    """A that minimizes tr(Aᵀ K M K A) + λ (Σ_s ‖a_s‖ + Σ_t ‖a_t‖²) subject to Aᵀ K H K A = I.

    a_i is the row of sample i, s are the source's and t the target's; M = e eᵀ / ‖e eᵀ‖ with e = 1/n at the n samples
    of the source and −1/m at the m of the target, so the first term is the squared MMD of the embedded sets under a
    linear kernel, over ‖e‖². The sum of lengths sets rows to 0: samples of the source that are unlike the target leave
    the map.

    Each iteration replaces ‖a_s‖ by its quadratic upper bound ‖a_s‖²/2c + c/2 at the length c that it has, and solves
    (K M K + λ G) A = K H K A Φ for the smallest Φ, with G = 1/2c at the source's samples, at first 1, and 1 at the
    target's; so the objective never rises from the second on. Computed in float64.

    Args:
        gram: K [N, N] of all samples, those of the source first.
        sources: n, in [1, N).
        features: columns of A, at most N − 1.
        penalty: λ > 0.
        iterations: at least 1.

    Returns:
        A [N, k], the largest entry of each column positive, columns by ascending Φ. K A embeds the samples, k(x, X) A
        new ones.

    Source: Long et al., Transfer joint matching for unsupervised domain adaptation, CVPR 2014, algorithm 1. Lengths
        below 1e-8 count as that. As K M K is of rank one, K M K + λ G has a root in closed form, and the problem is the
        symmetric one of K H K between its inverses. skada stops after the first iteration, whatever it is asked.
    """
    total = len(gram)
    if not 0 < sources < total or not 0 < features < total or not penalty > 0 or iterations < 1:
        raise MatchZooError(
            f"transfer joint matching: expected 1 to {total - 1} samples of the source, 1 to {total - 1} features, a "
            f"penalty above 0 and at least 1 iteration, got {sources}, {features}, {penalty}, {iterations}"
        )
    wide = double(gram)
    signs = difference(total, sources, wide)
    direction = wide @ signs / signs.norm()  # K M K = direction directionᵀ
    centered = wide - wide.mean(1, keepdim=True)  # K H, and H is its own square
    weights = torch.ones_like(signs)
    for _ in range(iterations):
        scale = (penalty * weights).rsqrt()  # λ G + d dᵀ = G'^½ (I + c cᵀ) G'^½ with c = G'^(−½) d
        turned = scale * direction
        square = turned.square().sum()
        shrink = (1 - (1 + square).rsqrt()) / square.clamp_min(TINY)
        between = _shrunk(scale[:, None] * centered, turned, shrink)
        eigenvalues, vectors = torch.linalg.eigh(between @ between.T)
        leading, variances = vectors[:, -features:].flip(1), eigenvalues[-features:].flip(0)
        solution = scale[:, None] * _shrunk(leading, turned, shrink) / variances.clamp_min(TINY).sqrt()
        lengths = solution[:sources].norm(dim=1).clamp_min(SMALLEST)
        weights = torch.cat([1 / (2 * lengths), weights[sources:]])
    return oriented(solution).to(gram)


def _shrunk(columns: torch.Tensor, along: torch.Tensor, shrink: torch.Tensor) -> torch.Tensor:
    """(I + c cᵀ)^(−½) of columns [N, k], c [N]."""
    return columns - shrink * torch.outer(along, along @ columns)


def joint_matching_objective(gram: torch.Tensor, sources: int, solution: torch.Tensor, penalty: float) -> float:
    """What `transfer_joint_matching` minimizes, at A [N, k], of a Gram matrix [N, N] with ``sources`` rows of the
    source."""
    signs = difference(len(gram), sources, gram)
    apart = (signs @ gram @ solution).square().sum() / signs.square().sum()
    lengths = solution.norm(dim=1)
    return (apart + penalty * (lengths[:sources].sum() + lengths[sources:].square().sum())).item()


@declare("transfer-joint-matching")
class TransferJointMatching(KernelAlignment):
    """`transfer_joint_matching` under a Gaussian kernel, fitted once to two sets: one map of both, and of new samples.

    Features are √N K A: uncorrelated and of variance 1 over both sets, where those of the paper, which feed a nearest
    neighbor, have variance 1/N, which the penalty of a regression would hold near 0.

    Source: Long et al., Transfer joint matching for unsupervised domain adaptation, CVPR 2014.
    """

    penalty: float = attrs.field(default=1.0, validator=positive())
    """λ, of the lengths of the samples' rows."""
    iterations: int = attrs.field(default=10, validator=at_least(1))
    """Of reweighting the source's samples."""

    def vectors_of(self, gram: torch.Tensor, sources: int) -> torch.Tensor:
        """V = √N A [N, k] of the Gram matrix [N, N]."""
        solution = transfer_joint_matching(gram, sources, self.features, self.penalty, self.iterations)
        return len(gram) ** 0.5 * solution
