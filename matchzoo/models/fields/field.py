"""A field of a network that knows the time."""

import math
from typing import Protocol, runtime_checkable

import torch
from torch import nn
from torch.func import functional_call

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.models.fields.path import Path
from matchzoo.models.networks.network import Network, Shape


def time_features(time: torch.Tensor, frequencies: int) -> torch.Tensor:
    """sin(π j t) and cos(π j t) for j = 1 … k, [n, 2 k] of times [n]; the times themselves [n, 1] for k = 0."""
    if not frequencies:
        return time[:, None]
    angles = math.pi * time[:, None] * torch.arange(1, frequencies + 1, device=time.device, dtype=time.dtype)
    return torch.cat([angles.sin(), angles.cos()], 1)


@runtime_checkable
class Field(Protocol):
    """What has a field that a term can train: a flow.

    Attributes:
        path: from noise to data.
        conditional: whether the field knows classes.
        codec: name of the space that it is in; None for samples themselves.
    """

    path: Path
    conditional: bool
    codec: str | None

    def encoded(self, features: torch.Tensor) -> torch.Tensor:
        """Points [n, …] of samples, or of the codec's features [n, d]."""
        ...

    def velocity(self, x: torch.Tensor, time: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        """The field [n, …] at points [n, …] and times [n], given labels [n] where it knows classes."""
        ...

    def fixed_field(self) -> "Velocity":
        """A copy of the field as it is, which nothing moves."""
        ...


class Velocity(nn.Module):
    """A field v(x, t) or v(x, t, class) by a network whose condition has features of the time and, where classes are
    known, a one-hot class, with one more for "no class".

    Examples:
        >>> field = Velocity(MLP(widths=[64, 64], activation="silu"), (2,), frequencies=8)
        >>> field(torch.randn(5, 2), torch.rand(5)).shape
        torch.Size([5, 2])

    Args:
        network: that is built here; its ``condition`` is set to what the field needs.
        shape: of a point.
        frequencies: k of the `time_features`; None for a field that is not told the time.
        classes: that it knows; 0 for none.
        rng: that initializes the network.
        averaged: keeps an average of the parameters, as buffers: a network of exponentially decaying weights, which
            `follow` moves.

    Raises:
        DeclarationError: the network was declared with another condition.
    """

    def __init__(
        self,
        network: Network,
        shape: Shape,
        frequencies: int | None = 8,
        classes: int = 0,
        rng: torch.Generator | None = None,
        averaged: bool = False,
    ) -> None:
        super().__init__()
        numbers = 0 if frequencies is None else 2 * frequencies or 1
        needed = numbers + (classes + 1 if classes else 0)
        if network.condition not in (0, needed):
            message = f"a field of these times and classes has {needed} numbers, got {network.condition}; leave it out"
            raise DeclarationError([("network.condition", message)])
        network.condition = needed
        network.build(shape, shape, rng or torch.default_generator)
        self.network, self.frequencies, self.classes = network, frequencies, classes
        self.averaged: nn.Module | None = nn.Module() if averaged else None
        if self.averaged is not None:
            for name, parameter in network.named_parameters():
                self.averaged.register_buffer(name.replace(".", "/"), parameter.detach().clone())

    def condition(self, x: torch.Tensor, time: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor | None:
        """The condition [n, k] of points [n, …] at times [n] or []; a label −1 (or no labels) is "no class". None where
        the network knows neither."""
        numbers = None
        if self.frequencies is not None:
            numbers = time_features(time.to(x).expand(len(x)), self.frequencies)
        if not self.classes:
            if labels is not None:
                raise MatchZooError("field: it knows no classes, and labels were given")
            return numbers
        if labels is None:
            labels = torch.full((len(x),), -1, device=x.device)
        known = nn.functional.one_hot(labels.to(x.device) % (self.classes + 1), self.classes + 1)
        return known.to(x) if numbers is None else torch.cat([numbers, known.to(x)], 1)

    def forward(self, x: torch.Tensor, time: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        """The field [n, …] at points [n, …] and times [n] or [], of the network's own parameters.

        Args:
            x: points.
            time: in [0, 1].
            labels: class indices [n]; −1 where no class is said.
        """
        return self.network(x, self.condition(x, time, labels))

    def average(self, x: torch.Tensor, time: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        """The same [n, …] of the averaged parameters, where there are any; `forward` where there are none."""
        if self.averaged is None:
            return self(x, time, labels)
        weights = {name.replace("/", "."): buffer for name, buffer in self.averaged.named_buffers()}
        return functional_call(self.network, weights, (x, self.condition(x, time, labels)))

    @torch.no_grad()
    def follow(self, decay: float) -> None:
        """Move the averaged parameters a toward the network's p: a ← decay · a + (1 − decay) · p."""
        if self.averaged is not None:
            parameters = dict(self.network.named_parameters())
            for name, buffer in self.averaged.named_buffers():
                buffer.lerp_(parameters[name.replace("/", ".")].to(buffer), 1 - decay)

    def guided(
        self,
        x: torch.Tensor,
        time: torch.Tensor,
        labels: torch.Tensor | None,
        guidance: float,
        averaged: bool = True,
    ) -> torch.Tensor:
        """v_∅ + w (v_c − v_∅) [n, …], of the averaged parameters or of the network's own: classifier-free guidance of
        strength w; for w = 1, or without labels, the field itself.

        Source: Ho and Salimans, Classifier-free diffusion guidance, 2022, whose w is one less.
        """
        field = self.average if averaged else self.forward
        given = field(x, time, labels)
        if guidance == 1 or labels is None:
            return given
        free = field(x, time)
        return free + guidance * (given - free)
