"""Hostile data: mutated images, odd folders, damaged arrays, tables, parquet files, distilled sets, cards and runs.

python tests/torture/data_fuzz.py COUNT [SEED] [KIND ...]      prints how many were read, were refused, or failed

A case is made and tried in a process of its own for each `BATCH`, so that one that takes the process with it is seen,
and told from its number. What is accepted must be right: images of the asked shape, as many samples of each class as
were put there, the same when they are read again.
"""

import functools
import io
import json
import multiprocessing
import os
import random
import resource
import shutil
import struct
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import attrs
import numpy as np
import torch
from attempts import attempt
from PIL import Image

from matchzoo import zoo
from matchzoo.data import Arrays, Hub, ImageFolder, Table
from matchzoo.data.decoding import Decoding
from matchzoo.data.listing import SUFFIXES
from matchzoo.data.repository import Repository
from matchzoo.distilled import DistilledDataset
from matchzoo.errors import MatchZooError
from matchzoo.progress import quietly

BATCH = 100
"""Cases of one process."""
MEMORY = 12 * 2**30
"""Bytes of address space that a process may have."""
ENDS = ("read", "refused")


class Wrong(Exception):
    """Something was accepted that is not what was asked for."""


def expect(holds: bool, words: str) -> None:
    if not holds:
        raise Wrong(words)


# --- damage


def damage(content: bytes, rng: random.Random) -> bytes:
    """Bytes with one to four changes."""
    made = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 4])):
        place = rng.randrange(len(made) + 1)
        early = rng.randrange(min(len(made), 200) + 1)  # headers are where it matters
        here = rng.choice([place, early])
        end = here + rng.randrange(1, 64)
        what = rng.randrange(7)
        if what == 0:
            del made[here:]
        elif what == 1:
            del made[here:end]
        elif what == 2:
            made[here:here] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 40)))
        elif what == 3:
            made[here : here + 4] = struct.pack(rng.choice("<>") + "I", rng.choice([0, 1, 2**31, 2**32 - 1, 2**16]))
        elif what == 4:
            made[here:here] = made[here:end]
        elif what == 5:
            made[here:end] = bytes(end - here)
        elif here < len(made):
            made[here] ^= 1 << rng.randrange(8)
    return bytes(made)


WORDS = (
    "", "0", "-1", "1e400", "9" * 5000, "9223372036854775807", "NaN", "null", "[]", "{}", '"', "\\", "\x00", "\r", "\n",
    "../../etc/passwd", "/dev/zero", "a,b", ",", "é", "🦆", "\u202e", "%s", "True", "[[[[", "\ufeff",
)  # fmt: skip


def garble(text: str, rng: random.Random) -> str:
    """Text with one or two changes of its characters, words or lines."""
    for _ in range(rng.choice([1, 1, 2])):
        place = rng.randrange(len(text) + 1)
        end = min(place + rng.randrange(1, 12), len(text))
        lines = text.split("\n")
        line = rng.randrange(len(lines))
        text = rng.choice(
            [
                text[:place] + rng.choice(WORDS) + text[place:],
                text[:place] + rng.choice(WORDS) + text[end:],
                text[:place],
                "\n".join([*lines[:line], *lines[line + 1 :]]),
                "\n".join([*lines[:line], lines[line], *lines[line:]]),
                text.replace(rng.choice("0123456789,:[]{}\"='"), rng.choice(WORDS), 1),
            ]
        )
    return text


def damage_file(path: Path, rng: random.Random) -> None:
    content = path.read_bytes()
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = ""
    if text and rng.random() < 0.7:
        content = garble(text, rng).encode("utf-8", "surrogatepass")
    else:
        content = damage(content, rng)
    path.write_bytes(content)


# --- images


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@functools.cache
def originals() -> list[bytes]:
    """Whole images of every form that is read."""
    noise = Image.effect_noise((24, 17), 90)
    colour = Image.merge("RGB", [noise, noise.transpose(Image.Transpose.ROTATE_180), noise])
    deep = Image.fromarray(np.arange(24 * 17, dtype=np.uint16).reshape(17, 24) * 150)
    exif = Image.Exif()
    exif[0x0112] = 6
    frames = [colour, colour.transpose(Image.Transpose.ROTATE_180)]
    made = [encoded(image, "PNG") for image in (noise, colour, deep, colour.convert("RGBA"), colour.convert("P"))]
    made += [encoded(noise.convert("1"), "PNG"), encoded(colour, "PNG", exif=exif)]
    made += [encoded(colour, "JPEG", progressive=p, exif=exif) for p in (False, True)]
    made += [encoded(colour.convert("CMYK"), "JPEG"), encoded(noise, "JPEG")]
    made += [encoded(colour, "WEBP", lossless=p) for p in (False, True)]
    made += [encoded(colour, kind) for kind in ("BMP", "PPM", "TIFF", "GIF")]
    made += [encoded(deep, kind) for kind in ("TIFF", "PPM")]
    made += [encoded(colour, "TIFF", compression=how) for how in ("tiff_lzw", "jpeg", "tiff_adobe_deflate", "packbits")]
    made += [
        encoded(frames[0], kind, save_all=True, append_images=frames[1:]) for kind in ("GIF", "PNG", "WEBP", "TIFF")
    ]
    return made


def images(rng: random.Random, folder: Path) -> str:
    """A damaged image, now and then two in one, under a name that says something else."""
    content = damage(rng.choice(originals()), rng)
    if rng.random() < 0.1:
        content = content[: rng.randrange(len(content) + 1)] + rng.choice(originals())
    path = folder / f"image{rng.choice(sorted(SUFFIXES))}"
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


# --- folders

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
            suffix = rng.choice(sorted(SUFFIXES))
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
    facts = data.build(0)
    expect(facts.class_names == tuple(sorted(wanted)), f"classes {facts.class_names}")
    labels = torch.cat([getattr(data, part).labels for part in parts])
    found = dict(zip(facts.class_names, labels.bincount(minlength=len(wanted)).tolist(), strict=True))
    expect(found == wanted, f"counts {found}, put there {wanted}")
    values = data.training_set.all().values
    expect(values.shape[1:] == (3, size, size) and values.min() >= 0 and values.max() <= 1, f"images {values.shape}")
    return "read"


# --- arrays


def array(rng: random.Random, shape: tuple[int, ...]) -> np.ndarray:
    kind = rng.choice(["u1"] * 20 + ["f4", "f8", "f2"] * 3 + ["i4", "u2", "b1", "U5", "c8", "M8[s]", "i8"])
    if kind == "U5":
        return np.full(shape, "word")
    values = np.random.default_rng(rng.randrange(1 << 30)).random(shape)
    if kind == "u1":
        return (values * 255).astype(kind)
    if rng.random() < 0.3 and values.size:
        values.reshape(-1)[0] = rng.choice([np.nan, np.inf, -1e-9, 1.0001, 1e300, -(2.0**62)])
    with np.errstate(all="ignore"):
        return values.astype(kind)


def arrays(rng: random.Random, folder: Path) -> str:
    """A file of arrays with odd shapes, types and labels, or a damaged one."""
    n = rng.choice([0, 1, 4, 4, 4, 6, 6])
    good, odd_shapes = (
        [(n, 8, 8), (n, 8, 8, 3), (n, 3, 8, 8)],
        [(n, 8, 9), (n, 0, 0, 3), (n,), (), (n, 3, 3, 3), (n, 4, 8, 8)],
    )
    shape = rng.choice(good * 4 + odd_shapes)
    labels = np.array([i % 2 for i in range(n)])
    odd = rng.randrange(14)
    if odd == 0 and n:
        labels[0] = rng.choice([-1, 10**6, 10**12, 2**62, 5])
    elif odd == 1:
        labels = array(rng, rng.choice([(n,), (n, 2), (), (n + 1,)]))
    elif odd == 2:
        labels = labels.astype(rng.choice(["u1", "u8", "f4", "i1", "b1", "U3", "M8[s]"]))
    held: dict[str, np.ndarray] = {"images": array(rng, shape), "labels": labels}
    if rng.random() < 0.3:
        held |= {"test_images": array(rng, rng.choice([shape, (2, 8, 8, 3)])), "test_labels": labels}
    if rng.random() < 0.3:
        held["class_names"] = np.array(rng.choice([["a", "b"], ["a"], ["a", "a"], [], [1, 2], [["a"], ["b"]], "ab"]))
    if rng.random() < 0.1:
        held.pop(rng.choice(sorted(held)))
    if rng.random() < 0.5:
        path = folder / "arrays.npz"
        rng.choice([np.savez, np.savez_compressed])(path, **held)
    else:
        from safetensors.numpy import save_file

        path = folder / "arrays.safetensors"
        plain = {name: np.ascontiguousarray(one) for name, one in held.items() if one.dtype.kind in "uif"}
        names = rng.choice(["[]", '["a", "b"]', '"ab"', "{}", "[", "null", "[[], 1]", "[" * 100_000, '["a", "a"]'])
        save_file(plain, path, {"class_names": names} if rng.random() < 0.5 else None)
    if rng.random() < 0.3:
        path.write_bytes(damage(path.read_bytes(), rng))
    data = Arrays(path=str(path), size=rng.choice([None, 8, 5]), layout=rng.choice(["auto"] * 6 + ["nchw", "nhw"]))
    facts = data.build(0)
    values = data.training_set.all().values
    expect(values.shape[1:] == facts.shape and values.min() >= 0 and values.max() <= 1, f"images {values.shape}")
    expect(len(set(facts.class_names)) == len(facts.class_names), "two classes of one name")
    return "read"


# --- tables and parquet files


def listed(rng: random.Random, folder: Path) -> str:
    """A table of image files with characters changed."""
    whole = originals()
    lines = ["file,label,split,group"]
    for number in range(6):
        (folder / f"{number}.png").write_bytes(rng.choice(whole))
        lines.append(
            f"{number}.png,{rng.choice(['cat', 'dog', '1', '2'])},{['train', 'test'][number // 4]},{number % 2}"
        )
    text = "\n".join(lines)
    (folder / "labels.csv").write_bytes(garble(text, rng).encode("utf-8", "surrogatepass"))
    data = Table(path=str(folder), size=8)
    data.build(0)
    expect(data.training_set.all().values.shape[1:] == (3, 8, 8), "images")
    return "read"


@attrs.frozen
class Local(Repository):
    """A repository whose files are in a folder."""

    folder: Path

    def fetch(self, wanted: Sequence[str]) -> Path:
        return self.folder


README = """---
license: mit
configs:
- config_name: default
  data_files:
  - split: train
    path: data/train-*.parquet
  - split: test
    path: [data/test-*.parquet]
dataset_info:
  features:
  - name: image
    dtype: image
  - name: label
    dtype:
      class_label:
        names:
          '0': cat
          '1': dog
---
# Pets
"""


def parquet(rng: random.Random, folder: Path) -> str:
    """A parquet file of images with odd labels, or damaged."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    whole = originals()
    n = rng.choice([0, 2, 6, 6])
    content: list[Any] = [{"bytes": rng.choice(whole), "path": None} for _ in range(n)]
    labels: list[Any] = [rng.choice([0, 1]) for _ in range(n)]
    odd = rng.randrange(10)
    if n and odd == 0:
        labels[0] = rng.choice([-1, 10**6, 2**62, None])
    elif n and odd == 1:
        labels = [rng.choice(["a", "b", "", "\x00", "🦆"]) for _ in range(n)]
    elif n and odd == 2:
        content[0] = rng.choice([None, {"bytes": None, "path": "x.png"}, {"bytes": b"", "path": None}])
    elif odd == 3:
        labels = [rng.random() for _ in range(n)]
    (folder / "data").mkdir()
    path = folder / "data/train-0.parquet"
    table = pa.table(
        {"image": pa.array(content, pa.struct({"bytes": pa.binary(), "path": pa.string()})), "label": labels}
    )
    if rng.random() < 0.3:
        said = rng.choice(
            ['{"info": {"features": {"label": {"names": ["x", "y"], "_type": "ClassLabel"}}}}', "{", "[]", "1"]
        )
        table = table.replace_schema_metadata({b"huggingface": said.encode()})
    pq.write_table(
        table, path, row_group_size=rng.choice([1, 2, 100]), compression=rng.choice(["none", "snappy", "gzip"])
    )
    if rng.random() < 0.6:
        path.write_bytes(damage(path.read_bytes(), rng))
    names = ["data/train-0.parquet"]
    if rng.random() < 0.3:
        shutil.copy(path, folder / "data/test-0.parquet")
        names.append("data/test-0.parquet")
    if rng.random() < 0.5:
        names.append("README.md")
        text = README if rng.random() < 0.3 else garble(README, rng)
        (folder / "README.md").write_bytes(text.encode("utf-8", "surrogatepass"))
    repository = Local("owner/name", "main", "0" * 40, tuple(names), folder)
    data = Hub(repo="owner/name", size=8)
    with mock.patch.object(Repository, "find", return_value=repository):
        data.build(0)
    expect(data.training_set.all().values.shape[1:] == (3, 8, 8), "images")
    return "read"


# --- distilled sets, cards, runs


def distilled(rng: random.Random, folder: Path) -> str:
    """A distilled set, one of whose files is damaged."""
    labels = torch.arange(6) % 3
    made = DistilledDataset(torch.rand(6, 3, 8, 8, generator=torch.Generator().manual_seed(0)), labels, ("a", "b", "c"))
    made.save(folder / "set")
    chosen = rng.choice(sorted(path for path in (folder / "set").rglob("*") if path.is_file()))
    what = rng.randrange(12)
    if what == 0:
        chosen.unlink()
    elif what == 1:
        chosen.unlink()
        chosen.symlink_to("/etc/passwd")
    else:
        damage_file(chosen, rng)
    found = DistilledDataset.load(folder / "set")
    expect(bool(found.images.isfinite().all()) and len(found) == len(found.labels), "not finite")
    expect(found.images.min() >= 0 and found.images.max() <= 1, "out of range")
    expect(found.images.equal(made.images) and found.labels.equal(made.labels), "other images or labels")
    return "read"


def cards(rng: random.Random, folder: Path) -> str:
    """A card of the zoo with characters changed."""
    shipped = sorted((Path(__file__).parent.parent.parent / "zoo").glob("*/*.toml"))
    card = rng.choice(shipped)
    path = folder / card.name
    path.write_bytes(garble(card.read_text(encoding="utf-8"), rng).encode("utf-8", "surrogatepass"))
    zoo.load(str(path), zoo.FOLDERS[card.parent.name][1])
    return "read"


def runs(rng: random.Random, folder: Path) -> str:
    """A stopped or finished run, one of whose files is damaged, and which is started again."""
    kept = finished_run() if rng.random() < 0.5 else stopped_run()
    shutil.copytree(kept, folder / "run")
    known = [path for path in (folder / "run").rglob("*") if path.is_file()]
    chosen = rng.choice(sorted(known))
    if rng.random() < 0.15:
        chosen.unlink()
    else:
        damage_file(chosen, rng)
    recipe = tiny()
    run = recipe.run(folder / "run", quiet=True)
    expect(run.generator.sample(4).values.shape == (4, 2), "its generator gives other samples")
    run.record()
    return "read"


def tiny() -> Any:
    from conftest import RING

    from matchzoo.recipe import Recipe

    table = json.loads(json.dumps(RING))
    table["trainer"] |= {"steps": 4, "checkpoint_every": 1, "log_every": 1, "device": "cpu", "snapshot_every": 2}
    table.pop("evaluation", None)
    return Recipe.of(table)


_made: dict[str, Path] = {}


def finished_run() -> Path:
    if "finished" not in _made:
        _made["finished"] = Path(tempfile.mkdtemp()) / "run"
        tiny().run(_made["finished"], quiet=True)
    return _made["finished"]


def stopped_run() -> Path:
    if "stopped" not in _made:
        folder = Path(tempfile.mkdtemp()) / "run"
        shutil.copytree(finished_run(), folder)
        for name in ("metrics.json", "parts.safetensors", "report.html"):
            (folder / name).unlink()
        shutil.rmtree(max((folder / "checkpoints").glob("step-*")))
        _made["stopped"] = folder
    return _made["stopped"]


KINDS: dict[str, Callable[[random.Random, Path], str]] = {
    "a damaged image": images,
    "an odd folder of images": folders,
    "an odd or damaged file of arrays": arrays,
    "a garbled table": listed,
    "an odd or damaged parquet file": parquet,
    "a damaged distilled set": distilled,
    "a garbled card": cards,
    "a damaged run, started again": runs,
}


def one(kind: str, number: int, seed: int, folder: Path) -> str:
    """How a case ended. It is the same each time that it is tried."""
    own = folder / str(number)
    own.mkdir()
    try:
        return attempt(lambda: KINDS[kind](random.Random(f"{kind} {seed} {number}"), own))
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _batch(kind: str, numbers: Sequence[int], seed: int, folder: Path, log: Path) -> None:
    torch.set_num_threads(1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.environ["MATCHZOO_CACHE"] = str(folder / "cache")
    with quietly(True), log.open("a", encoding="utf-8", buffering=1) as told:
        for number in numbers:
            told.write(f"{number}\t")
            told.write(f"{one(kind, number, seed, folder)!r}\n")


def campaign(kind: str, count: int, seed: int, folder: Path) -> tuple[Counter[str], dict[str, int]]:
    """Try ``count`` cases of a kind; returns how they ended, and the number of the first of each failure."""
    ended: Counter[str] = Counter()
    examples: dict[str, int] = {}
    context = multiprocessing.get_context("fork")
    log = folder / "log.tsv"
    left = list(range(count))
    while left:
        log.unlink(missing_ok=True)
        log.touch()
        process = context.Process(target=_batch, args=(kind, left[:BATCH], seed, folder, log))
        process.start()
        process.join()
        told = [line.split("\t", 1) for line in log.read_text(encoding="utf-8").split("\n") if line]
        for number, how in told:
            words = how[1:-1] if how else f"ended the process ({process.exitcode})"
            ended[words] += 1
            if words not in ENDS:
                examples.setdefault(words, int(number))
        expect(bool(told), f"the process did nothing and ended with {process.exitcode}")
        left = [number for number in left if number > int(told[-1][0])]
    return ended, examples


def main() -> None:
    sys.path.insert(0, str(Path(__file__).parent.parent))
    count, seed = int(sys.argv[1]), int((sys.argv[2:] or ["0"])[0])
    for kind in sys.argv[3:] or KINDS:
        with tempfile.TemporaryDirectory() as name:
            ended, examples = campaign(kind, count, seed, Path(name))
        print(kind, flush=True)
        for how, times in ended.most_common():
            print(f"{times:8}  {how}" + (f"   (number {examples[how]})" if how in examples else ""), flush=True)


if __name__ == "__main__":
    main()
