"""Data sets as one: groups, further splits, hidden labels, draws of every set, and what is refused."""

import pytest
import torch
from PIL import Image

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError
from matchzoo.core.step import Step
from matchzoo.data import Data
from matchzoo.data.reading.encoded import undecoded

DIGITS = {"kind": "digits", "size": 8, "channels": 1}


def made(**changes: object) -> Data:
    table = {
        "kind": "combined",
        "environments": {"a": DIGITS, "b": {**DIGITS, "background": 1.0}},
        "others": {"target": {**DIGITS, "background": 0.5}},
        "unlabeled": ["target"],
    }
    return structure({**table, **changes}, Data)


def test_parts_keep_their_samples_and_say_where_they_are_from():
    data = made()
    spec = data.build(0)
    alone = structure(DIGITS, Data).load()
    assert spec.group_names == ("a", "b")
    assert spec.count == 2 * len(alone.train)
    assert torch.equal(data.training_set.values[: len(alone.train)], alone.train.values)
    assert torch.equal(data.test_set.labels[: len(alone.test)], alone.test.labels)
    assert data.training_set.group.tolist() == [0] * len(alone.train) + [1] * len(alone.train)
    sets = data.sets()
    assert set(sets) == {"real", "train", "test", "target", "target-test"}
    assert sets["target"].labels is None
    assert sets["target-test"].labels is not None


def test_what_is_too_large_for_memory_is_joined_on_disk(monkeypatch):
    held = made().load()
    monkeypatch.setenv("MATCHZOO_MEMORY", "0.1")
    stored = made().load()
    assert (held.train.mapped, stored.train.mapped) == (False, True)
    for first, second in ((held.train, stored.train), (held.test, stored.test)):
        assert torch.equal(first.all().values, second.all().values)
        assert torch.equal(first.labels, second.labels)
        assert torch.equal(first.group, second.group)
    assert torch.equal(held.others["target"].all().values, stored.others["target"].all().values)


def test_a_plan_joins_folders_without_decoding_them(tmp_path):
    for name in ("a/x", "a/y", "b/x", "b/y"):
        (tmp_path / name).mkdir(parents=True)
        for number in range(2):
            Image.new("RGB", (9, 9), (40 * number, 0, 0)).save(tmp_path / name / f"{number}.png")
    folders = {name: {"kind": "image-folder", "path": str(tmp_path / name), "size": 8} for name in ("a", "b")}
    data = structure({"kind": "combined", "environments": folders, "others": {"c": folders["a"]}}, Data)
    with undecoded():
        assert data.build(0).count == 4
        assert data.training_set.values.is_meta


def test_a_share_of_a_further_split_is_kept_apart():
    whole, parted = made(), made(validation={"target": 0.1}, unlabeled=[])
    for data in (whole, parted):
        data.build(0)
    split, validation, target = whole.sets()["target"], *(parted.sets()[f"target{end}"] for end in ("-validation", ""))
    assert (len(validation), len(validation) + len(target)) == (round(0.1 * len(split)), len(split))
    both = torch.cat([target.values, validation.values]).flatten(1)
    assert torch.equal(both.unique(dim=0), split.values.flatten(1).unique(dim=0))
    assert validation.labels is not None
    again = made(validation={"target": 0.1})
    again.build(1)
    assert torch.equal(again.sets()["target-validation"].values, validation.values)
    assert again.sets()["target-validation"].labels is None


PAIRED = {"environments": {"a": DIGITS}, "others": {"target": {**DIGITS, "background": 0.5}}, "aligned": ["target"]}


@pytest.mark.parametrize("sampling", ["plain", "balanced", "distinct"])
def test_rows_of_aligned_sets_are_drawn_together(sampling):
    data = made(**PAIRED, sampling=sampling)
    data.build(0)
    [(real, rows), (target, others)] = (data.draw_of(name, 40, Step(1, 0).rng("x")) for name in ("real", "target"))
    assert (real, target) == (data.training_set, data.sets()["target"])
    assert torch.equal(rows, others)
    assert target.labels is None


def test_a_share_of_pairs_is_wrong():
    paired, mixed = (made(**PAIRED, unlabeled=[], mispaired=share) for share in ({}, {"target": 0.25}))
    for data in (paired, mixed):
        data.build(0)
    one, other = (data.sets()["target"] for data in (paired, mixed))
    moved = (one.values != other.values).flatten(1).any(1)
    assert moved.sum() == pytest.approx(round(0.25 * len(one)), abs=2)  # but for equal images
    assert torch.equal(other.values.flatten(1).sort(0).values, one.values.flatten(1).sort(0).values)
    assert torch.equal(one.labels[~moved], other.labels[~moved])
    assert torch.equal(*(data.sets()["target-test"].values for data in (paired, mixed)))


@pytest.mark.parametrize("sampling", ["plain", "balanced"])
def test_draws_are_of_their_set(sampling):
    data = made(sampling=sampling)
    data.build(0)
    rng = Step(1, 0).rng
    for number, rows in enumerate(data.environment_rows):
        split, drawn = data.draw_of(f"environments/{number}", 40, rng("x"))
        assert split is data.training_set
        assert set(drawn.tolist()) <= set(rows.tolist())
        if sampling == "balanced":
            assert torch.bincount(split.labels[drawn]).tolist() == [4] * 10
    split, drawn = data.draw_of("target", 40, rng("x"))
    assert split is data.sets()["target"]
    assert 0 <= int(drawn.min()) <= int(drawn.max()) < len(split)
    assert torch.equal(data.draw_of("real", 9, rng("y"))[1], data.draw(9, rng("y")))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"environments": {}}, "environments: expected at least one entry"),
        ({"validation": {"targt": 0.5}}, "validation: 'targt' is not one of others"),
        ({"validation": {"target": 1e-4}}, r"validation\.target: 0.0001 of 899 samples are 0; both parts need one"),
        ({"aligned": ["taget"]}, "aligned: 'taget' is not one of others: target"),
        ({"aligned": ["target"]}, r"others\.target: has 899 training samples, but those .* are 1798"),
        ({**PAIRED, "others": {"target": {**DIGITS, "split_seed": 1}}}, r"others\.target: row \d+ is of another class"),
        ({**PAIRED, "validation": {"target": 0.5}}, "validation: 'target' is aligned"),
        ({"mispaired": {"target": 0.5}}, "mispaired: 'target' is not one of aligned: none"),
        ({**PAIRED, "mispaired": {"target": 2.0}}, "mispaired: expected a number between 0 and 1, got 2"),
        ({**PAIRED, "mispaired": {"target": 1e-3}}, r"mispaired\.target: 0.001 of 899 samples are 1; two at least"),
        ({"others": {"test": DIGITS}, "unlabeled": []}, "others: expected a name of letters"),
        ({"unlabeled": ["taget"]}, "unlabeled: 'taget' is not one of others: target"),
        (
            {"environments": {"a": DIGITS, "b": {**DIGITS, "size": 9}}},
            r"environments\.b: samples have shape \(1, 9, 9\)",
        ),
        ({"environments": {"a": {"kind": "ring"}}}, r"others\.target: samples have shape"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    with pytest.raises(DeclarationError, match=message):
        made(**changes).build(0)
