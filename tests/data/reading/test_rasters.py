"""Gray images of more than 8 bits, as files and as arrays: which values are black and white."""

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.data import Arrays, Data, ImageFolder, Table
from matchzoo.data.reading.decoding import Decoding, formats
from matchzoo.data.reading.rasters import extent, raster_type, rescaled

SIZE = 8
CODES = {"uint16": (16, 1), "int16": (16, 2), "uint32": (32, 1), "int32": (32, 2), "float32": (32, 3)}
LEVELS = np.linspace(0, 255, SIZE * SIZE).reshape(SIZE, SIZE)


def tiff(path: Path, values: np.ndarray) -> Path:
    """A file of one strip, whose values have the type that they are given in."""
    bits, kind = CODES[values.dtype.name]
    height, width = values.shape
    data = values.astype(values.dtype.newbyteorder("<")).tobytes()
    tags = {256: width, 257: height, 258: bits, 259: 1, 262: 1, 273: 8, 277: 1, 278: height, 279: len(data), 339: kind}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        b"II*\0" + struct.pack("<I", 8 + len(data)) + data + struct.pack("<H", len(tags)) + entries + b"\0" * 4
    )
    return path


def ramp(low: float, high: float, dtype: str) -> np.ndarray:
    return np.linspace(low, high, SIZE * SIZE).reshape(SIZE, SIZE).astype(dtype)


def decoded(path: Path, **options: object) -> np.ndarray:
    return Decoding(SIZE, channels=1, **options).decode(path)[0]


def test_sixteen_bits_become_eight_as_ever():
    values = np.arange(65536, dtype=np.uint16)
    assert np.array_equal(rescaled(values, 0, 65535), (values.astype(int) + 128) // 257)
    assert np.array_equal(rescaled(np.arange(256, dtype=np.int64), 0, 255), np.arange(256))


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [
        ("uint16", 0, 4095), ("uint16", 900, 1180), ("int16", -1024, 3071), ("int32", -1024, 3071),
        ("uint32", 0, 4_000_000_000), ("int32", 0, 2**31 - 1), ("float32", -0.5, 0.25),
    ],
)  # fmt: skip
def test_a_range_takes_a_ramp_to_all_levels(dtype, low, high, tmp_path):
    path = tiff(tmp_path / "a.tif", ramp(low, high, dtype))
    with Image.open(path) as image:
        assert raster_type(image) == np.dtype(dtype)
    assert extent(path, formats()) == pytest.approx((low, high), rel=1e-6)
    for chosen in ((float(low), float(high)), "image"):
        assert np.abs(decoded(path, range=chosen) - LEVELS).max() < 2
    middle = decoded(path, range=(low + (high - low) / 4, high - (high - low) / 4))
    assert (middle[:2] == 0).all()  # a quarter of the values at either end is clipped
    assert (middle[-2:] == 255).all()
    if dtype == "uint16":
        assert np.array_equal(decoded(path), (ramp(low, high, dtype).astype(int) + 128) // 257)
    else:
        with pytest.raises(
            MatchZooError, match=rf'{dtype} values from .* nothing says which are black and white.*"auto"'
        ):
            decoded(path)


@pytest.mark.parametrize("name", ["gray.png", "gray.pgm", "rgb.png"])
def test_a_range_is_of_more_than_eight_bits_only(name, tmp_path):
    values = np.arange(64, dtype=np.uint8).reshape(8, 8)
    Image.fromarray(values).convert("RGB" if name[0] == "r" else "L").save(tmp_path / name)
    for chosen in ("type", "auto", "image", (0.0, 4095.0)):
        assert np.array_equal(decoded(tmp_path / name, range=chosen), values)


def test_what_is_not_finite_is_refused(tmp_path):
    values = ramp(0, 1, "float32")
    values[3, 3] = np.nan
    with pytest.raises(MatchZooError, match="some values are not finite"):
        decoded(tiff(tmp_path / "a.tif", values), range=(0.0, 1.0))


def scans(folder: Path, dtype: str = "uint16", shift: float = 1060) -> Path:
    """Two classes that differ by a disc of 60 levels, 12 bits: 40 of each."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:SIZE, :SIZE]
    disc = ((x - 4) ** 2 + (y - 4) ** 2 < 5) * 60.0
    rows = ["file,label"]
    for label, name in enumerate(("healthy", "lesion")):
        for i in range(20):
            scan = shift + rng.normal(0, 10, (SIZE, SIZE)) + label * disc
            path = tiff(folder / name / f"{i}.tif", scan.astype(dtype))
            rows.append(f"{path.relative_to(folder)},{name}")
    (folder / "labels.csv").write_text("\n".join(rows))
    return folder


@pytest.mark.parametrize("kind", [ImageFolder, Table])
def test_scans_of_twelve_bits(kind, tmp_path, capsys):
    """As they were read: two levels of 255, and what is to be done about it is said."""
    folder = scans(tmp_path)
    flat = kind(path=str(folder), size=SIZE).load()
    assert len(flat.train.all().values.unique()) <= 3
    told = capsys.readouterr().err
    assert "% of 0 to 65535, so images are flat, dark or bright; say data.range = [10" in told
    assert "32 of 32 images that were inspected are nearly constant" in told

    data = kind(path=str(folder), size=SIZE, range="auto")
    loaded = data.load()
    train = loaded.train.all()
    means = [train.values[train.labels == label].mean(0) for label in (0, 1)]
    assert 255 * (means[1] - means[0]).max() > 80
    assert len(train.values.flatten(1).unique(dim=0)) == 32
    low, high = data.origin()["range"]
    given = kind(path=str(folder), size=SIZE, range=(low, high)).load()
    assert np.array_equal(given.test.all().values, loaded.test.all().values)
    assert "note" not in capsys.readouterr().err


def test_one_range_holds_for_all_images(tmp_path):
    """The test part is of the range of the training part, and is clipped to it."""
    for part, low, high in (("train", 100, 300), ("test", 200, 400)):
        for name in ("a", "b"):
            for i in range(2):
                tiff(tmp_path / part / name / f"{i}.tif", ramp(low, high, "int16"))
    data = ImageFolder(path=str(tmp_path), size=SIZE, range="auto")
    loaded = data.load()
    assert data.origin() == {"range": [100.0, 300.0]}
    assert loaded.train.values.max() == 255
    assert loaded.test.values.min() == 128
    assert (loaded.test.values == 255).double().mean() == pytest.approx(0.5, abs=0.02)
    with pytest.raises(MatchZooError, match=r"int16 values from 100 to 300"):
        ImageFolder(path=str(tmp_path), size=SIZE).load()


def test_a_range_that_misses_the_values_is_told(tmp_path, capsys):
    folder = scans(tmp_path, "int32", 1000)
    ImageFolder(path=str(folder), size=SIZE, range=(0.0, 255.0)).load()
    assert (
        "most of that lies beyond 0 to 255, where it is black or white; say data.range = [9" in capsys.readouterr().err
    )


def arrays(folder: Path, images: np.ndarray) -> str:
    np.savez(folder / "a.npz", images=images, labels=np.arange(len(images)) % 2)
    return str(folder / "a.npz")


@pytest.mark.parametrize("dtype", ["uint16", "int16", "int32", "uint32", "int64", "float32", "float16"])
def test_arrays_of_other_numbers(dtype, tmp_path):
    stack = np.stack([ramp(0, 255, dtype), ramp(0, 240, dtype)] * 2)
    path = arrays(tmp_path, stack)
    expected = np.stack([LEVELS, LEVELS * 240 / 255] * 2)
    for chosen in ((0.0, 255.0), "auto"):
        data = Arrays(path=path, channels=1, test_share=0.0, range=chosen)
        values = data.load().train.all().values[:, 0].numpy()
        assert np.abs(255 * values - expected).max() <= 1
    assert data.origin() == {"range": [0.0, 255.0]}
    each = Arrays(path=path, channels=1, test_share=0.0, range="image").load().train.all().values
    assert (each.amax((1, 2, 3)) == 1).all()
    if dtype == "uint16":
        plain = Arrays(path=path, channels=1, test_share=0.0).load().train.values[:, 0].numpy()
        assert np.array_equal(plain, (stack.astype(int) + 128) // 257)
        return
    with pytest.raises(MatchZooError, match=r"\b0 to 255.*say data.range = "):
        Arrays(path=path).load()


def test_arrays_that_leave_their_range_unused_are_told(tmp_path, capsys):
    path = arrays(tmp_path, np.stack([ramp(0, 4095 - i, "uint16") for i in range(4)]))
    Arrays(path=path).load()
    assert "values of 4 images that were inspected go from 0 to 4095, 6.2 % of 0 to 65535" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("value", "word"),
    [([5, 5], "black < white"), ([9, 1], "black < white"), ("full", "expected"), ([1], "expected"), (255, "expected")],
)
def test_ranges_that_are_refused(value, word):
    with pytest.raises(DeclarationError, match=rf"range: .*{word}"):
        structure({"kind": "image-folder", "path": "a", "range": value}, Data)
