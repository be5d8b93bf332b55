"""A proximal operator that is learned from samples: a denoiser whose prior can be evaluated."""

import copy
import math
from typing import ClassVar

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, positive
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.data.pool import Pool
from matchzoo.generators.endless import EndlessGenerator, require_count
from matchzoo.models.fields import Denoiser
from matchzoo.models.networks import ICNN
from matchzoo.models.networks.network import Network
from matchzoo.models.proximal import Inversion, ProximalOperator, invert_gradient, potential_gradient, prior_value

FEW = 10_000
"""Training samples whose mean and standard deviation chains start from, at most."""


@declare("proximal")
class LearnedProximal(EndlessGenerator, Denoiser, ProximalOperator):
    """f = ∇ψ for a convex network ψ: the proximal operator argmin_x |x − y|² / (2 σ²) − log p(x) of some prior p.

    The term ``denoising`` trains it; with ``kernel = "proximal"`` and a falling γ, f becomes the mode of x given
    y = x + σ ξ, and p the prior of the samples. It restores samples in `matchzoo.models.proximal.PlugAndPlay`, and
    `prior` says how likely they are.

    Samples are the ends of chains of Langevin's unadjusted algorithm on the smoothed prior, x ← f(x) + √2 σ ξ, with a
    last f; its steps are as long as σ, and its samples biased by that.

    Examples:
        >>> proximal = LearnedProximal(network=ICNN(widths=[50, 50]), noise=1.0)
        >>> proximal.build(Spec(shape=(2,)))
        >>> proximal.denoise(torch.randn(5, 2)).shape
        torch.Size([5, 2])
        >>> proximal.prior(proximal.denoise(torch.randn(5, 2)).detach()).shape
        torch.Size([5])

    Source: Fang et al., What's in a prior? Learned proximal networks for inverse problems, ICLR 2024; chains: Pereyra,
    Proximal Markov chain Monte Carlo algorithms, Statistics and Computing 2016, section 3.1.
    """

    follows_data: ClassVar[bool] = False
    network: Network
    """The potential ψ, of kind ``icnn``."""
    noise: float = attrs.field(validator=positive())
    """σ, standard deviation of the noise that it removes: the strength of the operator is σ²."""
    chain: int = attrs.field(default=20, validator=at_least(0))
    """Steps of a chain that makes a sample."""

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.network, ICNN):
            raise DeclarationError([("network", 'a proximal operator is the gradient of a network of kind "icnn"')])

    def build(self, spec: Spec) -> None:
        """Build the potential over samples of ``spec.shape``."""
        self.built_for = spec
        self.network.build(spec.shape, (1,), Step(0, spec.seed).rng("generator"))
        self.register_buffer("center", torch.zeros(()))
        self.register_buffer("spread", torch.ones(()))

    def prepare(self, pool: Pool) -> None:
        """Take mean and standard deviation of the training samples' numbers, which chains start from."""
        values = pool.split.render(torch.arange(min(len(pool.split), FEW))).values
        self.get_buffer("center").copy_(values.mean())
        self.get_buffer("spread").copy_(values.std(correction=0))

    def denoise(self, points: torch.Tensor, sigma: torch.Tensor | None = None) -> torch.Tensor:
        """f(y), of the points' shape [n, …]; σ is its own."""
        return potential_gradient(self.network, points.to(next(self.parameters()).dtype))[1]

    @property
    def noise_range(self) -> tuple[float, float]:
        """σ alone."""
        return self.noise, self.noise

    @property
    def fixed_strength(self) -> float:
        """σ², of −log p."""
        return self.noise**2

    def prox(self, y: torch.Tensor, strength: float | None = None) -> torch.Tensor:
        """f(y), of the shape of points y [n, …]; raises for a strength that is not σ²."""
        if strength is not None and not math.isclose(strength, self.fixed_strength, rel_tol=1e-6):
            raise MatchZooError(
                f"proximal: its strength is {self.fixed_strength:g}, the square of the noise that it was trained with, "
                f"got {strength:g}"
            )
        return self.denoise(y)

    def inverse(self, x: torch.Tensor, tolerance: float = 1e-6, iterations: int = 200) -> Inversion:
        """The y with f(y) = x for points x [n, …], by `invert_gradient` in float64."""
        return invert_gradient(self._potential(), x.double(), tolerance, iterations)

    def prior(
        self, x: torch.Tensor, tolerance: float = 1e-6, iterations: int = 200, strict: bool = True
    ) -> torch.Tensor:
        """−log p(x) [n] float64 in nats, up to a constant, at x [n, …], by `prior_value`, whose errors it has."""
        return prior_value(self._potential(), x.double(), tolerance, iterations, strict) / self.fixed_strength

    def _potential(self) -> Network:
        return copy.deepcopy(self.network).double()

    def draw(self, n: int | None, rng: torch.Generator | None = None) -> torch.Tensor:
        """Noise [n, (chain + 1) d] of the start and of every step; n must be given."""
        n = require_count(n, "a prior generates any number of samples")
        return torch.randn(n, (self.chain + 1) * math.prod(self.built_for.shape), generator=rng)

    def render(self, draws: torch.Tensor) -> Samples:
        """The ends [n, …] of the chains of some draws."""
        start, *steps = draws.to(next(self.parameters()).dtype).chunk(self.chain + 1, 1)
        x = self.get_buffer("center") + self.get_buffer("spread") * start
        for noise in steps:
            x = self.denoise(x) + math.sqrt(2) * self.noise * noise
        return Samples(self.denoise(x).unflatten(1, self.built_for.shape))
