"""Samples and their counterparts."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError
from matchzoo.evaluation.generated.retrieval import retrieval
from matchzoo.recipes.recipe import Recipe

DIGITS = {"kind": "digits", "size": 8, "channels": 1}


def test_shares_and_errors():
    y = torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])
    exact = retrieval(y + 0.1, y)
    assert (exact["top1"], exact["chance"]) == (100, 25)
    assert exact["relative_error"] == pytest.approx(0.02 / 2)
    assert retrieval(y.flip(0), y)["top1"] == 0
    assert retrieval(y.mean(0).expand(4, 2), y)["relative_error"] == pytest.approx(1)


def recipe(**target) -> Recipe:
    return Recipe.of(
        {
            "schema": 2,
            "data": {"kind": "shifted", "source": DIGITS, "shifts": [{"kind": "rotated", "degrees": 90}]},
            "generator": {"kind": "map", "source": DIGITS, "network": {"kind": "mlp", "widths": []}},
            "players": {
                "generator": {
                    "moves": ["generator"],
                    "minimize": [{"kind": "per-group", "matcher": {"kind": "mmd", "bandwidths": [1.0]}}],
                }
            },
            "trainer": {"steps": 1, "batch": 20, "device": "cpu"},
            "evaluation": [{"kind": "retrieval", "source": DIGITS, "target": {**DIGITS, **target}, "samples": 40}],
        }
    )


def test_of_a_map(tmp_path):
    [record] = recipe().run(tmp_path, quiet=True).metrics["results"]
    assert record["samples"] == 40
    assert 0 <= record["top1"] <= 100


def test_pairs_must_be_pairs(tmp_path):
    whole = recipe().table()
    whole["evaluation"][0] |= {"samples": 5000, "target": {"kind": "subset", "source": DIGITS, "part": "test"}}
    with pytest.raises(DeclarationError, match="expected as many test samples as the source, 898, got"):
        Recipe.of(whole).run(tmp_path, quiet=True)
