from pathlib import Path

import pytest

from matchzoo.core.errors import MatchZooError
from matchzoo.data.reading.folders import class_folders, parts_of

LAYOUTS = {
    # folders, training part, test part, what is told
    "classes": ("cat dog", "", None, ""),
    "exact": ("train/cat train/dog test/cat test/dog", "train", "test", ""),
    "nested": ("seg_train/seg_train/cat seg_train/seg_train/dog seg_test/seg_test/cat", "seg_train/seg_train",
               "seg_test/seg_test", ""),
    "archive": ("Train/cat Train/dog Test/cat __MACOSX/Train", "Train", "Test", ""),
    "beside": ("train/cat train/dog extra/cat annotations", "train", None, "'annotations', 'extra' beside 'train' are"),
    "unlabeled": ("train/cat train/dog test val/cat", "train", "val", "'test' has no labels and is left out; 'val' is"),
    "unlabeled, a folder deeper": ("train/cat train/dog test/images", "train", None, "'test' has no labels"),
    "a class of the test part": ("train/cat train/dog test/dog", "train", "test", ""),
    "a class called train": ("bus car train", "", None, "'train' is read as a class"),
    "patients below classes": ("control/p1 control/p2 test/p3 test/p4", "", None, "'test' is read as a class"),
    "a class that is called like a part": ("train/train train/bus test/train", "train", "test", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", LAYOUTS)
def test_layouts(case: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    folders, train, test, told = LAYOUTS[case]
    for folder in folders.split():
        (tmp_path / folder).mkdir(parents=True)
    parts = parts_of(tmp_path)
    assert (parts.train, parts.test) == (tmp_path / train, test and tmp_path / test)
    notes = capsys.readouterr().err
    assert told in notes
    assert bool(told) == bool(notes)


WRONG = {
    "only for testing": (
        "test/cat test/dog val/cat",
        "'test', 'val': no part of these is for training; expected train/",
    ),
    "no classes": (
        "train test1",
        "'test1', 'train': these parts hold no folder for each class; expected train/<class>",
    ),
    "classes beside test": ("cat dog test/cat test/dog", "'test' holds folders of the classes beside it; move those"),
    "train is empty": ("train test/cat test/dog", "train: expected a folder for each class, found none"),
    "a part or a class": (
        "bullet_train/a bullet_train/b car",
        "is 'bullet_train' its part for training, or a class bes",
    ),
    "two for training": ("a_train/cat b_train/cat test/cat", "which is for training, a_train or b_train"),
    "two for testing": (
        "train/cat train/dog val/cat dev/cat",
        "which is for testing, dev or val[?] call that one test",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_layouts(case: str, tmp_path: Path) -> None:
    folders, message = WRONG[case]
    for folder in folders.split():
        (tmp_path / folder).mkdir(parents=True)
    with pytest.raises(MatchZooError, match=message):
        parts_of(tmp_path)


def test_a_folder_too_deep(tmp_path: Path) -> None:
    (tmp_path / "chest_xray/train/normal").mkdir(parents=True)
    with pytest.raises(MatchZooError, match=r"found 1; 'chest_xray' holds folders: give .*chest_xray"):
        class_folders(parts_of(tmp_path).train)
