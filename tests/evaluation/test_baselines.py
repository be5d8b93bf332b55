"""Baselines have as many images of every class as the set, or there is no gain; a single seed has no error."""

import re

import attrs
import pytest
import torch

from matchzoo.data import Split
from matchzoo.evaluation import FromScratch, LinearProbe, Trained
from matchzoo.evaluation.baselines import class_counts, difference, gain, gain_cells, shortage
from matchzoo.evaluation.evaluation import notes
from matchzoo.evaluation.given_set import GivenSet
from matchzoo.models.networks import MLP

NAMES = ("common", "some", "rare")


@pytest.mark.parametrize(
    ("labels", "counts"),
    [
        (torch.tensor([0, 0, 2, 0]), (3, 0, 1)),
        (torch.tensor([[0.6, 0.4, 0], [0.6, 0.4, 0], [0, 0.2, 0.8]]), (1, 1, 1)),  # as many as each can have
        (torch.tensor([[0.6, 0.4, 0], [0.6, 0.4, 0], [0, 0.2, 0.8], [1, 0, 0]]), (3, 0, 1)),
    ],
)
def test_class_counts(labels: torch.Tensor, counts: tuple) -> None:
    assert class_counts(labels, 3) == counts


@pytest.mark.parametrize(
    ("own", "other", "how", "error"),
    [
        ([3.0, 5.0], [1.0, 2.0], {"paired": True}, 0.5),  # of the differences 2 and 3
        ([3.0, 5.0], [1.0, 2.0, 3.0], {"paired": False}, (2 / 2 + 1 / 3) ** 0.5),
        ([3.0], [1.0], {"paired": True}, None),
        ([3.0], [1.0], {"paired": False}, None),
        ([3.0], [1.0, 2.0, 3.0], {"paired": False}, None),  # the spread of the first is unknown
        ([3.0], [1.0, 2.0, 3.0], {"paired": False, "drawn": False}, (1 / 3) ** 0.5),  # it has none
        ([3.0], [1.0], {"paired": True, "drawn": False}, None),
    ],
)
def test_the_error_of_a_difference(own: list, other: list, how: dict, error: float | None) -> None:
    found = difference({"top1": own}, {"top1": other}, **how)
    assert found["above"] == pytest.approx(sum(own) / len(own) - sum(other) / len(other))
    assert found["above_standard_error"] == (error if error is None else pytest.approx(error))


def record(method: str, images: int, **more) -> dict:
    return {"method": method, "images": images, "top1": [50.0, 52.0], **more}


@pytest.mark.parametrize(
    ("own", "other", "note"),
    [
        (record("lgm", 15), record("random", 15), None),
        (record("lgm", 15, counts=[10, 4, 1]), record("random", 15, counts=[10, 4, 1]), None),
        (record("lgm", 15, counts=[10, 4, 1]), record("full", 90), None),
        (record("lgm", 24), record("random", 20, counts=[8, 8, 4]), r"20 real images against 24 \(rare has 4 of 8\)"),
        (record("lgm", 15, counts=[10, 4, 1]), record("random", 15), "15 real images against 15"),
        (record("lgm", 10), record("random", 9), "9 real images against 10$"),  # no whole number of each class
    ],
)
def test_a_gain_is_over_equal_numbers(own: dict, other: dict, note: str | None) -> None:
    found = gain(own, other, NAMES, paired=True)
    assert ("above" in found) == (note is None)
    assert ("note" in found) == (note is not None)
    if note is not None:
        assert re.search(note, found["note"])


def test_what_is_short_is_listed_up_to_five_classes() -> None:
    names = tuple("abcdefg")
    assert shortage((2,) * 7, (2,) * 7, names) == ""
    assert shortage((2,) * 7, (1,) * 7, names) == ", ".join(f"{name} has 1 of 2" for name in "abcde") + ", …"


def test_cells_of_gains() -> None:
    records = [
        {"method": "lgm", "images": 10, "seeds": 2},
        {"method": "random", "images": 10, "above": 3.04, "above_standard_error": 0.5, "seeds": 10},
        {"method": "centroid", "images": 10, "above": -3.04, "above_standard_error": None, "seeds": 1},
        {
            "method": "random",
            "images": 9,
            "above": 3.0,
            "above_standard_error": 0.5,
            "seeds": 10,
        },  # of earlier versions
        {"method": "random", "images": 10, "above": 3.0, "above_standard_error": 0.0, "seeds": 1},  # likewise
        {"method": "random", "images": 10, "note": "unequal"},
        {"method": "full", "images": 99, "above": -9.0, "above_standard_error": 0.1, "seeds": 2},
        {"method": "lgm", "images": 20},
        {"method": "random", "images": 20, "above": 1.0, "above_standard_error": None, "seeds": 1},
    ]
    expected = ["", "+3.0 (se 0.5)", "-3.0", "unequal", "+3.0", "unequal", "-9.0 (se 0.1)", "", "+1.0"]
    assert gain_cells(records) == expected


@pytest.fixture(scope="module")
def judged():
    """A function that gives the records of a set of some images of each class, by an evaluation."""
    from helpers.tables import LGM

    from matchzoo.recipes.recipe import Recipe

    table = {key: value for key, value in LGM.items() if key in ("data", "trainer")}
    recipe = Recipe.of(table | {"projector": "identity", "trainer": {"steps": 0, "device": "cpu"}})
    engine = recipe.engine()
    parts = recipe.build(engine)
    train = parts.data.training_set
    rows = [(train.labels == label).nonzero().flatten() for label in range(10)]
    rows[9] = rows[9][:4]  # the rarest class
    kept = torch.cat(rows)
    parts.data.training_set = Split(train.values[kept], train.labels[kept])
    parts.data.training_set.lasting = True

    def judge(evaluation, counts: list[int]) -> list[dict]:
        labels = torch.arange(10).repeat_interleave(torch.tensor(counts))
        images = torch.rand(len(labels), *parts.spec.shape, generator=torch.Generator().manual_seed(0))
        made = attrs.evolve(parts, generator=GivenSet(images, labels))
        return evaluation.evaluate(Trained(parts=made, engine=engine, method="own", seed=0, quiet=True))

    return judge


PROBE = LinearProbe(protocol="nearest-centroid", baselines=["random", "centroid", "full"], random_draws=2)
SCRATCH = FromScratch(network=MLP(widths=(4,)), epochs=1, seeds=2)


@pytest.mark.parametrize("evaluation", [PROBE, SCRATCH], ids=["linear-probe", "from-scratch"])
def test_baselines_have_the_counts_of_the_set(judged, evaluation) -> None:
    counts = [3, 1, 2, 1, 1, 1, 1, 1, 1, 4]
    own, *others = judged(evaluation, counts)
    assert own["counts"] == counts
    for other in others:
        assert other["method"] == "full" or other["images"] == sum(counts)
        assert other.get("counts") == (counts if other["method"] != "full" else None)
        assert other["above"] == pytest.approx(own["top1_mean"] - other["top1_mean"])


@pytest.mark.parametrize("evaluation", [PROBE, SCRATCH], ids=["linear-probe", "from-scratch"])
def test_where_a_class_has_fewer_there_is_a_note_in_place_of_a_gain(judged, evaluation) -> None:
    records = judged(evaluation, [6] * 10)
    own, *others = records
    short = [other for other in others if other["method"] != "full"]
    assert "counts" not in own
    assert all(other["counts"] == [6] * 9 + [4] and "above" not in other for other in short)
    assert all("58 real images against 60 (9 has 4 of 6)" in other["note"] for other in short)
    assert notes(records) == [other["note"] for other in short]
    column = evaluation.table(records)[0].index("gain of the set")
    assert [row[column] for row in evaluation.table(records)][1 : 2 + len(short)] == ["", *["unequal"] * len(short)]
