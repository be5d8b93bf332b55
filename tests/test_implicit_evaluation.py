"""Measures of implicit generators: against closed forms, brute force and other libraries."""

import math

import numpy as np
import pytest
import torch

from matchzoo.data import Gaussian, Ring, Ring3D
from matchzoo.errors import MatchZooError
from matchzoo.evaluation import FeatureDistances, ModeCoverage, Trained, TwoSample
from matchzoo.evaluation.frechet import frechet_distance
from matchzoo.evaluation.manifold import precision_recall_density_coverage
from matchzoo.evaluation.mode_coverage import mode_coverage
from matchzoo.recipe import Recipe


@pytest.mark.parametrize(
    "data", [Ring(points=50, test_points=5), Ring3D(points=50, test_points=5), Gaussian(points=50)]
)
def test_log_density_is_that_of_the_mixture_written_out(data) -> None:
    data.build(0)
    points = data.training_set.values.double()
    covariance = data.factor() @ data.factor().T
    law = [torch.distributions.MultivariateNormal(c, covariance).log_prob(points) for c in data.centres()]
    expected = torch.stack(law).logsumexp(0) - math.log(len(law))
    torch.testing.assert_close(data.log_density(points), expected)


def test_median_log_densities_of_the_rings() -> None:
    """Modes hardly overlap: the median is that of one Gaussian, −½ the median of χ² with d degrees of freedom."""
    for data, stds, chi2 in ((Ring(), (0.2, 0.2), 1.3863), (Ring3D(), (0.2, 0.2, 0.1), 2.3660)):
        data.build(0)
        peak = -math.log(8) - len(stds) / 2 * math.log(2 * math.pi) - sum(map(math.log, stds))
        found = data.log_density(data.training_set.values).median().item()
        assert found == pytest.approx(peak - chi2 / 2, abs=0.02)


def test_mode_coverage_in_three_dimensions() -> None:
    data = Ring3D()
    data.build(0)
    found = mode_coverage(data.offsets(data.training_set.values), 3)
    assert found["modes"] == 8
    assert found["high_quality"] == pytest.approx(0.9707, abs=0.003)
    flat = data.training_set.values.double() @ data.rotation()
    torch.testing.assert_close(flat[:, 2].std(), torch.tensor(0.1, dtype=torch.float64), rtol=0.02, atol=0)


def test_frechet_distance_of_gaussians_in_closed_form() -> None:
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(4000, 3, generator=rng, dtype=torch.float64)
    x = (x - x.mean(0)) @ torch.linalg.inv(torch.linalg.cholesky(x.T.cov())).T  # exactly N(0, I) in the moments
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(x, x + torch.tensor([3.0, 0.0, 4.0])) == pytest.approx(25, rel=1e-9)
    assert frechet_distance(x, 3 * x) == pytest.approx(3 * (3 - 1) ** 2, rel=1e-9)
    turn = torch.linalg.qr(torch.randn(3, 3, generator=rng, dtype=torch.float64)).Q
    y = torch.randn(50, 3, generator=rng, dtype=torch.float64) * torch.tensor([1.0, 2.0, 0.1])
    assert frechet_distance(x[:60] @ turn, y @ turn) == pytest.approx(frechet_distance(x[:60], y), rel=1e-9)
    assert frechet_distance(x[:60].float(), y.float()) == pytest.approx(frechet_distance(x[:60], y), rel=1e-5)


def test_frechet_distance_against_scipy_with_fewer_samples_than_dimensions() -> None:
    scipy = pytest.importorskip("scipy.linalg")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 30)), 0.5 + rng.normal(size=(25, 30)) * 2
    a, b = np.cov(x.T), np.cov(y.T)
    root = scipy.sqrtm(a @ b).real
    expected = ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(a + b - 2 * root)
    assert frechet_distance(torch.tensor(x), torch.tensor(y)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("x", "y"),
    [(torch.ones(1, 2), torch.ones(5, 2)), (torch.ones(5, 2), torch.ones(5, 3)), (torch.full((5, 2), math.nan),) * 2],
)
def test_frechet_distance_refuses(x: torch.Tensor, y: torch.Tensor) -> None:
    with pytest.raises(MatchZooError, match="Fréchet distance"):
        frechet_distance(x, y)


def test_precision_recall_density_coverage_by_brute_force() -> None:
    rng = np.random.default_rng(1)
    real, fake, k = rng.normal(size=(30, 2)), rng.normal(size=(20, 2)) * 1.5 + 0.3, 3
    apart = lambda a, b: float(np.linalg.norm(a - b))  # noqa: E731
    radius = lambda some, i: sorted(apart(some[i], other) for other in some)[k]  # noqa: E731
    real_radii, fake_radii = ([radius(s, i) for i in range(len(s))] for s in (real, fake))
    expected = {
        "precision": np.mean([any(apart(f, r) < s for r, s in zip(real, real_radii, strict=True)) for f in fake]),
        "recall": np.mean([any(apart(f, r) < s for f, s in zip(fake, fake_radii, strict=True)) for r in real]),
        "density": sum(apart(f, r) < s for f in fake for r, s in zip(real, real_radii, strict=True)) / k / len(fake),
        "coverage": np.mean([any(apart(f, r) < s for f in fake) for r, s in zip(real, real_radii, strict=True)]),
    }
    found = precision_recall_density_coverage(torch.tensor(real), torch.tensor(fake), k)
    assert found == pytest.approx(expected)


def test_precision_and_recall_tell_collapse_from_noise() -> None:
    rng = torch.Generator().manual_seed(0)
    real = torch.randn(400, 2, generator=rng)
    collapsed = precision_recall_density_coverage(real, 0.05 * torch.randn(400, 2, generator=rng))
    wide = precision_recall_density_coverage(real, 5 * torch.randn(400, 2, generator=rng))
    assert collapsed["precision"] > 0.95 > 0.3 > collapsed["recall"]
    assert wide["recall"] > 0.9 > 0.5 > wide["precision"]
    with pytest.raises(MatchZooError, match="neighbors: expected 1 to 4"):
        precision_recall_density_coverage(real, real[:5])


def trained(table: dict) -> Trained:
    recipe = Recipe.of(table)
    engine = recipe.engine()
    parts = recipe.build(engine)
    return Trained(parts=parts, engine=engine, method="own", seed=0, quiet=True)


def test_two_sample_on_the_truth_and_on_an_untrained_generator(ring: dict) -> None:
    ring["data"] |= {"points": 4000, "test_points": 2000}
    own, truth = TwoSample().evaluate(trained(ring))
    assert (own["method"], truth["method"]) == ("own", "training data")
    assert abs(truth["mmd2"]) < 1e-3 < 0.05 < own["mmd2"]
    assert truth["median_log_density"] == pytest.approx(-1.38, abs=0.05)
    assert own["median_log_density"] < -3
    assert TwoSample().table([own, truth])[0][2] == "MMD² (unbiased)"


def test_feature_distances_of_an_untrained_generator_and_of_real_images(tiny_card, ring: dict) -> None:
    ring["data"] = {"kind": "digits", "size": 16}
    evaluation = FeatureDistances(card=str(tiny_card), size=32, samples=200)
    own, truth = evaluation.evaluate(trained(ring))
    assert own["samples"] == truth["samples"] == 200
    assert own["frechet"] > truth["frechet"] > 0
    assert own["kernel"] > abs(truth["kernel"])
    assert truth["coverage"] > own["coverage"]
    assert evaluation.table([own, truth])[0][2].endswith("tiny.toml at 32 px]")


def test_what_cannot_be_measured_so(ring: dict) -> None:
    points = trained(ring).parts
    with pytest.raises(MatchZooError, match="feature-distances are of images; use two-sample"):
        FeatureDistances().check(points)
    images = trained(ring | {"data": {"kind": "digits", "size": 16}}).parts
    with pytest.raises(MatchZooError, match="needs data whose modes are known"):
        ModeCoverage().check(images)
    points.data.test_set = None
    with pytest.raises(MatchZooError, match="no test part"):
        TwoSample().check(points)
