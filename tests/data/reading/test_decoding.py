"""Odd image files: what is read and how, what is refused and with which message."""

import io
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from matchzoo.cli.main import main
from matchzoo.core.errors import MatchZooError
from matchzoo.data.reading.decoding import Decoding

RED = (200, 30, 10)
DECODING = Decoding(8)


def plain(mode: str, color: object, size: tuple[int, int] = (12, 9)) -> Image.Image:
    return Image.new(mode, size, color)


def palette(transparent: bool) -> Image.Image:
    image = plain("P", 0)
    image.putpalette([*RED, 0, 0, 255])
    if transparent:
        image.info["transparency"] = 0
    return image


def deep(bits: str) -> Image.Image:
    return Image.fromarray(np.full((9, 12), 0x8080, np.uint16)) if bits == "16" else plain("1", 1)


def animation() -> bytes:
    frames = [plain("RGB", RED), plain("RGB", (0, 0, 255))]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(width: int, height: int, depth: int = 8, color: int = 0, data: bytes = b"") -> bytes:
    """A PNG with whatever header."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    content = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + content


def transparent_rgb() -> bytes:
    return encoded(plain("RGB", RED), "PNG", transparency=RED)


WHITE = (255, 255, 255)
PINK = (227, 142, 132)  # RED at half strength on white

# name → bytes, the color in the middle, how far off it may be
READ = {
    "color.png": (encoded(plain("RGB", RED), "PNG"), RED, 0),
    "color.jpg": (encoded(plain("RGB", RED), "JPEG", quality=95), RED, 4),
    "color.bmp": (encoded(plain("RGB", RED), "BMP"), RED, 0),
    "color.webp": (encoded(plain("RGB", RED), "WEBP", lossless=True), RED, 0),
    "color.tiff": (encoded(plain("RGB", RED), "TIFF"), RED, 0),
    "color.ppm": (encoded(plain("RGB", RED), "PPM"), RED, 0),
    "gray.png": (encoded(plain("L", 77), "PNG"), (77, 77, 77), 0),
    "gray.pgm": (encoded(plain("L", 77), "PPM"), (77, 77, 77), 0),
    "one bit.png": (encoded(deep("1"), "PNG"), WHITE, 0),
    "sixteen bits.png": (encoded(deep("16"), "PNG"), (128, 128, 128), 0),
    "sixteen bits.tiff": (encoded(deep("16"), "TIFF"), (128, 128, 128), 0),
    "sixteen bits.pgm": (b"P5\n2 2\n65535\n" + b"\x80\x80" * 4, (128, 128, 128), 0),
    "sixteen bits color.png": (
        png(2, 2, 16, 2, (b"\x00" + bytes([200, 200, 30, 30, 10, 10]) * 2) * 2),
        RED,
        0,
    ),
    "palette.png": (encoded(palette(False), "PNG"), RED, 0),
    "transparent palette.png": (encoded(palette(True), "PNG"), WHITE, 0),
    "palette.gif": (encoded(palette(False), "GIF"), RED, 0),
    "opaque.png": (encoded(plain("RGBA", (*RED, 255)), "PNG"), RED, 0),
    "half transparent.png": (encoded(plain("RGBA", (*RED, 128)), "PNG"), PINK, 1),
    "transparent.png": (encoded(plain("RGBA", (*RED, 0)), "PNG"), WHITE, 0),
    "transparent color.png": (transparent_rgb(), WHITE, 0),
    "transparent gray.png": (encoded(plain("LA", (77, 0)), "PNG"), WHITE, 0),
    "print.jpg": (encoded(plain("CMYK", (55, 225, 245, 0)), "JPEG", quality=95), RED, 4),
    "print.tiff": (encoded(plain("CMYK", (55, 225, 245, 0)), "TIFF"), RED, 0),
    "animated.gif": (animation(), RED, 0),
    "one pixel.png": (encoded(plain("RGB", RED, (1, 1)), "PNG"), RED, 0),
    "very wide.png": (encoded(plain("RGB", RED, (20000, 1)), "PNG"), RED, 0),
    "very high.png": (encoded(plain("RGB", RED, (1, 20000)), "PNG"), RED, 0),
    "a png really.jpg": (encoded(plain("RGB", RED), "PNG"), RED, 0),
    "a jpeg really.png": (encoded(plain("RGB", RED), "JPEG", quality=95), RED, 4),
    "no name for it": (encoded(plain("RGB", RED), "PNG"), RED, 0),
    "UPPER CASE.PNG": (encoded(plain("RGB", RED), "PNG"), RED, 0),
    "grün 猫 🐈.png": (encoded(plain("RGB", RED), "PNG"), RED, 0),
}


@pytest.mark.parametrize("name", READ)
def test_what_is_read(name: str, tmp_path: Path) -> None:
    content, color, off = READ[name]
    (tmp_path / name).write_bytes(content)
    pixels = DECODING.decode(tmp_path / name)
    assert (pixels.shape, pixels.dtype, pixels.flags["C_CONTIGUOUS"]) == ((3, 8, 8), np.uint8, True)
    assert np.abs(pixels[:, 4, 4].astype(int) - color).max() <= off
    assert (pixels == pixels[:, :1, :1]).all() or off  # one color everywhere
    assert Decoding(8, channels=1).decode(tmp_path / name).shape == (1, 8, 8)


WHOLE = encoded(Image.effect_noise((40, 40), 90).convert("RGB"), "PNG")
NOISE = encoded(Image.effect_noise((40, 40), 90).convert("RGB"), "JPEG")

# name → bytes, what the message says
REFUSED = {
    "empty.png": (b"", "cannot identify image file"),
    "text.jpg": (b"this is no picture", "cannot identify image file"),
    "page.png": (b"<html><body>404</body></html>", "cannot identify image file"),
    "cut.png": (WHOLE[: len(WHOLE) // 2], "truncated"),
    "cut.jpg": (NOISE[: len(NOISE) // 2], "truncated"),
    "header only.png": (WHOLE[:30], ""),
    "damaged.png": (WHOLE[:60] + bytes(100) + WHOLE[160:], ""),
    "zeros.jpg": (bytes(2000), "cannot identify image file"),
    "bomb.png": (png(30_000, 30_000), "pixels"),
    "large.png": (png(10_000, 9_000), "pixels"),
    "postscript.png": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n", "cannot identify image file"),
    "no size.png": (png(0, 5), ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str, tmp_path: Path) -> None:
    content, reason = REFUSED[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MatchZooError) as caught:
        DECODING.decode(tmp_path / name)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / name}: cannot be read as an image (")
    assert message.endswith("); fix or remove it")
    assert reason in message
    assert message.count(name) == 1


def test_what_is_no_file() -> None:
    content = READ["color.png"][0]
    assert DECODING.decode(io.BytesIO(content), "a row").shape == (3, 8, 8)
    for wrong in (b"", content[:40], b"no picture"):
        with pytest.raises(MatchZooError, match=r"^a row: cannot be read as an image \([^<>]*\)$"):
            DECODING.decode(io.BytesIO(wrong), "a row")


def corners(size: tuple[int, int] = (12, 8)) -> Image.Image:
    """Left half red, right half blue."""
    image = plain("RGB", (255, 0, 0), size)
    image.paste((0, 0, 255), (size[0] // 2, 0, *size))
    return image


@pytest.mark.parametrize(("orientation", "red"), [(1, "left"), (3, "right"), (6, "top"), (8, "bottom")])
def test_exif_orientation(orientation: int, red: str, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    corners().save(tmp_path / "a.png", exif=exif)
    pixels = DECODING.decode(tmp_path / "a.png")
    side = {"left": (4, 0), "right": (4, 7), "top": (0, 4), "bottom": (7, 4)}[red]
    assert pixels[0][side] > 200 > 60 > pixels[2][side]


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_exif_is_no_reason_to_refuse(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded(plain("RGB", RED), "JPEG", exif=b"Exif\x00\x00MM\x00*garbage!!"))
    assert DECODING.decode(tmp_path / "a.jpg").shape == (3, 8, 8)


def test_the_command_says_nothing_of_damaged_exif(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded(plain("RGB", RED), "JPEG", exif=b"Exif\x00\x00MM\x00*garbage!!"))
    with pytest.warns(UserWarning, match="EXIF"):
        Decoding(8).decode(tmp_path / "a.jpg")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        main(["list", "lgm/quickstart"])
        Decoding(8).decode(tmp_path / "a.jpg")
    assert told == []


def test_crop_and_pad(tmp_path: Path) -> None:
    wide = plain("RGB", (0, 0, 255), (40, 10))
    wide.paste(RED, (15, 0, 25, 10))  # the middle square
    wide.save(tmp_path / "a.png")
    cropped, padded = (Decoding(16, fit=fit).decode(tmp_path / "a.png") for fit in ("crop", "pad"))
    assert (cropped[:, 8, 2:-2] == np.array(RED)[:, None]).all()
    assert (padded[:, :6] == 255).all()
    assert (padded[:, -6:] == 255).all()
    assert np.abs(padded[:, 8, 8].astype(int) - RED).max() <= 4  # bicubic overshoot
    assert padded[2, 8, 0] == 255 > padded[0, 8, 0]
