"""The evaluation restoration: what an operator that does nothing, and the linear estimate, are worth."""

import math

import pytest
import torch
from torch import nn

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation import RestorationQuality, Trained
from matchzoo.evaluation.generated.restoration import peak_signal_to_noise
from matchzoo.recipes.recipe import Recipe

TABLE = {
    "data": {"kind": "digits", "size": 8, "channels": 1},
    "generator": {"kind": "proximal", "network": {"kind": "icnn", "widths": [2]}, "noise": 0.2},
    "trainer": {"steps": 0, "device": "cpu"},
}


class Nothing(nn.Module):
    """ψ whose gradient is the identity: all images are equally likely."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(()))

    def forward(self, y: torch.Tensor) -> torch.Tensor:
        return y.flatten(1).square().sum(1) / 2


def trained(table: dict) -> Trained:
    recipe = Recipe.of(table)
    engine = recipe.engine()
    return Trained(parts=recipe.build(engine), engine=engine, method="own", seed=0, quiet=True)


def test_decibels():
    images = torch.zeros(2, 1, 4, 4)
    assert peak_signal_to_noise(images + 0.1, images).tolist() == pytest.approx([20, 20])


def test_an_operator_that_does_nothing():
    built = trained(TABLE)
    built.parts.generator.network = Nothing()
    evaluation = RestorationQuality(samples=30, iterations=5)
    measured, linear, own = evaluation.evaluate(built)
    assert own["denoising"] == measured["denoising"] == pytest.approx(-20 * math.log10(0.2), abs=0.4)
    assert all(linear[task] > measured[task] + 1 for task in ("denoising", "deblurring", "inpainting"))
    assert own["inpainting"] < measured["inpainting"]  # missing pixels stay at 0, and there have their mean
    again = evaluation.evaluate(built)
    assert again == [measured, linear, own]
    assert evaluation.table([own])[1] == ["own", *(f"{own[task]:.2f}" for task in list(own)[2:])]


def test_what_it_refuses():
    other = {**TABLE, "data": {"kind": "laplace", "points": 20, "test_points": 5}}
    with pytest.raises(MatchZooError, match="and images with a test part"):
        RestorationQuality().check(trained(other).parts)
