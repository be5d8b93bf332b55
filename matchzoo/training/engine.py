"""Device, precision and processes, from accelerate. No method imports this or knows of it."""

import atexit
import contextlib
import datetime
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import torch
import torch.distributed as dist
from accelerate.state import AcceleratorState, PartialState

from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.projectors.backbone import Backbone

DTYPES = {"float32": torch.float32, "float64": torch.float64, "bfloat16": torch.float32}
"""Of parameters, features and losses; ``bfloat16`` is what projectors compute in, by autocast, and what weights of
backbones are held in."""
PATIENCE = datetime.timedelta(days=2)
"""How long processes wait for the first, which evaluates or fills a cache alone."""

CONNECTION = ("gloo", "Gloo", "NCCL", "onnection closed", "onnection reset", "Broken pipe")
"""What errors contain that come of another process's end."""


@atexit.register
def _part() -> None:
    """Leave the other processes in order; the threads of their connections end before the interpreter does."""
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()


@attrs.frozen
class Engine:
    """Where, in which precision and in how many processes a run computes.

    Attributes:
        device: of this process.
        dtype: of parameters, features and losses.
        autocast: projectors compute in bfloat16.
        rank: number of this process, from 0.
        world_size: how many processes there are. All draw the same, each computes its own rows, and all step alike.
    """

    device: torch.device
    dtype: torch.dtype
    autocast: bool = False
    rank: int = 0
    world_size: int = 1
    _hosts: Any = attrs.field(default=None, eq=False, repr=False)

    @classmethod
    def start(cls, device: str, precision: str) -> "Engine":
        """The engine of a run; under ``torchrun`` that of one of its processes.

        Args:
            device: ``auto`` (a CUDA device, one a process, or MPS where there is one), or a torch device such as
                ``cpu``, ``cuda:1``.
            precision: ``float32``, ``float64``, or ``bfloat16`` (float32 but for projectors).

        Raises:
            MatchZooError: the device is not on this machine, has no such precision, or is asked for by
                several processes.
        """
        AcceleratorState._reset_state(reset_partial_state=True)  # it is process-wide; runs are not
        state = PartialState(cpu=device == "cpu")
        world = state.num_processes
        if device == "auto":
            chosen = state.device
        else:
            try:
                chosen = torch.device(device)
                torch.empty(1, device=chosen).item()
            except (RuntimeError, AssertionError, NotImplementedError) as error:
                reason = str(error).splitlines()[0]
                raise MatchZooError(f"trainer.device: cannot use '{device}' here ({reason}); try 'auto'") from None
            if world > 1 and chosen.type != "cpu":
                raise MatchZooError(f"trainer.device: {world} processes cannot share '{device}'; use 'auto'")
        if chosen.type == "mps" and precision == "float64":
            raise MatchZooError("trainer.precision: mps has no float64; use float32, or --trainer.device cpu")
        hosts = dist.new_group(backend="gloo", timeout=PATIENCE) if world > 1 else None
        return cls(chosen, DTYPES[precision], precision == "bfloat16", state.process_index, world, hosts)

    @property
    def is_main_process(self) -> bool:
        """Whether this is the process that writes files, prints and evaluates."""
        return self.rank == 0

    def place(self, module: torch.nn.Module) -> None:
        """Move a part here, floating-point tensors in the engine's precision; with bfloat16 the weights of backbones
        in that."""
        module.to(device=self.device, dtype=self.dtype)
        if self.autocast:
            for part in module.modules():
                if isinstance(part, Backbone):
                    part.narrow()

    def move(self, x: torch.Tensor) -> torch.Tensor:
        """A tensor […] of the host here, without waiting for the device."""
        return x if x.device == self.device else x.to(self.device, non_blocking=True)

    def samples(self, samples: Samples) -> Samples:
        """Samples here, floating-point tensors in the engine's precision."""
        return samples.to(self.device, self.dtype)

    def projecting(self) -> contextlib.AbstractContextManager[Any]:
        """Around what a projector computes: bfloat16 where that is asked for."""
        return torch.autocast(self.device.type, torch.bfloat16) if self.autocast else contextlib.nullcontext()

    def local_rows(self, count: int) -> range:
        """The rows of this process out of ``count``: all but equal shares, in order."""
        share, more = divmod(count, self.world_size)
        start = self.rank * share + min(self.rank, more)
        return range(start, start + share + (self.rank < more))

    def all_gather(self, own: torch.Tensor, count: int) -> torch.Tensor:
        """All rows [count, …] from every process's own `local_rows` [k, …], in order, without a graph."""
        if self.world_size == 1:
            return own
        longest = -(-count // self.world_size)
        padded = own.new_zeros(longest, *own.shape[1:])
        padded[: len(own)] = own.detach()
        parts = [torch.empty_like(padded) for _ in range(self.world_size)]
        dist.all_gather(parts, padded)
        shares = [len(attrs.evolve(self, rank=rank, hosts=None).local_rows(count)) for rank in range(self.world_size)]
        return torch.cat([part[:share] for part, share in zip(parts, shares, strict=True)])

    def all_reduce_sum(self, tensors: Sequence[torch.Tensor]) -> None:
        """Put the sum over the processes into each tensor […], which has one shape in all of them."""
        if self.world_size > 1:
            for tensor in tensors:
                dist.all_reduce(tensor)

    def all_reduce_max(self, flag: int) -> int:
        """The largest of a number over the processes, without waiting for the device."""
        if self.world_size == 1:
            return flag
        largest = torch.tensor(flag)
        dist.all_reduce(largest, dist.ReduceOp.MAX, group=self._hosts)
        return int(largest)

    def any_of(self, flags: Sequence[bool]) -> list[bool]:
        """For each flag, of as many in every process, whether it holds in one; without waiting for the device."""
        raised = torch.tensor(flags, dtype=torch.uint8)
        if self.world_size > 1:
            dist.all_reduce(raised, dist.ReduceOp.MAX, group=self._hosts)
        return raised.bool().tolist()

    def all_reduce_min(self, number: int) -> int:
        """The smallest of a number over the processes."""
        return number if self.world_size == 1 else -self.all_reduce_max(-number)

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Within, another process that ends is a `MatchZooError` here: its connections close."""
        try:
            yield
        except RuntimeError as error:
            if self.world_size == 1 or not any(word in str(error) for word in CONNECTION):
                raise
            raise MatchZooError(
                f"process {self.rank} of {self.world_size}: another one has ended "
                f"({str(error).splitlines()[0][:120]}); the last checkpoint is intact: start the run again, on any "
                "number of processes"
            ) from None

    def barrier(self) -> None:
        """Until every process is here."""
        if self.world_size > 1:
            dist.barrier(group=self._hosts)

    @contextlib.contextmanager
    def main_process_first(self) -> Iterator[None]:
        """Within, the first process does what leaves files behind, and then the others, who find them."""
        if not self.is_main_process:
            self.barrier()
        yield
        if self.is_main_process:
            self.barrier()

    def memory(self) -> int:
        """Bytes in use: the most that was allocated on a CUDA device, else what the process holds now."""
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.device)
        import psutil

        return int(psutil.Process().memory_info().rss)

    def free(self) -> int:
        """Bytes that a step may take: four fifths of what a CUDA device has left, half of what the host has."""
        if self.device.type == "cuda":
            left, _ = torch.cuda.mem_get_info(self.device)
            cached = torch.cuda.memory_reserved(self.device) - torch.cuda.memory_allocated(self.device)
            return int(0.8 * (left + cached))
        import psutil

        return psutil.virtual_memory().available // (2 * self.world_size)

    def describe(self) -> dict[str, Any]:
        """Device, precision, threads and processes, as a run stores them."""
        name = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else str(self.device)
        precision = "bfloat16" if self.autocast else str(self.dtype).removeprefix("torch.")
        told = {"device": name, "precision": precision, "threads": torch.get_num_threads()}
        return told | ({"processes": self.world_size} if self.world_size > 1 else {})
