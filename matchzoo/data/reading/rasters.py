"""Gray images of more than 8 bits: what their values are, and how these become bytes."""

from pathlib import Path
from typing import Any, BinaryIO, Literal

import attrs
import numpy as np
from PIL import Image

from matchzoo.core.declaration.choices import checked
from matchzoo.core.errors import DeclarationError, MatchZooError

Range = tuple[float, float] | Literal["type", "auto", "image"]
"""Which values are black and white: two of them; those of the type; the least and largest of the training images; or
those of every image by itself."""
UINT16 = np.dtype(np.uint16)
FULL = (0.0, 65535.0)
"""Of the type uint16."""
SIGNED, FLOAT = 2, 3
"""Sample formats of TIFF; others are unsigned."""
BLOCK = 2**22
"""Values that are rescaled at once."""


def check_range(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
    """A validator: of two numbers the first is the smaller one."""
    if isinstance(value, tuple) and not value[0] < value[1]:
        raise DeclarationError([(attribute.name, f"expected [black, white] with black < white, got {list(value)}")])


def raster_type(image: Image.Image) -> np.dtype | None:
    """The type of the values in the file of an opened gray image of more than 8 bits; None for others.

    Pillow opens all integers but uint16 as int32, also those that do not fit into it.
    """
    if image.mode == "F":
        return np.dtype(np.float32)
    if image.mode.startswith("I;16"):
        return UINT16
    if image.mode != "I":
        return None
    tags = getattr(image, "tag_v2", None)
    if tags is None:  # PNG and PGM have none but 16 bits, which the latter are scaled to
        return UINT16
    bits, kind = (tags.get(number, (default,)) for number, default in ((258, 32), (339, 1)))
    return np.dtype(f"{'i' if kind[0] == SIGNED else 'f' if kind[0] == FLOAT else 'u'}{bits[0] // 8}")


def values_of(image: Image.Image, dtype: np.dtype) -> np.ndarray:
    """The values [h, w] of a gray image whose file has them in a type."""
    values = np.asarray(image)
    if dtype == UINT16:
        return values.astype(np.int64).clip(0, 65535).astype(UINT16)
    return values.view(dtype) if values.dtype.itemsize == dtype.itemsize else values.astype(dtype)


def extent(file: Path | str | BinaryIO, formats: tuple[str, ...]) -> tuple[float, float] | None:
    """The least and the largest value of a gray image of more than 8 bits; None for others, of which the header alone
    is read, and for what cannot be read."""
    try:
        with Image.open(file, formats=formats) as image:
            dtype = raster_type(image)
            if dtype is None:
                return None
            values = values_of(image, dtype)
            return float(values.min()), float(values.max())
    except MemoryError:
        raise
    except Exception:  # decoding says what is wrong with it
        return None


@checked
def black_and_white(values: np.ndarray, chosen: Range, what: str) -> tuple[float, float]:
    """Which values are black and white in an image, or in several.

    Raises:
        MatchZooError: values that are not finite, or of a type whose range no image fills, without a range.
    """
    dtype = values.dtype
    if dtype.kind == "f" and not bool(np.isfinite(values).all()):
        raise MatchZooError(f"{what}: some values are not finite; replace them")
    if isinstance(chosen, tuple):
        return chosen
    if chosen == "type":
        if dtype == UINT16:
            return FULL
        low, high = (float(value) for value in (values.min(), values.max()))
        raise MatchZooError(
            f"{what}: {dtype} values from {low:g} to {high:g}, and nothing says which are black and white; say "
            'data.range = [black, white], one range for all images, or data.range = "auto" for the least and the '
            "largest value of the training images, or convert them to 8 bits"
        )
    return float(values.min()), float(values.max())


def rescaled(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Values between black and white, those beyond clipped: bytes of integers, float32 in [0, 1] of floats."""
    scaled = np.empty(values.shape, np.float32 if values.dtype.kind == "f" else np.uint8)
    into, flat = scaled.reshape(-1), values.reshape(-1)
    for start in range(0, len(flat), BLOCK):
        block = flat[start : start + BLOCK].astype(np.float64)
        shares = ((block - low) / ((high - low) or 1)).clip(0, 1)
        into[start : start + BLOCK] = shares if scaled.dtype.kind == "f" else np.floor(shares * 255 + 0.5)
    return scaled


@checked
def in_range(images: np.ndarray, chosen: Range, what: str) -> np.ndarray:
    """Images [n, …] of any numbers: bytes of integers, float32 in [0, 1] of floats.

    Args:
        images: [n, …].
        chosen: which values are black and white; of floats, ``"type"`` is 0 and 1, and others are refused.
        what: messages call them.
    """
    if chosen == "image":
        return np.stack([rescaled(image, *black_and_white(image, chosen, what)) for image in images])
    if images.dtype.kind != "f" or chosen != "type":
        return rescaled(images, *black_and_white(images, chosen, what))
    low, high = images.min(), images.max()
    if not (low >= 0 and high <= 1):  # also where there is a NaN
        raise MatchZooError(
            f"{what}: expected numbers in [0, 1], got {low:.4g} to {high:.4g}; say data.range = [black, white], such "
            'as [0, 255], or "auto" for the least and the largest value'
        )
    return images.astype(np.float32)
