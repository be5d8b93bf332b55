"""The average of another projector over the steps, or a fixed copy of it."""

import copy
from collections.abc import Mapping
from typing import Any, ClassVar

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import between, not_empty
from matchzoo.core.errors import DeclarationError, did_you_mean
from matchzoo.core.part import Part
from matchzoo.core.schedule import Schedule, scheduled, value_at
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.projectors.projector import Projector


@torch.no_grad()
def follow_average(average: torch.nn.Module, followed: torch.nn.Module, decay: float) -> None:
    """Move parameters a of one module toward those of another: a ← decay · a + (1 − decay) · p; buffers are copied.

    Buffers are statistics that the followed network keeps itself, such as those of batch norm.

    Args:
        average: moved in place.
        followed: of the same layout.
        decay: in [0, 1]; 1 keeps parameters and buffers as they are.
    """
    if decay == 1:
        return
    for own, other in zip(average.parameters(), followed.parameters(), strict=True):
        own.lerp_(other.to(own), 1 - decay)
    for statistic, other_statistic in zip(average.buffers(), followed.buffers(), strict=True):
        statistic.copy_(other_statistic)


@declare("average")
class Average(Projector):
    """An exponential moving average of another projector, moved after every step: a teacher or a target network.

    It starts as a copy; with ``decay = 1`` it stays one. No gradient reaches it. The average of a head stands on what
    the head stands on, or, with ``on``, on the average of that.

    Source: He et al., Momentum contrast, CVPR 2020 (equation 2); Tarvainen and Valpola, Mean teachers, NeurIPS 2017.
    """

    keeps_state: ClassVar[bool] = True
    names_another: ClassVar[bool] = True
    of: str = attrs.field(validator=not_empty())
    """Name of the projector that it follows."""
    decay: float | Schedule = attrs.field(default=0.99, validator=scheduled(between(0, 1)))
    """Share of the average that stays in a step; 1 for a fixed copy."""

    def __attrs_post_init__(self) -> None:
        self.number = 0

    @property
    def needs(self) -> tuple[str, ...]:
        """What it follows, and what it stands on where that is said."""
        return (self.of,) if self.on is None else (self.of, self.on)

    @property
    def base(self) -> str | None:
        """What it stands on: that of what it follows, or another where that is said."""
        return self.followed[0].base if self.on is None else self.on

    @property
    def is_resampled(self) -> bool:
        """Unless it is a fixed copy."""
        return self.decay != 1

    def bind(self, parts: Mapping[str, Part]) -> None:
        """Take the projector that it follows; raises if there is none of that name."""
        followed = parts.get(self.of)
        if not isinstance(followed, Projector):
            raise DeclarationError([("of", f"unknown projector '{self.of}'{did_you_mean(self.of, parts)}")])
        self.followed = (followed,)  # in a tuple: it is not a part of this one

    def build(self, spec: Spec) -> int:
        """Copy the projector, which is built already; its dimension is ``spec.features``."""
        self.copied = copy.deepcopy(self.followed[0]).requires_grad_(False)
        return int(spec.features or 0)

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """[n, …] → [n, d]."""
        return self.copied.project(x)

    def origin(self) -> dict[str, Any]:
        """That of what it follows."""
        return self.followed[0].origin()

    def before_step(self, step: Step) -> bool:
        """Note the step, whose decay it takes."""
        self.number = step.number
        return False

    def follow(self) -> None:
        """Move toward what it follows."""
        follow_average(self.copied, self.followed[0], value_at(self.decay, self.number))
