"""What images, labels and class names must be, wherever they come from."""

import hashlib
from collections.abc import Sequence
from typing import Any

import torch

from matchzoo.core.class_names import check_names
from matchzoo.core.errors import MatchZooError

SUM = 1e-3
"""How far the probabilities of an image may be from a sum of 1."""


def check(images: torch.Tensor, labels: torch.Tensor, class_names: Sequence[str]) -> None:
    """Raise a `MatchZooError` with the reason where something is not as `DistilledDataset` says.

    Shapes, types, finiteness and range of the images [m, c, h, w], labels [m] or [m, classes] within the classes, and
    names that can be shown.
    """
    check_names(class_names)
    check_shapes(
        (list(images.shape), str(images.dtype).removeprefix("torch.")),
        (list(labels.shape), str(labels.dtype).removeprefix("torch.")),
        len(class_names),
    )
    for row, image in enumerate(images):
        if not torch.isfinite(image).all():
            raise MatchZooError(f"image {row} has values that are no finite numbers; make the set again")
        low, high = image.min().item(), image.max().item()
        if low < 0 or high > 1:
            raise MatchZooError(
                f"image {row} has values from {low:.4g} to {high:.4g}, expected [0, 1]; undo a normalization, or clamp"
            )
    if labels.ndim == 1:
        low, high = int(labels.min()), int(labels.max())
        if low < 0 or high >= len(class_names):
            from_one = "; they count from 1: subtract 1" if (low, high) == (1, len(class_names)) else ""
            raise MatchZooError(
                f"labels from {low} to {high}, expected 0 to {len(class_names) - 1}: there are {len(class_names)} "
                f"class names{from_one}"
            )
    else:
        if not torch.isfinite(labels).all() or labels.min() < 0:
            raise MatchZooError(
                "labels: expected probabilities, got values below 0 or that are no finite numbers; take the softmax of "
                "logits first"
            )
        sums = labels.sum(1)
        if (sums - 1).abs().max() > SUM:
            raise MatchZooError(
                f"labels: expected probabilities that sum to 1, got sums from {sums.min():.4g} to {sums.max():.4g}; "
                "take the softmax of logits first"
            )


def check_shapes(images: tuple[Any, str], labels: tuple[Any, str], classes: int) -> None:
    """Raise where shapes and types do not make a set; nothing needs to be in memory for it.

    Args:
        images: shape and type, such as ``float32``.
        labels: the same.
        classes: number of class names.
    """
    shape, kind = images
    if kind != "float32" or len(shape) != 4 or shape[1] not in (1, 3) or min(shape) < 1:
        raise MatchZooError(f"images: expected float32 [m, 3, h, w] (or [m, 1, h, w]), got {kind} {shape}")
    expected = {"int64": [shape[0]], "float32": [shape[0], classes]}
    if labels[1] not in expected or labels[0] != expected[labels[1]]:
        raise MatchZooError(
            f"labels: expected int64 [{shape[0]}], or float32 [{shape[0]}, {classes}] (probabilities of the "
            f"{classes} classes), got {labels[1]} {labels[0]}"
        )


def sha256(tensor: torch.Tensor) -> str:
    """The sha256 of the bytes of a tensor […]: row by row, little-endian as safetensors stores them."""
    digest = hashlib.sha256()
    tensor = tensor.detach().cpu()
    for row in tensor if tensor.ndim else (tensor,):
        digest.update(row.contiguous().numpy().tobytes())
    return digest.hexdigest()


def rounded(image: torch.Tensor) -> torch.Tensor:
    """An image [c, h, w] in [0, 1] as bytes [h, w, c]: times 255, to the nearest whole number (halves to even)."""
    return (image.detach().cpu() * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous()
