"""Gray values of colors."""

import torch

WEIGHTS = (0.299, 0.587, 0.114)
"""Of red, green and blue, after ITU-R BT.601, as Pillow's mode ``L``."""


def luminance(images: torch.Tensor) -> torch.Tensor:
    """Gray images [n, 1, h, w] of color images [n, 3, h, w]: 0.299 R + 0.587 G + 0.114 B."""
    return (images * torch.tensor(WEIGHTS, device=images.device)[:, None, None]).sum(1, keepdim=True)
