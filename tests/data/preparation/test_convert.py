"""Published data sets as tables: small imitations of their official layouts, read back by the kind `table`."""

import csv
import io
import shutil
import stat
import sys
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from matchzoo import zoo
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import MatchZooError
from matchzoo.data import Data, Table
from matchzoo.data.preparation import convert
from matchzoo.data.preparation.archives import unpack


def save(path: Path, red: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (10, 9), (red, 0, 0)).save(path)


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "labels.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def cub(root: Path) -> Path:
    """Three classes whose order is not that of their bare names."""
    base = root / "CUB_200_2011"
    names = ["001.Zebra_Finch", "002.Auk", "010.Booby"]
    lines: dict[str, list[str]] = {"images": [], "image_class_labels": [], "train_test_split": []}
    for i in range(9):
        path = f"{names[i % 3]}/{names[i % 3][4:]}_{i:04}.jpg"
        save(base / "images" / path, 20 * i)
        lines["images"].append(f"{i + 1} {path}")
        lines["image_class_labels"].append(f"{i + 1} {[1, 2, 10][i % 3]}")
        lines["train_test_split"].append(f"{i + 1} {int(i < 6)}")
    lines["classes"] = [f"{number} {name}" for number, name in zip((1, 2, 10), names, strict=True)]
    for name, content in lines.items():
        (base / f"{name}.txt").write_text("\n".join(content) + "\n")
    (base / "attributes").mkdir()
    (base / "README").write_text("x")
    return base


def dogs(root: Path) -> Path:
    from scipy.io import savemat

    base = root / "dogs"
    names = ["n02085620-Chihuahua", "n02085782-Japanese_spaniel", "n02088364-beagle"]
    for split, rows in (("train", range(6)), ("test", range(6, 9))):
        paths = [f"{names[i % 3]}/{names[i % 3][:9]}_{i}.jpg" for i in rows]
        for path in paths:
            save(base / "Images" / path)
        cells = np.empty((len(paths), 1), dtype=object)
        cells[:, 0] = paths
        labels = np.array([[i % 3 + 1] for i in rows], dtype=float)
        (base / "lists").mkdir(exist_ok=True)
        savemat(base / "lists" / f"{split}_list.mat", {"file_list": cells, "annotation_list": cells, "labels": labels})
    return base


def waterbirds(root: Path) -> Path:
    base = root / "waterbirds_v1.0"
    rows = [["img_id", "img_filename", "y", "split", "place", "place_filename"]]
    for i in range(16):
        name = f"{i:03}.Bird/Bird_{i:04}_1.jpg"
        save(base / name, 9 * i)
        rows.append([str(i + 1), name, str(i % 2), str([0, 0, 1, 2][i // 4]), str(i // 2 % 2), "/x/y.jpg"])
    with (base / "metadata.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return base


def spawrious(root: Path, count: int = 20) -> Path:
    base = root / "spawrious224"
    for environment in "01":
        for breed in convert.BREEDS:
            for place in ("beach", convert.TRAINING[breed], convert.TESTING[breed], "dirt"):
                for i in range(count if place != "dirt" else 1):
                    path = base / environment / place / breed / f"{breed}_{i:02}.png"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(PICTURE)
    return base


def artbench(root: Path) -> Path:
    for split, count in (("train", 3), ("test", 1)):
        for style in convert.STYLES:
            for i in range(count):
                save(root / "artbench-10-imagefolder-split" / split / style / f"a-painter_{style}-{i}.jpg")
    return root / "artbench-10-imagefolder-split"


def camelyon(root: Path) -> Path:
    """Four patches of every hospital, those of a column ``split`` of 1 in the last."""
    base = root / "camelyon17_v1.0"
    rows = [["", "patient", "node", "x_coord", "y_coord", "tumor", "slide", "center", "split"]]
    for i in range(20):
        hospital, patient = i // 4, f"{i // 4 * 20 + 4:03}"
        in_validation = int(hospital in (0, 3) and i % 4 > 1)
        rows.append(
            [str(i), patient, "1", str(3328 + 32 * i), "21792", str(i % 2), "0", str(hospital), str(in_validation)]
        )
        slide = f"patient_{patient}_node_1"
        save(base / "patches" / slide / f"patch_{slide}_x_{3328 + 32 * i}_y_21792.png", 9 * i)
    with (base / "metadata.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return base


def _picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (10, 10)).save(buffer, "PNG")
    return buffer.getvalue()


PICTURE = _picture()
MADE = {
    "cub-200-2011": cub,
    "stanford-dogs": dogs,
    "waterbirds": waterbirds,
    "spawrious": spawrious,
    "artbench-10": artbench,
    "camelyon17": camelyon,
}
CLASSES = {
    "cub-200-2011": ("001.Zebra_Finch", "002.Auk", "010.Booby"),
    "stanford-dogs": ("n02085620-Chihuahua", "n02085782-Japanese_spaniel", "n02088364-beagle"),
    "waterbirds": ("landbird", "waterbird"),
    "spawrious": ("bulldog", "corgi", "dachshund", "labrador"),
    "artbench-10": convert.STYLES,
    "camelyon17": ("normal", "tumor"),
}
SIZES = {
    "cub-200-2011": (6, 3),
    "stanford-dogs": (6, 3),
    "waterbirds": (8, 4),
    "spawrious": (160, 160),
    "artbench-10": (30, 10),
    "camelyon17": (16, 4),
}


@pytest.mark.parametrize("name", convert.SETS)
@pytest.mark.parametrize("form", ["folder", "in place", "archive"])
def test_conversion(name: str, form: str, tmp_path: Path) -> None:
    source, destination = MADE[name](tmp_path / "source"), tmp_path / "data" / name
    if form == "in place":
        destination = source
    elif form == "archive":
        packed = shutil.make_archive(str(tmp_path / name), "gztar" if name != "artbench-10" else "zip", source.parent)
        shutil.rmtree(source)
        source = Path(packed)
    said = convert.convert(name, [source], destination)
    train, test = SIZES[name]
    training = 8 if name == "camelyon17" else train  # the rest is held out
    start = f"{destination / 'labels.csv'}: {len(CLASSES[name])} classes; images: {training} for training, "
    assert said.startswith(start)
    assert "(published were " in said  # the imitation is smaller
    card = zoo.load(name, zoo.DataCard)
    assert card.data["path"] == f"data/{name}"
    assert f"python -m matchzoo.data.preparation.convert {name} " in card.get
    data = Table(path=str(destination), size=8)
    loaded = data.load()
    assert loaded.class_names == CLASSES[name]
    assert (len(loaded.train), len(loaded.test)) == (train, test)
    if form == "folder":
        assert [path.name for path in destination.iterdir() if path.is_symlink()] == [source.name]  # nothing is copied


def test_hospitals_of_camelyon17(tmp_path: Path) -> None:
    said = convert.convert("camelyon17", [camelyon(tmp_path)], tmp_path / "made")
    assert "8 for training, 4 for validation, 8 for domains held out (published were 2 classes, 302436" in said
    declared = {**zoo.load("camelyon17", zoo.DataCard).data, "path": str(tmp_path / "made"), "size": 8}
    data = structure(declared, Data)
    spec = data.build(0)
    assert (spec.count, spec.group_names) == (8, ("hospital-0", "hospital-3", "hospital-4"))
    sets = data.sets()
    assert [len(sets[name]) for name in ("real", "test", "hospital-1", "hospital-2")] == [8, 4, 4, 4]
    assert sets["hospital-2"].labels.tolist() == [0, 1, 0, 1]
    assert len(sets) == 5
    metadata = tmp_path / "camelyon17_v1.0/metadata.csv"
    metadata.write_text("patient,node,x_coord,y_coord,tumor,center\n4,0,1,2,0,0\n")
    with pytest.raises(MatchZooError, match=r"metadata\.csv: expected patient, .*, got no 'split'"):
        convert.convert("camelyon17", [metadata.parent], tmp_path / "again")


def test_labels_of_cub(tmp_path: Path) -> None:
    convert.convert("cub-200-2011", [cub(tmp_path)], tmp_path / "made")
    loaded = Table(path=str(tmp_path / "made"), size=8).load()
    reds = (loaded.train.all().values[:, 0, 4, 4] * 255 / 20).round().int().tolist()
    assert reds == [0, 1, 2, 3, 4, 5]
    assert loaded.train.labels.tolist() == [red % 3 for red in reds]


def test_groups_of_waterbirds_are_numbered_as_in_wilds(tmp_path: Path) -> None:
    base = waterbirds(tmp_path)
    assert "4 for validation (not used)" in convert.convert("waterbirds", [base], base)
    data = Table(path=str(base), size=8)
    data.build(0)
    assert data.group_names == ("landbird on land", "landbird on water", "waterbird on land", "waterbird on water")
    with (base / "metadata.csv").open() as file:
        rows = list(csv.DictReader(file))
    for split, number in ((data.training_set, "0"), (data.test_set, "2")):
        official = [int(row["place"]) + 2 * int(row["y"]) for row in rows if row["split"] == number]
        assert split.group.tolist() == official
        assert split.labels.tolist() == [int(row["y"]) for row in rows if row["split"] == number]


def test_backgrounds_of_spawrious(tmp_path: Path) -> None:
    convert.convert("spawrious", [spawrious(tmp_path)], tmp_path / "made")
    rows = table(tmp_path / "made")
    seen = Counter((row["split"], row["file"].split("/")[1], row["label"], row["group"]) for row in rows)
    for breed in convert.BREEDS:
        assert seen.pop(("train", "0", breed, convert.TRAINING[breed])) == 19  # 97 % of 20
        assert seen.pop(("train", "1", breed, convert.TRAINING[breed])) == 17
        assert seen.pop(("train", "0", breed, "beach")) == 1
        assert seen.pop(("train", "1", breed, "beach")) == 3
        for environment in "01":
            assert seen.pop(("test", environment, breed, convert.TESTING[breed])) == 20
    assert not seen
    assert set(convert.TRAINING.values()) == set(convert.TESTING.values())
    assert all(convert.TRAINING[breed] != convert.TESTING[breed] for breed in convert.BREEDS)
    card = zoo.load("spawrious", zoo.DataCard)  # with 3168 images a folder, as published
    assert card.train == 4 * sum(int(share * 3168) + 3168 - int(share * 3168) for share in convert.SHARES) == card.test


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    base = dogs(tmp_path)
    archives = []
    for part in ("Images", "lists"):
        archives.append(shutil.make_archive(str(tmp_path / part), "tar", base, part))
    monkeypatch.setattr(sys, "argv", ["convert", "stanford-dogs", *archives, str(tmp_path / "made")])
    convert.main()
    said = capsys.readouterr()
    assert "unpacking lists.tar: 2 files" in said.err
    assert "labels.csv: 3 classes; images: 6 for training, 3 for testing (published were 120 classes" in said.out
    assert (table(tmp_path / "made")[0]["file"]) == "Images/n02085620-Chihuahua/n02085620_0.jpg"
    with pytest.raises(SystemExit) as stopped:
        convert.main()
    assert stopped.value.code == 2
    wanted = f"error: {tmp_path / 'made'}: already exists; remove it, or give it as the source too\n"
    assert capsys.readouterr().err == wanted


def missing_image(base: Path) -> None:
    next((base / "images").rglob("*.jpg")).unlink()


def missing_split(base: Path) -> None:
    (base / "train_test_split.txt").write_text("1 1\n")


def outside(base: Path) -> None:
    (base / "images.txt").write_text("1 ../../elsewhere.jpg\n")


def absolute(base: Path) -> None:
    (base / "images.txt").write_text("1 /etc/hostname\n")


WRONG = {
    missing_image: r"Zebra_Finch_0000\.jpg: is listed but not there|is listed but not there; is the source whole",
    missing_split: r"image 2 \(002\.Auk/Auk_0001\.jpg\) has no class or no split",
    outside: "lies outside of the folder",
    absolute: "lies outside of the folder",
    lambda base: (base / "classes.txt").unlink(): r"classes\.txt: cannot be read \(No such file",
    lambda base: (base / "train_test_split.txt").unlink(): r"train_test_split\.txt: is not in what was given",
}


@pytest.mark.parametrize("change", WRONG, ids=range(len(WRONG)))
def test_what_is_not_as_published(change: object, tmp_path: Path) -> None:
    base = cub(tmp_path)
    change(base)
    with pytest.raises(MatchZooError, match=WRONG[change]):
        convert.convert("cub-200-2011", [base], tmp_path / "made")
    assert not (tmp_path / "made").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["CUB_200_2011"]


def test_other_things_that_are_wrong(tmp_path: Path) -> None:
    with pytest.raises(MatchZooError, match="unknown data set 'cub-200'; did you mean 'cub-200-2011'"):
        convert.convert("cub-200", [tmp_path], tmp_path / "x")
    with pytest.raises(MatchZooError, match="none: there is no such file or folder"):
        convert.convert("waterbirds", [tmp_path / "none"], tmp_path / "x")
    base = waterbirds(tmp_path)
    (base / "metadata.csv").write_text("img_filename,y,split\na.jpg,0,0\n")
    with pytest.raises(MatchZooError, match=r"expected img_filename, y, split and place, got no 'place'"):
        convert.convert("waterbirds", [base], base)
    base = spawrious(tmp_path, 1)
    shutil.rmtree(base / "1/snow/labrador")
    with pytest.raises(MatchZooError, match=r"1/snow/labrador: no images there; is the data set whole"):
        convert.convert("spawrious", [base], base)
    base = dogs(tmp_path)
    from scipy.io import savemat

    savemat(base / "lists/train_list.mat", {"file_list": ["n2-b/1.jpg", "n1-a/1.jpg"], "labels": [1, 2]})
    with pytest.raises(MatchZooError, match="is n2-b, not in the published order"):
        convert.convert("stanford-dogs", [base], base)
    (base / "lists/train_list.mat").write_bytes(b"no matrices")
    with pytest.raises(MatchZooError, match=r"train_list\.mat: is not as published"):
        convert.convert("stanford-dogs", [base], base)


# archives


def tar(path: Path, *members: tuple[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as file:
        for name, kind in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/hostname"
            info.size = 1 if kind == tarfile.REGTYPE else 0
            file.addfile(info, io.BytesIO(b"x"))
    return path


@pytest.mark.parametrize("name", ["../out.txt", "/tmp/out.txt", "a/../../out.txt", "..\\out.txt", "C:\\out.txt"])
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_members_stay_in_the_folder(name: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "made"
    if kind == "tar":
        tar(path, ("good.txt", tarfile.REGTYPE), (name, tarfile.REGTYPE))
    else:
        with zipfile.ZipFile(path, "w") as file:
            file.writestr(name, "x")
    (tmp_path / "inner").mkdir()
    with pytest.raises(MatchZooError, match="would lie outside of the folder; do not trust it"):
        unpack(path, tmp_path / "inner")
    assert {p.name for p in tmp_path.rglob("*")} <= {"made", "inner", "good.txt"}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_not_unpacked(kind: bytes, tmp_path: Path) -> None:
    with pytest.raises(MatchZooError, match="'odd' is a link or a device, which is not unpacked; unpack it yourself"):
        unpack(tar(tmp_path / "a.tgz", ("odd", kind)), tmp_path)
    info = zipfile.ZipInfo("odd")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr(info, "/etc/hostname")
    with pytest.raises(MatchZooError, match="'odd' is a link or a device"):
        unpack(tmp_path / "a.zip", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tgz", "a.zip"]


def test_archives_that_are_damaged(tmp_path: Path) -> None:
    whole = tar(tmp_path / "a.tgz", *((f"{i}", tarfile.REGTYPE) for i in range(2000))).read_bytes()
    with zipfile.ZipFile(tmp_path / "whole.zip", "w") as file:
        file.writestr("a.txt", b"some text" * 100)
    changed = bytearray((tmp_path / "whole.zip").read_bytes())
    changed[60] ^= 255
    for name, content in (
        ("empty.tgz", b""),
        ("text.tar", b"this is no archive" * 99),
        ("cut.tgz", whole[: len(whole) // 2]),
        ("changed.zip", bytes(changed)),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(MatchZooError, match=rf"{name}: cannot be unpacked \(.*\); fetch it again"):
            unpack(tmp_path / name, tmp_path / "out")
