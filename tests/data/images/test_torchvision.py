"""Data sets of torchvision: small imitations of their real files, read by torchvision's own readers.

Where a reader compares checksums, only its list of checksums is replaced (by none): the files are read as always.
"""

import json
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torchvision import datasets

from matchzoo import zoo
from matchzoo.core.errors import MatchZooError
from matchzoo.data import Loaded, Shifted, Torchvision
from matchzoo.data.shifts import Inverted

DIGITS = tuple(map(str, range(10)))


def load(root: Path, dataset: str, **fields: object) -> Loaded:
    return Torchvision(dataset=dataset, root=str(root), **fields).load()


def levels(loaded: Loaded) -> tuple[list[int], list[int]]:
    """The first channel in the middle of every training and test image."""
    train, test = (
        (split.all().values[:, 0, split.shape[1] // 2, split.shape[2] // 2] * 255).round().int().tolist()
        for split in (loaded.train, loaded.test)
    )
    return train, test


def labels(loaded: Loaded) -> tuple[list[int], list[int]]:
    return loaded.train.labels.tolist(), loaded.test.labels.tolist()


def flat(level: int, *shape: int) -> np.ndarray:
    return np.full(shape, level, np.uint8)


def save(path: Path, level: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(flat(level, 12, 16, 3)).save(path.with_suffix(".png"))
    path.with_suffix(".png").rename(path)  # what a file is called does not matter


def test_mnist(tmp_path: Path) -> None:
    for part, count in (("train", 20), ("t10k", 10)):
        for name, array in (
            ("images-idx3", np.stack([flat(5 * i, 28, 28) for i in range(count)])),
            ("labels-idx1", np.arange(count, dtype=np.uint8) % 10),
        ):
            path = tmp_path / f"MNIST/raw/{part}-{name}-ubyte"
            path.parent.mkdir(parents=True, exist_ok=True)
            header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
            path.write_bytes(header + array.tobytes())
    loaded = load(tmp_path, "MNIST", channels=1)
    assert loaded.class_names[::9] == ("0 - zero", "9 - nine")
    assert loaded.train.shape == (1, 28, 28)
    assert labels(loaded) == ([*range(10)] * 2, [*range(10)])
    assert levels(loaded) == ([5 * i for i in range(20)], [5 * i for i in range(10)])
    source = Torchvision(dataset="MNIST", root=str(tmp_path), channels=1)
    inverted = Shifted(source=source, shifts=[Inverted()]).load()
    assert (labels(inverted), inverted.class_names) == (labels(loaded), loaded.class_names)
    assert levels(inverted) == ([255 - 5 * i for i in range(20)], [255 - 5 * i for i in range(10)])


@pytest.mark.parametrize("name", ["CIFAR10", "CIFAR100"])
def test_cifar(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = getattr(datasets, name)
    for part in ("train_list", "test_list"):
        monkeypatch.setattr(reader, part, [[file, None] for file, _ in getattr(reader, part)])
    monkeypatch.setattr(reader, "meta", {**reader.meta, "md5": None})
    folder = tmp_path / reader.base_folder
    folder.mkdir()
    key, first = ("fine_labels", 0) if name == "CIFAR100" else ("labels", 0)
    names = [f"thing {i}" for i in range(4)]
    for file, _ in [*reader.train_list, *reader.test_list]:
        # rows are 1024 bytes of red, of green and of blue; the first row of the picture comes first
        data = np.stack([np.concatenate([flat(first + i, 1024), flat(100, 1024), flat(200, 1024)]) for i in range(4)])
        entry = {"data": data, key: [3, 2, 1, 0], "coarse_labels": [0] * 4}
        (folder / file).write_bytes(pickle.dumps(entry))
        first += 4
    (folder / reader.meta["filename"]).write_bytes(
        pickle.dumps({reader.meta["key"]: names, "coarse_label_names": ["x"]})
    )
    loaded = load(tmp_path, name)
    count = 4 * len(reader.train_list)
    assert loaded.class_names == tuple(names)
    assert labels(loaded) == ([3, 2, 1, 0] * len(reader.train_list), [3, 2, 1, 0])
    assert levels(loaded) == ([*range(count)], [*range(count, count + 4)])
    assert (loaded.train.all().values[0, :, 3, 3] * 255).round().tolist() == [0, 100, 200]


def test_svhn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from scipy.io import savemat

    reader = datasets.SVHN
    monkeypatch.setattr(reader, "split_list", {k: [*v[:2], None] for k, v in reader.split_list.items()})
    for part, count in (("train", 20), ("test", 10)):
        images = np.stack([flat(7 * i, 32, 32, 3) for i in range(count)], axis=3)  # height, width, color, number
        digits = np.arange(count) % 10
        savemat(tmp_path / f"{part}_32x32.mat", {"X": images, "y": np.where(digits == 0, 10, digits)[:, None]})
    loaded = load(tmp_path, "SVHN")
    assert (loaded.class_names, loaded.train.shape) == (DIGITS, (3, 32, 32))
    assert labels(loaded) == ([*range(10)] * 2, [*range(10)])  # the digit 0 is class 10 in the file
    assert levels(loaded) == ([7 * i for i in range(20)], [7 * i for i in range(10)])


def test_stl10(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = datasets.STL10
    for part in ("train_list", "test_list"):
        monkeypatch.setattr(reader, part, [[file, None] for file, _ in getattr(reader, part)])
    folder = tmp_path / "stl10_binary"
    folder.mkdir()
    names = ["airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"]
    (folder / "class_names.txt").write_text("\n".join(names) + "\n")
    for part, count in (("train", 20), ("test", 10), ("unlabeled", 1)):
        images = np.stack([flat(9 * i, 3, 96, 96) for i in range(count)])
        images[:, :, 0] = 255  # the first column: pictures lie by columns
        images.tofile(folder / f"{part}_X.bin")
        (np.arange(count, dtype=np.uint8) % 10 + 1).tofile(folder / f"{part}_y.bin")
    loaded = load(tmp_path, "STL10")
    assert (loaded.class_names, loaded.train.shape) == (tuple(names), (3, 96, 96))
    assert labels(loaded) == ([*range(10)] * 2, [*range(10)])
    assert levels(loaded) == ([9 * i for i in range(20)], [9 * i for i in range(10)])
    assert (loaded.train.all().values[0, 0, :, 0] == 1).all()


def test_flowers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from scipy.io import savemat

    reader = datasets.Flowers102
    monkeypatch.setattr(reader, "_file_dict", {k: (v[0], None) for k, v in reader._file_dict.items()})
    base = tmp_path / "flowers-102"
    count = 3 * 102
    for i in range(count):
        save(base / f"jpg/image_{i + 1:05}.jpg", i % 250)
    savemat(base / "imagelabels.mat", {"labels": (np.arange(count) % 102 + 1)[None]})
    parts = {name: np.arange(102)[None] + 102 * i + 1 for i, name in enumerate(("tstid", "valid", "trnid"))}
    savemat(base / "setid.mat", parts)
    loaded = load(tmp_path, "Flowers102", size=8)
    assert len(loaded.class_names) == 102
    assert labels(loaded) == ([*range(102)], [*range(102)])
    assert levels(loaded) == ([i % 250 for i in range(204, 306)], [*range(102)])  # tstid is for testing: 6149 images
    if hasattr(reader, "classes"):
        assert loaded.class_names[:2] == ("pink primrose", "hard-leaved pocket orchid")


def test_food(tmp_path: Path) -> None:
    base = tmp_path / "food-101"
    names = ["waffles", "apple_pie", "sushi"]  # the lists need not be sorted
    (base / "meta").mkdir(parents=True)
    for part, first, count in (("train", 0, 3), ("test", 100, 1)):
        lists = {name: [f"{name}/{first + 10 * i + j}" for j in range(count)] for i, name in enumerate(names)}
        (base / f"meta/{part}.json").write_text(json.dumps(lists))
        for files in lists.values():
            for file in files:
                save(base / f"images/{file}.jpg", int(file.partition("/")[2]))
    loaded = load(tmp_path, "Food101", size=8)
    assert loaded.class_names == ("apple_pie", "sushi", "waffles")
    assert labels(loaded) == ([2, 2, 2, 0, 0, 0, 1, 1, 1], [2, 0, 1])
    assert levels(loaded) == ([0, 1, 2, 10, 11, 12, 20, 21, 22], [100, 110, 120])
    (base / "images/sushi/21.jpg").unlink()
    with pytest.raises(MatchZooError, match=r"sushi/21\.jpg: cannot be looked at \(No such file"):
        load(tmp_path, "Food101", size=8)


def test_pets(tmp_path: Path) -> None:
    base = tmp_path / "oxford-iiit-pet"
    (base / "annotations").mkdir(parents=True)
    names = ["Abyssinian", "american_bulldog", "Egyptian_Mau"]  # cats begin with a capital letter
    for part, first in (("trainval", 0), ("test", 100)):
        lines = [f"{name}_{first + 10 * i + j} {i + 1} 1 {i + 1}" for i, name in enumerate(names) for j in range(2)]
        (base / f"annotations/{part}.txt").write_text("\n".join(lines) + "\n")
        for line in lines:
            save(base / f"images/{line.split()[0]}.jpg", int(line.split()[0].rpartition("_")[2]))
    loaded = load(tmp_path, "OxfordIIITPet", size=8)
    assert loaded.class_names == ("Abyssinian", "American Bulldog", "Egyptian Mau")
    assert labels(loaded) == ([0, 0, 1, 1, 2, 2], [0, 0, 1, 1, 2, 2])
    assert levels(loaded) == ([0, 1, 10, 11, 20, 21], [100, 101, 110, 111, 120, 121])


def textures(root: Path, parts: dict[str, list[str]]) -> None:
    for p, (part, names) in enumerate(parts.items()):
        files = [f"{name}/{name}_{p}{i}.jpg" for i, name in enumerate(names)]
        (root / "dtd/dtd/labels").mkdir(parents=True, exist_ok=True)
        (root / f"dtd/dtd/labels/{part}.txt").write_text("\n".join(files) + "\n")
        for file in files:
            save(root / f"dtd/dtd/images/{file}", int(file[-6:-4]))


def test_textures(tmp_path: Path) -> None:
    textures(
        tmp_path, {"train1": ["dotted", "banded", "wavy"], "val1": ["banded"], "test1": ["wavy", "dotted", "banded"]}
    )
    loaded = load(tmp_path, "DTD", size=8)
    assert loaded.class_names == ("banded", "dotted", "wavy")
    assert labels(loaded) == ([1, 0, 2], [2, 1, 0])
    assert levels(loaded) == ([0, 1, 2], [20, 21, 22])


def test_parts_with_other_classes(tmp_path: Path) -> None:
    """Torchvision numbers the textures of each part by itself."""
    textures(tmp_path, {"train1": ["dotted", "banded", "wavy"], "test1": ["wavy", "dotted"]})
    with pytest.raises(
        MatchZooError, match=r"DTD: other classes for testing than for training \(banded\); is it whole"
    ):
        load(tmp_path, "DTD")


def test_eurosat(tmp_path: Path) -> None:
    names = ["River", "AnnualCrop", "Forest"]
    for i, name in enumerate(names):
        for j in range(5):
            save(tmp_path / f"eurosat/2750/{name}/{name}_{j + 1}.jpg", 50 * i + j)
    loaded = load(tmp_path, "EuroSAT", size=8)
    assert loaded.class_names == ("AnnualCrop", "Forest", "River")
    train, test = levels(loaded)
    assert (sorted(train + test), len(test)) == ([0, 1, 2, 3, 4, 50, 51, 52, 53, 54, 100, 101, 102, 103, 104], 3)
    own = {0: 2, 1: 0, 2: 1}  # level // 50 → label
    assert ([own[level // 50] for level in train], [own[level // 50] for level in test]) == labels(loaded)


def celeba(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = datasets.CelebA
    monkeypatch.setattr(reader, "file_list", [(one, None, name) for one, _, name in reader.file_list])
    base = root / "celeba"
    files = [f"{i + 1:06}.jpg" for i in range(10)]
    for i, file in enumerate(files):
        save(base / f"img_align_celeba/{file}", 10 * i)
    texts = {
        "list_eval_partition.txt": [f"{file} {i // 4}" for i, file in enumerate(files)],
        "identity_CelebA.txt": [f"{file} 7" for file in files],
        "list_bbox_celeba.txt": ["10", "image_id x_1 y_1 width height", *(f"{file}    1  2 3 4" for file in files)],
        "list_landmarks_align_celeba.txt": ["10", "a b", *(f"{file} 1  2" for file in files)],
        "list_attr_celeba.txt": [
            "10",
            "Bald Smiling Young ",
            *(f"{file} -1 {' 1' if i % 3 else '-1'}  1" for i, file in enumerate(files)),
        ],
    }
    for name, lines in texts.items():
        (base / name).write_text("\n".join(lines) + "\n")


def test_celeba(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    celeba(tmp_path, monkeypatch)
    loaded = load(tmp_path, "CelebA", size=8, attribute="Smiling")
    assert loaded.class_names == ("not Smiling", "Smiling")
    assert labels(loaded) == ([0, 1, 1, 0], [1, 0])
    assert levels(loaded) == ([0, 10, 20, 30], [80, 90])  # 40 to 70 are for validation
    with pytest.raises(MatchZooError, match=r"CelebA has no 'Smilng'; known: Bald, Smiling, Young"):
        load(tmp_path, "CelebA", attribute="Smilng")


@pytest.mark.parametrize("name", ["SVHN", "Flowers102"])
def test_without_scipy(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = getattr(datasets, name)
    monkeypatch.setattr(reader, "_check_integrity", lambda _: True)
    monkeypatch.setitem(__import__("sys").modules, "scipy.io", None)
    with pytest.raises(MatchZooError, match=rf"torchvision needs scipy for {name}: pip install scipy$"):
        load(tmp_path, name)


def test_checksums_are_compared(tmp_path: Path) -> None:
    """Changed files of CIFAR, which are pickles, are not opened."""
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    for file, _ in [*datasets.CIFAR10.train_list, *datasets.CIFAR10.test_list]:
        (folder / file).write_bytes(pickle.dumps({"data": [], "labels": []}))
    with pytest.raises(MatchZooError, match=r"CIFAR10 cannot be read from .* \(Dataset not found or corrupted"):
        load(tmp_path, "CIFAR10")


def test_every_set_has_a_card() -> None:
    tables = [zoo.load(name, zoo.DataCard).data for name in zoo.names("datasets/*")]
    carded = {table["dataset"] for table in tables if table["kind"] == "torchvision"}
    assert carded == set(Torchvision.__annotations__["dataset"].__args__)
