"""The evaluation map-error: the optimal map between Gaussians has no error, another one has."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation import MapError, ModeCoverage, Trained
from matchzoo.evaluation.generated.map_error import unexplained_variance
from matchzoo.recipes.recipe import Recipe

TABLE = {
    "data": {"kind": "gaussian", "points": 500, "test_points": 300},
    "generator": {
        "kind": "map",
        "source": {"kind": "gaussian", "mean": [0.0, 0.0], "covariance": [[1.0, 0.0], [0.0, 1.0]], "points": 500},
        "network": {"kind": "mlp", "widths": []},
    },
    "trainer": {"steps": 0, "device": "cpu"},
}


def trained(table: dict) -> Trained:
    recipe = Recipe.of(table)
    engine = recipe.engine()
    return Trained(parts=recipe.build(engine), engine=engine, method="own", seed=0, quiet=True)


def test_the_optimal_map_and_its_mirror_image():
    built = trained(TABLE)
    [layer] = [module for module in built.parts.generator.network.modules() if isinstance(module, torch.nn.Linear)]
    root = built.parts.data.factor() @ built.parts.data.factor().T
    values, vectors = torch.linalg.eigh(root)
    symmetric = (vectors * values.sqrt()) @ vectors.T
    evaluation = MapError(samples=400, paired=100)
    for mirror in (1.0, -1.0):
        with torch.no_grad():
            layer.weight.copy_(mirror * symmetric)
            layer.bias.fill_(2.0)
        [record] = evaluation.evaluate(built)
        optimal = mirror == 1
        assert (record["l2_uvp"] < 1e-6) == optimal
        assert (record["exact_gap"] < 1e-6) == optimal
        assert evaluation.table([record])[1][4] == f"{record['l2_uvp']:.2f}"


def test_images_are_compared_in_the_range_of_the_generator():
    """Images are stored as integers up to 255, and generated in [0, 1]."""
    digits = {"kind": "digits", "size": 8, "channels": 1}
    generator = {"kind": "map", "source": digits, "network": {"kind": "mlp", "widths": []}}
    identity = trained({**TABLE, "data": digits, "generator": generator})
    [layer] = [module for module in identity.parts.generator.network.modules() if isinstance(module, torch.nn.Linear)]
    with torch.no_grad():
        layer.weight.copy_(torch.eye(64))
        layer.bias.zero_()
    [record] = MapError(samples=60, paired=50).evaluate(identity)
    assert record["cost"] < 1e-9
    assert record["sinkhorn_divergence"] < 5  # of a squared distance of about 8 between two digits


def test_percent_and_what_it_refuses():
    assert unexplained_variance(torch.zeros(4, 2), torch.ones(4, 2), 2.0) == pytest.approx(100)
    noise = {"kind": "noise", "dimension": 2, "network": "mlp"}
    with pytest.raises(MatchZooError, match='needs a generator of kind "map"'):
        MapError().check(trained({**TABLE, "generator": noise}).parts)
    ModeCoverage().check(trained(TABLE).parts)
