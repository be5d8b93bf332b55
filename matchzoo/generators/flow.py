"""Samples that a learned field carries from noise to data: continuous flows."""

import copy
import math
from collections.abc import Mapping

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, between
from matchzoo.core.errors import DeclarationError, MatchZooError, did_you_mean
from matchzoo.core.part import Part
from matchzoo.core.samples import Samples
from matchzoo.core.schedule import Schedule, scheduled, value_at
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.data.pool import Pool
from matchzoo.generators.endless import EndlessGenerator, require_count
from matchzoo.models.fields import Denoiser, Midpoint, OdeSolver, Path, Straight, Velocity, inpaint, log_density
from matchzoo.models.fields.ode_solver import Derivative
from matchzoo.models.fields.path import over_rows
from matchzoo.models.networks.network import Network
from matchzoo.projectors import Projector


@declare("flow")
class Flow(EndlessGenerator, Denoiser):
    """x₁ of dx/dt = v(x, t) from x₀ of N(0, I), with v a network that knows the time (and the class).

    The term `FlowMatching` trains the field without solving it; rendering solves it, and is differentiable. With
    ``codec``, points are the standardized features of a projector that was trained before, and samples are decoded from
    them: latent flow matching.

    Examples:
        >>> flow = Flow(network=MLP(widths=[64, 64], activation="silu"))
        >>> flow.build(Spec(shape=(2,)))
        >>> flow.sample(5).values.shape
        torch.Size([5, 2])
        >>> flow.log_density(torch.randn(5, 2)).shape
        torch.Size([5])

    Source: Lipman et al., Flow matching for generative modeling, ICLR 2023; Dao et al., Flow matching in latent space,
    2023 (where time runs the other way: here noise is at 0 and data at 1).
    """

    network: Network
    """From points to their velocities; its ``condition`` is set here."""
    path: Path = attrs.Factory(Straight)
    """From noise to data."""
    solver: OdeSolver = attrs.Factory(Midpoint)
    """Of the field, where samples are rendered."""
    frequencies: int = attrs.field(default=8, validator=at_least(0))
    """k: the network sees sin(π j t) and cos(π j t) for j = 1 … k; the time as it is for 0."""
    conditional: bool = False
    """Whether the field knows the classes of the data; samples are drawn with classes in equal shares."""
    guidance: float = attrs.field(default=1.0, validator=at_least(0))
    """w of v_∅ + w (v_c − v_∅), for a conditional field; 1 for none."""
    average: float | Schedule = attrs.field(default=0.0, validator=scheduled(between(0, 1)))
    """Share of the average of the parameters that stays in a step; samples are those of the average, gradients those of
    the network itself. None at 0."""
    codec: str | None = None
    """Name of a projector with a decoder, in whose space the field is; the samples themselves if not given."""

    def __attrs_post_init__(self) -> None:
        if self.guidance != 1 and not self.conditional:
            raise DeclarationError([("guidance", "guides toward classes; set conditional = true")])
        self.number = 0

    @property
    def space(self) -> str | None:
        """The codec."""
        return self.codec

    def bind(self, parts: Mapping[str, Part]) -> None:
        """Take the codec; raises if there is none of that name."""
        if self.codec is None:
            return
        codec = parts.get(self.codec)
        if not isinstance(codec, Projector):
            hint = did_you_mean(self.codec, parts)
            raise DeclarationError([("generator.codec", f"unknown projector '{self.codec}'{hint}")])
        if codec.base is not None:
            message = f"'{self.codec}' stands on '{codec.base}', and its decoder gives no samples; take one of samples"
            raise DeclarationError([("generator.codec", message)])
        self.decoder = (codec,)  # in a tuple, since it is a part of its own

    def build(self, spec: Spec) -> None:
        """Build the field over samples of ``spec.shape``, or over the codec's ``spec.features``."""
        if self.conditional and spec.classes is None:
            raise DeclarationError([("generator.conditional", "the data have no classes")])
        self.built_for = spec
        self.shape = spec.shape
        if self.codec is not None:
            if not hasattr(self, "decoder") or spec.features is None:
                raise MatchZooError("flow: bind it to its codec first: flow.bind({name: projector})")
            self.shape = (spec.features,)
            self.register_buffer("center", torch.zeros(spec.features))
            self.register_buffer("scale", torch.ones(spec.features))
        rng = Step(0, spec.seed).rng("generator")
        classes = spec.classes if self.conditional and spec.classes else 0
        keeps = isinstance(self.average, Schedule) or self.average > 0
        field = Velocity(self.network, self.shape, self.frequencies, classes, rng, keeps)
        self.averaged = field.averaged
        self.fields = (field,)  # in a tuple: its modules are the network and the average, which are parts already

    def prepare(self, pool: Pool) -> None:
        """Center and scale of the codec's features, over the training samples."""
        if self.codec is not None:
            features = pool.project(pool.split, self.codec).values.flatten(1)
            self.get_buffer("center").copy_(features.mean(0))
            self.get_buffer("scale").copy_(features.std(0, correction=0).clamp_min(1e-6))

    @property
    def field(self) -> Velocity:
        """The field, once built."""
        return self.fields[0]

    def draw(self, n: int | None, rng: torch.Generator | None = None) -> torch.Tensor:
        """Noise [n, d], with a class in one more column where it is conditional; n must be given."""
        noise = torch.randn(require_count(n, "a flow has no end"), math.prod(self.shape), generator=rng)
        if not self.conditional:
            return noise
        labels = torch.randint(self.field.classes, (len(noise), 1), generator=rng)
        return torch.cat([noise, labels.to(noise)], 1)

    def render(self, draws: torch.Tensor) -> Samples:
        """Samples [n, …] of draws [n, d] or [n, d + 1], with their classes; of the average in evaluation mode."""
        derivative, start = self.problem(draws, averaged=not self.training)
        return Samples(self.decoded(self.solver.solve(derivative, start)), self._labels(draws))

    def problem(self, draws: torch.Tensor, averaged: bool = True) -> tuple[Derivative, torch.Tensor]:
        """The differential equation of some draws: dx/dt, and the points [n, …] at t = 0."""
        noise = draws[:, :-1] if self.conditional else draws
        noise = noise.to(next(self.parameters()).dtype).unflatten(1, self.shape)
        return self.derivative(self._labels(draws), averaged), self.path.start(noise)

    def _labels(self, draws: torch.Tensor) -> torch.Tensor | None:
        return draws[:, -1].round().long() if self.conditional else None

    def derivative(self, labels: torch.Tensor | None = None, averaged: bool = True) -> Derivative:
        """dx/dt [n, …] at points [n, …] and a time [], of the average (if it is not to be the network itself), guided
        toward classes [n] where there are any."""

        def at(x: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
            return self.field.guided(x, time, labels, self.guidance, averaged)

        return at

    def velocity(self, x: torch.Tensor, time: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        """The field that is trained, [n, …] at points [n, …] and times [n], with labels [n] where it knows classes."""
        return self.field(x, time, labels)

    def denoise(self, points: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        """E[data | y] of the points' shape [n, …] for y = data + σ · noise, in the space of the field: y is on the path
        where there is so much noise for the data. Of the average in evaluation mode."""
        y = points.unflatten(1, self.shape) if points.ndim == 2 else points
        time = self.path.time(sigma.to(y))
        x = over_rows(self.path.shares(time)[0], y) * y
        velocity = self.derivative(averaged=not self.training)(x, time)
        return self.path.denoised(x, velocity, time).view_as(points)

    @property
    def noise_range(self) -> tuple[float, float]:
        """The least and the largest noise for the data on the path."""
        of_data, of_noise = self.path.shares(torch.tensor([1.0, 0.0], dtype=torch.float64))
        least, largest = (of_noise / of_data).tolist()
        return least, largest

    def fixed_field(self) -> Velocity:
        """A copy of the field as it is, which nothing moves."""
        return copy.deepcopy(self.field).requires_grad_(False)

    def encoded(self, features: torch.Tensor) -> torch.Tensor:
        """Points [n, …] of samples, or of the codec's features [n, d]."""
        if self.codec is None:
            return features.unflatten(1, self.shape) if features.ndim == 2 else features
        return (features - self.get_buffer("center").to(features)) / self.get_buffer("scale").to(features)

    def decoded(self, points: torch.Tensor) -> torch.Tensor:
        """Samples [n, …] of points [n, …]."""
        if self.codec is None:
            return points
        features = points * self.get_buffer("scale") + self.get_buffer("center")
        return self.decoder[0].decode(features)

    def log_density(
        self,
        x: torch.Tensor,
        labels: torch.Tensor | None = None,
        solver: OdeSolver | None = None,
        draws: int = 0,
        seed: int = 0,
    ) -> torch.Tensor:
        """log p(x) [n] in nats of points [n, …] (standardized codes, where there is a codec), by
        `matchzoo.models.fields.log_density`.

        Args:
            x: points.
            labels: class indices [n] for the density given the class, of a conditional field.
            solver: of the backward integration; that of the flow if not given.
            draws: of the divergence's estimate; 0 for the exact one.
            seed: of these draws.
        """
        derivative = self.derivative(labels)

        def flat(points: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
            return derivative(points.unflatten(1, self.shape), time).flatten(1)

        scale = self.path.start(x.new_ones(())).item()
        rng = Step(0, seed).rng("log-density")
        return log_density(flat, x, solver or self.solver, scale=scale, draws=draws, rng=rng)

    def inpaint(
        self,
        values: torch.Tensor,
        known: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        resamples: int = 10,
        solver: OdeSolver | None = None,
        seed: int = 0,
    ) -> torch.Tensor:
        """Samples [n, …] that have the known numbers of some values [n, …], and others to go with them, by
        `matchzoo.models.fields.inpaint`; rows of a table are in its own units.

        Args:
            values: images, points or rows, NaN where they are not known.
            known: [n, …] bool, True where they are known; where they are not NaN if not given.
            labels: class indices [n], of a conditional field; samples of any class if not given.
            resamples: how often each step is taken; the bias falls with it.
            solver: of equal steps; the flow's own if not given.
            seed: of all noise.

        Raises:
            MatchZooError: the field is among codes, in which no pixel is known, or the solver is adaptive; values are
                of another shape than the field's points, or NaN where they are known; labels do not fit.
        """
        if self.codec is not None:
            raise MatchZooError("inpaint: the field is among codes, and what is known is of samples")
        if values.shape[1:] != self.shape:
            raise MatchZooError(f"inpaint: expected values {['n', *self.shape]}, got {list(values.shape)}")
        known = ~values.isnan() if known is None else known
        if known.dtype != torch.bool or (known.shape == values.shape and bool(values[known].isnan().any())):
            raise MatchZooError("inpaint: expected known to be True or False, and False where values are NaN")
        if labels is not None and self.conditional:
            self._check_labels(labels, len(values))
        given = values if self.units is None else self.units.standardized(values)
        rng, like = Step(0, seed).rng("inpaint"), next(self.parameters())
        field, solver = self.derivative(labels), solver or self.solver
        points = inpaint(field, self.path, given.to(like), known.to(like.device), solver, resamples=resamples, rng=rng)
        restored = points if self.units is None else self.units.restored(points)
        return torch.where(known, values, restored.to(values))

    def _check_labels(self, labels: torch.Tensor, count: int) -> None:
        classes = self.field.classes
        if labels.shape != (count,) or bool(((labels < 0) | (labels >= classes)).any()):
            got = f"{list(labels.shape)} from {labels.min()} to {labels.max()}" if labels.numel() else "none"
            raise MatchZooError(f"flow: expected labels [{count}] from 0 to {classes - 1}, got {got}")

    def before_step(self, step: Step) -> bool:
        """Note the step, whose share of the average it takes."""
        self.number = step.number
        return False

    def follow(self) -> None:
        """Move the average."""
        self.field.follow(value_at(self.average, self.number))
