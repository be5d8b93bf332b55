"""Memory of a step, counted: tensors that are alive, and what a graph keeps."""

import contextlib
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Live(TorchDispatchMode):
    """Counts bytes of the storages that operations make within it, from when they are made until they are freed.

    What an operation takes and gives back inside of one kernel is not seen; what was there before is not counted.

    Args:
        free: shapes that do not count, and how many living storages of each: images, features, their gradients.

    Attributes:
        peak: the most bytes alive at once, those of ``free`` left out.
        whole: the most bytes alive at once.
    """

    def __init__(self, free: Mapping[tuple[int, ...], int] | None = None) -> None:
        super().__init__()
        self.left = dict(free or {})
        self.now = self.peak = self.now_whole = self.whole = 0
        self.known: dict[int, Any] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        before = {id(t.untyped_storage()) for t in tree_leaves((args, kwargs or {})) if isinstance(t, torch.Tensor)}
        out = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(out):
            if isinstance(tensor, torch.Tensor) and tensor.device.type != "meta":
                storage = tensor.untyped_storage()
                if id(storage) not in before and id(storage) not in self.known:
                    self._met(storage, tuple(tensor.shape))
        return out

    def _met(self, storage: torch.UntypedStorage, shape: tuple[int, ...]) -> None:
        key, size = id(storage), storage.nbytes()
        free = self.left.get(shape, 0) > 0
        if free:
            self.left[shape] -= 1

        def gone() -> None:
            del self.known[key]
            self.now_whole -= size
            if free:
                self.left[shape] += 1
            else:
                self.now -= size

        self.known[key] = weakref.finalize(storage, gone)
        self.known[key].atexit = False
        self.now_whole += size
        self.now += 0 if free else size
        self.peak, self.whole = max(self.peak, self.now), max(self.whole, self.now_whole)


@contextlib.contextmanager
def kept(known: Iterable[torch.Tensor]) -> Iterator[dict[str, int]]:
    """Within, the most bytes that graphs keep for the backward pass at once, under ``"peak"``.

    Args:
        known: what is there anyway: parameters, stored features.
    """
    told = {"now": 0, "peak": 0}
    own = {t.untyped_storage().data_ptr() for t in known}
    counts: dict[int, int] = {}

    class Held:
        """One saved tensor; its storage counts once, however often it is saved."""

        def __init__(self, tensor: torch.Tensor) -> None:
            self.tensor = tensor.detach()  # an output that held its own graph would be freed by its backward pass only
            storage = tensor.untyped_storage()
            self.key, self.size = storage.data_ptr(), storage.nbytes()
            if self.key in own:
                return
            counts[self.key] = counts.get(self.key, 0) + 1
            if counts[self.key] == 1:
                told["now"] += self.size
                told["peak"] = max(told["peak"], told["now"])

        def __del__(self) -> None:
            if self.key in own:
                return
            counts[self.key] -= 1
            if not counts[self.key]:
                told["now"] -= self.size

    with torch.autograd.graph.saved_tensors_hooks(Held, lambda held: held.tensor):
        yield told


def cuda_peak(device: torch.device, work: Callable[[], object]) -> int:
    """The most bytes that some work has on a CUDA device at once, those that were there before left out."""
    torch.cuda.synchronize(device)
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    work()
    torch.cuda.synchronize(device)
    return torch.cuda.max_memory_allocated(device) - before
