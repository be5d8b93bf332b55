"""Steps of a flow against quality."""

import pytest
import torch

from matchzoo.evaluation.generated.flow_steps import straightness
from matchzoo.models.fields import Euler
from matchzoo.recipes.recipe import Recipe


def test_straight_paths_and_a_circle():
    x = torch.randn(20, 2, dtype=torch.float64)
    assert straightness(Euler(steps=10).trajectory(lambda x, t: torch.ones_like(x), x)) == pytest.approx(0, abs=1e-12)

    def turn(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        return torch.pi * torch.stack([-x[:, 1], x[:, 0]], 1)

    measured = straightness(Euler(steps=2000).trajectory(turn, x))  # half a circle: ends apart by twice the radius
    assert measured == pytest.approx(torch.pi**2 / 4 - 1, rel=1e-2)


def test_its_records(tmp_path):
    recipe = Recipe.of(
        {
            "schema": 2,
            "data": {"kind": "ring", "points": 100, "test_points": 50},
            "generator": {"kind": "flow", "network": {"kind": "mlp", "widths": [8]}},
            "players": {"generator": {"moves": ["generator"], "minimize": [{"kind": "flow-matching"}]}},
            "trainer": {"steps": 2, "batch": 16, "device": "cpu"},
            "evaluation": [{"kind": "flow-steps", "steps": [1, 3]}],
        }
    )
    records = recipe.run(tmp_path, name="flow", quiet=True).metrics["results"]
    assert [record["method"] for record in records] == ["1 Euler step", "3 Euler steps", "flow", "training data"]
    assert all(record["w2_squared"] > 0 and record["samples"] == 50 for record in records)
    assert records[2]["straightness"] > 0
    assert records[3]["w2_squared"] < 1
