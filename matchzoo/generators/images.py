"""Images that generators optimize: from pyramid levels to pixels, their labels, and which of them a step takes."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import attrs
import torch
import torch.nn.functional as F

from matchzoo.core.errors import DeclarationError, MatchZooError, did_you_mean
from matchzoo.core.memory import require
from matchzoo.core.numerics.resampling import enlarge
from matchzoo.core.spec import Spec
from matchzoo.data.pool import Pool
from matchzoo.generators.selectors import Random, Selector

COLORS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
"""Correlation of the color channels of natural images; rows are R, G and B, columns the uncorrelated axes (the
matrix used for feature visualization: Olah, Mordvintsev, Schubert, 2017)."""
DARKEST = 1 / 512
"""Of a value in a real image that others start from: half a step of eight bits."""


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
        colors = _mixing(total.dtype).to(total.device, non_blocking=True)
        total = torch.einsum("rc,mchw->mrhw", colors, total)
    return torch.sigmoid(2 * total)


def encode(images: torch.Tensor, size: int, decorrelate: bool = True) -> torch.Tensor:
    """The level of full size whose `decode` is some images: P = M⁻¹ logit(X) / 2.

    Args:
        images: [m, c, h, w]; values are taken to `DARKEST` … 1 − `DARKEST` first, beyond which a sigmoid has hardly a
            gradient.
        size: pixels a side of the level, to which images of another size are resampled (bilinear, antialiased).
        decorrelate: as in `decode`.

    Returns:
        [m, c, size, size].
    """
    total = torch.logit(_resized(images, size), DARKEST) / 2
    if decorrelate and total.shape[1] == 3:
        total = torch.einsum("cr,mrhw->mchw", torch.linalg.inv(_mixing(torch.float64)).to(total), total)
    return total


def _resized(images: torch.Tensor, size: int) -> torch.Tensor:
    """Images [m, c, h, w] as [m, c, size, size], bilinear and antialiased."""
    if tuple(images.shape[2:]) == (size, size):
        return images
    return F.interpolate(images, (size, size), mode="bilinear", antialias=True)


def _mixing(dtype: torch.dtype) -> torch.Tensor:
    """M [3, 3]: `COLORS`, its longest column of length 1."""
    colors = torch.tensor(COLORS, dtype=dtype)
    return colors / colors.norm(dim=0).max()


def split_levels(image: torch.Tensor, sizes: Sequence[int]) -> list[torch.Tensor]:
    """Levels whose sum, enlarged, is given: each holds what the coarser ones leave, at its own size.

    Args:
        image: [m, c, s, s].
        sizes: of the levels, ascending; the last is s.

    Returns:
        A level [m, c, size, size] for each size.
    """
    rest, levels = image, []
    for size in sizes:
        level = rest if size == sizes[-1] else F.interpolate(rest, (size, size), mode="area")
        levels.append(level)
        rest = rest - (level if size == sizes[-1] else enlarge(level, sizes[-1]))
    return levels


INITIAL = ("noise", "zero", "real")
"""What images may start from; any other word is where a distilled set is."""


def check_initial(_: Any, attribute: "attrs.Attribute[Any]", value: str) -> None:
    """A validator of what images start from: a word of `INITIAL`, a path, or ``user/name`` of the Hub."""
    if value not in INITIAL and not ("/" in value or os.sep in value or Path(value).exists()):
        expected = f"expected {', '.join(INITIAL)}, or the path or user/name of a distilled set or of a run"
        raise DeclarationError([(attribute.name, f"{expected}, got '{value}'{did_you_mean(value, INITIAL)}")])


def check_start(spec: Spec, initial: str, selector: Selector | None, images_per_class: int) -> None:
    """Raise where a selector is named that is not asked, or that chooses another number of images."""
    if selector is None:
        return
    if initial != "real":
        raise DeclarationError([("generator.selector", 'is of initial = "real"; leave it out, or say so')])
    chosen = selector.count(spec, images_per_class)
    wanted = (spec.classes or 0) * images_per_class
    if chosen != wanted:
        message = f"chooses {chosen} images, and there are {wanted}; use another, such as 'k-medoids'"
        raise DeclarationError([("generator.selector", message)])


class Starting(Protocol):
    """What starts from images: a generator of them."""

    initial: str
    images_per_class: int
    selector: Selector | None

    @property
    def given_images(self) -> torch.Tensor | None:
        """Those of a set [m, c, h, w], if it was given one."""


def first_images(generator: Starting, pool: Pool, size: int) -> torch.Tensor:
    """Images [m, c, size, size] in [0, 1] that a generator starts from: those that it was given, or `real_images`.

    Raises:
        MatchZooError: they are those of a set, which it was not given.
    """
    given = generator.given_images
    if given is not None:
        return _resized(given, size)
    if generator.initial != "real":
        raise MatchZooError(
            f"initial: the images of {generator.initial} are not here; give them with start_from(images)"
        )
    return real_images(pool, generator.selector, generator.images_per_class, size)


def real_images(pool: Pool, selector: Selector | None, images_per_class: int, size: int) -> torch.Tensor:
    """Real images [m, c, size, size] in [0, 1], classes in order; random ones without a selector."""
    return _resized((selector or Random()).choose(pool, images_per_class).values, size)


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
