"""matchzoo/data/layout.py: which files of a repository are which part, by its README, by names and by patterns."""

import fnmatch
import re

import numpy as np
import pytest

from matchzoo.core.errors import MatchZooError
from matchzoo.data.reading.layout import _expression, by_convention, by_patterns, choose

README_CONFIGS = {
    "configs": [
        {
            "config_name": "small",
            "data_files": [{"split": "train", "path": "s/*.parquet"}, {"split": "dev", "path": ["d/a.parquet"]}],
        },
        {"config_name": "large", "data_files": "l/**/*.parquet", "default": True},
    ]
}
README_FOLDERS = {
    "configs": [
        {"config_name": "first", "data_dir": "test sets/one"},
        {"config_name": "second", "data_dir": "./two/", "data_files": [{"split": "train", "path": "**"}]},
    ]
}
NAMED = ["s/1.parquet", "s/0.parquet", "s/deep/2.parquet", "d/a.parquet", "l/x/y/0.parquet", "l/1.parquet"]

LAYOUTS = {
    "shards": (
        ["data/test-00000-of-00001-ab.parquet", "data/train-00000-of-00001-cd.parquet"],
        {},
        {},
        ("data/train-00000-of-00001-cd.parquet",),
        ("data/test-00000-of-00001-ab.parquet",),
    ),
    "copy": (
        ["default/train/0000.parquet", "default/train/0001.parquet", "default/validation/0000.parquet"],
        {},
        {},
        ("default/train/0000.parquet", "default/train/0001.parquet"),
        ("default/validation/0000.parquet",),
    ),
    "no names": (["x.parquet", "y.parquet"], {}, {}, ("x.parquet", "y.parquet"), None),
    "config": (["a/train.parquet", "b/train.parquet"], {}, {"config": "b"}, ("b/train.parquet",), None),
    "test first": (["val.parquet", "test.parquet", "train.parquet"], {}, {}, ("train.parquet",), ("test.parquet",)),
    "asked": (
        ["val.parquet", "test.parquet", "train.parquet"],
        {},
        {"test": "validation"},
        ("train.parquet",),
        ("val.parquet",),
    ),
    "alias": (["training.parquet", "evaluation.parquet"], {}, {}, ("training.parquet",), ("evaluation.parquet",)),
    "share": (["test.parquet", "train.parquet"], {}, {"test": "train"}, ("train.parquet",), None),
    "no words in words": (
        ["contest-trained.parquet", "other.parquet"],
        {},
        {},
        ("contest-trained.parquet", "other.parquet"),
        None,
    ),
    "words": (
        ["train2.parquet", "train_1/0.parquet", "test small/0.parquet"],
        {},
        {},
        ("train2.parquet", "train_1/0.parquet"),
        ("test small/0.parquet",),
    ),
    "readme": (NAMED, README_CONFIGS, {"config": "small"}, ("s/0.parquet", "s/1.parquet"), ("d/a.parquet",)),
    "readme's default": (NAMED, README_CONFIGS, {}, ("l/1.parquet", "l/x/y/0.parquet"), None),
    "folders": (
        ["train/cat/1.png", "train/dog/1.JPG", "test/cat/2.png", "logo/a.png", "b.png", "train/.x/1.png"],
        {},
        {},
        ("train/cat/1.png", "train/dog/1.JPG"),
        ("test/cat/2.png",),
    ),
    "folder of a configuration": (
        ["test sets/one/train/0.parquet", "test sets/one/val/0.parquet", "two/train/0.parquet", "0.parquet"],
        README_FOLDERS,
        {"config": "first"},
        ("test sets/one/train/0.parquet",),
        ("test sets/one/val/0.parquet",),
    ),
    "images of a configuration": (
        ["test sets/one/train/cat/0.png", "test sets/one/dev/cat/1.png", "two/cat/0.png"],
        README_FOLDERS,
        {"config": "first"},
        ("test sets/one/train/cat/0.png",),
        ("test sets/one/dev/cat/1.png",),
    ),
    "files in the folder of a configuration": (
        ["test sets/one/train/0.parquet", "two/0.parquet", "two/x/1.parquet"],
        README_FOLDERS,
        {"config": "second"},
        ("two/0.parquet", "two/x/1.parquet"),
        None,
    ),
    "letters in brackets": (
        ["data/train-0.parquet", "data/train-17.parquet", "data/train-x.parquet"],
        {"configs": {"data_files": [{"split": "train", "path": "data/train-[0-9]*.parquet"}]}},
        {},
        ("data/train-0.parquet", "data/train-17.parquet"),
        None,
    ),
    "the configuration without a name": (
        ["train.parquet", "data/test.parquet"],
        {},
        {"config": "default"},
        ("train.parquet",),
        ("data/test.parquet",),
    ),
    "that beside one with a name": (
        ["train.parquet", "more/train.parquet"],
        {},
        {"config": "default"},
        ("train.parquet",),
        None,
    ),
    "validation is matched": (["train.parquet", "val.parquet"], {}, {"train": "val"}, ("val.parquet",), None),
    "validation is matched, test is there": (
        ["train.parquet", "val.parquet", "test.parquet"],
        {},
        {"train": "dev"},
        ("val.parquet",),
        ("test.parquet",),
    ),
    "a test split of training files": (
        NAMED,
        {"configs": {"data_files": {"train": "s/*", "test": "s/0.parquet", "validation": "l/*"}}},
        {},
        ("s/0.parquet", "s/1.parquet"),
        ("l/1.parquet",),
    ),
    "plain folders": (
        ["cat/1.png", "dog/1.png", "grid.png", ".github/a.png"],
        {},
        {},
        ("cat/1.png", "dog/1.png"),
        None,
    ),
    "folders by other names": (
        ["a/Seg_Train/cat/1.png", "a/Seg_Train/dog/1.png", "a/test_images/cat/2.png", "__MACOSX/x/1.png"],
        {},
        {},
        ("a/Seg_Train/cat/1.png", "a/Seg_Train/dog/1.png"),
        ("a/test_images/cat/2.png",),
    ),
    "a class called train": (
        ["bus/1.png", "train/1.png", "car/1.jfif"],
        {},
        {},
        ("bus/1.png", "train/1.png", "car/1.jfif"),
        None,
    ),
    "splits by other names": (
        ["a.parquet", "b.parquet"],
        {"configs": {"data_files": {"Train": "a.*", "test_small": "b.*"}}},
        {},
        ("a.parquet",),
        ("b.parquet",),
    ),
    "parquet first": (["data/train.parquet", "images/cat/1.png"], {}, {}, ("data/train.parquet",), None),
    "index of images": (
        ["train/cat/1.png", "train/dog/1.png", "train/metadata.parquet"],
        {},
        {},
        ("train/cat/1.png", "train/dog/1.png"),
        None,
    ),
}


@pytest.mark.parametrize("case", LAYOUTS)
def test_layouts(case: str) -> None:
    names, head, asked, train, test = LAYOUTS[case]
    config, splits = by_convention(names, head, asked.get("config"))
    layout = choose(splits, asked.get("train", "train"), asked.get("test"), config)
    assert (layout.train, layout.test) == (train, test)
    assert layout.parquet == train[0].endswith("parquet")


WRONG_LAYOUTS = {
    "nothing": (
        ["a.zip", "b.py"],
        {},
        {},
        r"neither parquet files nor images in folders, but a\.zip, b\.py; .*refs/convert/parquet",
    ),
    "empty": ([], {}, {}, "but nothing; the Hub keeps"),
    "which config": (
        ["a/train.parquet", "b/train.parquet"],
        {},
        {},
        r"data\.config: it has several configurations, choose one: a, b",
    ),
    "no config": (
        ["a/train.parquet", "b/train.parquet"],
        {},
        {"config": "c"},
        r"data\.config: there is no configuration 'c'; known: a, b",
    ),
    "no split": (
        ["a/train.parquet"],
        {},
        {"test": "tests"},
        r"data\.test_split: there is no split 'tests'; known: train",
    ),
    "the same split": (
        ["train.parquet"],
        {},
        {"test": "training"},
        r"data\.test_split: 1 of 1 files are for training too, such as train\.parquet; name another, or 'train' too",
    ),
    "splits with a file in common": (
        ["a/0.parquet", "a/1.parquet"],
        {"configs": {"data_files": {"train": "a/*", "test": "a/1.*"}}},
        {"test": "test"},
        r"data\.test_split: 1 of 1 files are for training too, such as a/1\.parquet",
    ),
    "which of two, one without a name": (
        ["train.parquet", "more/train.parquet"],
        {},
        {},
        r"data\.config: it has several configurations, choose one: default, more",
    ),
    "no data in the folder": (
        ["two/train.parquet", "test sets/one/a.csv"],
        README_FOLDERS,
        {"config": "first"},
        r"README\.md: data_dir test sets/one/ holds neither .* but a\.csv",
    ),
    "no train": (["test.parquet"], {}, {}, r"data\.train_split: there is no split 'train'; known: test"),
    "which split": (
        ["a.parquet", "b.parquet"],
        {"configs": {"data_files": {"train_a": "a.*", "train_b": "b.*"}}},
        {},
        r"data\.train_split: which is 'train'[?] choose one: train_a, train_b",
    ),
    "parts without classes": (
        ["train/1.png", "test/2.png"],
        {},
        {},
        "holds images in the folders test, train, not in one for each class",
    ),
    "readme": (
        ["a.parquet", "b.csv"],
        {"configs": {"data_files": "*.csv"}},
        {},
        r"README\.md: train: expected .* that match \*\.csv, got among b\.csv",
    ),
}


@pytest.mark.parametrize("case", WRONG_LAYOUTS)
def test_layouts_that_are_none(case: str) -> None:
    names, head, asked, message = WRONG_LAYOUTS[case]
    with pytest.raises(MatchZooError, match=message):
        choose(by_convention(names, head, asked.get("config"))[1], "train", asked.get("test"))


def test_a_config_of_images_must_be_chosen() -> None:
    head = {"configs": [{"config_name": name, "data_dir": name} for name in ("one", "two")]}
    with pytest.raises(MatchZooError, match=r"data\.config: it has several configurations, choose one: one, two"):
        by_convention(["one/train/cat/0.png", "two/train/cat/0.png"], head, None)


def test_patterns() -> None:
    names = ["a/1.parquet", "a/b/2.parquet", "a/[x]1.parquet", "note.txt", "p/cat/1.png"]
    assert by_patterns(names, ["a/*.parquet"], []).train == ("a/1.parquet", "a/[x]1.parquet")
    assert by_patterns(names, ["**/?.parquet"], ["p/**"]).test == ("p/cat/1.png",)
    assert by_patterns(names, ["a/**/2.parquet", "a/1.*"], []).train == ("a/1.parquet", "a/b/2.parquet")
    assert by_patterns(names, ["a/[[]x]*"], []).train == ("a/[x]1.parquet",)
    assert by_patterns(names, ["[!b-z]/[0-9].parquet"], []).train == ("a/1.parquet",)
    with pytest.raises(MatchZooError, match=r"match a/\[x\]1\.parquet, got none; a bracket that is part of a name is"):
        by_patterns(names, ["a/[x]1.parquet"], [])
    for train in (["a/**"], ["a/1.*"]):
        with pytest.raises(MatchZooError, match=r"data\.test_files: 1 of 1 files are for training too, such as a/1"):
            by_patterns(names, train, ["a/1.*"])
    with pytest.raises(MatchZooError, match=r"data\.test_files: expected .* that match x, got none"):
        by_patterns(names, ["a/*"], ["x"])
    with pytest.raises(MatchZooError, match=r"data\.train_files: expected .* that match \*\*, got among"):
        by_patterns(names, ["**"], [])


def test_patterns_of_one_folder_are_those_of_the_shell() -> None:
    rng = np.random.default_rng(0)

    def word(letters: str, most: int) -> str:
        return "".join(rng.choice(list(letters), rng.integers(most + 1)))

    matched = 0
    for _ in range(3000):
        pattern, name = word("a-[]!*?09^\\&~|c", 8).replace("**", "*"), word("a-[]!09^\\&~|c", 4)
        expected = fnmatch.fnmatchcase(name, pattern)
        matched += expected
        assert bool(re.fullmatch(_expression(pattern), name)) == expected, (pattern, name)
    assert matched > 20
