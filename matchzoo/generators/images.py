"""Images that generators optimize: from pyramid levels to pixels, their labels, and which of them a step takes."""

from collections.abc import Sequence

import torch

from matchzoo.core.errors import DeclarationError
from matchzoo.core.memory import require
from matchzoo.core.numerics.resampling import enlarge
from matchzoo.core.spec import Spec

COLORS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
"""Correlation of the color channels of natural images; rows are R, G and B, columns the uncorrelated axes (the
matrix used for feature visualization: Olah, Mordvintsev, Schubert, 2017)."""


def decode(levels: Sequence[torch.Tensor], size: int, decorrelate: bool = True) -> torch.Tensor:
    """Images from pyramid levels: X = sigmoid(2 · M · Σ_l up(P_l)).

    Examples:
        >>> decode([torch.randn(2, 3, size, size) for size in (1, 2, 4)], size=8).shape
        torch.Size([2, 3, 8, 8])

    ``up`` is bilinear to ``size`` (align_corners=False, no antialiasing); M is `COLORS` divided by the largest L2
    norm of its columns, applied to the color vector of each pixel; sigmoid(2x) = (1 + tanh x) / 2.

    Args:
        levels: at least one tensor [m, c, s, s] each, any s ≤ size.
        size: pixels a side of the images.
        decorrelate: apply M to three channels; if false, or for gray images, X = sigmoid(2 · Σ_l up(P_l)).

    Returns:
        [m, c, size, size] in (0, 1).

    Source: arXiv 2511.16674 and its released code.
    """
    total = torch.zeros((), dtype=levels[0].dtype, device=levels[0].device)
    for level in levels:
        if level.shape[-1] != size:
            level = enlarge(level, size)
        total = total + level
    if decorrelate and total.shape[1] == 3:
        colors = torch.tensor(COLORS, dtype=total.dtype)
        colors = (colors / colors.norm(dim=0).max()).to(total.device, non_blocking=True)
        total = torch.einsum("rc,mchw->mrhw", colors, total)
    return torch.sigmoid(2 * total)


def image_set(spec: Spec, size: int | None, images_per_class: int) -> tuple[int, torch.Tensor]:
    """Pixels a side and labels [m] of a set of synthetic images; a clear error where the data cannot carry one."""
    if not spec.is_images:
        raise DeclarationError([("generator", f"makes images, but a sample of the data has shape {spec.shape}")])
    if spec.classes is None:
        raise DeclarationError([("generator", "makes images of classes, but the data has no labels")])
    if spec.shape[0] not in (1, 3):
        message = f"expected 3, or 1 for gray, for images that are optimized, got {spec.shape[0]}"
        raise DeclarationError([("data.channels", message)])
    if size is None and spec.shape[1] != spec.shape[2]:
        raise DeclarationError([("generator.size", f"missing: the data is {spec.shape[1]}x{spec.shape[2]}")])
    side, count = size or spec.shape[1], spec.classes * images_per_class
    require("generator", f"{count} images of {side}x{side} pixels", 4 * count * spec.shape[0] * side**2)
    return side, torch.arange(spec.classes).repeat_interleave(images_per_class)


def pick(count: int, n: int | None, rng: torch.Generator | None = None) -> torch.Tensor:
    """Indices [n] out of ``count`` without repeats; all in order for None."""
    if n is None or n == count:
        return torch.arange(count)
    if n > count:
        raise DeclarationError([("trainer.batch", f"expected at most the {count} images there are, got {n}")])
    return torch.randperm(count, generator=rng)[:n]
