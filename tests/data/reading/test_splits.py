import pytest

from matchzoo.core.errors import MatchZooError
from matchzoo.data.reading.splits import assign, split_of

NAMES = {
    "train": "train Train TRAIN training Training_Set training_set seg_train trainset TrainSet train_images train2017 "
    "my-data-train traindata trainval x_train 01_train",
    "test": "test Test TESTING test_set seg_test TestImages test1 eval Evaluation images_test",
    "validation": "val Val valid validation_set dev val2017 Validation valset",
    None: "contest latest strain trains evaluate cat value restrain attestation devil extra images",
}


@pytest.mark.parametrize(("split", "name"), [(split, name) for split, names in NAMES.items() for name in names.split()])
def test_names_of_splits(split: str | None, name: str) -> None:
    assert split_of(name) == split


@pytest.mark.parametrize(
    ("names", "unlabeled", "train", "test", "notes"),
    [
        ("train test", "", "train", "test", []),
        ("Training val", "", "Training", "val", []),
        ("train", "", "train", None, []),
        ("test", "", None, "test", []),
        ("train test val", "", "train", "test", ["'val' is left out; 'test' is for testing"]),
        ("train test eval", "", "train", "test", ["'eval' is left out; 'test' is for testing"]),
        ("train train_more test", "", "train", "test", ["'train_more' is left out; 'train' is for training"]),
        ("train test val", "test", "train", "val", ["'test' has no labels and is left out; 'val' is for testing"]),
        (
            "train test",
            "test",
            "train",
            None,
            ["'test' has no labels and is left out; a share of the training part is for testing"],
        ),
    ],
)
def test_which_part_is_for_what(names: str, unlabeled: str, train: str, test: str, notes: list[str]) -> None:
    assigned = assign(names.split(), "data", lambda name: name not in unlabeled)
    assert (assigned.train, assigned.test, assigned.notes()) == (train, test, notes)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("train val dev", "data: which is for testing, dev or val[?] call that one test"),
        ("train testing eval", "which is for testing, eval or testing"),
        ("seg_train new_train test", "which is for training, new_train or seg_train[?] call that one train"),
        ("Train TRAIN test", "which is for training, TRAIN or Train"),
    ],
)
def test_parts_of_which_none_is_clear(names: str, message: str) -> None:
    with pytest.raises(MatchZooError, match=message):
        assign(names.split(), "data")
