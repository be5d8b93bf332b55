"""Float64 where there is some: sums and solves that need it are done on the CPU for a device without (MPS)."""

import torch


def double(x: torch.Tensor) -> torch.Tensor:
    """A tensor [...] in float64, differentiable: on its device, on the CPU where that has no float64 (MPS)."""
    return x.cpu().double() if x.device.type == "mps" else x.double()
