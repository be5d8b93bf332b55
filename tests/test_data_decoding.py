"""Odd image files and odd folders: what is read and how, what is refused and with which message."""

import io
import os
import struct
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from matchzoo import progress
from matchzoo.cli import main
from matchzoo.data import ImageFolder, Table
from matchzoo.data.decoding import Decoding
from matchzoo.errors import DeclarationError, MatchZooError

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

# name → bytes, the colour in the middle, how far off it may be
READ = {
    "colour.png": (encoded(plain("RGB", RED), "PNG"), RED, 0),
    "colour.jpg": (encoded(plain("RGB", RED), "JPEG", quality=95), RED, 4),
    "colour.bmp": (encoded(plain("RGB", RED), "BMP"), RED, 0),
    "colour.webp": (encoded(plain("RGB", RED), "WEBP", lossless=True), RED, 0),
    "colour.tiff": (encoded(plain("RGB", RED), "TIFF"), RED, 0),
    "colour.ppm": (encoded(plain("RGB", RED), "PPM"), RED, 0),
    "grey.png": (encoded(plain("L", 77), "PNG"), (77, 77, 77), 0),
    "grey.pgm": (encoded(plain("L", 77), "PPM"), (77, 77, 77), 0),
    "one bit.png": (encoded(deep("1"), "PNG"), WHITE, 0),
    "sixteen bits.png": (encoded(deep("16"), "PNG"), (128, 128, 128), 0),
    "sixteen bits.tiff": (encoded(deep("16"), "TIFF"), (128, 128, 128), 0),
    "sixteen bits.pgm": (b"P5\n2 2\n65535\n" + b"\x80\x80" * 4, (128, 128, 128), 0),
    "sixteen bits colour.png": (
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
    "transparent colour.png": (transparent_rgb(), WHITE, 0),
    "transparent grey.png": (encoded(plain("LA", (77, 0)), "PNG"), WHITE, 0),
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
    content, colour, off = READ[name]
    (tmp_path / name).write_bytes(content)
    pixels = DECODING.decode(tmp_path / name)
    assert (pixels.shape, pixels.dtype, pixels.flags["C_CONTIGUOUS"]) == ((3, 8, 8), np.uint8, True)
    assert np.abs(pixels[:, 4, 4].astype(int) - colour).max() <= off
    assert (pixels == pixels[:, :1, :1]).all() or off  # one colour everywhere
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
    "float.tiff": (encoded(plain("F", 0.5), "TIFF"), "floating-point pixels have no fixed range: convert it"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str, tmp_path: Path) -> None:
    content, reason = REFUSED[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MatchZooError) as caught:
        DECODING.decode(tmp_path / name)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / name}: cannot be read as an image (")
    assert message.endswith("); mend or remove it")
    assert reason in message
    assert message.count(name) == 1


def test_what_is_no_file() -> None:
    content = READ["colour.png"][0]
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


# folders


def save(path: Path, color: tuple[int, int, int] = RED) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    plain("RGB", color).save(path)


def classes(root: Path, *names: str, count: int = 3) -> None:
    for name in names:
        for i in range(count):
            save(root / name / f"{i}.png", (50 * i, 0, 0))


def load(root: Path, **fields: object):
    return ImageFolder(path=str(root), size=8, **fields).load()


def test_hidden_and_other_files_are_skipped(tmp_path: Path) -> None:
    classes(tmp_path, "a", "b")
    for extra in (".hidden.png", "notes.txt", "Thumbs.db", ".DS_Store"):
        (tmp_path / "a" / extra).write_bytes(b"x")
    save(tmp_path / ".cache" / "0.png")
    save(tmp_path / "a" / ".thumbnails" / "0.png")
    (tmp_path / "readme.md").write_text("x")
    loaded = load(tmp_path)
    assert loaded.class_names == ("a", "b")
    assert len(loaded.train) + len(loaded.test) == 6


def test_names_in_any_script(tmp_path: Path) -> None:
    names = ("Ägypten", "two words", "猫", "кот", "קטלב", "👩‍🚀")
    classes(tmp_path, *names)
    assert load(tmp_path).class_names == tuple(sorted(names))


def test_sub_folders_and_links_to_folders(tmp_path: Path) -> None:
    classes(tmp_path / "pictures", "a")
    classes(tmp_path / "elsewhere", "b")
    save(tmp_path / "pictures" / "a" / "deep" / "er" / "0.png")
    (tmp_path / "pictures" / "b").symlink_to(tmp_path / "elsewhere" / "b")
    loaded = load(tmp_path / "pictures", test_share=0.25)
    assert loaded.class_names == ("a", "b")
    assert len(loaded.train) + len(loaded.test) == 7


def test_loops_of_links_end(tmp_path: Path) -> None:
    classes(tmp_path, "a", "b")
    (tmp_path / "a" / "again").symlink_to(tmp_path / "a")
    (tmp_path / "b" / "up").symlink_to(tmp_path / "b")
    (tmp_path / "b" / "all").symlink_to(tmp_path)
    loaded = load(tmp_path)
    assert len(loaded.train) + len(loaded.test) == 6


def test_links_that_lead_nowhere(tmp_path: Path) -> None:
    classes(tmp_path, "a", "b")
    (tmp_path / "a" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    with pytest.raises(MatchZooError, match=r"gone\.png: cannot be looked at \(No such file .*\); mend or remove it"):
        load(tmp_path)
    (tmp_path / "a" / "gone.png").unlink()
    (tmp_path / "a" / "self.png").symlink_to("self.png")
    with pytest.raises(MatchZooError, match=r"self\.png: cannot be looked at"):
        load(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_named_pipes_do_not_hang(tmp_path: Path) -> None:
    classes(tmp_path, "a", "b")
    os.mkfifo(tmp_path / "a" / "pipe.png")
    assert len(load(tmp_path).train) == 4


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes only there")
def test_class_names_that_no_artefact_could_hold(tmp_path: Path) -> None:
    for name in ("line\nbreak", "plain"):
        (tmp_path / name).mkdir()
        for number in range(2):
            (tmp_path / name / f"{number}.png").write_bytes(encoded(plain("RGB", RED), "PNG"))
    with pytest.raises(DeclarationError, match=r"'line\\nbreak' has control characters.*; rename it"):
        ImageFolder(path=str(tmp_path)).build(0)


def test_class_names_that_are_no_text(tmp_path: Path) -> None:
    classes(tmp_path, "a", "b")
    os.mkdir(os.fsencode(tmp_path) + b"/caf\xe9")
    with pytest.raises(MatchZooError, match="is no readable name for a class; rename the folder"):
        load(tmp_path)


def both(tmp_path: Path) -> None:
    classes(tmp_path / "train", "a", "b")
    classes(tmp_path / "test", "a", "b", count=2)


def test_train_and_test_folders(tmp_path: Path) -> None:
    both(tmp_path)
    loaded = load(tmp_path)
    assert (len(loaded.train), len(loaded.test)) == (6, 4)
    assert loaded.test.labels.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("name", ["val", "validation", "valid", "dev"])
def test_other_names_of_the_test_folder(name: str, tmp_path: Path) -> None:
    both(tmp_path)
    (tmp_path / "test").rename(tmp_path / name)
    loaded = load(tmp_path)
    assert (len(loaded.train), len(loaded.test)) == (6, 4)
    classes(tmp_path / "test", "a", "b", count=1)
    assert len(load(tmp_path).test) == 2  # test goes before


def test_a_share_of_train_where_it_is_alone(tmp_path: Path) -> None:
    classes(tmp_path / "train", "a", "b")
    classes(tmp_path / "extra", "c")
    loaded = load(tmp_path, test_share=0.4)
    assert (len(loaded.train), len(loaded.test), loaded.test.labels.tolist()) == (4, 2, [0, 1])
    (tmp_path / "train/a/same.png").symlink_to(tmp_path / "train/a/1.png")
    with pytest.raises(MatchZooError, match=r"a/same\.png: the same file as .*a/1\.png; keep one of the two"):
        load(tmp_path)


@pytest.mark.parametrize("how", ["symlink", "hard link", "whole folder"])
def test_test_images_that_are_training_images(how: str, tmp_path: Path) -> None:
    both(tmp_path)
    if how == "symlink":
        (tmp_path / "test/b/link.png").symlink_to(tmp_path / "train/b/1.png")
    elif how == "hard link":
        os.link(tmp_path / "train/b/1.png", tmp_path / "test/b/link.png")
    else:
        (tmp_path / "test").rename(tmp_path / "old")
        (tmp_path / "test").symlink_to(tmp_path / "train")
    with pytest.raises(MatchZooError, match=r"a test image that is also the training image .*; keep it in one"):
        load(tmp_path)


def test_the_same_file_twice_in_a_folder_that_is_split(tmp_path: Path) -> None:
    classes(tmp_path, "a", "b")
    (tmp_path / "a/same.png").symlink_to(tmp_path / "a/1.png")
    with pytest.raises(MatchZooError, match=r"a/same\.png: the same file as .*a/1\.png; keep one of the two"):
        load(tmp_path)


WRONG = {
    "no folder": (lambda root: None, "data.path: there is no folder"),
    "a file": (lambda root: root.write_text("x"), "data.path: expected a folder, but .* is a file"),
    "no classes": (lambda root: save(root / "0.png"), "expected a folder for each of at least 2 classes, found 0"),
    "one class": (lambda root: classes(root, "a"), "expected a folder for each of at least 2 classes, found 1"),
    "empty class": (lambda root: (classes(root, "a"), (root / "b").mkdir()), r"b: no images \(of .bmp"),
    "too few": (lambda root: (classes(root, "a"), save(root / "b/0.png")), "class 'b': a split needs at least 2"),
    "other classes": (
        lambda root: (classes(root / "train", "a", "b"), classes(root / "val", "a", "c")),
        "other classes than .*; only one has b, c",
    ),
    "which is the test folder": (
        lambda root: [classes(root / part, "a", "b") for part in ("train", "validation", "dev")],
        "pictures: which is for testing, validation or dev[?] call that one test",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_layouts(case: str, tmp_path: Path) -> None:
    make, message = WRONG[case]
    make(tmp_path / "pictures")
    with pytest.raises(MatchZooError, match=message):
        load(tmp_path / "pictures")


def test_all_unreadable_images_are_named_at_once(tmp_path: Path) -> None:
    classes(tmp_path, "a", "b")
    for i in range(14):
        (tmp_path / f"a/bad{i:02}.png").write_bytes(b"x")
    with pytest.raises(MatchZooError) as caught:
        load(tmp_path)
    lines = str(caught.value).splitlines()
    assert len(lines) == 11
    assert "bad00.png: cannot be read" in lines[0]
    assert lines[-1] == "and 4 more"


def test_listing_and_decoding_show_progress_unless_quiet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    classes(tmp_path, "a", "b")
    (tmp_path / "labels.csv").write_text("file,label\n" + "".join(f"{c}/{i}.png,{c}\n" for c in "ab" for i in range(3)))
    with progress.quietly():
        load(tmp_path, fit="pad")
    assert capsys.readouterr().err == ""
    load(tmp_path)
    shown = capsys.readouterr().err
    assert f"listing {tmp_path.name}: 6 files, " in shown
    assert f"decoding {tmp_path.name}: 6/6 images, " in shown
    Table(path=str(tmp_path), size=8).load()
    shown = capsys.readouterr().err
    assert "reading labels.csv: 6 rows, " in shown
    assert f"listing {tmp_path.name}: 6/6 files, " in shown
