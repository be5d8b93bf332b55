"""Damaged images, and folders with odd names and odd things in them."""

import functools
import io
import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torture.attempts import Wrong, expect
from torture.damage import damage

from matchzoo.core.errors import MatchZooError
from matchzoo.data import ImageFolder
from matchzoo.data.reading.decoding import Decoding
from matchzoo.data.reading.file_kinds import suffixes


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@functools.cache
def originals() -> list[bytes]:
    """Whole images of every form that is read."""
    noise = Image.effect_noise((24, 17), 90)
    color = Image.merge("RGB", [noise, noise.transpose(Image.Transpose.ROTATE_180), noise])
    deep = Image.fromarray(np.arange(24 * 17, dtype=np.uint16).reshape(17, 24) * 150)
    exif = Image.Exif()
    exif[0x0112] = 6
    frames = [color, color.transpose(Image.Transpose.ROTATE_180)]
    made = [encoded(image, "PNG") for image in (noise, color, deep, color.convert("RGBA"), color.convert("P"))]
    made += [encoded(noise.convert("1"), "PNG"), encoded(color, "PNG", exif=exif)]
    made += [encoded(color, "JPEG", progressive=p, exif=exif) for p in (False, True)]
    made += [encoded(color.convert("CMYK"), "JPEG"), encoded(noise, "JPEG")]
    made += [encoded(color, "WEBP", lossless=p) for p in (False, True)]
    made += [encoded(color, kind) for kind in ("BMP", "PPM", "TIFF", "GIF")]
    made += [encoded(deep, kind) for kind in ("TIFF", "PPM")]
    made += [encoded(color, "TIFF", compression=how) for how in ("tiff_lzw", "jpeg", "tiff_adobe_deflate", "packbits")]
    made += [
        encoded(frames[0], kind, save_all=True, append_images=frames[1:]) for kind in ("GIF", "PNG", "WEBP", "TIFF")
    ]
    return made


def images(rng: random.Random, folder: Path) -> str:
    """A damaged image, now and then two in one, under a name that says something else."""
    content = damage(rng.choice(originals()), rng)
    if rng.random() < 0.1:
        content = content[: rng.randrange(len(content) + 1)] + rng.choice(originals())
    path = folder / f"image{rng.choice(sorted(suffixes()))}"
    path.write_bytes(content)
    decoding = Decoding(rng.choice([8, 33]), rng.choice([1, 3]), rng.choice(["crop", "pad"]))
    try:
        pixels = decoding.decode(path)
    except MatchZooError as error:
        expect(str(error).startswith(f"{path}: "), f"does not name the file: {error}")
        raise
    expect((pixels.shape, pixels.dtype) == (decoding.shape, np.uint8), f"gave {pixels.dtype} {pixels.shape}")
    expect(bool((pixels == decoding.decode(path)).all()), "read again it is another")
    return "read"


NAMES = (
    "cat", "dog", "with space", "line\nbreak", "数据", "كلب", "🦆", "a" * 200, "-rf", "CON", "\t", "'quote'", "a.png",
    "%20", "$HOME", "~", "<b>", "é", "e\u0301", "Cat", "0", "00", "label,with,commas", "..hidden?", " ", "#1",
)  # fmt: skip
SHOWN = tuple(name for name in NAMES if not name.startswith("."))


def tree(rng: random.Random, root: Path, names: Sequence[str], whole: list[bytes]) -> dict[str, int] | None:
    """Folders of classes; returns how many images each has, None where something in it must be refused."""
    counts: dict[str, int] = {}
    bad = False
    for name in names:
        (own := root / name).mkdir(parents=True, exist_ok=True)
        count = rng.choice([0, 1]) if rng.random() < 0.05 else rng.randrange(2, 6)
        counts[name] = count
        for number in range(count):
            place = own / rng.choice(["", "", "sub", "sub/sub"])
            place.mkdir(parents=True, exist_ok=True)
            suffix = rng.choice(sorted(suffixes()))
            (place / f"{rng.choice(SHOWN)[:100]}-{number}{rng.choice([suffix, suffix.upper()])}").write_bytes(
                rng.choice(whole)
            )
        odd = rng.randrange(30)
        if odd == 0:
            (own / "notes.txt").write_text("no image")
        elif odd == 1:
            (own / ".hidden.png").write_bytes(b"no image")
        elif odd == 2:
            (own / "loop").symlink_to(own)
        elif odd == 3:
            (own / "sub-loop").symlink_to(root)
        elif odd == 4:
            (own / "nowhere.png").symlink_to(root / "gone.png")
            bad = True
        elif odd == 5:
            (own / "broken.png").write_bytes(b"\x89PNG")
            bad = True
        elif odd == 6:
            os.mkfifo(own / "pipe.png")
        elif odd == 7:
            (own / "empty.jpg").touch()
            bad = True
        elif odd == 8:
            (own / "self.png").symlink_to(own / "self.png")
            bad = True
    bad = (
        bad
        or any(letter < " " for name in names for letter in name)
        or any(count == 0 for count in counts.values())
        or len(counts) < 2
    )
    return None if bad else counts


def folders(rng: random.Random, folder: Path) -> str:
    """A folder of classes with odd names and odd things in it, with and without parts for testing."""
    whole, root = originals(), folder / rng.choice(["data", "with space", "数据"])
    root.mkdir()
    names = rng.sample(SHOWN, rng.choice([0, 1, 2, 2, 2, 3, 3, 5]))
    size = 8
    if rng.random() < 0.5:
        wanted = tree(rng, root, names, whole)
        if wanted and any(count < 2 for count in wanted.values()):
            wanted = None  # cannot be split
        if {"train"} & set(names):
            wanted = None
        data = ImageFolder(path=str(root), size=size)
        parts = ["training_set", "test_set"]
    else:
        held = rng.choice(["test", "val"])
        wanted = tree(rng, root / "train", names, whole)
        other = names if rng.random() < 0.8 else [*names[1:], "another"]
        test = tree(rng, root / held, other, whole)
        if not names or test is None or sorted(other) != sorted(names):
            wanted = None
        data = ImageFolder(path=str(root), size=size)
        parts = ["training_set"]
    if wanted is None:
        data.build(0)
        raise Wrong("accepted what must be refused")
    spec = data.build(0)
    expect(spec.class_names == tuple(sorted(wanted)), f"classes {spec.class_names}")
    labels = torch.cat([getattr(data, part).labels for part in parts])
    found = dict(zip(spec.class_names, labels.bincount(minlength=len(wanted)).tolist(), strict=True))
    expect(found == wanted, f"counts {found}, put there {wanted}")
    values = data.training_set.all().values
    expect(values.shape[1:] == (3, size, size) and values.min() >= 0 and values.max() <= 1, f"images {values.shape}")
    return "read"
