"""Folders of domains: the layouts of DomainBed's cards in small copies, and what is missing in them."""

import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image

from matchzoo import zoo
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import MatchZooError
from matchzoo.data import Combined, Data, ImageFolder

CARDS = ("pacs", "vlcs", "office-home", "terra-incognita")


def save(path: Path, gray: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (9, 8), gray).save(path)


def copy_of(card: str, root: Path, classes: tuple[str, ...] = ("cat", "dog", "person")) -> Path:
    """Five images of every class in every domain of a card."""
    folder = root / zoo.load(card, zoo.DataCard).folder()
    for group, domain in enumerate(zoo.load(card, zoo.DataCard).data["domains"]):
        for label, name in enumerate(classes):
            for i in range(5):
                save(folder / domain / name / f"{i}.png", 50 * group + 10 * label + i)
    return folder


def table(card: str, **changes: object) -> dict:
    return {**zoo.load(card, zoo.DataCard).data, "size": 8, **changes}


@pytest.mark.parametrize("card", CARDS)
def test_the_cards_read_a_local_copy(card: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "put your copy" in zoo.load(card, zoo.DataCard).needs()
    copy_of(card, tmp_path)
    assert zoo.load(card, zoo.DataCard).needs() == ""
    domains = zoo.load(card, zoo.DataCard).data["domains"]
    data = structure(table(card), Data)
    spec = data.build(0)
    assert (spec.group_names, spec.class_names, spec.count) == (tuple(domains), ("cat", "dog", "person"), 48)
    for rows, group in zip(data.environment_rows, range(4), strict=True):
        grays = (data.training_set.part(rows).all().values[:, 0, 0, 0] * 255).round().long()
        assert bool((grays // 50 == group).all())
        assert torch.equal(grays % 50 // 10, data.training_set.labels[rows])
    assert data.test_set.group.bincount().tolist() == [3, 3, 3, 3]  # one of five of every class

    held = structure(table(card, others=[domains[-1]]), Data)
    assert held.build(0).group_names == tuple(domains[:-1])
    name = domains[-1].replace(" ", "-")
    assert (len(held.sets()[name]), len(held.sets()[f"{name}-test"])) == (12, 3)
    assert torch.equal(held.training_set.values, data.training_set.values[:36])  # whatever is held out


def test_a_domain_may_lack_classes_and_a_class_may_have_one_image(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    folder = copy_of("vlcs", tmp_path)
    shutil.rmtree(folder / "SUN09/cat")
    for i in range(1, 5):
        (folder / f"LabelMe/dog/{i}.png").unlink()
    data = structure(table("vlcs"), Data)
    data.build(0)
    assert "SUN09: lacks 1 of 3 classes: cat" in capsys.readouterr().err
    counts = [data.training_set.labels[rows].bincount(minlength=3).tolist() for rows in data.environment_rows]
    assert counts == [[4, 4, 4], [4, 1, 4], [0, 4, 4], [4, 4, 4]]
    assert structure(table("vlcs", domains="all"), Data).load().group_names == (
        "Caltech101",
        "LabelMe",
        "SUN09",
        "VOC2007",
    )


def test_a_domain_without_labels(tmp_path: Path) -> None:
    for domain in ("a", "b"):
        for name in ("cat", "dog"):
            for i in range(3):
                save(tmp_path / domain / name / f"{i}.png", ord(domain) + 10 * i + len(name))
    for i in range(4):
        save(tmp_path / f"new/{i}.png", 200 + i)
    data = ImageFolder(path=str(tmp_path), domains="all", others=["new"], unlabeled=["new"], size=8)
    data.build(0)
    assert (len(data.sets()["new"]), data.sets()["new"].labels) == (4, None)
    assert "new-test" not in data.sets()
    with pytest.raises(MatchZooError, match=r"new: expected a folder for each class of this domain, found none"):
        ImageFolder(path=str(tmp_path), domains="all", size=8).load()

    target = ImageFolder(path=str(tmp_path / "new"), labeled=False, size=8)
    alone = target.load()
    assert (alone.train.labels, alone.test, alone.class_names) == (None, None, ())
    pair = {"environments": {"a": ImageFolder(path=str(tmp_path / "a"), size=8)}, "others": {"new": target}}
    combined = Combined(**pair, unlabeled=["new"])
    combined.build(0)
    assert len(combined.sets()["new"]) == 4
    with pytest.raises(MatchZooError, match=r"others\.new: has other classes than the first"):
        Combined(**pair).load()


@pytest.mark.parametrize(
    ("change", "declared", "message"),
    [
        (
            lambda folder: shutil.rmtree(folder / "sketch"),
            {},
            r"kfold: no folder of the domain 'sketch'; found art_painting, cartoon, photo; is the copy whole",
        ),
        (
            lambda folder: [shutil.rmtree(path) for path in folder.iterdir()],
            {},
            "no folder of the domains 'art_painting', 'cartoon', 'photo', 'sketch'; there are no folders",
        ),
        (lambda folder: shutil.rmtree(folder), {}, r"there is no folder data/PACS/kfold; put your copy"),
        (lambda folder: None, {"domains": ["photo"]}, "expected folders of at least 2 domains, got photo"),
        (lambda folder: None, {"others": ["skech"]}, "others: there is no group 'skech'; the groups are art_painting"),
        (lambda folder: None, {"labeled": False}, "labeled: expected true with domains"),
        (
            lambda folder: [path.unlink() for path in folder.glob("photo/*/*")],
            {},
            "photo: no images that can be read",
        ),
        (
            lambda folder: [shutil.rmtree(path) for path in folder.glob("photo/*")],
            {},
            r"photo: expected a folder for each class of this domain, found none; domain/class/image is read with",
        ),
    ],
)
def test_refused(change, declared, message, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    change(copy_of("pacs", tmp_path))
    with pytest.raises(MatchZooError, match=message):
        structure(table("pacs", **declared), Data).load()
