"""Transfer component analysis: directions of much variance and little discrepancy in the space of a kernel."""

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.bandwidths import Bandwidth, absolute, check_bandwidths
from matchzoo.core.numerics.distances import gaussian, median_distance, squared_distances
from matchzoo.core.numerics.float64 import double
from matchzoo.core.spec import Spec
from matchzoo.projectors.alignment.alignment import Alignment, KernelMap, check_sets, spread_rows


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
    signs = wide.new_full((total,), -1 / (total - sources))
    signs[:sources] = 1 / sources
    direction = wide @ signs
    square = direction.square().sum()
    shrink = (1 - (1 + penalty * square).rsqrt()) / square.clamp_min(torch.finfo(square.dtype).tiny)

    def inverse_root(columns: torch.Tensor) -> torch.Tensor:
        """B^(−1/2) of columns [N, k]."""
        return columns - shrink * torch.outer(direction, direction @ columns)

    centered = inverse_root(wide - wide.mean(1, keepdim=True))  # B^(−1/2) K H, and H is its own square
    eigenvalues, vectors = torch.linalg.eigh(centered @ centered.T)
    leading = inverse_root(vectors[:, -features:].flip(1))
    largest = leading.gather(0, leading.abs().argmax(0, keepdim=True))
    return eigenvalues[-features:].flip(0).to(gram), (leading * largest.sign()).to(gram)


@declare("transfer-components")
class TransferComponents(Alignment):
    """`transfer_components` under a Gaussian kernel, fitted once to two sets: one map of both, and of new samples.

    Source: Pan et al., Domain adaptation via transfer component analysis, IEEE Transactions on Neural Networks 2011.
    """

    features: int = attrs.field(validator=at_least(1))
    """How many components."""
    penalty: float = attrs.field(default=1.0, validator=at_least(0))
    """μ, of the discrepancy."""
    bandwidth: Bandwidth = attrs.field(default="median", validator=check_bandwidths)
    """Standard deviation of the kernel, or a multiple of the median distance of both sets such as "0.5*median"."""
    rows: int = attrs.field(default=2000, validator=at_least(2))
    """Samples of each set that it is fitted to, at most, spread evenly over it. They are part of the map."""

    def width(self, inputs: int) -> int:
        """`features`."""
        return self.features

    def build(self, spec: Spec) -> int:
        """Room for the samples of the kernel; features are 0 until it is fitted."""
        inputs = int(torch.Size(spec.shape).numel())
        self.path = spec.space
        self.points = nn.Buffer(torch.zeros(2 * self.rows, inputs))
        self.vectors = nn.Buffer(torch.zeros(2 * self.rows, self.features))
        self.scale = nn.Buffer(torch.ones(()))
        return self.features

    def maps(self, source: torch.Tensor, target: torch.Tensor) -> tuple[KernelMap, KernelMap]:
        """One map of both sets, [n, d] and [m, d]."""
        check_sets(source, target)
        first, second = (spread_rows(double(values), self.rows) for values in (source, target))
        points = torch.cat([first, second])
        scale = absolute(self.bandwidth, lambda: median_distance(first, second))
        gram = gaussian(squared_distances(points, points), scale)
        _, vectors = transfer_components(gram, len(first), self.features, self.penalty)
        fitted = KernelMap(points.to(source), vectors.to(source), source.new_tensor(scale))
        return fitted, fitted

    def keep(self, name: str, value: torch.Tensor) -> None:
        """Points [m, d] and vectors [m, k] have a row of every sample; what is left of the room stays 0."""
        room = self.scale if name == "bandwidth" else getattr(self, name)
        room.zero_()
        (room[: len(value)] if value.ndim else room).copy_(value)

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """[n, …] (flattened) → [n, k]."""
        return KernelMap(self.points, self.vectors, self.scale)(x.flatten(1))
