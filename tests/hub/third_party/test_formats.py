"""Folders and parquet files of others: whose class an image is, and how it becomes square."""

import io
import json
from pathlib import Path

import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from matchzoo.core.errors import MatchZooError
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.hub.third_party.formats import names_of

NAMES = tuple(f"class {letter}" for letter in "abcdefghijkl")
"""Of the labels 0 to 11."""


def picture(label: int) -> Image.Image:
    """An image that says its label by its red."""
    return Image.new("RGB", (8, 8), (20 * label, 0, 0))


def as_folders(root: Path, names: list[str]) -> Path:
    for label, name in enumerate(names):
        (root / name).mkdir(parents=True)
        picture(label).save(root / name / "0.png")
    return root


def as_parquet(path: Path, names: list) -> Path:
    rows = []
    for label in range(len(names)):
        content = io.BytesIO()
        picture(label).save(content, "PNG")
        rows.append(content.getvalue())
    parquet.write_table(pa.table({"image": rows, "label": names}), path)
    return path


def labels_by_name(found: DistilledDataset) -> dict[str, int]:
    """The label that the images of each class name were made with."""
    reds = [round(float(image[0].mean()) * 255 / 20) for image in found.images]
    return {found.class_names[int(label)]: red for label, red in zip(found.labels, reds, strict=True)}


NUMBERS = [str(number) for number in range(12)]


@pytest.mark.parametrize(
    "form", ["folders", "padded folders", "folders from 1", "parquet of text", "parquet of numbers"]
)
def test_numbers_of_classes_are_labels(form: str, tmp_path: Path) -> None:
    path = {
        "folders": lambda: as_folders(tmp_path / "set", NUMBERS),
        "padded folders": lambda: as_folders(tmp_path / "set", [name.zfill(5) for name in NUMBERS]),
        "folders from 1": lambda: as_folders(tmp_path / "set", [str(number + 1) for number in range(12)]),
        "parquet of text": lambda: as_parquet(tmp_path / "set.parquet", NUMBERS),
        "parquet of numbers": lambda: as_parquet(tmp_path / "set.parquet", list(range(12))),
    }[form]()
    assert labels_by_name(DistilledDataset.load(path, class_names=NAMES)) == {name: i for i, name in enumerate(NAMES)}
    bare = DistilledDataset.load(path)
    assert (list(labels_by_name(bare).values()), bare.named) == (list(range(12)), False)


def test_of_parts_the_training_part_is_read(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    as_folders(tmp_path / "set/Training", ["cat", "dog"])
    as_folders(tmp_path / "set/Testing", ["cat", "dog"])
    found = DistilledDataset.load(tmp_path / "set")
    assert (found.class_names, len(found)) == (("cat", "dog"), 2)
    assert "'Testing' beside 'Training' is not read" in capsys.readouterr().err
    (tmp_path / "set/Training").rename(tmp_path / "set/Val")
    with pytest.raises(MatchZooError, match="'Testing', 'Val': no part of these is for training"):
        DistilledDataset.load(tmp_path / "set")


def test_names_that_are_given_meet_folders_by_name(tmp_path: Path) -> None:
    path = as_folders(tmp_path / "set", ["dog", "cat"])
    found = DistilledDataset.load(path, class_names=["owl", "dog", "cat"])
    assert found.class_names == ("owl", "dog", "cat")
    assert labels_by_name(found) == {"dog": 0, "cat": 1}
    assert labels_by_name(DistilledDataset.load(path, class_names=["cat 1", "dog 1"])) == {"dog 1": 0, "cat 1": 1}
    with pytest.raises(MatchZooError, match=r"folders: 2 classes \(cat, dog\), but 3 class names are given"):
        DistilledDataset.load(path, class_names=["a", "b", "c"])
    some = as_folders(tmp_path / "some", ["0", "10", "3"])
    assert labels_by_name(DistilledDataset.load(some, class_names=NAMES)) == {NAMES[0]: 0, NAMES[10]: 1, NAMES[3]: 2}
    as_folders(tmp_path / "twice", ["1", "01"])
    with pytest.raises(MatchZooError, match="two of them are the same number"):
        DistilledDataset.load(tmp_path / "twice", class_names=NAMES)


def test_images_that_are_not_square(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "set" / name).mkdir(parents=True)
        wide = Image.new("RGB", (32, 16), "black")
        wide.paste("red", (0, 0, 4, 16))
        wide.save(tmp_path / "set" / name / "0.png")
    with pytest.raises(MatchZooError, match=r"not square, such as 32x16: .*--fit crop.*--fit pad.*\(--size N\)"):
        DistilledDataset.load(tmp_path / "set")
    with pytest.raises(MatchZooError, match=r"not square, such as 32x16: .*the whole on white\)$"):
        DistilledDataset.load(tmp_path / "set", size=16)
    cropped = DistilledDataset.load(tmp_path / "set", size=16, fit="crop").images
    padded = DistilledDataset.load(tmp_path / "set", size=16, fit="pad").images
    assert cropped.max() == 0
    assert (padded[:, 0, 8, 0] > 0.9).all()
    assert (padded[:, :, 0] == 1).all()


@pytest.mark.parametrize(
    ("name", "content"), [("names.txt", "cat\r\ndog\r\n"), ("names.json", json.dumps(["cat", "dog"]))]
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_names_of_classes_with_and_without_a_mark_of_byte_order(
    tmp_path: Path, name: str, content: str, mark: str
) -> None:
    (tmp_path / name).write_bytes((mark + content).encode())
    assert names_of(tmp_path / name) == ("cat", "dog")
