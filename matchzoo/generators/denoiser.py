"""Samples that a learned denoiser makes of noise, step by step: diffusion models, and score-based ones."""

import math
from typing import Literal

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, between, positive
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.schedule import Schedule, scheduled, value_at
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.data.pool import Pool
from matchzoo.data.split import Split
from matchzoo.generators.endless import EndlessGenerator, require_count
from matchzoo.models.fields import Denoiser, ProbabilityFlow, Sampler, VarianceExploding, Velocity
from matchzoo.models.fields.path import over_rows
from matchzoo.models.fields.sampler import draw_seeds, noise_of
from matchzoo.models.networks.network import Network

ROWS = 512
"""Training samples that are looked at together."""


def moments(split: Split) -> tuple[torch.Tensor, torch.Tensor]:
    """The mean […] of the samples of a split, number by number, and their standard deviation [] about it over all
    numbers, float64."""
    rows = torch.arange(len(split), device=split.values.device).split(ROWS)
    center = torch.zeros(split.shape, dtype=torch.float64, device=split.values.device)
    for some in rows:
        center += split.render(some).values.double().sum(0) / len(split)
    squares = center.new_zeros(())
    for some in rows:
        squares += (split.render(some).values - center).square().sum() / (len(split) * center.numel())
    return center, squares.sqrt()


@declare("denoiser")
class DenoiserGenerator(EndlessGenerator, Denoiser):
    """D(y, σ), a network's guess of x from y = x + σ ξ, and the samples that a sampler makes by it.

    The term `Denoising` trains it; with the squared error (D − y) / σ² is the score of the data under noise σ. The
    network sees data of mean 0 and variance 1, as the training samples have them, and noise in these units.

    Examples:
        >>> denoiser = DenoiserGenerator(network=MLP(widths=[64, 64], activation="silu"), noise=(0.01, 10.0))
        >>> denoiser.build(Spec(shape=(2,)))
        >>> denoiser.denoise(torch.randn(5, 2), torch.tensor(0.5)).shape
        torch.Size([5, 2])
        >>> denoiser.sample(5).values.shape
        torch.Size([5, 2])

    Source: Song and Ermon, Generative modeling by estimating gradients of the data distribution, NeurIPS 2019; Karras
    et al., Elucidating the design space of diffusion-based generative models, NeurIPS 2022.
    """

    network: Network
    """From noisy points to what it predicts; its ``condition`` is set here."""
    noise: tuple[float, float] = attrs.field(default=(0.01, 10.0), validator=positive())
    """The least and the largest σ, in units of the data."""
    predicts: Literal["data", "noise", "preconditioned"] = "preconditioned"
    """What the network predicts: x; the noise (ξ, or σ ξ where it is blind); or, as Karras et al. have it, the mixture
    of both whose variance is 1 at each σ, of which x is y / (1 + σ²) + σ / √(1 + σ²) · that."""
    blind: bool = False
    """Whether the network is not given σ, and has to infer it: a denoiser for `CoarseToFine`."""
    frequencies: int = attrs.field(default=8, validator=at_least(0))
    """k: the network sees sin(π j t) and cos(π j t) for j = 1 … k, where t is 0 at the largest log σ and 1 at the
    least; t as it is for 0. Of no meaning where it is blind."""
    average: float | Schedule = attrs.field(default=0.0, validator=scheduled(between(0, 1)))
    """Share of the average of the parameters that stays in a step; samples are those of the average, gradients those of
    the network itself. None at 0."""
    sampler: Sampler = attrs.Factory(ProbabilityFlow)
    """Of samples: ``annealed-langevin``, ``reverse-diffusion``, ``probability-flow`` or ``coarse-to-fine``."""

    def __attrs_post_init__(self) -> None:
        if not self.noise[0] < self.noise[1] < math.inf:
            raise DeclarationError([("noise", f"expected [least, largest], got {list(self.noise)}")])
        if self.blind and self.predicts == "preconditioned":
            message = 'a blind denoiser cannot mix by σ; set predicts = "noise" or "data"'
            raise DeclarationError([("predicts", message)])
        self.number = 0

    @property
    def noise_range(self) -> tuple[float, float]:
        """The declared one."""
        return self.noise

    def build(self, spec: Spec) -> None:
        """Build the network over samples of ``spec.shape``."""
        self.built_for = spec
        self.register_buffer("center", torch.zeros(spec.shape))
        self.register_buffer("spread", torch.ones(()))
        keeps = isinstance(self.average, Schedule) or self.average > 0
        frequencies = None if self.blind else self.frequencies
        field = Velocity(self.network, spec.shape, frequencies, rng=Step(0, spec.seed).rng("generator"), averaged=keeps)
        self.averaged = field.averaged
        self.fields = (field,)  # in a tuple: its modules are the network and the average, which are parts already
        self.times = VarianceExploding(largest=self.noise[1], rest=self.noise[0])

    def prepare(self, pool: Pool) -> None:
        """The mean of the training samples, number by number, and their standard deviation about it, over all."""
        center, spread = moments(pool.split)
        self.get_buffer("center").copy_(center)
        self.get_buffer("spread").copy_(spread.clamp_min(1e-6))

    def denoise(self, points: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        """D(y, σ) of the points' shape [n, …], for σ [n] or []; of the average in evaluation mode."""
        shape = self.built_for.shape
        if points[0].numel() != math.prod(shape):
            got, expected = tuple(points.shape[1:]), " x ".join(map(str, shape))
            message = f"expected points of {expected} numbers, got {got}; compare samples themselves"
            raise MatchZooError(f"denoiser: {message}")
        center, spread = self.get_buffer("center"), self.get_buffer("spread")
        z = (points.reshape(-1, *shape) - center) / spread
        noise = over_rows(sigma.to(z).expand(len(z)) / spread, z)  # in units of the spread, [n, 1, …]
        network = self.fields[0].forward if self.training else self.fields[0].average
        time = self.times.time(sigma.to(z).expand(len(z)))
        predicted = network(z if self.blind else z / (1 + noise.square()).sqrt(), time)

        if self.predicts == "noise":
            predicted = z - (predicted if self.blind else noise * predicted)
        elif self.predicts == "preconditioned":
            predicted = z / (1 + noise.square()) + noise / (1 + noise.square()).sqrt() * predicted
        return (center + spread * predicted).view_as(points)

    def draw(self, n: int | None, rng: torch.Generator | None = None) -> torch.Tensor:
        """Seeds [n] of the samples; n must be given."""
        return draw_seeds(require_count(n, "a denoiser has no end"), rng)

    def render(self, draws: torch.Tensor) -> Samples:
        """Samples [n, …] of seeds [n], by the sampler."""
        center = self.get_buffer("center")
        noise = noise_of(draws, self.built_for.shape, center.dtype)

        def centered(points: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
            return self.denoise(points + center, sigma) - center

        return Samples(center + self.sampler.sample(centered, noise, self.noise))

    def before_step(self, step: Step) -> bool:
        """Note the step, whose share of the average it takes."""
        self.number = step.number
        return False

    def follow(self) -> None:
        """Move the average."""
        self.fields[0].follow(value_at(self.average, self.number))
