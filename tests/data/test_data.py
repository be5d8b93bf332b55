"""Every kind of data that is read from files or drawn, and how rows are drawn."""

import csv
import gzip
import json
import math
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from matchzoo import zoo
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.step import Step
from matchzoo.data import Arrays, Gaussian, ImageFolder, ImageNet, Ring, Ring3D, Table, Torchvision, load_card
from matchzoo.data.data import Place
from matchzoo.data.images.imagenet import wnids
from matchzoo.data.preparation import debian
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.recipes.recipe import Recipe


def save(path: Path, color: tuple[int, int, int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (12, 9), color).save(path)


# table

ROWS = [
    ("cow1.png", "cow", "train", "grass"),
    ("cow 2.png", "cow", "train", "sand"),
    ("deep/camel1.png", "camel", "train", "sand"),
    ("camel2.png", "camel", "test", "grass"),
    ("cow3.png", "cow", "test", "grass"),
]
COLUMNS = ("file", "label", "split", "group")


def table(root: Path, rows: list[tuple] = ROWS, columns: tuple[str, ...] = COLUMNS, name: str = "labels.csv") -> Path:
    for i, row in enumerate(ROWS):
        save(root / row[0], (50 * i, 0, 0))
    with (root / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    return root


def test_table(tmp_path: Path) -> None:
    data = Table(path=str(table(tmp_path)), size=8)
    spec = data.build(0)
    assert (spec.class_names, spec.shape, spec.count) == (("camel", "cow"), (3, 8, 8), 3)
    assert data.group_names == ("grass", "sand")
    train, test = data.training_set.all(), data.test_set.all()
    assert (train.labels.tolist(), train.group.tolist()) == ([1, 1, 0], [0, 1, 1])
    assert (test.labels.tolist(), test.group.tolist()) == ([0, 1], [0, 0])
    assert (train.values[:, 0, 0, 0] * 255).round().tolist() == [0, 50, 100]


def test_table_without_split_or_group(tmp_path: Path) -> None:
    rows = [(row[0], str(9 + i % 2), "extra") for i, row in enumerate(ROWS)]
    loaded = Table(path=str(table(tmp_path, rows, ("file", "label", "note"), "my.csv")), table="my.csv", size=8).load()
    assert loaded.class_names == ("9", "10")  # as numbers
    assert (len(loaded.train), len(loaded.test)) == (3, 2)
    assert loaded.train.group is None


def test_validation_rows_of_a_table_are_left_out(tmp_path: Path) -> None:
    loaded = Table(path=str(table(tmp_path, changed(1, 2, "val"))), size=8).load()
    assert (len(loaded.train), len(loaded.test)) == (2, 2)


@pytest.mark.parametrize("name", ["val", "validation", "valid", "dev"])
def test_other_names_of_the_test_rows_of_a_table(name: str, tmp_path: Path) -> None:
    rows = [(*row[:2], row[2].replace("test", name), row[3]) for row in ROWS]
    loaded = Table(path=str(table(tmp_path, rows)), size=8).load()
    assert (len(loaded.train), loaded.test.labels.tolist()) == (3, [0, 1])


def test_splits_of_a_table_by_other_names(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    parts = {"train": "Training", "test": "VAL"}
    rows = [(*row[:2], parts[row[2]], row[3]) for row in ROWS[:4]] + [("cow3.png", "", "Test", "grass")]
    loaded = Table(path=str(table(tmp_path, rows)), size=8).load()
    assert (len(loaded.train), loaded.test.labels.tolist()) == (3, [0])
    assert "split 'test' has no labels and is left out; 'val' is for testing" in capsys.readouterr().err


def test_a_share_of_the_training_rows_of_a_table(tmp_path: Path) -> None:
    rows = [(*row[:2], "train", row[3]) for row in ROWS]
    loaded = Table(path=str(table(tmp_path, rows)), size=8, test_share=0.5).load()
    assert sorted([len(loaded.train), len(loaded.test)]) == [2, 3]
    with pytest.raises(MatchZooError, match=r"the same file as .*cow1\.png; keep one of the two"):
        Table(path=str(table(tmp_path, [*rows, rows[0]])), size=8).load()


def changed(row: int, column: int, value: str) -> list[tuple]:
    rows = [list(one) for one in ROWS]
    rows[row][column] = value
    return [tuple(one) for one in rows]


WRONG_TABLES = {
    "no such file": (changed(1, 0, "cow.png"), COLUMNS, r"labels\.csv, row 3: there is no file .*cow\.png; did you"),
    "no label": (changed(0, 1, " "), COLUMNS, r"labels\.csv, row 2: 'label' is empty"),
    "wrong split": (
        changed(4, 2, "tst"),
        COLUMNS,
        r"row 6: split: expected .*, got 'tst'; did you mean 'test'",
    ),
    "wrong heading": (ROWS, ("path", "label", "split", "group"), "there is no column 'file'; known: group, label"),
    "no rows": ([], COLUMNS, "no rows below the heading"),
    "one label": ([(row[0], "cow", *row[2:]) for row in ROWS], COLUMNS, "expected at least 2 labels, got 1: cow"),
    "train and test": ([*ROWS, ("cow1.png", "cow", "test", "sand")], COLUMNS, "a test image that is also the training"),
    "only test": ([(*row[:2], "test", row[3]) for row in ROWS], COLUMNS, "no row has the split 'train'"),
    "two for testing": (
        [(*row[:2], part, row[3]) for row, part in zip(ROWS, ("train", "train", "train", "val", "valid"), strict=True)],
        COLUMNS,
        r"labels\.csv: which is for testing, val or valid[?] call that one test",
    ),
    "short row": ([*ROWS, ("cow1.png",)], COLUMNS, "row 7: 'label' is empty"),
}


@pytest.mark.parametrize("case", WRONG_TABLES)
def test_wrong_tables(case: str, tmp_path: Path) -> None:
    rows, columns, message = WRONG_TABLES[case]
    with pytest.raises(MatchZooError, match=message):
        Table(path=str(table(tmp_path, rows, columns)), size=8).load()


def test_columns_of_a_table_by_other_names(tmp_path: Path) -> None:
    names = {"file_column": "path", "label_column": "animal", "group_column": "place"}
    root = table(tmp_path, [(row[0], row[1], row[3]) for row in ROWS], ("path", "animal", "place"))
    loaded = Table(path=str(root), size=8, **names).load()
    assert (loaded.class_names, loaded.group_names) == (("camel", "cow"), ("grass", "sand"))
    with pytest.raises(
        MatchZooError, match=r"labels\.csv: there is no column 'places'.*place.*; data\.group_column says"
    ):
        Table(path=str(root), size=8, **{**names, "group_column": "places"}).load()


def test_a_domain_of_a_table_without_labels(tmp_path: Path) -> None:
    rows = [(row[0], row[1] if row[3] == "grass" else "", row[3]) for row in ROWS]
    root = table(tmp_path, rows, ("file", "label", "group"))
    data = Table(path=str(root), size=8, test_share=0.5, others=["sand"], unlabeled=["sand"])
    data.build(0)
    assert {name: len(split) for name, split in data.sets().items()} == {"real": 2, "train": 2, "test": 1, "sand": 2}
    assert (data.sets()["sand"].labels, data.group_names) == (None, ("grass",))
    with pytest.raises(MatchZooError, match="row 3: 'label' is empty"):
        Table(path=str(root), size=8).load()


def test_tables_that_are_none(tmp_path: Path) -> None:
    table(tmp_path)
    with pytest.raises(MatchZooError, match=r"data\.table: there is no file .*label\.csv; did you mean 'labels\.csv'"):
        Table(path=str(tmp_path), table="label.csv").load()
    (tmp_path / "latin.csv").write_bytes("file,label\ncow1.png,k\xfche".encode("latin-1"))
    with pytest.raises(MatchZooError, match=r"latin\.csv: cannot be read as a CSV file in UTF-8"):
        Table(path=str(tmp_path), table="latin.csv").load()
    (tmp_path / "mark.csv").write_bytes("\ufefffile,label\ncow1.png,a\ncow 2.png,b\ncow3.png,b\n".encode())
    with pytest.raises(DeclarationError, match="class 'a': a split needs at least 2 samples, got 1"):
        Table(path=str(tmp_path), table="mark.csv").load()


# imagenet


def test_imagenet_subset_has_its_own_order(tmp_path: Path) -> None:
    classes = wnids("birds")
    for part in ("train", "val"):
        for i, wnid in enumerate(classes):
            save(tmp_path / part / wnid / f"{wnid}.png", (20 * i, 0, 0))
        save(tmp_path / part / "n01440764" / "a.png", (255, 255, 255))  # a tench is no bird
    loaded = ImageNet(path=str(tmp_path), subset="birds", size=8).load()
    assert loaded.class_names[0] == "peacock (n01806143)"
    assert (len(loaded.train), len(loaded.test)) == (10, 10)
    pixels = (loaded.test.all().values[:, 0, 4, 4] * 255).round()
    assert pixels.tolist() == [20 * label for label in loaded.test.labels.tolist()]


def test_imagenet_lists() -> None:
    whole = wnids("1k")
    assert (len(whole), list(whole)) == (1000, sorted(whole))
    assert wnids("imagenette")[0] == whole[0] == "n01440764"
    for subset, count in (("100", 100), *((name, 10) for name in ("fruits", "cats", "imagewoof", *"abcde"))):
        own = wnids(subset)
        assert len(own) == len(set(own)) == count
        assert set(own) <= set(whole)
    assert [whole.index(wnid) for wnid in wnids("100")[:3]] == [452, 64, 374]


def test_imagenet_that_is_not_all_there(tmp_path: Path) -> None:
    with pytest.raises(MatchZooError, match="train: there is no such folder; expected train/<wnid> and val/<wnid>"):
        ImageNet(path=str(tmp_path), subset="cats").load()
    for wnid in wnids("cats"):
        save(tmp_path / "train" / wnid / "0.png", (0, 0, 0))
    save(tmp_path / "val" / "ILSVRC2012_val_00000001.png", (0, 0, 0))
    with pytest.raises(MatchZooError, match=r"no folder for 10 of 10 classes: n02123045, .*have to be sorted"):
        ImageNet(path=str(tmp_path), subset="cats").load()


# torchvision


def idx(path: Path, array: np.ndarray) -> None:
    """An IDX file, as MNIST and its relatives are published."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes())


def fashion(root: Path) -> np.ndarray:
    images = np.random.default_rng(0).integers(0, 256, (30, 28, 28)).astype(np.uint8)
    for part, rows in (("train", slice(20)), ("t10k", slice(20, 30))):
        idx(root / f"FashionMNIST/raw/{part}-images-idx3-ubyte", images[rows])
        idx(root / f"FashionMNIST/raw/{part}-labels-idx1-ubyte", np.arange(30, dtype=np.uint8)[rows] % 10)
    return images[:20]


def test_torchvision_arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = torch.from_numpy(fashion(tmp_path))
    data = Torchvision(dataset="FashionMNIST", root=str(tmp_path))
    spec = data.build(0)
    assert spec.shape == (3, 28, 28)
    assert spec.class_names[:2] == ("T-shirt/top", "Trouser")
    assert torch.equal(data.training_set.values, images[:, None].expand(-1, 3, -1, -1))
    assert data.test_set.labels.tolist() == list(range(10))
    gray = Torchvision(dataset="FashionMNIST", root=str(tmp_path), channels=1).load()
    assert torch.equal(gray.train.values[:, 0], images)
    small = Torchvision(dataset="FashionMNIST", root=str(tmp_path), size=14).load()
    monkeypatch.setenv("MATCHZOO_MEMORY", "0")
    mapped = Torchvision(dataset="FashionMNIST", root=str(tmp_path), size=14).load()
    assert mapped.train.mapped
    assert mapped.train.shape == (3, 14, 14)
    assert torch.equal(mapped.train.all().values, small.train.all().values)
    assert small.train.all().values.mean().item() == pytest.approx(images.float().mean().item() / 255, abs=0.01)


def test_torchvision_files(tmp_path: Path) -> None:
    names = ("Forest", "River")
    for name in names:
        for i in range(5):
            save(tmp_path / f"eurosat/2750/{name}/{name}_{i}.jpg", (50 * i, 100, 100))
    loaded = Torchvision(dataset="EuroSAT", root=str(tmp_path), size=8).load()
    assert loaded.class_names == names
    assert (len(loaded.train), len(loaded.test), loaded.train.shape) == (8, 2, (3, 8, 8))


def test_torchvision_that_is_not_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CIFAR10", "MNIST", "STL10", "Flowers102", "OxfordIIITPet", "DTD", "EuroSAT", "Food101"):
        with pytest.raises(MatchZooError, match=rf"data\.root: {name} cannot be read from .*data\.download = true"):
            Torchvision(dataset=name, root=str(tmp_path)).load()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MatchZooError, match=r"make data \(or: python -m matchzoo\.data\.preparation\.debian\)"):
        Torchvision(dataset="FashionMNIST").load()


def test_torchvision_attribute() -> None:
    with pytest.raises(DeclarationError, match="attribute: missing: CelebA needs one, such as 'Smiling'"):
        Torchvision(dataset="CelebA")
    with pytest.raises(DeclarationError, match="attribute: only for CelebA"):
        Torchvision(dataset="MNIST", attribute="Smiling")


# arrays

RNG = np.random.default_rng(1)
IMAGES = RNG.integers(0, 256, (12, 8, 8, 3)).astype(np.uint8)
LABELS = np.arange(12) % 3
TEXTS = np.array(["cat", "dog", "fox"])[LABELS]


@pytest.mark.parametrize("layout", ["nhw", "nhwc", "nchw", "float", "safetensors"])
def test_arrays(layout: str, tmp_path: Path) -> None:
    path = tmp_path / ("a.safetensors" if layout == "safetensors" else "a.npz")
    planes = IMAGES.transpose(0, 3, 1, 2)
    arrays = {"images": {"nhw": IMAGES[..., 0], "nhwc": IMAGES, "float": IMAGES / 255}.get(layout, planes)}
    arrays |= {"labels": LABELS, "test_images": arrays["images"][:6], "test_labels": LABELS[:6]}
    if layout == "safetensors":
        tensors = {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}
        save_file(tensors, path, {"class_names": json.dumps(["x", "y", "z"])})
    else:
        np.savez(path, **arrays, class_names=np.array(["x", "y", "z"]))
    loaded = Arrays(path=str(path)).load()
    assert loaded.class_names == ("x", "y", "z")
    assert (len(loaded.train), len(loaded.test)) == (12, 6)
    expected = torch.from_numpy(planes if layout != "nhw" else planes[:, :1].repeat(3, 1))
    assert torch.allclose(loaded.train.all().values, expected / 255)
    assert loaded.test.labels.tolist() == LABELS[:6].tolist()
    resized = Arrays(path=str(path), size=4, channels=1).load().train
    assert resized.shape == (1, 4, 4)
    assert resized.all().values.min() >= 0


def test_a_distilled_set_is_data(tmp_path: Path) -> None:
    made = DistilledDataset(torch.rand(6, 3, 8, 8), torch.arange(3).repeat(2), ("a", "b", "c"))
    made.save(tmp_path / "images.safetensors")
    loaded = Arrays(path=str(tmp_path / "images.safetensors"), test_share=0.5).load()
    assert loaded.class_names == ("a", "b", "c")
    assert (len(loaded.train), len(loaded.test)) == (3, 3)
    everything = Arrays(path=str(tmp_path / "images.safetensors"), test_share=0).load()
    assert everything.test is None
    assert torch.equal(everything.train.all().values, made.images)


def test_labels_that_are_probabilities_are_the_most_probable_class(tmp_path: Path) -> None:
    labels = torch.tensor([[0.2, 0.8], [0.6, 0.4], [0.1, 0.9]])
    DistilledDataset(torch.rand(3, 3, 8, 8), labels, ("a", "b")).save(tmp_path / "soft.safetensors")
    loaded = Arrays(path=str(tmp_path / "soft.safetensors"), test_share=0).load()
    assert loaded.train.labels.tolist() == [1, 0, 1]
    assert loaded.class_names == ("a", "b")


@pytest.mark.parametrize(
    ("train", "test", "more"),
    [
        (("train_images", "train_labels"), ("test_images", "test_labels"), ("val_images", "val_labels")),  # MedMNIST
        (("x_train", "y_train"), ("x_test", "y_test"), ()),
        (("X", "y"), ("X_val", "y_val"), ()),
        (("data", "targets"), ("ValImages", "ValLabels"), ("test_images",)),  # test has no labels
    ],
)
def test_arrays_by_other_names(train: tuple, test: tuple, more: tuple, tmp_path: Path) -> None:
    parts = {train: slice(6), test: slice(6, 10), more: slice(10, 12)}
    arrays = {
        name: array[rows]
        for names, rows in parts.items()
        for name, array in zip(names, (IMAGES, LABELS[:, None]), strict=False)
    }
    np.savez(tmp_path / "a.npz", **arrays)
    data = Arrays(path=str(tmp_path / "a.npz"))
    data.build(0)
    assert torch.equal(data.training_set.values, torch.from_numpy(IMAGES[:6].transpose(0, 3, 1, 2)))
    assert torch.equal(data.test_set.values, torch.from_numpy(IMAGES[6:10].transpose(0, 3, 1, 2)))
    assert (data.training_set.labels.tolist(), data.test_set.labels.tolist()) == ([0, 1, 2, 0, 1, 2], [0, 1, 2, 0])


def test_labels_of_other_types(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=IMAGES, labels=np.arange(12).astype(str))
    loaded = Arrays(path=str(tmp_path / "a.npz"), test_share=0).load()
    assert (loaded.class_names, loaded.train.labels.tolist()) == (tuple(map(str, range(12))), list(range(12)))
    np.savez(tmp_path / "a.npz", images=IMAGES, labels=LABELS.astype(float))
    assert Arrays(path=str(tmp_path / "a.npz"), test_share=0).load().train.labels.tolist() == LABELS.tolist()
    np.savez(tmp_path / "a.npz", images=IMAGES, labels=TEXTS, class_names=["fox", "cat", "dog"])
    assert Arrays(path=str(tmp_path / "a.npz"), test_share=0).load().train.labels[:3].tolist() == [1, 2, 0]


WRONG_ARRAYS = {
    "no labels": ({"images": IMAGES}, {}, "there are no labels for 'images'; it holds images"),
    "no images": ({"x_test": IMAGES, "y_test": LABELS, "train_labels": LABELS}, {}, "no images for 'train_labels'"),
    "nothing of use": ({"a": IMAGES, "b": LABELS}, {}, "expected images and labels, also as .*; it holds a, b"),
    "one thing twice": ({"x_train": IMAGES, "train_images": IMAGES}, {}, "images of 'train', x_train or train_images"),
    "from 1": ({"images": IMAGES, "labels": LABELS + 1}, {}, "labels: are numbered from 1 to 3; number them from 0"),
    "names from 1": (
        {"images": IMAGES, "labels": LABELS + 1, "class_names": ["a", "b", "c"]},
        {},
        "labels: are numbered from 1 to 3; number them from 0: subtract 1",
    ),
    "a gap": (
        {"images": IMAGES, "labels": LABELS * 2},
        {},
        r"no training sample has the number 1, 3 \(they go up to 4",
    ),
    "several labels": ({"images": IMAGES, "labels": np.eye(12, dtype=int)}, {}, "several classes of an image at once"),
    "other text": (
        {"images": IMAGES, "labels": TEXTS, "class_names": ["cat", "dog", "foxes"]},
        {},
        "'fox' is not one of the class names",
    ),
    "too few labels": ({"images": IMAGES, "labels": LABELS[:5]}, {}, r"labels: expected 12 whole numbers .*\(5,\)"),
    "logits": ({"images": IMAGES, "labels": np.eye(12) - 0.1}, {}, r"labels: expected 12 whole numbers .*\(12, 12\)"),
    "float labels": ({"images": IMAGES, "labels": LABELS / 2}, {}, "labels: expected 12 whole numbers"),
    "negative labels": ({"images": IMAGES, "labels": LABELS - 1}, {}, "labels: expected 12 whole numbers from 0"),
    "0 to 255 floats": ({"images": IMAGES * 1.0, "labels": LABELS}, {}, r"expected numbers in \[0, 1\], got 0 to 255"),
    "not a number": ({"images": IMAGES * np.nan, "labels": LABELS}, {}, r"in \[0, 1\], got nan to nan"),
    "five channels": ({"images": np.zeros((9, 5, 8, 8)), "labels": LABELS}, {}, r"images: expected \[n, h, w\], \[n"),
    "two ways": ({"images": np.zeros((12, 3, 9, 3)), "labels": LABELS}, {}, "in two ways; say data.layout: nhwc or"),
    "not square": ({"images": IMAGES[:, :6], "labels": LABELS}, {}, "expected square images, got 6x8; crop or pad"),
    "other layout": ({"images": IMAGES, "labels": LABELS}, {"layout": "nchw"}, r"expected \[n, c, h, w\] with 1 or 3"),
    "names": ({"images": IMAGES, "labels": LABELS, "class_names": ["a"]}, {}, "up to 2, but there are 1 class names"),
    "hashes": ({"images": IMAGES, "labels": LABELS * 10**15}, {}, "expected numbers of classes, got 2000000000"),
    "dates": (
        {"images": IMAGES, "labels": LABELS.astype("M8[s]")},
        {},
        r"labels: expected numbers, got datetime64\[s\]",
    ),
    "one name": (
        {"images": IMAGES, "labels": LABELS, "class_names": "abc"},
        {},
        "class_names: expected a list of names",
    ),
    "a name twice": ({"images": IMAGES, "labels": LABELS, "class_names": ["a", "b", "a"]}, {}, "'a' is there twice"),
    "integers": (
        {"images": IMAGES.astype(int), "labels": LABELS},
        {},
        "int64 values from 0 to 255, and nothing says which are black and white",
    ),
}


@pytest.mark.parametrize("case", WRONG_ARRAYS)
def test_wrong_arrays(case: str, tmp_path: Path) -> None:
    arrays, fields, message = WRONG_ARRAYS[case]
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(MatchZooError, match=message):
        Arrays(path=str(tmp_path / "a.npz"), **fields).load()


@pytest.mark.parametrize("name", ["a.npz", "a.safetensors", "a.npy"])
def test_files_that_are_no_arrays(name: str, tmp_path: Path) -> None:
    with pytest.raises(MatchZooError, match=r"data\.path: there is no file"):
        Arrays(path=str(tmp_path / name)).load()
    (tmp_path / name).write_bytes(b"no arrays")
    with pytest.raises(MatchZooError, match=r"cannot be read|expected a \.npz or \.safetensors file"):
        Arrays(path=str(tmp_path / name)).load()


def test_no_pickles_in_npz(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=np.array([{}], dtype=object), labels=LABELS)
    with pytest.raises(MatchZooError, match="cannot be read"):
        Arrays(path=str(tmp_path / "a.npz")).load()


# points


def test_gaussian_has_its_moments() -> None:
    data = Gaussian()
    points = data.load().train.values.double()
    assert points.shape == (60_000, 2)
    assert torch.allclose(points.mean(0), data.centers()[0], atol=0.02)
    assert torch.allclose(points.T.cov(), (data.factor() @ data.factor().T), atol=0.03)
    assert torch.equal(data.load().test.values, Gaussian().load().test.values)


def test_ring_3d_is_the_ring_turned() -> None:
    data = Ring3D(points=40_000)
    assert torch.allclose(data.rotation() @ data.rotation().T, torch.eye(3, dtype=torch.float64))
    flat = data.load().train.values.double() @ data.rotation()
    assert flat[:, 2].std().item() == pytest.approx(0.1, rel=0.02)
    assert flat[:, 2].mean().item() == pytest.approx(0, abs=0.003)
    distances = torch.cdist(flat[:, :2], Ring().centers()).min(1).values
    assert distances.square().mean().sqrt().item() == pytest.approx(0.2 * math.sqrt(2), rel=0.02)
    centers = data.centers() @ data.rotation()
    assert torch.allclose(centers[:, :2], Ring().centers())


# how rows are drawn


@pytest.fixture
def uneven(tmp_path: Path) -> Path:
    for name, count in (("a", 4), ("b", 30), ("c", 7)):
        for i in range(count):
            save(tmp_path / "p" / name / f"{i}.png", (i, count, 0))
    return tmp_path / "p"


def test_balanced_draws(uneven: Path) -> None:
    data = ImageFolder(path=str(uneven), size=8, sampling="balanced")
    data.build(0)
    labels = data.training_set.labels
    for n in (1, 3, 10, 60):
        rows = data.draw(n, torch.Generator().manual_seed(n))
        assert torch.equal(rows, data.draw(n, torch.Generator().manual_seed(n)))
        counts = labels[rows].bincount(minlength=3)
        assert counts.max() - counts.min() <= 1
    rows = data.draw(6000, torch.Generator().manual_seed(0))
    seen = rows.bincount(minlength=len(labels)).double()
    for label in range(3):
        own = seen[labels == label]
        assert (own > 0.6 * own.mean()).all()
    firsts = {int(labels[data.draw(1, torch.Generator().manual_seed(i))]) for i in range(30)}
    assert firsts == {0, 1, 2}


def test_plain_draws_are_as_they_were(uneven: Path) -> None:
    data = ImageFolder(path=str(uneven), size=8)
    data.build(0)
    rows = data.draw(9, torch.Generator().manual_seed(1))
    assert torch.equal(rows, torch.randint(len(data.training_set), (9,), generator=torch.Generator().manual_seed(1)))


def test_balanced_needs_labels() -> None:
    with pytest.raises(DeclarationError, match=r"data\.sampling: 'balanced' needs data with labels; use 'plain'"):
        Ring(points=5, test_points=5, sampling="balanced").build(0)


def test_balanced_trains(lgm: dict, tmp_path: Path) -> None:
    lgm["data"]["sampling"] = "balanced"
    lgm["players"]["generator"]["minimize"][0]["reference"] = "online"
    lgm["trainer"]["steps"], lgm["evaluation"] = 2, []
    structure(lgm, Recipe).run(tmp_path / "run", quiet=True)


def test_a_run_on_what_is_mapped_equals_one_in_memory(
    lgm: dict, uneven: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lgm["data"] = {"kind": "image-folder", "path": str(uneven), "size": 8}
    lgm["trainer"]["steps"] = 3
    runs = []
    for memory in ("100", "0"):
        monkeypatch.setenv("MATCHZOO_MEMORY", memory)
        runs.append(structure(lgm, Recipe).run(tmp_path / memory, quiet=True, name="x"))
    assert torch.equal(runs[0].distilled.images, runs[1].distilled.images)
    for one, other in zip(*(run.metrics["results"] for run in runs), strict=True):
        assert one["top1"] == other["top1"]


# cards


def test_a_card_gives_a_recipe_its_data(lgm: dict) -> None:
    recipe = structure(lgm, Recipe).replace(data=zoo.load("tuxpaint-photos").data)
    assert recipe.table()["data"]["path"] == "data/tuxpaint-photos"
    assert recipe.table()["data"]["fit"] == "pad"


def test_a_missing_folder_of_a_card_names_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MatchZooError, match=r"there is no folder data/tuxpaint-photos.*; make data"):
        load_card("tuxpaint-photos")


# data out of Debian packages


def unpacked(root: Path) -> Path:
    """What the two packages hold, in small."""
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        path = root / f"usr/share/datasets/fashion-mnist/{name}.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(name.encode()))
    stamps = root / debian.STAMPS
    for name in (
        "animals/birds/owl.png",
        "animals/birds/cartoon/tux.png",
        "animals/mammals/cats/lion.png",
        "town/roadsigns/stop.png",
        "town/roadsigns/stop_mirror.png",
        "household/tools/saw.png",
        "symbols/money/us/coins/010dime.png",
        "symbols/money/canadian/coins/010dime.png",
        "household/dishes/cup.png",
    ):
        save(stamps / name, (0, 0, 0))
    return root


def test_photos_among_the_stamps(tmp_path: Path) -> None:
    found = [(name, path.name) for name, path in debian.photos(unpacked(tmp_path) / debian.STAMPS)]
    assert found == [
        ("animals", "lion.png"),
        ("birds", "owl.png"),
        ("coins", "010dime.png"),
        ("coins", "010dime.png"),
        ("road_signs", "stop.png"),
        ("tools", "saw.png"),
    ]


def test_debian_data_are_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = unpacked(tmp_path / "source")
    monkeypatch.setattr(debian, "fetch", lambda _, folder: shutil.copytree(source, folder, dirs_exist_ok=True))
    assert len(debian.prepare(tmp_path / "data")) == 2
    assert (tmp_path / "data/FashionMNIST/raw/train-images-idx3-ubyte").read_text() == "train-images-idx3-ubyte"
    assert (tmp_path / "data/tuxpaint-photos/animals/animals-mammals-cats-lion.png").is_file()
    assert len(list((tmp_path / "data/tuxpaint-photos/coins").iterdir())) == 2
    monkeypatch.setattr(debian, "fetch", lambda *_: pytest.fail("fetched again"))
    assert all(line.endswith("is here already") for line in debian.prepare(tmp_path / "data"))


def test_debian_data_without_apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MatchZooError, match="is a Debian package, and apt-get and dpkg-deb are not here; fetch it on"):
        debian.prepare(tmp_path / "data")
    for name, content in (("apt-get", "echo 'E: Unable to fetch' >&2; exit 100"), ("dpkg-deb", "")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{content}\n")
        (tmp_path / name).chmod(0o755)
    with pytest.raises(MatchZooError, match=r"E: Unable to fetch; is this machine offline"):
        debian.prepare(tmp_path / "data")
    assert not (tmp_path / "data/tuxpaint-photos").exists()


def test_passes_have_every_row_once_each_in_an_order_of_its_own() -> None:
    """Batches of 7 of 10 rows: the drawn rows, one after the other, are orders of all rows; any step is drawn alone."""
    data = Ring(points=10, sampling="passes")
    data.build(0)

    def rows(step: int) -> list[int]:
        place = Place((step - 1) * 7, lambda number: Step(0, 3).rng("pass", number))
        return data.draw_of("real", 7, Step(step, 3).rng("data"), place)[1].tolist()

    drawn = [row for step in range(1, 11) for row in rows(step)]
    passes = [drawn[start : start + 10] for start in range(0, 70, 10)]
    assert all(sorted(one) == list(range(10)) for one in passes)
    assert len({tuple(one) for one in passes}) == 7
    assert rows(4) == drawn[21:28]
    assert sorted(data.draw(10, Step(1, 3).rng("data")).tolist()) == list(range(10))
