"""Density ratios: known truths, other libraries, brute force, optimality conditions, gradients and edges."""

import warnings

import densratio
import numpy as np
import pytest
import scipy.optimize
import torch
from helpers.tested_estimators import FIXED
from sklearn.linear_model import LogisticRegression

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.numerics.distances import gaussian, squared_distances
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.ratios import (
    KLIEP,
    ULSIF,
    Classifier,
    GaussianRatio,
    KernelDensityRatio,
    KernelMeanMatching,
    NearestNeighborRatio,
    Ratio,
    RatioEstimator,
    RuLSIF,
)
from matchzoo.ratios.classifier import logistic_regression
from matchzoo.ratios.kernel_mean_matching import kernel_mean_matching
from matchzoo.ratios.kliep import likeliest
from matchzoo.ratios.least_squares import leave_one_out
from matchzoo.ratios.solving.kernel_sums import plus_ridge
from matchzoo.ratios.solving.quadratic_program import minimize_in_box

CHOOSING: dict[str, RatioEstimator] = {
    "kmm": KernelMeanMatching(),
    "ulsif": ULSIF(),
    "rulsif": RuLSIF(),
    "kliep": KLIEP(),
    "quadratic": Classifier(),
    "fourier": Classifier(features="random-fourier", count=100),
    "gaussian": GaussianRatio(),
    "kernel density": KernelDensityRatio(),
    "nearest": NearestNeighborRatio(),
}
"""Estimators as they come."""
STEP = Step(1, 0)


def points(n: int, d: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def fitted(estimator: RatioEstimator, numerator: torch.Tensor, denominator: torch.Tensor) -> Ratio:
    return estimator.fit(numerator=Samples(numerator), denominator=Samples(denominator), step=STEP)


def two_sets(n: int = 14, m: int = 11) -> tuple[torch.Tensor, torch.Tensor]:
    return 0.8 * points(n, 2) + 0.4, points(m, 2, 1)


# Two laws with a known ratio


def law(name: str, n: int, seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Samples of p and q, and p/q at those of q."""
    rng = np.random.default_rng(seed)
    d, shift, wide = (1, 1.0, 2.0) if name == "T1" else (5, 0.3, 1.5)
    q, p = rng.normal(0, wide, (n, d)), rng.normal(shift, 1, (n, d))
    log = -((q - shift) ** 2).sum(1) / 2 + (q**2).sum(1) / (2 * wide**2) + d * np.log(wide)
    return torch.tensor(p), torch.tensor(q), torch.tensor(np.exp(log))


@pytest.mark.parametrize(
    ("name", "law_name", "highest"),
    [
        ("kmm", "T1", 0.06), ("kmm", "T2", 0.5), ("ulsif", "T1", 0.06), ("ulsif", "T2", 0.3),
        ("kliep", "T1", 0.15), ("kliep", "T2", 0.8), ("quadratic", "T1", 0.02), ("quadratic", "T2", 0.15),
        ("fourier", "T1", 0.06), ("fourier", "T2", 0.5), ("gaussian", "T1", 0.02), ("gaussian", "T2", 0.1),
        ("kernel density", "T1", 0.06), ("kernel density", "T2", 1.0), ("nearest", "T1", 0.1), ("nearest", "T2", 1.0),
    ],
)  # fmt: skip
def test_estimates_are_near_the_known_ratio(name, law_name, highest):
    p, q, truth = law(law_name, 1000, 0)
    ratio = fitted(CHOOSING[name], p, q)
    assert (ratio.denominator - truth).square().mean() < highest
    biased = {"kernel density": 0.3, "nearest": 0.5}  # by smoothing two densities, and by the curvature of one
    assert ratio.diagnostics()["mean"] == pytest.approx(1, abs=biased.get(name, 0.08))


def test_estimates_are_near_the_known_relative_ratio():
    p, q, truth = law("T1", 1000, 0)
    ratio = fitted(RuLSIF(relative=0.5), p, q)
    assert (ratio.denominator - truth / (0.5 * truth + 0.5)).square().mean() < 0.01
    assert ratio.denominator.max() < 2.1  # 1/α bounds the truth
    assert ratio.diagnostics()["mean"] == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("name", CHOOSING)
def test_ratio_of_equal_laws_averages_to_one(name):
    ratio = fitted(CHOOSING[name], points(800, 2), points(1000, 2, 50))
    assert ratio.diagnostics()["mean"] == pytest.approx(1, abs=0.04 if name == "kernel density" else 0.02)
    assert (ratio.denominator - 1).square().mean() < 0.3


# Against other libraries, brute force and optimality conditions


@pytest.mark.parametrize("relative", [0.0, 0.1, 0.5])
@pytest.mark.parametrize(("s", "ridge"), [(1.0, 0.1), (2.0, 0.01)])
def test_least_squares_are_those_of_densratio(relative, s, ridge):
    p, q = two_sets(40, 30)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = densratio.RuLSIF(
            p.numpy(), q.numpy(), alpha=relative, sigma_range=[s], lambda_range=[ridge], kernel_num=40, verbose=False
        )
    arguments = {"bandwidths": (s,), "ridges": (ridge,)}
    ours = fitted(RuLSIF(relative=relative, **arguments), p, q)
    for at in (p, q, points(7, 2, 9)):
        expected = np.asarray(theirs.compute_density_ratio(at.numpy())).ravel()
        assert np.abs(ours.at(at).numpy() - expected).max() <= 1e-12 * max(1, np.abs(expected).max())
    if not relative:
        torch.testing.assert_close(fitted(ULSIF(**arguments), p, q).denominator, ours.denominator, rtol=0, atol=0)


def test_the_choice_is_that_of_the_least_leave_one_out_score():
    p, q = two_sets(60, 50)
    estimator = ULSIF(bandwidths=(0.05, 1.0, 30.0), ridges=(1e-3, 10.0))
    ratio = fitted(estimator, p, q)
    scores = {
        (s, ridge): leave_one_out(*(gaussian(squared_distances(x, p), s) for x in (p, q)), ridge).item()
        for s in estimator.bandwidths
        for ridge in estimator.ridges
    }
    assert (ratio.chosen["bandwidth"], ratio.chosen["ridge"]) == min(scores, key=scores.get)


def test_constrained_matching_is_non_negative_least_squares():
    p, q = two_sets(40, 30)
    for s, ridge in ((0.5, 1e-3), (1.0, 1e-3), (3.0, 1e-4)):
        gram = plus_ridge(gaussian(squared_distances(q, q), s), ridge).numpy()
        right = gaussian(squared_distances(q, p), s).sum(1).numpy() * 30 / 40
        factor = np.linalg.cholesky(gram)
        expected, _ = scipy.optimize.nnls(factor.T, np.linalg.solve(factor, right), maxiter=10_000)
        found = fitted(KernelMeanMatching(bandwidths=(s,), ridge=ridge, constraint="non-negative"), p, q)
        np.testing.assert_allclose(found.denominator.numpy(), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("bound", [None, 1.2, 3.0])
@pytest.mark.parametrize("mean", [None, (1.0, 1.0), (0.2, 0.5), (0.9, 1.1)])
@pytest.mark.parametrize("m", [12, 60])
def test_quadratic_programs_meet_the_conditions_of_an_optimum(bound, mean, m):
    x = points(m, 1, 4)
    a = plus_ridge(gaussian(squared_distances(x, x), 1.0), 1e-3)
    c = a @ (3 * points(m, 1, 5)[:, 0])
    r = minimize_in_box(a, c, bound, mean)
    top = torch.inf if bound is None else bound
    assert r.min() >= 0
    assert r.max() <= top
    if mean is not None:
        assert mean[0] - 1e-9 <= r.mean() <= mean[1] + 1e-9
    slope = a @ r - c
    held = mean is not None and (abs(r.mean() - mean[0]) < 1e-9 or abs(r.mean() - mean[1]) < 1e-9)
    down, up = slope[r > 0], slope[r < top]  # those of variables that could shrink, and that could grow
    multiplier = (down.max() + up.min()) / 2 if held else 0.0
    assert (up - multiplier).min() > -1e-8
    if len(down):
        assert (down - multiplier).max() < 1e-8


def test_quadratic_programs_agree_with_scipy():
    m = 10
    x = points(m, 1, 4)
    a = plus_ridge(gaussian(squared_distances(x, x), 0.7), 0.1)
    c = 2 * points(m, 1, 5)[:, 0]
    theirs = scipy.optimize.minimize(
        lambda r: r @ a.numpy() @ r / 2 - c.numpy() @ r,
        np.full(m, 0.5),
        jac=lambda r: a.numpy() @ r - c.numpy(),
        bounds=[(0, 1.5)] * m,
        constraints={"type": "eq", "fun": lambda r: r.sum() - 0.5 * m},
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 500},
    )
    np.testing.assert_allclose(minimize_in_box(a, c, 1.5, (0.5, 0.5)).numpy(), theirs.x, atol=1e-5)


def test_quadratic_programs_without_a_solution():
    with pytest.raises(MatchZooError, match=r"no r with 0 <= r <= 0\.5 has a mean between 1 and 1"):
        minimize_in_box(torch.eye(2), torch.ones(2), 0.5, (1, 1))


@pytest.mark.parametrize("s", [0.3, 1.0, 4.0])
def test_kliep_meets_the_conditions_of_an_optimum_and_beats_its_multiplicative_updates(s):
    p, q = two_sets(60, 50)
    at_p, at_q = (gaussian(squared_distances(x, p), s) for x in (p, q))
    theta = likeliest(at_p, at_q)
    assert theta.min() >= 0
    assert (at_q @ theta).mean().item() == pytest.approx(1, abs=1e-9)
    gain = (at_p / (at_p @ theta)[:, None]).mean(0) / at_q.mean(0)
    assert gain.max() <= 1 + 1e-10
    assert gain[theta > 1e-6 * theta.max()].min() >= 1 - 1e-6
    slow = torch.ones(60, dtype=torch.float64)
    for _ in range(300):
        slow = slow * (at_p / (at_p @ slow)[:, None]).mean(0) / at_q.mean(0)
    slow = slow / (at_q @ slow).mean()
    best, there = ((at_p @ t).log().mean().item() for t in (theta, slow))
    assert there - 1e-12 <= best <= there + 0.05


def test_kliep_chooses_the_bandwidth_of_most_held_out_likelihood():
    p, q = two_sets(80, 60)
    assert fitted(KLIEP(bandwidths=(0.02, 1.0, 100.0)), p, q).chosen["bandwidth"] == 1.0


def test_kliep_says_when_sets_are_too_far_apart():
    with pytest.raises(MatchZooError, match="too far apart for the bandwidth"):
        fitted(KLIEP(bandwidths=(1.0,)), points(5, 2) + 1e3, points(6, 2))


@pytest.mark.parametrize("ridge", [1e-3, 0.1])
def test_logistic_regression_is_that_of_scikit_learn(ridge):
    p, q = two_sets(40, 30)
    ones = [torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], 1) for x in (p, q)]
    found = logistic_regression(*ones, ridge)
    theirs = LogisticRegression(C=1 / (ridge * 70), tol=1e-12, max_iter=1000)
    theirs.fit(torch.cat([p, q]).numpy(), np.repeat([1, 0], [40, 30]))
    np.testing.assert_allclose(found.numpy(), [*theirs.coef_[0], *theirs.intercept_], atol=1e-6)


def test_classifier_ratio_is_the_odds_times_the_counts():
    p, q = two_sets(40, 30)
    ratio = fitted(FIXED["linear"], p, q)
    pooled = torch.cat([p, q])
    scaled = [(x - pooled.mean(0)) / pooled.std(0, correction=0) for x in (p, q)]
    theirs = LogisticRegression(C=1 / (0.01 * 70), tol=1e-12, max_iter=1000)
    theirs.fit(torch.cat(scaled).numpy(), np.repeat([1, 0], [40, 30]))
    odds = np.exp(theirs.decision_function(scaled[1].numpy()))
    np.testing.assert_allclose(ratio.denominator.numpy(), 30 / 40 * odds, rtol=1e-5)
    torch.testing.assert_close(ratio.logs[1], ratio.denominator.log())


def test_classifier_takes_a_given_logit():
    p, q = points(6, 1), points(4, 1, 1)
    ratio = fitted(Classifier(features="logit"), p, q)
    torch.testing.assert_close(ratio.denominator, 4 / 6 * q[:, 0].exp())
    torch.testing.assert_close(ratio.numerator, 4 / 6 * p[:, 0].exp())
    torch.testing.assert_close(ratio.at(q), ratio.denominator)
    with pytest.raises(MatchZooError, match="samples of 1 feature, got 2"):
        fitted(Classifier(features="logit"), points(6, 2), points(4, 2))
    with pytest.raises(DeclarationError, match="a projector of 1 feature, this one has 3"):
        Classifier(features="logit").build(Spec(shape=(2,), features=3))


# What holds of every estimator


@pytest.mark.parametrize("name", FIXED)
def test_values_have_the_gradient_of_finite_differences(name):
    p, q = (x.requires_grad_() for x in two_sets(7, 6))
    assert torch.autograd.gradcheck(lambda a, b: fitted(FIXED[name], a, b).denominator, (p, q), atol=1e-4)
    assert torch.autograd.gradcheck(lambda a, b: fitted(FIXED[name], a, b).numerator, (p, q), atol=1e-4)


@pytest.mark.parametrize("name", FIXED)
def test_values_elsewhere_agree(name):
    p, q = two_sets()
    ratio = fitted(FIXED[name], p, q)
    torch.testing.assert_close(ratio.at(q), ratio.denominator)
    torch.testing.assert_close(ratio.at(p), ratio.numerator)
    assert ratio.at(points(5, 2, 7)).shape == (5,)


@pytest.mark.parametrize("name", FIXED)
def test_values_are_invariant_to_order_and_translation(name):
    p, q = two_sets()
    before = fitted(FIXED[name], p, q).denominator
    order = torch.randperm(len(q), generator=torch.Generator().manual_seed(3))
    moved = p.flip(0) + 5, q[order] + 5
    after = fitted(FIXED[name], *moved).denominator
    torch.testing.assert_close(after, before[order], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", ["kmm", "ulsif", "kliep", "quadratic"])
def test_values_with_relative_bandwidths_are_invariant_to_scale(name):
    p, q = two_sets(40, 30)
    before, after = fitted(CHOOSING[name], p, q), fitted(CHOOSING[name], 50 * p, 50 * q)
    torch.testing.assert_close(after.denominator, before.denominator, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("case", ["identical", "one numerator", "one denominator", "one each", "far apart", "repeated"])
@pytest.mark.parametrize("name", FIXED)
def test_edges_are_finite_or_a_clear_error(name, case, dtype):
    p, q = (x.to(dtype) for x in two_sets())
    p, q = {
        "identical": (q, q.clone()),
        "one numerator": (p[:1], q),
        "one denominator": (p, q[:1]),
        "one each": (p[:1], q[:1]),
        "far apart": (p + 1e3, q),
        "repeated": (p[:1].repeat(5, 1), q[:1].repeat(4, 1)),
    }[case]
    moved = q.clone().requires_grad_()
    if name.startswith("kliep") and case == "far apart":
        with pytest.raises(MatchZooError, match="too far apart"):
            fitted(FIXED[name], p, moved)
        return
    ratio = fitted(FIXED[name], p, moved)
    assert torch.isfinite(ratio.denominator).all()
    ratio.denominator.sum().backward()
    assert torch.isfinite(moved.grad).all()
    assert all(np.isfinite(v) for v in ratio.diagnostics().values())


@pytest.mark.parametrize("name", ["ulsif", "rulsif", "kliep", "quadratic"])
def test_choosing_needs_two_samples(name):
    for n, m in ((1, 1), (1, 5)):
        with pytest.raises(MatchZooError, match="needs at least 2 samples"):
            fitted(CHOOSING[name], points(n, 2), points(m, 2, 1))


@pytest.mark.parametrize("name", ["ulsif", "kliep", "fourier"])
def test_equal_steps_give_equal_values(name):
    p, q = law("T2", 150, 0)[:2]  # more samples than centers
    first, second = (fitted(CHOOSING[name], p, q).denominator for _ in range(2))
    assert torch.equal(first, second)
    other = CHOOSING[name].fit(numerator=Samples(p), denominator=Samples(q), step=Step(2, 0)).denominator
    assert not torch.equal(first, other)


@pytest.mark.parametrize("name", ["ulsif", "rulsif", "kliep", "quadratic"])
def test_gradients_pass_where_hyper_parameters_are_chosen(name):
    p, q = (x.requires_grad_() for x in two_sets())
    gradients = torch.autograd.grad(fitted(CHOOSING[name], p, q).denominator.square().sum(), (p, q))
    assert all(g.abs().max() > 0 for g in gradients)


# Diagnostics and declarations


def test_diagnostics():
    p, q = two_sets(30, 40)
    ratio = fitted(KernelMeanMatching(bandwidths=(0.5, 1.0), ridge=0.01), p, q)
    r = ratio.denominator
    conditions = [np.linalg.cond(gaussian(squared_distances(q, q), s).numpy() + 0.01 * np.eye(40)) for s in (0.5, 1.0)]
    assert ratio.diagnostics() == pytest.approx(
        {
            "mean": r.mean().item(),
            "minimum": r.min().item(),
            "effective_sample_size": (r.sum() ** 2 / (r**2).sum()).item(),
            "condition_number": max(conditions),
        }
    )
    clipped = ratio.clipped()
    assert clipped.diagnostics()["minimum"] == 0
    assert clipped.diagnostics()["clipped_share"] == pytest.approx((r.clamp_max(0).sum().abs() / r.abs().sum()).item())
    torch.testing.assert_close(clipped.denominator, kernel_mean_matching(p, q, [0.5, 1.0], 0.01, clip=True))
    everywhere = fitted(ULSIF(bandwidths=(1.0,), ridges=(1e-3,), clip=False), p, q)
    assert everywhere.at(q).min() < 0
    assert everywhere.clipped().at(q).min() == everywhere.clipped().numerator.clamp_max(0).min() == 0


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"kind": "kernel-mean-matching", "bound": 3.0}, 'bound: only holds with constraint = "non-negative"'),
        (
            {"kind": "kernel-mean-matching", "constraint": "non-negative", "bound": 0.5, "tolerance": 0.1},
            "bound: a mean of at least 0.9 needs a bound that high",
        ),
        (
            {"kind": "kernel-mean-matching", "kernel": "laplacian", "bandwidths": [1.0]},
            "bandwidths: are those of the Gaussian kernel",
        ),
        ({"kind": "kernel-mean-matching", "kernel": "energy"}, "kernel: energy is positive on differences"),
        (
            {"kind": "kernel-mean-matching", "constraint": "non-negative", "tolerance": 0.1, "landmarks": 5},
            "tolerance: does not go with landmarks",
        ),
        ({"kind": "ulsif", "ridges": []}, "ridges: expected at least one entry"),
        ({"kind": "rulsif", "relative": 1.1}, "relative: expected a number between 0 and 1, got 1.1"),
        ({"kind": "kliep", "bandwidths": ["mean"]}, "bandwidths: expected a number above 0, 'median'"),
    ],
)
def test_declarations_that_are_refused(table, message):
    with pytest.raises(DeclarationError, match=message):
        structure(table, RatioEstimator)


# On plain tensors


@pytest.mark.parametrize("estimator", CHOOSING.values(), ids=CHOOSING)
def test_estimators_take_tensors_and_need_no_step(estimator):
    p, q = two_sets(40, 30)
    expected = estimator.fit(Samples(p), Samples(q), Step(0, 0)).denominator
    assert torch.equal(estimator.fit(p, q).denominator, expected)
    assert torch.equal(estimator(p, Samples(q)), expected)
    assert torch.equal(estimator(p, q, STEP), fitted(estimator, p, q).denominator)


@pytest.mark.parametrize("name", FIXED)
def test_new_points_are_of_the_same_shape(name):
    p, q = two_sets()
    ratio = FIXED[name].fit(p, q)
    assert torch.equal(ratio.at(q[0]), ratio.at(q[:1]))
    for wrong in (q[:, :1], torch.cat([q, q], 1), q[0, 0], q[:1, 0], q[None]):
        with pytest.raises(MatchZooError, match=r"ratio: expected new points \[k, 2\], got \["):
            ratio.at(wrong)
    with pytest.raises(MatchZooError, match=r"numerator and denominator have different dimensions: \[2\] and \[1\]"):
        FIXED[name].fit(p, q[:, :1])
    single = FIXED[name].fit(p[:, :1], q[:, :1])
    assert torch.equal(single.at(q[:, 0]), single.at(q[:, :1]))


@pytest.mark.parametrize("name", CHOOSING)
def test_what_was_chosen_can_be_given(name):
    p, q = two_sets(40, 30)
    chosen = fitted(CHOOSING[name], p, q)
    given = fitted(CHOOSING[name].with_chosen(chosen.chosen), 3 * p, 3 * q)
    assert given.chosen == chosen.chosen
    again = fitted(CHOOSING[name].with_chosen(chosen.chosen), p, q)
    assert torch.equal(again.denominator, chosen.denominator)


def test_the_ratio_of_a_set_to_itself_is_one():
    p, q = points(3, 1), (points(1, 1, 1) + 2).requires_grad_()
    ratio = RuLSIF(relative=1.0).fit(p, q)
    for values in (ratio.denominator, ratio.numerator, ratio.at(p), ratio.at(q)):
        assert values.eq(1).all()
    assert ratio.diagnostics()["mean"] == 1
    ratio.denominator.sum().backward()
    assert not q.grad.any()


def test_a_ratio_of_numbers_in_a_row():
    p, q = points(40, 1), points(30, 1, 1)
    assert torch.equal(ULSIF()(p[:, 0], q[:, 0]), ULSIF()(p, q))
    ratio = Classifier(features="logit").fit(p[:, 0], q[:, 0])
    torch.testing.assert_close(ratio.denominator, q[:, 0].exp() * 30 / 40)


def test_a_method_of_ones_own_is_an_estimate():
    class Constant(RatioEstimator):
        def build(self, spec):
            self.dimension = spec.features

        def estimate(self, numerator, denominator, step):
            return Ratio(denominator=torch.full((len(denominator),), float(self.dimension)))

    p, q = two_sets()
    assert Constant()(p, q).tolist() == [2.0] * 11
    ratio = Constant().fit(p, q)
    for ask in (lambda: ratio.numerator, lambda: ratio.at(p)):
        with pytest.raises(MatchZooError, match=r"denominator's points only; .* use ulsif"):
            ask()


def test_a_ratio_is_shown_in_one_line():
    ratio = Ratio(denominator=torch.tensor([0.5, 1.5, 1.0, -0.02]), matrices=(torch.eye(3),))
    assert repr(ratio) == "<Ratio at 4 samples: mean 0.745, smallest -0.02, effective sample size 2.5>"
    relative = RuLSIF(relative=0.25).fit(*two_sets())
    assert repr(relative).startswith("<Ratio at 11 samples, relative to 0.25: mean ")
    assert "\n" not in repr(relative)
    assert repr(Ratio(denominator=torch.zeros(3, device="meta"))) == "<Ratio at 3 samples>"


def test_tables_and_functions_are_handed_on():
    from matchzoo.ratios import estimate, kernel_mean_matching, minimize_in_box

    p, q = two_sets()
    assert torch.equal(kernel_mean_matching(p, q), KernelMeanMatching()(p, q))
    assert "Ratio at 11" in repr(estimate(p.numpy(), q.numpy()))
    assert minimize_in_box.__module__ == "matchzoo.ratios.solving.quadratic_program"
