"""The evaluation prox-error: the true operator has none, and other denoisers have theirs."""

import pytest
import torch
from torch import nn

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation import ProxError, Trained
from matchzoo.recipes.recipe import Recipe

TABLE = {
    "data": {"kind": "laplace", "scale": 0.5, "points": 20, "test_points": 5},
    "generator": {"kind": "proximal", "network": {"kind": "icnn", "widths": [2, 2]}, "noise": 0.7, "chain": 0},
    "trainer": {"steps": 0, "device": "cpu"},
}


class Huber(nn.Module):
    """ψ whose gradient is soft thresholding."""

    def __init__(self, threshold: float) -> None:
        super().__init__()
        self.threshold = nn.Parameter(torch.tensor(threshold))

    def forward(self, y: torch.Tensor) -> torch.Tensor:
        return 0.5 * (y.abs() - self.threshold).relu().square().sum(1)


def trained(table: dict) -> Trained:
    recipe = Recipe.of(table)
    engine = recipe.engine()
    return Trained(parts=recipe.build(engine), engine=engine, method="own", seed=0, quiet=True)


@pytest.mark.parametrize("dimension", [1, 2])
def test_the_true_operator_has_no_error(dimension):
    built = trained({**TABLE, "data": {**TABLE["data"], "dimension": dimension}})
    built.parts.generator.network = Huber(0.7**2 / 0.5)
    evaluation = ProxError(points=21)
    own, median, mean = evaluation.evaluate(built)
    assert own["prox_error"] < 1e-6
    assert own["prior_error"] < 1e-5
    assert own["without_prior"] == 0
    assert 0 < median["prox_error"] < mean["prox_error"]
    beyond = evaluation._points(dimension).abs() - 0.7**2 / 0.5
    share = beyond.clamp(0, 0.1).mean().item() / 0.1
    built.parts.generator.network = Huber(0.7**2 / 0.5 + 0.1)
    assert evaluation.evaluate(built)[0]["prox_error"] == pytest.approx(0.1 * share, rel=1e-2)
    assert evaluation.table([own, median, mean])[1][0] == "own"


def test_what_it_refuses():
    other = {**TABLE, "data": {"kind": "ring", "points": 20, "test_points": 5}}
    with pytest.raises(MatchZooError, match='and data of kind "laplace"'):
        ProxError().check(trained(other).parts)
