"""Transfer component analysis: directions of much variance and little discrepancy in the space of a kernel."""

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.projectors.alignment.kernel_alignment import KernelAlignment, difference, oriented


def transfer_components(
    gram: torch.Tensor, sources: int, features: int, penalty: float = 1.0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Leading solutions of K H K v = λ (I + μ K L K) v, with vᵀ (I + μ K L K) v = 1.

    H = I − 11ᵀ/N centers; L = e eᵀ with e = 1/n at the n samples of the source and −1/m at the m of the target, so that
    vᵀ K L K v is the squared MMD of the embedded sets under a linear kernel. As K L K = u uᵀ, u = K e, is of rank one,
    B = I + μ u uᵀ has a closed inverse root, and the problem is the symmetric one of B^(−1/2) K H K B^(−1/2). Computed
    in float64.

    Args:
        gram: K [N, N] of all samples, those of the source first.
        sources: n, in [1, N).
        features: how many solutions, at most N.
        penalty: μ ≥ 0, of the discrepancy.

    Returns:
        λ [k], in descending order, and v [N, k], each with its largest entry positive. K v embeds the samples,
        k(x, X) v new ones.

    Source: Pan et al., Domain adaptation via transfer component analysis, IEEE Transactions on Neural Networks 2011.
        Implementations that hand (I + μKLK)⁻¹ KHK, which is not symmetric, to a symmetric solver find another subspace.
    """
    total = len(gram)
    if not 0 < sources < total or not 0 < features <= total:
        raise MatchZooError(
            f"transfer components: expected 1 to {total - 1} samples of the source and at most {total} features, got "
            f"{sources} and {features}"
        )
    wide = double(gram)
    direction = wide @ difference(total, sources, wide)
    square = direction.square().sum()
    shrink = (1 - (1 + penalty * square).rsqrt()) / square.clamp_min(torch.finfo(square.dtype).tiny)

    def inverse_root(columns: torch.Tensor) -> torch.Tensor:
        """B^(−1/2) of columns [N, k]."""
        return columns - shrink * torch.outer(direction, direction @ columns)

    centered = inverse_root(wide - wide.mean(1, keepdim=True))  # B^(−1/2) K H, and H is its own square
    eigenvalues, vectors = torch.linalg.eigh(centered @ centered.T)
    leading = inverse_root(vectors[:, -features:].flip(1))
    return eigenvalues[-features:].flip(0).to(gram), oriented(leading).to(gram)


@declare("transfer-components")
class TransferComponents(KernelAlignment):
    """`transfer_components` under a Gaussian kernel, fitted once to two sets: one map of both, and of new samples.

    Source: Pan et al., Domain adaptation via transfer component analysis, IEEE Transactions on Neural Networks 2011.
    """

    penalty: float = attrs.field(default=1.0, validator=at_least(0))
    """μ, of the discrepancy."""

    def vectors_of(self, gram: torch.Tensor, sources: int) -> torch.Tensor:
        """V [N, k] of the Gram matrix [N, N]."""
        return transfer_components(gram, sources, self.features, self.penalty)[1]
