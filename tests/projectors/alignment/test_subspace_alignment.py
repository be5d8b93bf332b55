"""Subspace alignment against golden values; the projector holds the map of the set that it says."""

import numpy as np
import pytest
import torch

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError
from matchzoo.projectors import SubspaceAlignment, align_subspaces, principal_axes
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.loop import Training


def test_golden_values(golden):
    values = golden("alignment.npz")
    source, target = (torch.from_numpy(values[name]) for name in ("map_Xs", "map_Xt"))
    of_source, of_target = SubspaceAlignment(features=2).maps(source, target)
    z, other = of_source(source), of_target(target)
    np.testing.assert_allclose(z @ z.T, values["sa_zs_gram"], atol=1e-7)
    np.testing.assert_allclose(other @ other.T, values["sa_zt_gram"], atol=1e-7)
    np.testing.assert_allclose(z @ other.T, values["sa_cross_gram"], atol=1e-7)
    turn = principal_axes(source, 2).T @ principal_axes(target, 2)
    np.testing.assert_allclose(turn.abs(), values["sa_abs_M"], atol=1e-7)


def training(projector):
    table = {
        "data": {"kind": "digits", "size": 8, "channels": 1},
        "projector": {"target": "test", **projector},
        "trainer": {"steps": 0, "device": "cpu"},
    }
    recipe = structure(table, Recipe)
    engine = recipe.engine()
    started = Training(recipe.build(engine), recipe.trainer, engine)
    started.prepare(quiet=True)
    return started


@pytest.mark.parametrize("of", ["source", "target"])
def test_the_projector_holds_the_map_of_one_set(of):
    parts = training({"kind": "subspace-alignment", "features": 5, "of": of}).parts
    sets = [parts.data.sets()[name].all().values.flatten(1).double() for name in ("real", "test")]
    matrix, shift = align_subspaces(*sets, 5)[of == "target"]
    features = parts.projector.project(sets[0].float()).double()
    torch.testing.assert_close(features, sets[0] @ matrix + shift, atol=1e-4, rtol=0)


def test_more_features_than_inputs():
    with pytest.raises(DeclarationError, match=r"projector\.features: expected at most 64"):
        training({"kind": "subspace-alignment", "features": 65})
