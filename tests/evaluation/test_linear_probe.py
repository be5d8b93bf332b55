"""The linear probe's solver against scikit-learn, its protocol, baselines, and mode coverage."""

import numpy as np
import pytest
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.data import Ring
from matchzoo.data.split import stratified
from matchzoo.evaluation import LinearProbe, Trained
from matchzoo.evaluation.generated.mode_coverage import mode_coverage
from matchzoo.generators.selectors.centroid import centroid_rows
from matchzoo.generators.selectors.nearest import nearest_rows
from matchzoo.generators.selectors.random import random_rows
from matchzoo.models.classifiers import softmax_regression
from matchzoo.models.classifiers.classifier_fit import accuracy
from matchzoo.models.classifiers.classifiers import standardize
from matchzoo.models.classifiers.softmax_regression import fit_softmax_regression


def problem(n: int, d: int, c: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(0)
    labels = torch.arange(n) % c
    centers = torch.randn(c, d, generator=rng, dtype=torch.float64)
    scales = torch.logspace(-1, 1, d, dtype=torch.float64)
    return (centers[labels] + torch.randn(n, d, generator=rng, dtype=torch.float64)) * scales + 3, labels


def value(weight, bias, unit: np.ndarray, labels: np.ndarray, penalty: float) -> float:
    """Mean cross-entropy + λ/2 ‖W‖² by numpy."""
    logits = unit @ np.asarray(weight).T + np.asarray(bias)
    highest = logits.max(1, keepdims=True)
    normalizer = highest[:, 0] + np.log(np.exp(logits - highest).sum(1))
    return (normalizer - logits[np.arange(len(labels)), labels]).mean() + penalty / 2 * (np.asarray(weight) ** 2).sum()


@pytest.mark.parametrize(("n", "d"), [(200, 20), (40, 100)])  # more samples than dimensions, and fewer
def test_softmax_regression_is_scikit_learns(n, d, monkeypatch):
    from sklearn.linear_model import LogisticRegression

    z, labels = problem(n, d)
    penalties = (10.0, 1.0, 0.1, 0.01, 0.001)
    mean, scale = standardize(z)
    unit = ((z - mean) / scale).numpy()
    at_zero = np.linalg.norm((0.25 - np.eye(4)[labels]).T @ unit / n)
    together = fit_softmax_regression(z, labels, 4, penalties)
    monkeypatch.setattr(softmax_regression, "ENTRIES", 1)  # one penalty at a time
    for penalty, fitted, alone in zip(
        penalties, together, fit_softmax_regression(z, labels, 4, penalties), strict=True
    ):
        # scikit-learn minimizes C · (sum of cross-entropies) + 1/2 ‖W‖², with a free bias as here
        theirs = LogisticRegression(C=1 / (n * penalty), tol=1e-10, max_iter=100_000).fit(unit, labels.numpy())
        weight = fitted.weight * scale
        ours = value(weight, fitted.bias + fitted.weight @ mean, unit, labels.numpy(), penalty)
        assert ours <= value(theirs.coef_, theirs.intercept_, unit, labels.numpy(), penalty) + 2e-9
        assert fitted.gradient < 1e-4 * at_zero
        assert fitted.gradient**2 / (2 * penalty) < 1e-8
        chances = torch.softmax(fitted.scores(z), 1)
        np.testing.assert_allclose(chances.numpy(), theirs.predict_proba(unit), atol=2e-4)
        torch.testing.assert_close(torch.softmax(alone.scores(z), 1), chances, rtol=0, atol=2e-4)


def test_whole_weights_are_repeated_rows():
    """Of the fits, whose scales differ, the penalty is the same on raw features."""
    z, labels = problem(60, 5)
    weights = torch.arange(60) % 4
    rows = torch.arange(60).repeat_interleave(weights)
    square, repeated_square = (standardize(values)[1].square().item() for values in (z, z[rows]))
    [weighted] = fit_softmax_regression(z, labels, 4, [2 / square], weights=0.5 * weights)
    [repeated] = fit_softmax_regression(z[rows], labels[rows], 4, [2 / repeated_square])
    torch.testing.assert_close(weighted.weight, repeated.weight, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(weighted.scores(z).softmax(1), repeated.scores(z).softmax(1), atol=2e-4, rtol=0)


@pytest.mark.parametrize(
    "weights", [torch.zeros(60), torch.full((60,), -1.0), torch.ones(59), torch.full((60,), torch.inf)]
)
def test_weights_that_are_none(weights):
    with pytest.raises(MatchZooError, match="weights: expected 60 finite numbers"):
        fit_softmax_regression(*problem(60, 5), 4, [0.1], weights=weights)


def test_the_solvers_gradient_is_that_of_the_objective():
    z, labels = problem(60, 10)
    mean, scale = standardize(z)
    with pytest.warns(UserWarning, match="stopped 1 steps on"):  # far from the optimum
        [fitted] = fit_softmax_regression(z, labels, 4, (0.1,), iterations=1)
    weight = (fitted.weight * scale).requires_grad_()
    bias = (fitted.bias + fitted.weight @ mean).requires_grad_()
    loss = torch.nn.functional.cross_entropy((z - mean) / scale @ weight.T + bias, labels)
    (loss + 0.05 * weight.square().sum()).backward()
    gradient = (weight.grad.square().sum() + bias.grad.square().sum()).sqrt().item()
    assert fitted.gradient == pytest.approx(gradient, rel=1e-6)


def test_a_solver_that_has_not_arrived_says_so_and_one_that_starts_there_stays():
    z, labels = problem(200, 20)
    with pytest.warns(UserWarning, match=r"penalty 0.001: stopped 3 steps on"):
        fit_softmax_regression(z, labels, 4, (0.001,), iterations=3)
    [there] = fit_softmax_regression(z, labels, 4, (0.001,))
    [again] = fit_softmax_regression(z, labels, 4, (0.001,), start=there, iterations=0)
    torch.testing.assert_close(again.scores(z), there.scores(z), rtol=1e-4, atol=1e-4)


def test_softmax_regression_of_float32_features_and_one_penalty():
    z, labels = problem(60, 10)
    [a] = fit_softmax_regression(z, labels, 4, (0.1,))
    [b] = fit_softmax_regression(z.float(), labels, 4, (0.1,))
    torch.testing.assert_close(a.scores(z), b.scores(z), rtol=1e-3, atol=1e-3)


def test_top_k():
    logits = torch.tensor([[3.0, 2, 1], [3, 2, 1], [1, 2, 3]])
    labels = torch.tensor([0, 1, 0])
    assert accuracy(logits, labels, 1) == pytest.approx(1 / 3)
    assert accuracy(logits, labels, 2) == pytest.approx(2 / 3)
    assert accuracy(logits, labels, 5) == 1


def test_stratified_split_keeps_shares_and_is_a_partition():
    labels = torch.tensor([0] * 10 + [1] * 5 + [2] * 2)
    first, second = stratified(labels, 0.4, 0)
    assert torch.cat([first, second]).sort().values.tolist() == list(range(17))
    assert torch.bincount(labels[second]).tolist() == [4, 2, 1]
    again = stratified(labels, 0.4, 0)
    assert torch.equal(first, again[0])
    assert not torch.equal(first, stratified(labels, 0.4, 1)[0])
    with pytest.raises(DeclarationError, match="class 1: a split needs at least 2 samples, got 1"):
        stratified(torch.tensor([0, 0, 1]), 0.5, 0)


def test_random_rows_are_of_every_class_without_repeats():
    labels = torch.tensor([2, 0, 1, 0, 1, 2, 0])
    rows = random_rows(labels, 2, torch.Generator().manual_seed(0))
    assert labels[rows].tolist() == [0, 0, 1, 1, 2, 2]
    assert len(set(rows.tolist())) == 6


def test_centroid_rows_are_nearest_to_the_class_mean():
    features = torch.tensor([[0.0], [1], [5], [10], [11], [30]])
    rows = centroid_rows(Samples(features, torch.tensor([0, 0, 0, 1, 1, 1])), 2)
    assert rows.tolist() == [1, 0, 4, 3]  # means 2 and 17


def test_nearest_rows_are_of_the_same_class():
    real = Samples(torch.tensor([[1.0, 0], [0, 1], [1, 1]]), torch.tensor([0, 0, 1]))
    queries = Samples(torch.tensor([[2.0, 2.1], [2.0, 0.1], [1.0, 0.0]]), torch.tensor([0, 0, 1]))
    assert nearest_rows(queries, real).tolist() == [1, 0, 2]


def test_probe_never_looks_at_test_labels_to_choose(lgm_recipe):
    """With other test labels the chosen penalties and the fitted probes stay as they are."""
    engine = lgm_recipe.engine()
    parts = lgm_recipe.build(engine)
    probe = LinearProbe(views=2, seeds=1, random_draws=2, rows=40, baselines=["random"])
    trained = Trained(parts=parts, engine=engine, method="lgm", seed=0, quiet=True)
    first = probe.evaluate(trained)
    test = parts.data.test_set
    test.labels = (test.labels + 1) % 10
    second = probe.evaluate(trained)
    assert [r["chosen"] for r in first] == [r["chosen"] for r in second]
    assert [r["top1"] for r in first] != [r["top1"] for r in second]


def test_probe_records_differences_with_their_errors(lgm_recipe):
    engine = lgm_recipe.engine()
    trained = Trained(parts=lgm_recipe.build(engine), engine=engine, method="lgm", seed=0, quiet=True)
    own, *others = LinearProbe(protocol="ridge", views=2, seeds=2, random_draws=3, rows=40).evaluate(trained)
    for record in others:
        assert record["above"] == pytest.approx(own["top1_mean"] - record["top1_mean"])
        assert record["above_standard_error"] >= 0
    assert [r["seeds"] for r in (own, *others)] == [2, 3, 2, 2]
    assert others[-1]["images"] == 899


def test_mode_coverage_of_the_truth_of_a_cloud_and_of_a_collapse():
    ring = Ring()
    ring.build(0)
    centers = ring.centers()
    assert centers.shape == (8, 2)
    torch.testing.assert_close(centers[0], torch.tensor([0.0, -2.0], dtype=torch.float64))
    truth = mode_coverage(ring.offsets(ring.training_set.values), 2)
    assert truth["modes"] == 8
    assert truth["high_quality"] == pytest.approx(0.9889, abs=0.002)
    assert truth["std_ratio"] == pytest.approx(0.97, abs=0.01)
    assert truth["mode_kl"] < 1e-3
    rng = torch.Generator().manual_seed(0)
    cloud = mode_coverage(ring.offsets((torch.rand(5000, 2, generator=rng) - 0.5) * 5), 2)
    assert cloud["high_quality"] < 0.4
    collapse = mode_coverage(ring.offsets(centers[:1].repeat(100, 1)), 2)
    assert collapse["modes"] == 1
    assert collapse["mode_kl"] == pytest.approx(np.log(8))
    nowhere = mode_coverage(ring.offsets(torch.full((10, 2), 50.0)), 2)
    assert (nowhere["modes"], nowhere["high_quality"]) == (0, 0)


def test_ring_has_the_declared_law():
    ring = Ring(points=40_000, modes=5, radius=3, std=0.1)
    ring.build(0)
    points = ring.training_set.values.double()
    distances = torch.cdist(points, ring.centers())
    assert torch.bincount(distances.argmin(1)).min() > 7600
    nearest = points - ring.centers()[distances.argmin(1)]
    torch.testing.assert_close(nearest.T.cov(), 0.01 * torch.eye(2, dtype=torch.float64), rtol=0, atol=3e-4)
