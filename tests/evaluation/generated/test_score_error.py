"""The error of a learned score."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.generated.score_error import ScoreError, score_error
from matchzoo.recipes.recipe import Recipe

RECIPE = {
    "schema": 2,
    "data": {"kind": "gaussian", "points": 100, "test_points": 2000},
    "generator": {
        "kind": "denoiser",
        "network": {"kind": "constant"},
        "noise": [0.1, 5.0],
        "predicts": "data",
        "sampler": {"kind": "reverse-diffusion", "steps": 2},
    },
    "players": {"generator": {"moves": ["generator"], "minimize": ["denoising"]}},
    "trainer": {"steps": 1, "batch": 16, "device": "cpu"},
    "evaluation": [{"kind": "score-error", "noise": [0.5]}],
}


def test_by_hand():
    y, exact = torch.zeros(2, 2), torch.tensor([[1.0, 1.0], [0.0, 2.0]])
    assert score_error(exact, exact, y) == 0
    assert score_error(y, exact, y) == pytest.approx(1)
    assert score_error(2 * exact, exact, y) == pytest.approx(1)


def test_a_denoiser_that_says_the_mean(tmp_path):
    """It is wrong by the correlated Gaussian's shrunken deviation, S (S + σ² I)⁻¹ (y − m)."""
    [record] = Recipe.of(RECIPE).run(tmp_path, quiet=True).metrics["results"]
    covariance = torch.tensor([[1.0, 0.81], [0.81, 1.0]], dtype=torch.float64)
    total = covariance + 0.25 * torch.eye(2, dtype=torch.float64)
    wrong = covariance @ total.inverse() @ covariance
    size = 0.0625 * total.inverse()  # E |E[x | y] − y|², the covariance of σ² times the score
    assert record["denoised_error"] == pytest.approx(wrong.trace().item() / 2, rel=0.05)
    assert record["score_error"] == pytest.approx((wrong.trace() / size.trace()).item(), rel=0.05)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"generator": {"kind": "noise", "dimension": 2, "network": "mlp"}}, "looks at generators that denoise"),
        ({"data": {"kind": "two-moons", "points": 50, "test_points": 5}}, "needs data whose density is known"),
        ({"evaluation": [{"kind": "score-error", "noise": [0.5, 9.0]}]}, "made for σ from 0.1 to 5, got 9"),
    ],
)
def test_what_is_refused(changes, message):
    recipe = Recipe.of(RECIPE).replace(**changes)
    [term] = recipe.evaluation
    assert isinstance(term, ScoreError)
    if "noise" in str(changes.get("generator")):
        recipe = recipe.replace(**{"players.generator.minimize": [{"kind": "mmd", "bandwidths": [1.0]}]})
    with pytest.raises(MatchZooError, match=message):
        term.check(recipe.build())
