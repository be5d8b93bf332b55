"""Optimizers, spelled as torch spells them."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

import attrs
import torch

from matchzoo.core.declaration.declare import declare, family
from matchzoo.core.declaration.validators import at_least, between, positive
from matchzoo.core.schedule import Schedule, scheduled, value_at


@family("optimizer")
class Optimizer(ABC):
    """How a player steps."""

    lr: float | Schedule

    @property
    def schedules(self) -> dict[str, Schedule]:
        """Its fields that follow the step, by the names that torch has for them."""
        values = {name: getattr(self, name, None) for name in ("lr", "weight_decay")}
        return {name: value for name, value in values.items() if isinstance(value, Schedule)}

    @abstractmethod
    def make(self, parameters: Iterable[torch.nn.Parameter]) -> torch.optim.Optimizer:
        """A fresh optimizer of these parameters."""


@declare("adam")
class Adam(Optimizer):
    """`torch.optim.Adam`, in its fused form: one pass over the parameters instead of ten."""

    lr: float | Schedule = attrs.field(default=1e-3, validator=scheduled(positive()))
    """Learning rate; a number, or a schedule."""
    betas: tuple[float, float] = attrs.field(default=(0.9, 0.999), validator=between(0, 1, open_high=True))
    """Decay of the running means of the gradient and of its square."""
    eps: float = attrs.field(default=1e-8, validator=positive())
    """Added to the denominator."""
    weight_decay: float | Schedule = attrs.field(default=0.0, validator=scheduled(at_least(0)))
    """Added to the gradient, times the parameter: twice the factor of an L2 penalty in the loss. A number, or a
    schedule."""

    def make(self, parameters: Iterable[torch.nn.Parameter]) -> torch.optim.Optimizer:
        """A fresh Adam."""
        return torch.optim.Adam(
            parameters,
            lr=value_at(self.lr, 1),
            betas=self.betas,
            eps=self.eps,
            weight_decay=value_at(self.weight_decay, 1),
            fused=True,
        )


@declare("rmsprop")
class RMSprop(Optimizer):
    """`torch.optim.RMSprop`."""

    lr: float | Schedule = attrs.field(default=1e-3, validator=scheduled(positive()))
    """Learning rate; a number, or a schedule."""
    alpha: float = attrs.field(default=0.9, validator=between(0, 1, open_high=True))
    """Decay of the running mean of the squared gradient."""
    eps: float = attrs.field(default=1e-8, validator=positive())
    """Added to the denominator."""

    def make(self, parameters: Iterable[torch.nn.Parameter]) -> torch.optim.Optimizer:
        """A fresh RMSprop."""
        return torch.optim.RMSprop(parameters, lr=value_at(self.lr, 1), alpha=self.alpha, eps=self.eps)


@declare("sgd")
class SGD(Optimizer):
    """`torch.optim.SGD`."""

    lr: float | Schedule = attrs.field(default=1e-2, validator=scheduled(positive()))
    """Learning rate; a number, or a schedule."""
    momentum: float = attrs.field(default=0.0, validator=between(0, 1, open_high=True))
    """Momentum."""

    def make(self, parameters: Iterable[torch.nn.Parameter]) -> torch.optim.Optimizer:
        """A fresh SGD."""
        return torch.optim.SGD(parameters, lr=value_at(self.lr, 1), momentum=self.momentum)


def follow_schedules(optimizer: torch.optim.Optimizer, declared: Optimizer, number: int) -> None:
    """Give an optimizer the learning rate and the weight decay of a step, where they follow the step."""
    for name, schedule in declared.schedules.items():
        for group in optimizer.param_groups:
            group[name] = schedule.at(number)


def as_laid_out(gradient: torch.Tensor, parameter: torch.Tensor) -> torch.Tensor:
    """A gradient […] with the strides of its parameter […], which fused optimizers on a GPU insist on."""
    if gradient.stride() == parameter.stride():
        return gradient
    return torch.empty_like(parameter).copy_(gradient)
