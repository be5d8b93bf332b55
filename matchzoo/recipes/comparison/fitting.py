"""A set's images made to fit the data: their channels, their shape, their size."""

import torch
import torch.nn.functional as F

from matchzoo.core.declaration.choices import checked
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.luminance import luminance
from matchzoo.data import Data
from matchzoo.data.reading.decoding import Fit
from matchzoo.data.reading.encoded import Decoded
from matchzoo.data.sources import single_sources


def fit_of(data: Data) -> Fit | None:
    """How data make images square: ``crop`` or ``pad``; None where they do not say it, or in several ways."""
    fits = {getattr(source, "fit", None) for source in single_sources(data)}
    return fits.pop() if len(fits) == 1 else None


def names_are_text(data: Data) -> bool:
    """Whether class names were read as text (of folders, of a column), so that numbers among them are names too."""
    return any(isinstance(source, Decoded) for source in single_sources(data))


@checked
def fitted(images: torch.Tensor, shape: tuple[int, ...], fit: Fit | None) -> tuple[torch.Tensor, list[str]]:
    """Images [m, c', h', w'] in [0, 1] as those of the data, and what was done to them.

    Args:
        images: gray or color, of any size.
        shape: c, h, w of the data's images, h = w. Gray is repeated for color, and color becomes gray.
        fit: what becomes of images that are not square, as ``data.fit`` says it.

    Returns:
        Images [m, c, h, w], and a few words on each change.

    Raises:
        MatchZooError: they are not square, and the data do not say how they become so.
    """
    notes = []
    channels, side = shape[0], shape[-1]
    if images.shape[1] == 1 and channels == 3:
        images = images.expand(-1, 3, -1, -1)
        notes.append("gray images, whose channel is repeated for the three of the data")
    elif images.shape[1] == 3 and channels == 1:
        if (images == images[:, :1]).all():
            images = images[:, :1]
        else:
            images = luminance(images)
            notes.append("colors became gray, as the data are")

    height, width = images.shape[2:]
    if height != width:
        if fit is None:
            raise MatchZooError(
                f"images of {height}x{width} pixels, and the data do not say how such become square; make them so first"
            )
        images = squared(images, fit)
        notes.append(f"{height}x{width} pixels, made square by the data's fit '{fit}'")
    if images.shape[-1] != side:
        images = F.interpolate(images, size=[side, side], mode="bicubic", antialias=True, align_corners=False)
        images = images.clamp(0, 1)
        notes.append(f"{height}x{width} pixels, resized to the {side}x{side} of the data")
    return images, notes


@checked
def squared(images: torch.Tensor, fit: Fit) -> torch.Tensor:
    """Square images of images [m, c, h, w]: ``crop`` keeps the center, ``pad`` the whole in the middle of white."""
    height, width = images.shape[2:]
    side = min(height, width) if fit == "crop" else max(height, width)
    if fit == "crop":
        top, left = (height - side) // 2, (width - side) // 2
        return images[:, :, top : top + side, left : left + side]
    top, left = (side - height) // 2, (side - width) // 2
    return F.pad(images, (left, side - width - left, top, side - height - top), value=1.0)
