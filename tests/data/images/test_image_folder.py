"""Odd folders of images: what is read and how, what is refused and with which message."""

import os
import sys
from pathlib import Path

import pytest
from PIL import Image

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.showing import progress
from matchzoo.data import ImageFolder, Table

RED = (200, 30, 10)


def save(path: Path, color: tuple[int, int, int] = RED) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (12, 9), color).save(path)


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


def test_no_share_is_kept_for_testing(tmp_path: Path) -> None:
    classes(tmp_path, "a", "b")
    loaded = load(tmp_path, test_share=0)
    assert (len(loaded.train), loaded.test) == (6, None)


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
    with pytest.raises(MatchZooError, match=r"gone\.png: cannot be looked at \(No such file .*\); fix or remove it"):
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
def test_class_names_that_no_artifact_could_hold(tmp_path: Path) -> None:
    for name in ("line\nbreak", "plain"):
        for number in range(2):
            save(tmp_path / name / f"{number}.png")
    with pytest.raises(DeclarationError, match=r"'line\\nbreak' has control characters.*; rename it"):
        ImageFolder(path=str(tmp_path)).build(0)


def test_class_names_that_are_no_text(tmp_path: Path) -> None:
    classes(tmp_path, "a", "b")
    os.mkdir(os.fsencode(tmp_path) + b"/caf\xe9")
    with pytest.raises(MatchZooError, match="is not a readable name for a class; rename the folder"):
        load(tmp_path)


def both(tmp_path: Path) -> None:
    classes(tmp_path / "train", "a", "b")
    classes(tmp_path / "test", "a", "b", count=2)


def test_train_and_test_folders(tmp_path: Path) -> None:
    both(tmp_path)
    loaded = load(tmp_path)
    assert (len(loaded.train), len(loaded.test)) == (6, 4)
    assert loaded.test.labels.tolist() == [0, 0, 1, 1]


def test_parts_by_other_names(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    both(tmp_path)
    (tmp_path / "train").rename(tmp_path / "Training")
    (tmp_path / "test").rename(tmp_path / "Val")
    loaded = load(tmp_path)
    assert (len(loaded.train), len(loaded.test)) == (6, 4)
    classes(tmp_path / "test_images", "a", "b", count=1)
    assert len(load(tmp_path).test) == 2  # test goes before
    assert "note: " + f"{tmp_path}: 'Val' is left out; 'test_images' is for testing\n" in capsys.readouterr().err


def test_classes_without_test_images(tmp_path: Path) -> None:
    classes(tmp_path / "train", "a", "b", "rare")
    classes(tmp_path / "val", "b")
    (tmp_path / "val/rare").mkdir()
    assert load(tmp_path).test.labels.tolist() == [1, 1, 1]
    for file in (tmp_path / "val/b").iterdir():
        file.unlink()
    with pytest.raises(MatchZooError, match="val: no images of any class"):
        load(tmp_path)


def test_images_by_any_suffix_and_by_content(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    classes(tmp_path, "a", "b")
    for suffix, name in ((".jfif", "JPEG"), (".JPE", "JPEG"), (".jp2", "JPEG2000"), ("", "PNG"), (".017", "BMP")):
        Image.new("RGB", (9, 9), RED).save(tmp_path / f"a/photo{suffix}", name)
    for name in ("scan.heic", "plan.heic", "notes.txt", "LICENSE"):
        (tmp_path / "b" / name).write_bytes(b"no image")
    loaded = load(tmp_path, test_share=0)
    assert loaded.train.labels.tolist() == 8 * [0] + 3 * [1]
    skipped = "skipped 4 files that cannot be read as images: .heic (2), .txt (1), without suffix (1)"
    assert f"note: {tmp_path}: {skipped}\n" in capsys.readouterr().err


def test_folders_that_are_called_by_numbers(tmp_path: Path) -> None:
    classes(tmp_path, *map(str, range(12)), count=1)
    assert load(tmp_path, test_share=0).class_names == tuple(map(str, range(12)))


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
    "empty class": (
        lambda root: (classes(root, "a"), (root / "b").mkdir()),
        r"b: no images that .*\(it is empty\)",
    ),
    "too few": (lambda root: (classes(root, "a"), save(root / "b/0.png")), "class 'b': a split needs at least 2"),
    "other classes": (
        lambda root: (classes(root / "train", "a", "b"), classes(root / "val", "a", "c")),
        "classes that .*train does not have: c",
    ),
    "which is the test folder": (
        lambda root: [classes(root / part, "a", "b") for part in ("train", "validation", "dev")],
        "pictures: which is for testing, dev or validation[?] call that one test",
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
