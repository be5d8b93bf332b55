"""Kernel mean matching of many samples: a kernel by landmarks (Nyström), in memory of blocks."""

import time
from collections.abc import Callable, Iterator

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.core.numerics.kernels import Kernel
from matchzoo.core.samples import Samples
from matchzoo.ratios.basis import BLOCK, announce
from matchzoo.ratios.solving.weighting import Both, mean

PASSES = 50
"""Newton steps over the denominator, at most."""
BOUNDED = 6
"""Passes that a ratio with bounds takes, about."""
RANK = 1e-12
"""Of the largest eigenvalue of the landmarks' kernel: directions below it are left out."""
ALLOWED = 1e-9
"""Largest component of the gradient at the optimum, of the largest of the linear term."""


class LandmarkMatching:
    """The minimizer r of ½ rᵀ(K̂ + εI)r − (m/n) 1ᵀK̂_pq r over low ≤ r ≤ high, for the kernel k̂(x, y) = zᵀ(x) z(y).

    z(x) are the features in which k̂(x, y) = k(x, L) K_LL⁻¹ k(L, y) for landmarks L: k itself at these. By duality,
    r(x) = clip(uᵀz(x)) at any x, where u [rank] minimizes ½ ε|u|² + Σ_q H(uᵀz) − (m/n) Σ_p uᵀz, and H is the integral
    of clip: a convex function of few variables, piecewise quadratic. Newton's method ends where the optimality
    conditions hold; without bounds that is after one step. Kernels are made for `BLOCK` samples at a time, and the
    memory is that of the landmarks squared.

    Args:
        kernel: resolved, positive semidefinite.
        numerator: [n, d].
        denominator: [m, d].
        landmarks: [l, d].
        ridge: ε > 0.
        low: lower bound, if any.
        high: upper bound, if any.
        weights: u [n] of the numerator's samples and v [m] of the denominator's, of a mean of 1 each, without a graph;
            equal ones if None. The sums over p and q are then Σ u_i and Σ v_j.

    Attributes:
        kernel_error: the mean of k(x, x) − k̂(x, x), which is never negative, over samples of the denominator (`BLOCK`
            of them at most): the mean squared distance of a sample from its approximation in the kernel's space.

    Raises:
        MatchZooError: no convergence.

    Source: Williams and Seeger, Using the Nyström method to speed up kernel machines, NeurIPS 2000.
    """

    @torch.no_grad()
    def __init__(
        self,
        kernel: Kernel,
        numerator: torch.Tensor,
        denominator: torch.Tensor,
        landmarks: torch.Tensor,
        ridge: float,
        low: float = -float("inf"),
        high: float = float("inf"),
        weights: Both = (None, None),
    ) -> None:
        self.kernel, self.landmarks, self.low, self.high = kernel, Samples(double(landmarks)), low, high
        self.denominator, self.ridge = denominator, ridge
        of_p, self.weights = (None if w is None else double(w.detach()) for w in weights)
        within = kernel.gram(self.landmarks, self.landmarks)
        values, vectors = torch.linalg.eigh((within + within.mT) / 2)
        kept = values > RANK * values[-1]
        self.whitening = vectors[:, kept] / values[kept].sqrt()

        every = -(-len(denominator) // BLOCK)
        some = denominator[::every]
        features = self._kernels(some) @ self.whitening
        errors = kernel.pairs(double(some), double(some)) - features.square().sum(1)
        shares = None if self.weights is None else self.weights[::every] / self.weights[::every].sum()
        self.kernel_error = mean(errors, shares).item()

        total = self.whitening.new_zeros(len(within))
        for start, block in zip(range(0, len(numerator), BLOCK), self._blocks(numerator), strict=True):
            total = total + (block.sum(0) if of_p is None else of_p[start : start + BLOCK] @ block)
        self.linear = self.whitening.mT @ total * (len(denominator) / len(numerator))
        self.coefficients = self._solved()

    def at(self, x: torch.Tensor) -> torch.Tensor:
        """r at points [k, …]: [k], float64."""
        weights = self.whitening @ self.coefficients
        return torch.cat([(block @ weights).clamp(self.low, self.high) for block in self._blocks(x)])

    def _kernels(self, x: torch.Tensor) -> torch.Tensor:
        return self.kernel.gram(Samples(double(x)), self.landmarks)

    def _blocks(self, x: torch.Tensor) -> Iterator[torch.Tensor]:
        """Kernels [k, l] between points and landmarks."""
        return map(self._kernels, x.split(BLOCK))

    def _solved(self) -> torch.Tensor:
        u = torch.zeros_like(self.linear)
        objective, gradient, curvature = self._derivatives(u, first=True)
        for _ in range(PASSES):
            if gradient.abs().max() <= ALLOWED * self.linear.abs().max():
                return u
            direction, rate = -torch.linalg.solve(curvature, gradient), 1.0
            while True:
                moved = u + rate * direction
                value, slope, matrix = self._derivatives(moved)
                if value <= objective + 1e-4 * rate * (gradient @ direction) + 1e-12 * objective.abs() or rate < 1e-6:
                    break
                rate /= 2
            u, objective, gradient, curvature = moved, value, slope, matrix
        raise MatchZooError("kernel mean matching: no convergence; raise the ridge")

    def _derivatives(self, u: torch.Tensor, first: bool = False) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The objective, its gradient and its curvature at u."""
        weights = self.whitening @ u
        size = len(weights)
        value, sums, second = u.new_zeros(()), u.new_zeros(size), u.new_zeros(size, size)
        began = time.monotonic()
        for number, block in enumerate(self._blocks(self.denominator)):
            inner = block @ weights
            r = inner.clamp(self.low, self.high)
            within = (inner >= self.low) & (inner <= self.high)
            free = scaled = block[within]
            terms = r * inner - r.square() / 2
            if self.weights is not None:
                v = self.weights[number * BLOCK : number * BLOCK + BLOCK]
                terms, r, scaled = v * terms, v * r, free * v[within, None]
            value += terms.sum()
            sums += block.mT @ r
            second.addmm_(free.mT, scaled)
            if first and number == 0:
                self._announce(time.monotonic() - began)
        objective = self.ridge / 2 * (u @ u) + value - self.linear @ u
        gradient = self.ridge * u + self.whitening.mT @ sums - self.linear
        curvature = self.whitening.mT @ second @ self.whitening
        curvature.diagonal().add_(self.ridge)
        return objective, gradient, curvature

    def _announce(self, seconds: float) -> None:
        """Tell how long it takes, from the seconds of the first block."""
        passes = 2 if self.low == -float("inf") else BOUNDED
        blocks = len(self.denominator) / min(BLOCK, len(self.denominator))
        title = f"kernel mean matching of {len(self.denominator)} rows with {len(self.landmarks)} landmarks"
        announce(title, passes * blocks * seconds)


def drawn(sets: tuple[torch.Tensor, torch.Tensor], count: int, rng: Callable[[], torch.Generator]) -> torch.Tensor:
    """Landmarks [l, d]: points of both sets pooled, ``count`` of them at random if there are more."""
    sizes = [len(x) for x in sets]
    if sum(sizes) <= count:
        return torch.cat(sets)
    rows = torch.randperm(sum(sizes), generator=rng())[:count].sort().values
    first = rows[rows < sizes[0]].to(sets[0].device)
    return torch.cat([sets[0][first], sets[1][rows[rows >= sizes[0]].to(sets[1].device) - sizes[0]]])
