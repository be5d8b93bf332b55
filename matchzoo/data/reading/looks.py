"""What is told of images that are read: a range that they leave unused, and images that are all alike."""

from collections.abc import Callable, Sequence

import torch

from matchzoo.core.declaration.choices import checked
from matchzoo.core.showing.progress import note
from matchzoo.data.reading.rasters import FULL, Range

LOOKED_AT = 128
"""Images, evenly spread, that are looked at."""
FLAT = 8
"""Levels of 255 between the darkest and the brightest pixel up to which an image is nearly constant."""


def some_rows(rows: torch.Tensor) -> torch.Tensor:
    """`LOOKED_AT` of some rows [n], or all of fewer, evenly spread."""
    count = min(LOOKED_AT, len(rows))
    return rows[torch.arange(count) * len(rows) // max(count, 1)]


@checked
def tell_range(where: str, extents: Sequence[tuple[float, float]], chosen: Range, remedy: Callable[[str], str]) -> None:
    """A note where gray images of more than 8 bits use half of their range or less, or have as much beyond it.

    Args:
        where: the images are.
        extents: least and largest value of each image.
        chosen: what is black and white.
        remedy: words that end the note, of the range that was found.
    """
    if not extents or chosen in ("auto", "image"):
        return
    low, high = chosen if isinstance(chosen, tuple) else FULL
    least, largest = min(one[0] for one in extents), max(one[1] for one in extents)
    within = max(min(high, largest) - max(low, least), 0)
    about = f"{where}: values of {len(extents)} images that were inspected go from {least:g} to {largest:g}"
    advice = remedy(f"[{least:g}, {largest:g}]")
    if within <= (high - low) / 2 and (least >= low and largest <= high):
        share = 100 * within / (high - low)
        note(f"{about}, {share:.2g} % of {low:g} to {high:g}, so images are flat, dark or bright; {advice}")
    elif within <= (largest - least) / 2:
        note(f"{about}, and most of that lies beyond {low:g} to {high:g}, where it is black or white; {advice}")


def tell_alike(where: str, images: torch.Tensor) -> None:
    """A note where half of some images [n, c, h, w] (uint8, or float in [0, 1]) or more are nearly constant, or equal
    to another one."""
    if len(images) < 4 or images[0].numel() == 0:
        return
    flat = images.flatten(1)
    spans = flat.amax(1).double() - flat.amin(1).double()
    constant = int((spans * (1 if images.dtype == torch.uint8 else 255) <= FLAT).sum())
    different = len(flat.unique(dim=0))
    if 2 * constant >= len(images):
        note(
            f"{where}: {constant} of {len(images)} images that were inspected are nearly constant (at most {FLAT} of "
            "255 levels between their darkest and brightest pixel); are they as they should be? data.range stretches "
            "gray images of more than 8 bits"
        )
    elif 2 * different <= len(images):
        note(f"{where}: of {len(images)} images that were inspected only {different} are different ones; copies?")
