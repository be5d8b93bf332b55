"""What a computation costs: floating-point operations, memory and time, measured on a few rows or on none at all.

Products are counted as two operations a multiply-and-add, as `torch.utils.flop_counter` does; what is element by
element is not counted. On the device ``meta``, shapes are computed and nothing else, so that what a term of a million
rows would take is known without them.
"""

import functools
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

import attrs
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

from matchzoo.training.sets import DrawnSet
from matchzoo.training.updates.chunking import kept_bytes

REPEATS = 3
"""Timings, of which the median is taken."""
LONG = 0.15
"""Seconds that a timing takes at least, if there are rows enough."""
SLOW = 1.0
"""Seconds of a call that needs no other one to warm up, and of rows that are not measured in greater numbers."""
ENOUGH = 5.0
"""Seconds after which a call is not timed again."""


class _Count(TorchDispatchMode):
    """Operations within, and bytes of the tensors that are made, as they come and go.

    `torch.utils.flop_counter.FlopCounterMode` has the same formulas, but its hooks refuse some gradients with respect
    to leaves.
    """

    def __init__(self) -> None:
        super().__init__()
        self.flops = self.now = self.most = 0
        self.known: dict[int, int] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        formula = flop_registry.get(func._overloadpacket)
        if formula is not None:
            self.flops += int(formula(*args, **kwargs, out_val=out))
        self._note((args, kwargs), made=False)
        self._note(out, made=True)
        return out

    def _note(self, tree: Any, made: bool) -> None:
        """Count storages that were not met before, at nothing where an operation did not make them."""
        for tensor in tree_leaves(tree):
            if isinstance(tensor, torch.Tensor):
                storage = tensor.untyped_storage()
                if storage._cdata not in self.known:
                    size = self.known[storage._cdata] = storage.nbytes() if made else 0
                    self.now += size
                    self.most = max(self.most, self.now)
                    weakref.finalize(storage, self._drop, storage._cdata)

    def _drop(self, key: int) -> None:
        self.now -= self.known.pop(key)


def flops_of(call: Callable[[], object]) -> int:
    """Operations of the matrix products and convolutions of a call, attention's included."""
    with _Count() as count, sdpa_kernel(SDPBackend.MATH):  # the fused attention of a CPU has no formula
        call()
    return count.flops


def peak_of(call: Callable[[], object]) -> int:
    """The most bytes of tensors, made within a call, that are there at once; scratch space of kernels is not seen."""
    with _Count() as count:
        call()
    return count.most


def seconds_of(call: Callable[[], object], device: torch.device) -> float:
    """The median of a few timings of a call, after one that warms it up unless it is slow; of fewer where they are
    long."""
    once = _timed(call, device)
    taken = [once] if once > SLOW else []
    while len(taken) < REPEATS and sum(taken) < ENOUGH:
        taken.append(_timed(call, device))
    return median(taken)


def _timed(call: Callable[[], object], device: torch.device) -> float:
    began = time.perf_counter()
    call()
    if device.type != "cpu":
        torch.accelerator.synchronize(device)
    return time.perf_counter() - began


def product_rate(device: torch.device, dtype: torch.dtype) -> float:
    """Operations a second of a product of two square matrices; of 256 rows on a CPU, 2048 elsewhere."""
    side = 256 if device.type == "cpu" else 2048
    x = torch.randn(side, side, device=device).to(dtype)
    return 2 * side**3 / seconds_of(lambda: x @ x, device)


@attrs.frozen
class Clock:
    """Seconds of a computation for a number of rows: a part for every call, and a part for every row."""

    call: float
    row: float

    @classmethod
    def of(cls, few: int, seconds: float, many: int, longer: float) -> "Clock":
        """From the seconds of two numbers of rows."""
        row = max((longer - seconds) / (many - few), 0.0) if many > few else seconds / few
        row = min(row, longer / many)
        return cls(longer - row * many, row)

    def of_rows(self, rows: int, chunk: int) -> float:
        """For some rows in chunks."""
        return -(-rows // chunk) * self.call + rows * self.row


@attrs.frozen
class RowCosts:
    """What the features of the rows of a set take, and their backward pass.

    Attributes:
        forward: operations of the features of one.
        backward: operations of the gradients of all players that move, each by itself.
        ahead: seconds of the features.
        both: seconds of the features and the gradients.
        kept: bytes that the features of one row keep for the backward pass.
        constant: bytes that the features of any number of rows keep besides.
        timed: rows that were timed at once, at most.
    """

    forward: int
    backward: int
    ahead: Clock
    both: Clock
    kept: int
    constant: int
    timed: int

    def graph(self, rows: int) -> int:
        """Bytes that the features of some rows keep for the backward pass."""
        return self.constant + self.kept * rows

    def without_gradients(self) -> "RowCosts":
        """Of the same features, if nobody moves what they depend on."""
        return attrs.evolve(self, backward=0, both=self.ahead, kept=0, constant=0)


def row_costs(drawn: DrawnSet, moved: Mapping[str, Sequence[nn.Parameter]], most: int) -> RowCosts:
    """Measure a set on a few of its rows, four if they are slow.

    Args:
        drawn: whose parts require gradients as they will.
        moved: by player, the parameters that gradients of these features are taken for; none where none are.
        most: rows that may be computed at once.
    """
    device, moves = drawn.engine.device, any(len(own) for own in moved.values())
    few, more = min(2, len(drawn)), min(4, len(drawn))
    forward = 0

    def play(rows: int, ahead: list[float], counting: _Count | None = None) -> None:
        nonlocal forward
        began = time.perf_counter()
        with torch.set_grad_enabled(moves):
            features = drawn.features(range(rows))
        if device.type != "cpu":
            torch.accelerator.synchronize(device)
        ahead.append(time.perf_counter() - began)
        if counting is not None:
            forward = counting.flops
        tensors = [t for f in features.values() for t in (f.values, f.labels) if t is not None and t.requires_grad]
        for position, own in enumerate(moved.values()):
            last = position == len(moved) - 1
            incoming = [torch.ones_like(t) for t in tensors]
            torch.autograd.grad(tensors, list(own), incoming, allow_unused=True, retain_graph=not last)

    def timed(rows: int) -> tuple[float, float]:
        ahead: list[float] = []
        both = seconds_of(lambda: play(rows, ahead), device)
        return median(ahead[-REPEATS:]), both

    with _Count() as count, sdpa_kernel(SDPBackend.MATH):
        play(few, [], count)
    kept = constant = 0
    if moves:
        low, high = kept_bytes(drawn, few), kept_bytes(drawn, more)
        kept = (high - low) // (more - few) if more > few else low // few
        constant = max(low - kept * few, 0)
    ahead, both = timed(few)
    rows, once = few, both
    while once < LONG and rows < min(most, len(drawn)):
        rows = min(4 * rows, most, len(drawn))
        once = _timed(functools.partial(play, rows, []), device)
    longer = timed(rows) if rows > few else (ahead, both)
    return RowCosts(
        forward=forward // few,
        backward=(count.flops - forward) // few,
        ahead=Clock.of(few, ahead, rows, longer[0]),
        both=Clock.of(few, both, rows, longer[1]),
        kept=kept,
        constant=constant,
        timed=rows,
    )
