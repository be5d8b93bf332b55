"""Barycentric maps against golden values, and the projector that holds one."""

import pytest
import torch

from matchzoo.core.declaration.structuring import structure
from matchzoo.models.transport import Exact
from matchzoo.projectors import TransportMap, transport_map
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.loop import Training


def test_golden_values_and_other_samples(golden):
    values = golden("alignment.npz")
    source, target = (torch.from_numpy(values[name]) for name in ("ot_Xs", "ot_Xt"))
    expected = torch.from_numpy(values["ot_barycentric"])
    torch.testing.assert_close(transport_map(source, target, Exact()), expected, rtol=0, atol=1e-9)
    of_source, of_target = TransportMap(solver=Exact()).maps(source, target)
    assert of_target is None
    torch.testing.assert_close(of_source(source), expected, rtol=0, atol=1e-9)
    nearby = torch.tensor([1e-3, -1e-3])
    torch.testing.assert_close(of_source(source[2:4] + nearby), expected[2:4] + nearby, rtol=0, atol=1e-9)


@pytest.mark.parametrize("rows", [40, 1500])
def test_a_projector_of_fewer_and_of_more_rows_than_its_room(rows):
    table = {
        "data": {"kind": "digits", "size": 8, "channels": 1},
        "projector": {
            "kind": "transport",
            "target": "test",
            "rows": rows,
            "solver": {"kind": "sinkhorn", "epsilon": 1.0},
        },
        "trainer": {"steps": 0, "device": "cpu"},
    }
    recipe = structure(table, Recipe)
    engine = recipe.engine()
    training = Training(recipe.build(engine), recipe.trainer, engine)
    training.prepare(quiet=True)
    projector = training.parts.projector
    source, target = (training.parts.data.sets()[name].all().values.flatten(1) for name in ("real", "test"))
    expected = TransportMap(rows=rows, solver=projector.solver).maps(source, target)[0](source)
    torch.testing.assert_close(projector.project(source), expected, atol=1e-5, rtol=1e-3)
    assert projector.points.shape == (rows, 64)
