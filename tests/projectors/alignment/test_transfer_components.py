"""Transfer components against golden values and scipy's generalized solver; state of a fixed size."""

import numpy as np
import pytest
import torch

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import MatchZooError
from matchzoo.projectors import TransferComponents, transfer_components
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.loop import Training


def aligned(measured, expected):
    return measured * np.sign((measured * expected).sum(0))


@pytest.mark.parametrize("penalty", [0.1, 10])
def test_golden_values(penalty, golden):
    values = golden("alignment.npz")
    source, target = (torch.from_numpy(values[name]) for name in ("map_Xs", "map_Xt"))
    bandwidth = float((2 * values["tca_gamma"]) ** -0.5)
    vectors = values[f"tca_mu{penalty}_vectors"]
    made = TransferComponents(features=vectors.shape[1], penalty=penalty, bandwidth=bandwidth)
    fitted, same = made.maps(source, target)
    assert fitted is same
    np.testing.assert_allclose(aligned(fitted.vectors.numpy(), vectors), vectors, atol=1e-7)
    embedding = values[f"tca_mu{penalty}_embedding"]
    np.testing.assert_allclose(aligned(fitted(fitted.points).numpy(), embedding), embedding, atol=1e-7)


def test_the_generalized_problem_is_scipys():
    from scipy.linalg import eigh

    rng = np.random.default_rng(0)
    points = rng.normal(size=(20, 3))
    gram = points @ points.T + 1
    e = np.r_[np.full(12, 1 / 12), np.full(8, -1 / 8)]
    center = np.eye(20) - 1 / 20
    bound = np.eye(20) + 5 * np.outer(gram @ e, gram @ e)
    eigenvalues, vectors = eigh(gram @ center @ gram, bound)
    ours, found = transfer_components(torch.from_numpy(gram), 12, 3, 5.0)
    np.testing.assert_allclose(ours, eigenvalues[:-4:-1], rtol=1e-10)
    expected = vectors[:, :-4:-1]
    np.testing.assert_allclose(aligned(found.numpy(), expected), expected, atol=1e-8)


def test_wrong_numbers():
    with pytest.raises(MatchZooError, match="1 to 4 samples of the source and at most 5 features, got 5 and 2"):
        transfer_components(torch.eye(5), 5, 2)


def test_a_projector_of_fewer_and_of_more_rows_than_its_room():
    made = {}
    for rows in (20, 100):
        table = {
            "data": {"kind": "ring", "points": 60, "test_points": 50},
            "projector": {"kind": "transfer-components", "target": "test", "features": 2, "rows": rows},
            "trainer": {"steps": 0, "device": "cpu"},
        }
        recipe = structure(table, Recipe)
        engine = recipe.engine()
        training = Training(recipe.build(engine), recipe.trainer, engine)
        training.prepare(quiet=True)
        projector = training.parts.projector
        sets = [training.parts.data.sets()[name].all().values.flatten(1) for name in ("real", "test")]
        expected = TransferComponents(features=2, rows=rows).maps(*sets)[0](sets[1])
        torch.testing.assert_close(projector.project(sets[1]), expected, atol=1e-5, rtol=1e-3)
        made[rows] = projector
        assert len(projector.points) == 2 * rows
    assert made[20].points.any(1).all()
    assert not made[100].points[110:].any()
