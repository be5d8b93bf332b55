"""Odd and damaged files of arrays, tables of files, and parquet files as they are on the Hub."""

import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import attrs
import numpy as np
from torture.attempts import expect
from torture.damage import damage, garble
from torture.hostile_images import originals

from matchzoo.data import Arrays, Hub, Table
from matchzoo.data.reading.repository import Repository


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
    spec = data.build(0)
    values = data.training_set.all().values
    expect(values.shape[1:] == spec.shape and values.min() >= 0 and values.max() <= 1, f"images {values.shape}")
    expect(len(set(spec.class_names)) == len(spec.class_names), "two classes of one name")
    return "read"


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
