"""What a matcher says of some sets: a value, what to make of it, and what lies behind it."""

from collections.abc import Callable
from typing import Any

import attrs
import torch


@attrs.frozen(eq=False, repr=False)
class Discrepancy:
    """How far some sets are from matching.

    Attributes:
        value: a scalar, differentiable where a player moves what it depends on.
        measure: finite numbers, by name, that tell whether to trust the value; given True, also those that are
            expensive. None where there are none.
        ratio: the estimated density ratio behind it, if there is one.
        plan: the transport plan behind it, if there is one.
    """

    value: torch.Tensor
    measure: Callable[[bool], dict[str, float]] | None = None
    ratio: Any = None
    plan: Any = None

    def diagnostics(self, thorough: bool = False) -> dict[str, float]:
        """The numbers of ``measure``; ``thorough`` asks for the expensive ones too."""
        return {} if self.measure is None else self.measure(thorough)

    def detached(self) -> "Discrepancy":
        """The same without the graph of the value."""
        return Discrepancy(self.value.detach(), self.measure, self.ratio, self.plan)

    def __repr__(self) -> str:
        return f"Discrepancy({self.value.item():.6g})"
