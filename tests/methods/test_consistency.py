"""Consistency and category discovery: the declared recipes, shrunk, each resumed to the bit with the state of terms."""

from typing import Any

import pytest
import torch
from helpers.room import assert_resumed

from matchzoo import recipes

SLOW = {
    "projectors.slow": {"kind": "average", "of": "features", "decay": 0.9},
    "projectors.teacher": {"kind": "average", "of": "scores", "on": "slow", "decay": 0.9},
    "players.student.minimize.1.space": ["teacher", "scores"],
}


def shrunk(name: str, **changes: Any) -> dict[str, Any]:
    sizes = {"trainer.steps": 2, "trainer.real_batch": 8, "trainer.precision": "float64"}
    return recipes.load(name).replace(**sizes, **changes).table()


@pytest.mark.parametrize("changes", [{}, SLOW], ids=["its own teacher", "average"])
def test_a_student_and_its_teacher(changes: dict[str, Any]) -> None:
    table = shrunk("consistency/digits-few", **{"trainer.split_batch.unlabeled": 12}, **changes)
    made = assert_resumed(table)
    labels = made.parts.data.training_set.labels
    assert labels.bincount().tolist() == [2] * 10
    inputs = made.parts.inputs_of(made.parts.players["student"].terms[1])
    assert inputs == (("unlabeled", "teacher" if changes else "scores"), ("strong", "scores"))


def test_classes_with_and_without_labels() -> None:
    made = assert_resumed(shrunk("legogcd/digits", **{"players.network.minimize.7.threshold": 0.1}))
    labeled = made.parts.data.sets()["labeled"].labels
    assert labeled.unique().tolist() == list(range(7))
    assert len(made.parts.data.training_set.labels.unique()) == 10
    term = made.parts.players["network"].terms[7]
    shares = term.get_buffer("shares")
    assert not torch.equal(shares, torch.full_like(shares, 0.1))
    torch.testing.assert_close(shares.sum(), torch.ones_like(shares.sum()))
