"""Measures of implicit generators: against closed forms, brute force and other libraries."""

import math

import numpy as np
import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics import kernel_means, kernel_tiles
from matchzoo.core.numerics.kernels import Polynomial
from matchzoo.core.samples import Samples
from matchzoo.data import Gaussian, Ring, Ring3D
from matchzoo.evaluation import FeatureDistances, ModeCoverage, Trained, TwoSample
from matchzoo.evaluation.evaluation import some_rows
from matchzoo.evaluation.generated.mode_coverage import mode_coverage
from matchzoo.evaluation.metrics.frechet import frechet_distance
from matchzoo.evaluation.metrics.kernel_distance import kernel_distance
from matchzoo.matchers.mmd import squared_mmd
from matchzoo.projectors import Identity
from matchzoo.recipes.recipe import Recipe


@pytest.mark.parametrize(
    "data", [Ring(points=50, test_points=5), Ring3D(points=50, test_points=5), Gaussian(points=50)]
)
def test_log_density_is_that_of_the_mixture_written_out(data) -> None:
    data.build(0)
    points = data.training_set.values.double()
    covariance = data.factor() @ data.factor().T
    law = [torch.distributions.MultivariateNormal(c, covariance).log_prob(points) for c in data.centers()]
    expected = torch.stack(law).logsumexp(0) - math.log(len(law))
    torch.testing.assert_close(data.log_density(points), expected)


def test_median_log_densities_of_the_rings() -> None:
    """Modes hardly overlap: the median is that of one Gaussian, −½ the median of χ² with d degrees of freedom."""
    for data, stds, chi2 in ((Ring(), (0.2, 0.2), 1.3863), (Ring3D(), (0.2, 0.2, 0.1), 2.3660)):
        data.build(0)
        peak = -math.log(8) - len(stds) / 2 * math.log(2 * math.pi) - sum(map(math.log, stds))
        found = data.log_density(data.training_set.values).median().item()
        assert found == pytest.approx(peak - chi2 / 2, abs=0.02)


def test_mode_coverage_by_hand() -> None:
    """20 points, 4 centers: 8 near the first, 4 near the second, 1 near the third, 7 near none."""
    offsets = torch.full((20, 4), 50.0)
    offsets[:8, 0], offsets[8:12, 1], offsets[12, 2], offsets[13:, 3] = 1.0, 3.0, 2.0, 3.01
    found = mode_coverage(offsets, 2)
    shares = np.array([8, 4, 1]) / 13
    assert found == pytest.approx(
        {
            "modes": 3,  # true data would give each 20 · 0.989 / 4, a tenth of which is 0.49
            "high_quality": 13 / 20,
            "mode_kl": (shares * np.log(shares * 4)).sum(),
            "std_ratio": math.sqrt((8 * 1 + 4 * 9 + 4) / 13 / 2),
        }
    )
    few = mode_coverage(torch.cat([offsets[:8].repeat(20, 1), offsets[12:13].repeat(3, 1)]), 2)
    assert few["modes"] == 1  # 3 points of 163, where a tenth of its share is 4.03
    none = mode_coverage(offsets[13:], 2)
    assert (none["modes"], none["high_quality"], none["std_ratio"]) == (0, 0.0, 0.0)
    assert none["mode_kl"] == pytest.approx(math.log(4))


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


def features(n: int, seed: int, d: int = 12) -> torch.Tensor:
    """Skewed, correlated, positive features far from 0, as those of networks are."""
    rng = torch.Generator().manual_seed(seed)
    mix = torch.randn(d, d, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
    return (torch.randn(n, d, generator=rng, dtype=torch.float64) @ mix + 1).relu() + 0.1 * seed


@pytest.mark.parametrize(("n", "m", "d"), [(200, 150, 12), (200, 200, 60), (20, 25, 60)])
def test_frechet_distance_is_that_of_torchmetrics(n: int, m: int, d: int) -> None:
    fid = pytest.importorskip("torchmetrics.image.fid")
    x, y = features(n, 0, d), features(m, 1, d)
    theirs = fid.FrechetInceptionDistance(feature=Passing(d))
    for some, real in ((x, True), (y, False)):
        for rows in some.split(64):
            theirs.update(rows, real=real)
    # theirs takes roots of eigenvalues that are 0 but for rounding where there are fewer samples than dimensions
    assert frechet_distance(x, y) == pytest.approx(theirs.compute().item(), rel=1e-10 if n > d else 1e-4)


class Passing(torch.nn.Module):
    """Features in, features out."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.num_features = features

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


@pytest.mark.parametrize("size", [40, 150])
def test_kernel_distance_is_that_of_torchmetrics_on_the_same_subsets(size: int) -> None:
    kid = pytest.importorskip("torchmetrics.image.kid")
    x, y = features(180, 0), features(150, 1)
    with pytest.warns(UserWarning, match="will save all extracted features"):
        theirs = kid.KernelInceptionDistance(feature=Passing(12), subsets=7, subset_size=size)
    theirs.update(x, real=True)
    theirs.update(y, real=False)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        mean, std = theirs.compute()
        torch.manual_seed(3)
        own = [kernel_distance(*(some[torch.randperm(len(some))[:size]] for some in (x, y))) for _ in range(7)]
    assert np.mean(own) == pytest.approx(mean.item(), rel=1e-10)
    assert np.std(own) == pytest.approx(std.item(), rel=1e-8)


def test_kernel_distance_is_the_unbiased_mmd_in_blocks_and_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = features(70, 0), features(50, 0)
    expected = squared_mmd(Samples(x), Samples(y), Polynomial(), "unbiased").item()
    monkeypatch.setattr(kernel_means, "LIMIT", 0)
    monkeypatch.setattr(kernel_tiles, "SIDE", 16)
    assert kernel_distance(x, y) == pytest.approx(expected, rel=1e-10)
    assert kernel_distance(y, x) == pytest.approx(expected, rel=1e-10)
    assert kernel_distance(x.float(), y.float()) == pytest.approx(expected, rel=1e-4)
    same = [kernel_distance(features(60, s) - 0.1 * s, features(60, 100 + s) - 0.1 * (100 + s)) for s in range(40)]
    assert min(same) < 0 < max(same)
    assert abs(np.mean(same)) < 3 * np.std(same) / np.sqrt(40)


@pytest.mark.parametrize(
    ("x", "y"),
    [(torch.ones(1, 2), torch.ones(5, 2)), (torch.ones(5, 2), torch.ones(5, 3)), (torch.full((5, 2), math.nan),) * 2],
)
def test_kernel_distance_refuses(x: torch.Tensor, y: torch.Tensor) -> None:
    with pytest.raises(MatchZooError, match="kernel distance"):
        kernel_distance(x, y)


def test_distances_of_identical_sets() -> None:
    x = features(50, 0)
    assert frechet_distance(x, x.clone()) == pytest.approx(0, abs=1e-8)
    assert kernel_distance(x, x.clone()) < 0  # unbiased: no pair of a sample with itself, but for those across


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


def test_two_sample_is_its_definition(ring: dict) -> None:
    ring["data"] |= {"points": 40, "test_points": 40}
    made = trained(ring)
    own, truth = TwoSample(samples=40).evaluate(made)
    data = made.parts.data
    test, train = data.test_set.values[:40].double(), data.training_set.values[:40].double()

    def kernel(a: torch.Tensor, b: torch.Tensor) -> float:
        z = (a - b).square().sum().item()
        return sum(math.exp(-z / (2 * s**2)) for s in (0.2, 0.5, 1.0, 2.0)) / 4

    within = [sum(kernel(a, b) for a in x for b in x) - len(x) for x in (test, train)]
    across = sum(kernel(a, b) for a in test for b in train)
    assert truth["mmd2"] == pytest.approx(sum(within) / (40 * 39) - 2 * across / 1600, rel=1e-6)
    assert truth["median_log_density"] == data.log_density(train).sort().values[19].item()
    assert own["mmd2"] > truth["mmd2"]


@pytest.mark.parametrize("evaluation", ["two-sample", "feature-distances"])
def test_real_samples_are_of_all_classes_where_files_are_sorted_by_class(evaluation, tiny_card, ring, tmp_path) -> None:
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = np.argsort(digits.target, kind="stable")
    images = (digits.images[order] / 16).astype("f4")
    np.savez(tmp_path / "sorted.npz", images=images, labels=digits.target[order])
    ring["data"] = {"kind": "arrays", "path": str(tmp_path / "sorted.npz"), "layout": "nhw", "test_share": 0.5}
    made = trained(ring)
    data, seen = made.parts.data, []
    render = type(data.test_set).render
    two_sample = evaluation == "two-sample"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(data.test_set), "render", lambda self, rows: seen.append((self, rows)) or render(self, rows))
        measure = TwoSample(samples=300) if two_sample else FeatureDistances(card=str(tiny_card), size=32, samples=300)
        measure.evaluate(made)
    for split in (data.test_set, data.training_set):
        rows = torch.cat([some for one, some in seen if one is split])
        assert len(rows) == len(rows.unique()) == 300
        assert split.labels[rows].bincount(minlength=10).min() >= 15  # of 30


def test_real_images_beside_a_finite_set_are_as_many(tiny_card, lgm) -> None:
    made = trained(lgm)
    evaluation = FeatureDistances(card=str(tiny_card), size=32, samples=200)
    own, truth = evaluation.evaluate(made)
    assert own["samples"] == truth["samples"] == 10
    with pytest.raises(MatchZooError, match="expected neighbors below 10, the images of a side, got 10"):
        FeatureDistances(card=str(tiny_card), size=32, neighbors=10).check(made.parts)


def test_images_are_compared_in_8_bits(tiny_card, ring: dict) -> None:
    ring["data"] = {"kind": "digits", "size": 8}
    made = trained(ring)
    evaluation = FeatureDistances(card=str(tiny_card), size=32, samples=60)
    plain = made.parts.generator.sample
    own = evaluation.evaluate(made)[0]
    made.parts.generator.sample = lambda n: plain(n).with_values((plain(n).values * 255).round() / 255)
    assert evaluation.evaluate(made)[0] == own


def test_what_a_backbone_does_not_take_is_refused_before_training(ring: dict) -> None:
    parts = trained(ring | {"data": {"kind": "digits", "size": 16}}).parts
    with pytest.raises(MatchZooError, match=r"dino-vit-s8 takes images of 224x224 .* set size = 224 of feature-dist"):
        FeatureDistances(card="dino-vit-s8").check(parts)
    with pytest.raises(MatchZooError, match="unknown backbone 'inception'; did you mean 'inception-fid'"):
        FeatureDistances(card="inception").check(parts)


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


def test_any_projector_gives_the_features_and_copies_are_told(ring: dict) -> None:
    made = trained(ring)
    evaluation = FeatureDistances(projector=Identity(), samples=5, neighbors=2, subsets=4, memorization=True)
    own, truth = evaluation.evaluate(made)
    data = made.parts.data
    test, train = (split.values[some_rows(split, 5)] for split in (data.test_set, data.training_set))
    assert own["features"] == "identity"
    assert truth["frechet"] == pytest.approx(frechet_distance(test, train), rel=1e-9)
    assert truth["memorization_distance"] == pytest.approx(0, abs=1e-6)
    assert own["mifid"] == own["frechet"] or own["memorization_distance"] < 0.1
    assert (truth["kernel_mean"], truth["subset_samples"]) == (pytest.approx(truth["kernel"], rel=1e-6), 5)
    heading, *rows = evaluation.table([own, truth])
    assert heading[-3:] == ["kernel of 5", "memorization distance", "MiFID [identity]"]
    assert {len(row) for row in rows} == {len(heading)}
    with pytest.raises(MatchZooError, match="leave its `on` out"):
        FeatureDistances(projector=Identity(on="encoder")).check(made.parts)
