"""Weights of samples in ratios: repeated samples, samples that are absent, known truths, gradients, what is refused."""

import attrs
import numpy as np
import pytest
import scipy.optimize
import torch
from helpers.tested_estimators import FIXED

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.distances import gaussian, squared_distances
from matchzoo.core.numerics.kernels import Gaussian
from matchzoo.core.samples import Samples
from matchzoo.matchers.ratio import DIVERGENCES, f_divergence
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
    coefficients,
    kliep,
    leave_one_out,
    minimize_in_box,
    ridge_choice,
)
from matchzoo.ratios.solving.landmarks import LandmarkMatching

CHOOSING: dict[str, RatioEstimator] = {
    "kmm": KernelMeanMatching(bandwidths=("0.5*median", "median"), ridge="cross-validation"),
    "ulsif": ULSIF(),
    "rulsif": RuLSIF(relative=0.4),
    "kliep": KLIEP(),
    "quadratic": Classifier(),
    "fourier": Classifier(features="random-fourier", count=50),
    "gaussian": GaussianRatio(covariance="shared"),
    "kernel density": KernelDensityRatio(),
    "nearest": NearestNeighborRatio(neighbors=(2, 4, 6)),
}
"""Estimators that choose their hyper-parameters."""
BY_LANDMARKS = KernelMeanMatching(bandwidths=(1.0,), ridge=0.1, landmarks=9, constraint="non-negative", bound=2.0)
ALL = {**FIXED, "landmarks": BY_LANDMARKS, **{f"{name}, chosen": estimator for name, estimator in CHOOSING.items()}}
U, V = torch.tensor([1, 3, 2, 2, 1, 3, 2, 2]), torch.tensor([2, 1, 3, 2, 3, 1])


def points(n: int, d: int = 2, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


P, Q = 0.8 * points(8) + 0.4, points(6, seed=1)
REPEATED = P.repeat_interleave(U, 0), Q.repeat_interleave(V, 0)
SHARES = U / U.sum().double(), V / V.sum().double()


def weighted(x: torch.Tensor, weights: torch.Tensor) -> Samples:
    return Samples(x, weights=weights.to(x))


def compared(one: Ratio, other: Ratio, **tolerance: float) -> None:
    new = points(5, seed=7)
    for a, b in ((one.denominator, other.denominator), (one.numerator, other.numerator), (one.at(new), other.at(new))):
        torch.testing.assert_close(a, b, **tolerance)
    assert one.diagnostics() == pytest.approx(other.diagnostics(), rel=1e-6, abs=tolerance["atol"])


# A whole number is that many copies


@pytest.mark.parametrize("name", [name for name in FIXED if "lsif" not in name])
def test_whole_numbers_are_repeated_samples(name):
    """Both sets are doubled on average, and so are a ridge that is not one of a mean, and a count of neighbors."""
    estimator = again = FIXED[name]
    if isinstance(estimator, KernelMeanMatching):
        again = attrs.evolve(estimator, ridge=2 * estimator.ridge)
    if isinstance(estimator, NearestNeighborRatio):
        again = attrs.evolve(estimator, neighbors=(2 * estimator.neighbors[0],))
    ratio, repeated = estimator.fit(weighted(P, 5 * U), weighted(Q, 7 * V)), again.fit(*REPEATED)
    torch.testing.assert_close(ratio.denominator.repeat_interleave(V), repeated.denominator, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(ratio.numerator.repeat_interleave(U), repeated.numerator, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(ratio.at(points(5, seed=7)), repeated.at(points(5, seed=7)), rtol=1e-9, atol=1e-9)
    assert ratio.diagnostics()["mean"] == pytest.approx(repeated.diagnostics()["mean"], abs=1e-9)
    for divergence in DIVERGENCES:
        values = [f_divergence(one.clipped(), divergence, "lower-bound") for one in (ratio, repeated)]
        torch.testing.assert_close(*values, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("relative", [0.0, 0.3])
def test_whole_numbers_are_repeated_samples_of_least_squares(relative):
    features = [gaussian(squared_distances(x, P), 1.0) for x in (P, Q)]
    repeated = [x.repeat_interleave(counts, 0) for x, counts in zip(features, (U, V), strict=True)]
    theta, system = coefficients(*features, 0.1, relative, SHARES)
    for one, other in zip((theta, system), coefficients(*repeated, 0.1, relative), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


@pytest.mark.parametrize("constraint", ["none", "non-negative"])
def test_whole_numbers_are_repeated_samples_of_landmarks(constraint):
    limits = (0.0, 1.5) if constraint == "non-negative" else (-torch.inf, torch.inf)
    kernel, landmarks = Gaussian(bandwidths=(1.0,)), torch.cat([P, Q])
    ratio = LandmarkMatching(kernel, P, Q, landmarks, 0.1, *limits, (U / 2, V / 2))
    repeated = LandmarkMatching(kernel, *REPEATED, landmarks, 0.2, *limits)
    torch.testing.assert_close(ratio.at(Q), repeated.at(Q), rtol=0, atol=1e-9)
    fields = {"constraint": constraint, "bound": 1.5} if constraint == "non-negative" else {}
    sets = weighted(P, U), weighted(Q, V)
    whole, by_all = (
        KernelMeanMatching(bandwidths=(1.0,), ridge=0.1, landmarks=count, **fields).fit(*sets) for count in (None, 20)
    )
    torch.testing.assert_close(by_all.denominator, whole.denominator, rtol=0, atol=1e-6)


def test_whole_numbers_are_repeated_samples_in_folds(monkeypatch):
    monkeypatch.setattr(kliep, "SEARCHING", 1e-11)
    parts = [torch.arange(n).chunk(3) for n in (8, 6)]
    copies = [torch.arange(n).repeat_interleave(counts) for n, counts in ((8, U), (6, V))]
    folds = [
        [torch.isin(rows, part).nonzero().flatten() for part in some] for rows, some in zip(copies, parts, strict=True)
    ]
    first = torch.cat([torch.zeros(1, dtype=torch.long), U.cumsum(0)[:-1]])
    once = kliep.HeldOut(P, Q, torch.arange(8), parts, SHARES)
    repeated = kliep.HeldOut(*REPEATED, first, folds)
    for s in (0.8, 2.0):
        assert once.loss(s) == pytest.approx(repeated.loss(s), abs=1e-9)

    grams = [
        [gaussian(squared_distances(x, y), 1.0) for x, y in ((q, q), (q, p), (p, p))] for p, q in ((P, Q), REPEATED)
    ]
    once, repeated = (
        ridge_choice._held_out(*some, held[0][0], held[1][0], shares)
        for some, held, shares in zip(grams, (parts, folds), (SHARES, (None, None)), strict=True)
    )
    torch.testing.assert_close(once, repeated, rtol=1e-8, atol=1e-9)


# Equal weights are none, and a weight of 0 is no sample


@pytest.mark.parametrize("name", ALL)
def test_equal_weights_are_none(name):
    p, q = 0.8 * points(24) + 0.4, points(20, seed=1)
    plain = ALL[name].fit(p, q)
    weights = torch.full((24,), 0.3), torch.full((20,), 7.0)
    pairs = [(weighted(p, weights[0]), weighted(q, weights[1]))]
    pairs += [(p, weighted(q, weights[1]))] if name in FIXED else []
    for sets in pairs:
        ratio = ALL[name].fit(*sets)
        assert ratio.chosen == pytest.approx(plain.chosen, rel=1e-12)
        compared(ratio, plain, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_samples_of_weight_0_are_absent(name):
    p, q = 0.8 * points(24) + 0.4, points(20, seed=1)
    u, v = 0.5 + points(24, 1, 2)[:, 0].square(), 0.5 + points(20, 1, 3)[:, 0].square()
    u[[0, 5, 6]], v[[3, 19]] = 0, 0
    ratio = ALL[name].fit(weighted(p, u), weighted(q, v))
    absent = ALL[name].fit(weighted(p[u > 0], u[u > 0]), weighted(q[v > 0], v[v > 0]))
    assert ratio.denominator.shape == (20,)
    assert torch.equal(ratio.denominator[v > 0], absent.denominator)
    assert torch.equal(ratio.numerator[u > 0], absent.numerator)
    torch.testing.assert_close(ratio.denominator[v == 0], absent.at(q[v == 0]))
    torch.testing.assert_close(ratio.numerator[u == 0], absent.at(p[u == 0]))
    assert ratio.diagnostics() == pytest.approx(absent.diagnostics(), rel=1e-12)
    for divergence in DIVERGENCES:
        torch.testing.assert_close(*(f_divergence(one, divergence, "lower-bound") for one in (ratio, absent)))


# By hand and against other code


@pytest.mark.parametrize("clip", [True, False])
@pytest.mark.parametrize("relative", [0.0, 0.3])
def test_leave_one_out_is_that_of_fits_by_hand(relative, clip):
    of_p, of_q = (gaussian(squared_distances(x, P), 1.0) for x in (P, Q))
    u, v = SHARES

    def left_out(at: torch.Tensor, i: int, p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
        keep_p, keep_q = p != i, q != i
        shares = u[keep_p] / u[keep_p].sum(), v[keep_q] / v[keep_q].sum()
        theta, _ = coefficients(of_p[keep_p], of_q[keep_q], 0.1, relative, shares)
        return at[i] @ (theta.clamp_min(0) if clip else theta)

    nowhere = -torch.ones(8), -torch.ones(6)
    at_p = torch.stack([left_out(of_p, i, torch.arange(8), nowhere[1]) for i in range(8)])
    at_q = torch.stack([left_out(of_q, i, nowhere[0], torch.arange(6)) for i in range(6)])
    expected = u @ (relative / 2 * at_p.square() - at_p) + (1 - relative) / 2 * v @ at_q.square()
    torch.testing.assert_close(leave_one_out(of_p, of_q, 0.1, relative, clip, SHARES), expected, rtol=0, atol=1e-12)
    plain = leave_one_out(of_p, of_q, 0.1, relative, clip)
    equal = torch.full((8,), 1 / 8, dtype=torch.float64), None
    torch.testing.assert_close(leave_one_out(of_p, of_q, 0.1, relative, clip, equal), plain, rtol=0, atol=1e-12)


@pytest.mark.parametrize("level", [0.3, 0.9])
def test_quadratic_programs_of_a_weighted_mean_agree_with_scipy(level):
    x, w = points(10, 1, 4), 0.1 + points(10, 1, 6)[:, 0].square()
    a = gaussian(squared_distances(x, x), 0.7) + 0.1 * torch.eye(10)
    c = 2 * points(10, 1, 5)[:, 0]
    theirs = scipy.optimize.minimize(
        lambda r: r @ a.numpy() @ r / 2 - c.numpy() @ r,
        np.full(10, level),
        jac=lambda r: a.numpy() @ r - c.numpy(),
        bounds=[(0, 1.5)] * 10,
        constraints={"type": "eq", "fun": lambda r: w.numpy() @ (r - level)},
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 500},
    )
    np.testing.assert_allclose(minimize_in_box(a, c, 1.5, (level, level), weights=w).numpy(), theirs.x, atol=1e-5)


@pytest.mark.parametrize("name", CHOOSING)
def test_weights_that_turn_one_gaussian_into_another_give_its_ratio(name):
    """p: N(0, 1) weighted to be N(0.6, 1); q: N(0, 2.25) weighted to be N(−0.3, 2.25)."""
    default = {"nearest": NearestNeighborRatio(), "gaussian": GaussianRatio()}
    x, y = points(300, 1), 1.5 * points(300, 1, 1)
    u, v = (0.6 * x[:, 0] - 0.18).exp(), (-0.3 / 2.25 * y[:, 0] - 0.02).exp()
    truth = 1.5 * (-((y[:, 0] - 0.6) ** 2) / 2 + (y[:, 0] + 0.3) ** 2 / 4.5).exp()
    if name == "rulsif":
        truth = truth / (0.4 * truth + 0.6)
    ratio = default.get(name, CHOOSING[name]).fit(Samples(x, weights=u), Samples(y, weights=v))
    assert ratio.mean_over_denominator((ratio.denominator - truth).square()) < 0.08  # without weights 0.23 to 0.61


@pytest.mark.parametrize("name", [name for name in FIXED if name != "nearest"])
def test_values_have_the_gradient_of_finite_differences(name):
    sets = [x.clone().requires_grad_() for x in (P[:3], Q[:3], U[:3].double(), V[:3].double())]

    def values(p: torch.Tensor, q: torch.Tensor, u: torch.Tensor, v: torch.Tensor) -> tuple[torch.Tensor, ...]:
        ratio = FIXED[name].fit(Samples(p, weights=u), Samples(q, weights=v))
        return ratio.denominator, ratio.mean_over_numerator(ratio.numerator)

    assert torch.autograd.gradcheck(values, sets, atol=1e-4)


# Means, and what is refused


def test_means_and_diagnostics_count_weights():
    r, v = torch.tensor([2.0, -1.0, 0.5, torch.inf]), torch.tensor([0.5, 0.2, 0.3, 0.0])
    ratio = Ratio(denominator=r, shares=(None, v)).clipped()
    assert ratio.mean_over_denominator(torch.tensor([1.0, 2.0, 3.0, torch.nan])).item() == pytest.approx(1.8)
    assert ratio.mean_over_numerator(torch.tensor([1.0, 2.0])).item() == 1.5
    expected = {
        "mean": 1.15,
        "minimum": 0.0,
        "effective_sample_size": 1.15**2 / (1 + 0.15**2),
        "clipped_share": 0.2 / 1.35,
    }
    assert ratio.diagnostics() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0] * 7, r"numerator: weights: expected one of each of 8 samples, \[8\], got \[7\]"),
        (
            [1.0] * 6 + [-2.0, torch.nan],
            r"numerator: weights: expected finite .* got -2 in row 6 \(from 0\) \(and 1 more\)",
        ),
        ([1.0] * 7 + [torch.inf], r"got inf in row 7"),
        ([0.0] * 8, "numerator: weights: all 8 are 0"),
    ],
)
def test_weights_that_are_refused(weights, message):
    with pytest.raises(MatchZooError, match=message):
        ULSIF().fit(Samples(P, weights=torch.tensor(weights)), Q)
    with pytest.raises(MatchZooError, match=message.replace("numerator", "denominator")):
        ULSIF().fit(Q, Samples(P, weights=torch.tensor(weights)))


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_the_scale_of_weights_is_none_and_what_vanishes_in_float32_is_absent(scale):
    expected = ULSIF()(weighted(P, U), Q)
    torch.testing.assert_close(ULSIF()(weighted(P, scale * U.double()), Q), expected)
    u = torch.ones(8, dtype=torch.float64)
    u[2] = 1e-60
    single, absent = (x.float() for x in (P, P[u > 0.5]))
    ratio = KernelMeanMatching()
    torch.testing.assert_close(ratio(Q.float(), Samples(single, weights=u))[u > 0.5], ratio(Q.float(), absent))


def test_a_method_of_ones_own_says_whether_it_counts_weights():
    class Constant(RatioEstimator):
        def estimate(self, numerator, denominator, step):
            return Ratio(denominator=torch.ones(len(denominator)))

    class Counting(Constant):
        uses_sample_weights = True

    with pytest.raises(MatchZooError, match=r"Constant: takes no weights of samples; leave Samples\.weights out"):
        Constant().fit(P, weighted(Q, V))
    assert Counting().fit(P, weighted(Q, V)).shares[1].sum() == pytest.approx(1)
    with pytest.raises(MatchZooError, match="the ratio at the denominator's points only"):
        Counting().fit(P, weighted(Q, V - 1))
