"""Numbers that follow the step: weights of terms and learning rates."""

import bisect
import math
from abc import ABC, abstractmethod
from typing import Any

import attrs

from matchzoo.core.declaration.declare import Several, declare, family
from matchzoo.core.declaration.validators import Validator, at_least, keywords_of, not_empty, positive, says
from matchzoo.core.errors import DeclarationError


@family("schedule")
class Schedule(ABC):
    """A number as a function of the step's number alone, so that a resumed run has the same."""

    @abstractmethod
    def at(self, number: int) -> float:
        """The value in a step; steps are counted from 1."""

    @property
    def ends_at(self) -> int | None:
        """The step at which it has come to its end, for those that know how long a run is; None for the others."""
        return None

    def resets(self, number: int) -> bool:
        """Whether the players that it concerns get a fresh optimizer before this step."""
        return False


def value_at(value: "float | Schedule", number: int) -> float:
    """A number as it is, or a schedule's value in a step."""
    return value.at(number) if isinstance(value, Schedule) else value


@declare("ramp")
class Ramp(Schedule):
    """Linear from ``start`` to ``end`` between two steps, constant before and after."""

    start: float = 0.0
    """Value up to the first step of the ramp."""
    end: float = 1.0
    """Value from the last step of the ramp on."""
    first: int = attrs.field(default=1, validator=at_least(1))
    """Step at which it begins to change."""
    last: int = attrs.field(validator=at_least(1))
    """Step at which it has changed."""

    def __attrs_post_init__(self) -> None:
        if self.last <= self.first:
            raise DeclarationError([("last", f"expected a step after first = {self.first}, got {self.last}")])

    @property
    def ends_at(self) -> int:
        """The step at which it ends."""
        return self.last

    def at(self, number: int) -> float:
        """The value in a step."""
        share = (number - self.first) / (self.last - self.first)
        return self.start + (self.end - self.start) * min(max(share, 0.0), 1.0)


@declare("step")
class StepChange(Schedule):
    """One value up to a step, another from it on: annealed penalties (IRM, V-REx) have ``reset = true``."""

    before: float
    """Value in earlier steps."""
    after: float
    """Value from the step on."""
    step: int = attrs.field(validator=at_least(1))
    """The first step that has the new value."""
    reset: bool = False
    """Give the players concerned a fresh optimizer at that step, so that its running means are not those of an
    objective of another size."""

    def at(self, number: int) -> float:
        """The value in a step."""
        return self.before if number < self.step else self.after

    def resets(self, number: int) -> bool:
        """At the change, where that is asked for."""
        return self.reset and number == self.step


@declare("piecewise")
class Piecewise(Schedule):
    """One value after another, each constant: stages of a learning rate, or of the γ of proximal matching."""

    values: Several[float] = attrs.field(validator=not_empty())
    """In order."""
    steps: Several[int] = attrs.field(validator=at_least(2))
    """The first step of every value but the first."""

    def __attrs_post_init__(self) -> None:
        if len(self.steps) != len(self.values) - 1:
            message = f"expected {len(self.values) - 1}, one of each value but the first, got {len(self.steps)}"
            raise DeclarationError([("steps", message)])
        if sorted(set(self.steps)) != list(self.steps):
            raise DeclarationError([("steps", f"expected each after the one before, got {list(self.steps)}")])

    def at(self, number: int) -> float:
        """The value in a step."""
        return self.values[bisect.bisect_right(self.steps, number)]


@declare("cosine")
class Cosine(Schedule):
    """Half a cosine from ``start`` to ``end`` over some steps, after a linear warm-up from 0:
    end + (start − end) · (1 + cos(π t / T)) / 2."""

    start: float
    """Value at the end of the warm-up, the largest of a learning rate."""
    end: float = 0.0
    """Value in the last step and after it."""
    steps: int = attrs.field(validator=at_least(1))
    """The step at which it ends."""
    warm_up: int = attrs.field(default=0, validator=at_least(0))
    """Steps in which it rises from 0 to ``start``, in equal parts."""

    def __attrs_post_init__(self) -> None:
        if self.warm_up >= self.steps:
            raise DeclarationError([("warm_up", f"expected fewer than steps = {self.steps}, got {self.warm_up}")])

    @property
    def ends_at(self) -> int:
        """The step at which it ends."""
        return self.steps

    def at(self, number: int) -> float:
        """The value in a step."""
        if number <= self.warm_up:
            return self.start * number / self.warm_up
        share = min((number - self.warm_up) / (self.steps - self.warm_up), 1.0)
        return self.end + (self.start - self.end) * (1 + math.cos(math.pi * share)) / 2


@declare("warm-up")
class WarmUp(Schedule):
    """A linear rise from 0 over some steps, then a constant."""

    value: float
    """Value after the rise."""
    steps: int = attrs.field(validator=at_least(1))
    """Steps of the rise; the last of them has the value."""

    def at(self, number: int) -> float:
        """The value in a step."""
        return self.value * min(number / self.steps, 1.0)


@declare("logistic")
class Logistic(Schedule):
    """A rise from 0 that levels off, half of a logistic curve: value · (2 / (1 + exp(−steepness · t / T)) − 1) in
    step t.

    Source: Ganin et al., Domain-adversarial training of neural networks, JMLR 2016, section 5.2.2.
    """

    value: float = 1.0
    """What it approaches."""
    steps: int = attrs.field(validator=at_least(1))
    """T, the steps of the run: 0.99991 of the value is reached after them at the default steepness."""
    steepness: float = attrs.field(default=10.0, validator=positive())
    """10 as in the paper: half of the value is reached after a ninth of the steps."""

    @property
    def ends_at(self) -> int:
        """The step at which it ends."""
        return self.steps

    def at(self, number: int) -> float:
        """The value in a step."""
        return self.value * math.tanh(self.steepness * number / self.steps / 2)


def scheduled(validator: Validator) -> Validator:
    """A validator of numbers that lets schedules pass."""

    @says(**keywords_of(validator))
    def validate(owner: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if not isinstance(value, Schedule):
            validator(owner, attribute, value)

    return validate
