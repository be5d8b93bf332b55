"""One way from an image file to pixels."""

import functools
from pathlib import Path
from typing import BinaryIO, Literal

import attrs
import numpy as np
from PIL import Image, ImageOps

from matchzoo.core.declaration.choices import checked_fields
from matchzoo.core.errors import MatchZooError
from matchzoo.data.reading.rasters import Range, black_and_white, raster_type, rescaled, values_of

LIMIT = 89_478_485
"""Pixels of the largest image that is decoded (Pillow's own first limit): a small file can claim any number."""
LONGEST = 16
"""Sides of a larger ratio lose their ends before they are resized, which bounds memory."""
FORMATS = ("PNG", "JPEG", "MPO", "WEBP", "BMP", "DIB", "GIF", "TIFF", "PPM", "JPEG2000", "AVIF")
"""What is read. Pillow knows more: some hand the file to other programs (EPS to Ghostscript), or open further files."""
Fit = Literal["crop", "pad"]


@functools.cache
def formats() -> tuple[str, ...]:
    """Those of `FORMATS` that the installed Pillow reads."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


@attrs.frozen(field_transformer=checked_fields)
class Decoding:
    """How image files become bytes [channels, size, size].

    Attributes:
        size: pixels a side.
        channels: 3 for color, 1 for gray.
        fit: ``crop`` makes the shorter side ``size`` and keeps the center; ``pad`` makes the longer side ``size`` and
            puts the image in the middle of a white square (for cut-outs). Both are bicubic with antialiasing.
        range: which values of a gray image of more than 8 bits are black and white.
    """

    size: int
    channels: int = 3
    fit: Fit = "crop"
    range: Range = "type"

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of a decoded image."""
        return self.channels, self.size, self.size

    def decode(self, file: Path | str | BinaryIO, name: str = "") -> np.ndarray:
        """The pixels [channels, size, size] (uint8) of a file, or of an open one that is called ``name``.

        Its content decides how it is read, not its name. EXIF orientation is applied, transparency becomes white, more
        than 8 bits become 8 by ``range``, and of an animation the first frame is taken.

        Raises:
            MatchZooError: the file cannot be read, or its values have no range; it names the file and the remedy.
        """
        try:
            with Image.open(file, formats=formats()) as opened:
                _refuse_bomb(opened)
                dtype = raster_type(opened)
                opened.load()
                image = _upright(opened)
                image = _plain(image) if dtype is None else image
        except MemoryError:
            raise
        except Exception as error:  # decoders of damaged files raise whatever their parsing runs into
            words = str(error).replace(f" '{file}'", "").replace(f" {file!r}", "").removesuffix(f": {file}")
            reason = words or type(error).__name__
            remedy = "" if name else "; fix or remove it"
            raise MatchZooError(f"{name or file}: cannot be read as an image ({reason}){remedy}") from None
        if dtype is not None:
            values = values_of(image, dtype)
            low, high = black_and_white(values, self.range, str(name or file))
            levels = rescaled(values, low, high)
            levels = np.floor(levels * 255 + 0.5).astype(np.uint8) if levels.dtype.kind == "f" else levels
            image = Image.fromarray(levels).convert("RGB")
        return self.fitted(image)

    def fitted(self, image: Image.Image) -> np.ndarray:
        """The pixels [channels, size, size] (uint8) of an RGB image."""
        image = self._padded(image) if self.fit == "pad" else self._cropped(image)
        if self.channels == 1:
            return np.asarray(image.convert("L"))[None]
        return np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1))

    def _cropped(self, image: Image.Image) -> Image.Image:
        longest = LONGEST * min(image.size)
        if max(image.size) > longest:
            image = _center(image, min(image.width, longest), min(image.height, longest))
        scale = self.size / min(image.size)
        width, height = (max(round(side * scale), self.size) for side in image.size)
        image = image.resize((width, height), Image.Resampling.BICUBIC)
        return _center(image, self.size, self.size)

    def _padded(self, image: Image.Image) -> Image.Image:
        scale = self.size / max(image.size)
        width, height = (max(round(side * scale), 1) for side in image.size)
        square = Image.new("RGB", (self.size, self.size), "white")
        resized = image.resize((width, height), Image.Resampling.BICUBIC)
        square.paste(resized, ((self.size - width) // 2, (self.size - height) // 2))
        return square


def _center(image: Image.Image, width: int, height: int) -> Image.Image:
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def _refuse_bomb(image: Image.Image) -> None:
    if image.width * image.height > LIMIT:
        raise ValueError(f"{image.width}x{image.height} pixels, at most {LIMIT / 1e6:.0f} million are decoded")


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # the picture is whole, only its EXIF part is not
        return image


def _plain(image: Image.Image) -> Image.Image:
    """RGB of any mode of 8 bits, transparency on white."""
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")
