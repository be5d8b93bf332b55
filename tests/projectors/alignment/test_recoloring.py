"""The map of correlation alignment against golden values, and what it makes of a covariance."""

import numpy as np
import pytest
import torch

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError
from matchzoo.projectors import recolor
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.loop import Training


@pytest.mark.parametrize("ridge", [0, 1])
def test_golden_values(ridge, golden):
    values = golden("alignment.npz")
    source, target = (torch.from_numpy(values[name]) for name in ("map_Xs", "map_Xt"))
    matrix, shift = recolor(source, target, ridge, means=False)
    np.testing.assert_allclose(matrix, values[f"coral_map_reg{ridge}"], atol=1e-7)
    assert not shift.any()


def test_mean_and_covariance_become_those_of_the_target():
    rng = torch.Generator().manual_seed(0)
    source = torch.randn(50, 3, generator=rng, dtype=torch.float64) @ torch.randn(3, 3, generator=rng).double() + 2
    target = torch.randn(40, 3, generator=rng, dtype=torch.float64) * torch.tensor([1.0, 2.0, 0.5]) - 1
    matrix, shift = recolor(source, target, ridge=0)
    mapped = source @ matrix + shift
    torch.testing.assert_close(mapped.mean(0), target.mean(0))
    torch.testing.assert_close(torch.cov(mapped.T), torch.cov(target.T))


def test_a_set_that_there_is_not_is_named():
    table = {
        "data": {"kind": "ring", "points": 50, "test_points": 20},
        "projector": {"kind": "recoloring", "target": "tset"},
        "trainer": {"steps": 0, "device": "cpu"},
    }
    recipe = structure(table, Recipe)
    engine = recipe.engine()
    with pytest.raises(DeclarationError, match=r"projector\.target: unknown set 'tset'; did you mean 'test'"):
        Training(recipe.build(engine), recipe.trainer, engine).prepare(quiet=True)
