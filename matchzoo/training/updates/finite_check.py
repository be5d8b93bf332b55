"""What must stay finite: the value of every term, the gradient of every player, and all that a checkpoint holds."""

import math
from collections.abc import Mapping, Sequence

import torch

from matchzoo.core.errors import MatchZooError

REMEDY = (
    "lower the learning rate of the player, or raise the ridge or the bandwidths of its terms; "
    'trainer.nonfinite = "skip" leaves such turns out'
)


class NotFiniteError(MatchZooError):
    """A value, a gradient or a part is NaN or infinite.

    Attributes:
        step: the first one that is known to be so.
        what: is not finite, such as ``generator/minimize[0]`` or ``generator/gradient``.
        seen: the step after which that was seen; later than ``step`` where nothing waits for the device.

    A run adds to its message what is kept.
    """

    def __init__(self, step: int, what: Sequence[str], seen: int | None = None, kept: str = "") -> None:
        self.step, self.what, self.seen = step, tuple(what), step if seen is None else seen
        later = f" (seen at step {seen})" if seen not in (None, step) else ""
        super().__init__(f"step {step}: {', '.join(what)} is not finite{later}; {REMEDY}{kept}")


def largest(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    """The largest absolute value (a scalar) of some tensors […]: NaN or infinite where one of theirs is."""
    ends = [end for x in tensors if x.numel() for end in torch.aminmax(x.detach())]
    return torch.stack(ends).abs().max() if ends else torch.zeros(())


class FiniteCheck:
    """Looks at numbers step by step.

    Args:
        waits: say at once what is not finite, which waits for the device; else note on it the first step at which
            something was not, for `check`.
    """

    def __init__(self, waits: bool) -> None:
        self.waits = waits
        self._first: dict[str, torch.Tensor] = {}

    def observe(self, number: int, found: Mapping[str, Sequence[torch.Tensor]]) -> list[str]:
        """Names of what is not finite, tensors […] by name, in step ``number``, as far as that is known at once."""
        if self.waits and math.isfinite(largest([x for tensors in found.values() for x in tensors]).item()):
            return []  # as nearly always, by one number
        seen = {name: largest(tensors) for name, tensors in found.items() if tensors}
        if self.waits:
            return [name for name, value in seen.items() if not math.isfinite(value.item())]
        for name, value in seen.items():
            if name not in self._first:
                self._first[name] = torch.zeros((), dtype=torch.int64, device=value.device)
            first = self._first[name]
            first.copy_(torch.where((first == 0) & ~value.isfinite(), number, first))
        return []

    def check(self, number: int) -> None:
        """Raise `NotFiniteError` if something was not finite, of the earliest step; waits for the device."""
        steps = {name: int(first) for name, first in self._first.items()}
        earliest = min(filter(None, steps.values()), default=0)
        if earliest:
            raise NotFiniteError(earliest, [name for name, step in steps.items() if step == earliest], number)


def require_finite(number: int, state: Mapping[str, torch.Tensor]) -> None:
    """Raise `NotFiniteError` if a tensor […] of the state is not finite after step ``number``."""
    wrong = [n for n, x in state.items() if x.numel() and x.is_floating_point() and not bool(x.isfinite().all())]
    if wrong:
        raise NotFiniteError(number, wrong[:4])
