"""Device, precision and processes, from accelerate. No method imports this or knows of it."""

from typing import Any

import attrs
import torch
from accelerate.state import AcceleratorState, PartialState

from matchzoo.errors import MatchZooError
from matchzoo.samples import Samples

DTYPES = {"float32": torch.float32, "float64": torch.float64}


@attrs.frozen
class Engine:
    """Where and in which precision a run computes."""

    device: torch.device
    dtype: torch.dtype

    @classmethod
    def start(cls, device: str, precision: str) -> "Engine":
        """The engine of a run.

        Args:
            device: ``auto`` (a CUDA device or MPS where there is one), or a torch device such as ``cpu``, ``cuda:1``.
            precision: ``float32`` or ``float64``.

        Raises:
            MatchZooError: the device is not on this machine, or there are several processes.
        """
        AcceleratorState._reset_state(reset_partial_state=True)  # it is process-wide; runs are not
        state = PartialState(cpu=device == "cpu")
        if state.num_processes > 1:
            raise MatchZooError(f"expected one process, got {state.num_processes}: several are not supported yet")
        if device == "auto":
            chosen = state.device
        else:
            try:
                chosen = torch.device(device)
                torch.empty(1, device=chosen).item()
            except (RuntimeError, AssertionError, NotImplementedError) as error:
                reason = str(error).splitlines()[0]
                raise MatchZooError(f"trainer.device: cannot use '{device}' here ({reason}); try 'auto'") from None
        return cls(chosen, DTYPES[precision])

    def place(self, module: torch.nn.Module) -> None:
        """Move a part here, floating-point tensors in the engine's precision."""
        module.to(device=self.device, dtype=self.dtype)

    def samples(self, samples: Samples) -> Samples:
        """Samples here, floating-point tensors in the engine's precision."""
        return samples.to(self.device, self.dtype)

    def memory(self) -> int:
        """Bytes in use: the most that was allocated on a CUDA device, else what the process holds now."""
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.device)
        import psutil

        return int(psutil.Process().memory_info().rss)

    def describe(self) -> dict[str, Any]:
        """Device, precision and threads, as a run stores them."""
        name = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else str(self.device)
        return {"device": name, "precision": str(self.dtype).removeprefix("torch."), "threads": torch.get_num_threads()}
