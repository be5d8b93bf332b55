"""Scores stay with the set that they are of: subsets and changed sets have none, however they were made."""

import json
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest
import torch
from helpers.distilled_sets import made

from matchzoo.core.errors import MatchZooError
from matchzoo.hub.distilled import DistilledDataset

SCORES = (
    {"method": "lgm", "backbone": "tiny", "number": 0, "images": 6, "top1_mean": 51.5, "top1_std": 0.5, "seeds": 2},
    {"method": "full", "backbone": "tiny", "number": 0, "images": 99, "top1_mean": 81.5, "top1_std": 0.5, "seeds": 2},
    {"method": "lgm", "network": "convnet", "evaluation": "from-scratch", "number": 1, "images": 6, "top1_mean": 31.5},
)


@pytest.fixture
def stored(tmp_path: Path) -> DistilledDataset:
    """A set with scores, as it is loaded from its folder."""
    attrs.evolve(made(), scores=SCORES).save(tmp_path / "set")
    return DistilledDataset.load(tmp_path / "set")


def bare(distilled: DistilledDataset, rows: list[int]) -> DistilledDataset:
    """Made by hand of parts of another one, whose hash it does not know."""
    images, labels = distilled.images[rows], distilled.labels[rows]
    return DistilledDataset(images, labels, distilled.class_names, scores=distilled.scores, recipe=distilled.recipe)


CHANGES: dict[str, Callable[[DistilledDataset], DistilledDataset]] = {
    "a subset": lambda whole: whole.subset(images_per_class=1),
    "rows by hand": lambda whole: attrs.evolve(whole, images=whole.images[:3], labels=whole.labels[:3]),
    "rows by hand, made anew": lambda whole: bare(whole, [0, 1, 2]),
    "more rows, made anew": lambda whole: bare(whole, [0, 1, 2, 3, 4, 5, 0]),
    "another image": lambda whole: attrs.evolve(whole, images=1 - whole.images),
    "another order": lambda whole: attrs.evolve(whole, images=whole.images.flip(0), labels=whole.labels.flip(0)),
    "other labels": lambda whole: attrs.evolve(whole, labels=whole.labels.flip(0)),
    "classes in another order": lambda whole: whole.with_classes(whole.class_names[::-1]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_set_is_saved_without_the_scores_of_the_other(
    change: str, stored: DistilledDataset, tmp_path: Path
) -> None:
    changed = CHANGES[change](stored)
    changed.save(tmp_path / "other")
    again = DistilledDataset.load(tmp_path / "other")
    assert again.scores == ()
    assert json.loads((tmp_path / "other/metrics.json").read_text())["scores"] == []
    card = (tmp_path / "other/README.md").read_text()
    assert "Nobody has recorded any." in card
    assert "51.5" not in card


def test_the_same_set_keeps_them(stored: DistilledDataset, tmp_path: Path) -> None:
    for number, kept in enumerate((stored, attrs.evolve(stored, license="MIT"), bare(stored, [0, 1, 2, 3, 4, 5]))):
        kept.save(tmp_path / str(number))
        assert DistilledDataset.load(tmp_path / str(number)).scores == SCORES
    assert "| lgm | convnet | from-scratch | 6 | 31.5 |" in (tmp_path / "0/README.md").read_text()
    whole = stored.subset(images_per_class=2)
    assert whole is stored


def test_a_subset_is_the_first_images_of_each_class(stored: DistilledDataset, tmp_path: Path) -> None:
    labels = torch.tensor([2, 2, 0, 1, 2, 1, 0])
    images = torch.arange(7.0)[:, None, None, None].expand(7, 3, 2, 2) / 7
    whole = attrs.evolve(stored, images=images, labels=labels, repository={"repo": "a/b", "commit": "c" * 40})
    part = whole.subset(images_per_class=1)
    assert part.labels.tolist() == [2, 0, 1]  # in the order of the set
    assert torch.equal(part.images, images[[0, 2, 3]])
    assert part.repository is None
    assert part.source["subset"] == {"images_per_class": 1, "of_images": 7, "repo": "a/b", "commit": "c" * 40}
    assert part.source["license"] == whole.source["license"]
    part.save(tmp_path / "part")
    assert "of\\_images = 7" in (tmp_path / "part/README.md").read_text()
    soft = attrs.evolve(whole, labels=torch.nn.functional.one_hot(labels, 3).float())
    assert torch.equal(soft.subset(images_per_class=2).images, images[[0, 1, 2, 3, 5, 6]])


@pytest.mark.parametrize("count", [0, -1, 3, 1.0, True])
def test_a_subset_that_cannot_be(count: object, stored: DistilledDataset) -> None:
    with pytest.raises(MatchZooError, match="images_per_class: expected 1 to 2, which the class 'zebra' has, got"):
        stored.subset(images_per_class=count)  # type: ignore[arg-type]
