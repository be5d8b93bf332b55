"""The question of a path: where is a point on its way from noise to data?"""

import math
from abc import ABC, abstractmethod

import attrs
import torch

from matchzoo.core.declaration.declare import declare, family
from matchzoo.core.declaration.validators import between, positive
from matchzoo.core.errors import DeclarationError


@family("path")
class Path(ABC):
    """x_t = a(t) · data + s(t) · noise, with noise from N(0, I): noise at t = 0, data at t = 1, in every kind.

    The field that a flow learns is the mean of a'(t) · data + s'(t) · noise over all pairs that pass through a point
    (`velocity`). From it follow the denoised point E[data | x_t] and, as the noise is Gaussian, the score of x_t.

    Examples:
        >>> path = Straight()
        >>> time = torch.rand(64)
        >>> points = path.between(noise, data, time)  # [64, d] of [64, d] and [64, d]
        >>> target = path.velocity(noise, data, time)
    """

    @abstractmethod
    def shares(self, time: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """a(t) and s(t) for times […] in [0, 1]."""

    @abstractmethod
    def rates(self, time: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Their derivatives a'(t) and s'(t), of the times' shape […]."""

    @abstractmethod
    def time(self, ratio: torch.Tensor) -> torch.Tensor:
        """The times […] at which there is so much noise for the data: s(t) / a(t) is ``ratio`` […], within what the
        path has."""

    def between(self, noise: torch.Tensor, data: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        """x_t [n, …] of noise [n, …] and data [n, …] at times [n], or at one time []."""
        of_data, of_noise = (over_rows(share, data) for share in self.shares(time))
        return of_data * data + of_noise * noise

    def velocity(self, noise: torch.Tensor, data: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        """dx_t / dt [n, …] of noise [n, …] and data [n, …] at times [n] or []."""
        of_data, of_noise = (over_rows(rate, data) for rate in self.rates(time))
        return of_data * data + of_noise * noise

    def start(self, noise: torch.Tensor) -> torch.Tensor:
        """The points [n, …] at t = 0 that noise [n, …] from N(0, I) stands for: s(0) · noise."""
        return self.shares(torch.zeros((), dtype=noise.dtype))[1].item() * noise

    def back(
        self, points: torch.Tensor, later: torch.Tensor, earlier: torch.Tensor, noise: torch.Tensor
    ) -> torch.Tensor:
        """Points x_t [n, …] of the path at an earlier time [] of points x_u [n, …] at a later one []: less of the data
        and more noise [n, …], a(t)/a(u) · x_u + √(s(t)² − (a(t)/a(u) · s(u))²) · noise."""
        (a, s), (a_later, s_later) = self.shares(earlier.to(points)), self.shares(later.to(points))
        share = a / a_later
        return share * points + (s**2 - (share * s_later) ** 2).clamp_min(0).sqrt() * noise

    def denoised(self, points: torch.Tensor, velocity: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        """E[data | x_t], of shape [n, …], by the field at points [n, …]: (s v − s' x) / (a' s − s' a)."""
        (a, s), (a_rate, s_rate) = self._of(points, time)
        return (s * velocity - s_rate * points) / (a_rate * s - s_rate * a)

    def score(self, points: torch.Tensor, velocity: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        """∇ log p_t [n, …] by the field at points [n, …]: (a · E[data | x_t] − x) / s² (Tweedie's formula)."""
        (a, s), _ = self._of(points, time)
        return (a * self.denoised(points, velocity, time) - points) / s**2

    def _of(
        self, points: torch.Tensor, time: torch.Tensor
    ) -> tuple[tuple[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]:
        a, s = (over_rows(share, points) for share in self.shares(time))
        a_rate, s_rate = (over_rows(rate, points) for rate in self.rates(time))
        return (a, s), (a_rate, s_rate)


def over_rows(numbers: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """Numbers [n] or [] so that they multiply points [n, …], in their precision and place."""
    numbers = numbers.to(points)
    return numbers if numbers.ndim == 0 else numbers.reshape(-1, *[1] * (points.ndim - 1))


@declare("straight")
class Straight(Path):
    """x_t = t · data + (1 − (1 − ε) t) · noise: straight lines.

    Source: Lipman et al., Flow matching for generative modeling, ICLR 2023 (ε there is σ_min); Liu et al., Flow
    straight and fast, ICLR 2023, with ε = 0.
    """

    rest: float = attrs.field(default=0.0, validator=between(0, 1, open_high=True))
    """ε: the standard deviation of the noise that is left at t = 1."""

    def shares(self, time: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """t and 1 − (1 − ε) t, of the times' shape […]."""
        return time, 1 - (1 - self.rest) * time

    def rates(self, time: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """1 and −(1 − ε), of the times' shape […]."""
        return torch.ones_like(time), torch.full_like(time, self.rest - 1)

    def time(self, ratio: torch.Tensor) -> torch.Tensor:
        """1 / (1 − ε + ratio), of the ratios' shape […]."""
        return 1 / (1 - self.rest + ratio)


@declare("variance-preserving")
class VariancePreserving(Path):
    """x_t = sin(π t / 2) · data + cos(π t / 2) · noise: a quarter of a circle, on which the variance of standardized
    data stays 1.

    Source: Albergo and Vanden-Eijnden, Building normalizing flows with stochastic interpolants, ICLR 2023.
    """

    def shares(self, time: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Sine and cosine of π t / 2, of the times' shape […]."""
        angle = math.pi / 2 * time
        return angle.sin(), angle.cos()

    def rates(self, time: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """π/2 · cosine and −π/2 · sine, of the times' shape […]."""
        angle = math.pi / 2 * time
        return math.pi / 2 * angle.cos(), -math.pi / 2 * angle.sin()

    def time(self, ratio: torch.Tensor) -> torch.Tensor:
        """2/π · the arc tangent of 1 / ratio, of the ratios' shape […]."""
        return 2 / math.pi * torch.atan2(torch.ones_like(ratio), ratio)


@declare("variance-exploding")
class VarianceExploding(Path):
    """x_t = data + σ(t) · noise, σ from ``largest`` at t = 0 to ``rest`` at t = 1 in geometric steps.

    What it starts from is N(0, σ(0)² I) only as far as the data are small against ``largest``.

    Source: Song et al., Score-based generative modeling through stochastic differential equations, ICLR 2021.
    """

    largest: float = attrs.field(default=10.0, validator=positive())
    """Standard deviation of the noise at t = 0."""
    rest: float = attrs.field(default=0.01, validator=positive())
    """The one at t = 1."""

    def __attrs_post_init__(self) -> None:
        if self.rest >= self.largest:
            raise DeclarationError([("rest", f"expected less than largest = {self.largest:g}, got {self.rest:g}")])

    def shares(self, time: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """1 and σ(t), of the times' shape […]."""
        return torch.ones_like(time), self.largest * (self.rest / self.largest) ** time

    def rates(self, time: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """0 and σ'(t), of the times' shape […]."""
        return torch.zeros_like(time), self.shares(time)[1] * math.log(self.rest / self.largest)

    def time(self, ratio: torch.Tensor) -> torch.Tensor:
        """log(largest / ratio) / log(largest / rest), of the ratios' shape […]."""
        return (self.largest / ratio).log() / math.log(self.largest / self.rest)
