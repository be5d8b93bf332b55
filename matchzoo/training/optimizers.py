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


@declare("lookahead")
class Lookahead(Optimizer):
    """Another optimizer, whose parameters go back a part of the way after every k steps: θ ← θ₀ + α (θ − θ₀), where θ₀
    is what they were before these k. The other's own state, such as Adam's means, is kept.

    With an update on each environment in turn (the set ``environment``) and k updates it is the outer step of Fish.

    Source: Zhang et al., Lookahead optimizer: k steps forward, 1 step back, NeurIPS 2019; Shi et al., Gradient matching
    for domain generalization (Fish), ICLR 2022, algorithm 1, with α = 0.5 in the released code.
    """

    of: Optimizer = attrs.Factory(Adam)
    """The optimizer that makes the steps."""
    steps: int = attrs.field(default=5, validator=at_least(1))
    """k, updates of the player between two ways back."""
    rate: float = attrs.field(default=0.5, validator=[positive(), between(0, 1)])
    """α, the share of the way that is kept; 1 is the optimizer by itself."""

    @property
    def schedules(self) -> dict[str, Schedule]:
        """Those of the optimizer that makes the steps."""
        return self.of.schedules

    def make(self, parameters: Iterable[torch.nn.Parameter]) -> torch.optim.Optimizer:
        """A fresh optimizer of that kind, which looks ahead."""
        optimizer = self.of.make(parameters)
        look_ahead(optimizer, self.steps, self.rate)
        return optimizer


def look_ahead(optimizer: torch.optim.Optimizer, steps: int, rate: float) -> None:
    """Make an optimizer go back a part of its way after every so many steps, as `Lookahead` says.

    What it remembers, ``slow`` […] and ``taken`` [] of every parameter, is in the state of the optimizer. A parameter
    without a gradient does not move, and its steps do not count.

    Examples:
        >>> optimizer = torch.optim.Adam(network.parameters())
        >>> look_ahead(optimizer, 5, 0.5)

    Args:
        optimizer: changed in place.
        steps: k ≥ 1.
        rate: α in (0, 1].
    """
    starts: dict[torch.nn.Parameter, torch.Tensor] = {}

    def moving() -> list[torch.nn.Parameter]:
        return [p for group in optimizer.param_groups for p in group["params"] if p.grad is not None]

    def remember(*_: object) -> None:
        for parameter in moving():
            if "slow" not in optimizer.state.get(parameter, {}):
                starts[parameter] = parameter.detach().clone()

    @torch.no_grad()
    def go_back(*_: object) -> None:
        for parameter in moving():
            state = optimizer.state[parameter]
            if parameter in starts:  # after the first step: an optimizer takes state that is there for its own
                state["slow"], state["taken"] = starts.pop(parameter), torch.zeros(())
            state["taken"] = state["taken"].cpu() + 1
            if int(state["taken"]) % steps == 0:
                state["slow"].lerp_(parameter, rate)
                parameter.copy_(state["slow"])

    optimizer.register_step_pre_hook(remember)
    optimizer.register_step_post_hook(go_back)


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
