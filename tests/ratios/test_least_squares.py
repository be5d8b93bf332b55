"""Leave-one-out by brute force, and hyper-parameters that the order of rows does not choose."""

import numpy as np
import pytest
import torch

from matchzoo.core.numerics.distances import gaussian, squared_distances
from matchzoo.ratios import ULSIF, RuLSIF
from matchzoo.ratios import least_squares as module
from matchzoo.ratios.least_squares import coefficients, leave_one_out


def points(n: int, d: int, seed: int) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize(("n", "m"), [(9, 9), (8, 12), (12, 8), (2, 2)])
@pytest.mark.parametrize("relative", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("clip", [False, True])
def test_leave_one_out_is_that_of_leaving_one_out(monkeypatch, n, m, relative, clip):
    monkeypatch.setattr(module, "ROWS", 5)
    basis = points(5, 2, 3)
    at_p, at_q = (gaussian(squared_distances(x, basis), 1.0) for x in (0.8 * points(n, 2, 0) + 0.4, points(m, 2, 1)))

    def ratio_without(p: torch.Tensor, q: torch.Tensor, left_out: torch.Tensor) -> torch.Tensor:
        theta, _ = coefficients(p, q, 0.05, relative)
        return left_out @ (theta.clamp_min(0) if clip else theta)

    of_p = torch.stack([ratio_without(torch.cat([at_p[:i], at_p[i + 1 :]]), at_q, at_p[i]) for i in range(n)])
    of_q = torch.stack([ratio_without(at_p, torch.cat([at_q[:i], at_q[i + 1 :]]), at_q[i]) for i in range(m)])
    expected = (relative / 2 * of_p**2 - of_p).mean() + (1 - relative) / 2 * (of_q**2).mean()
    found = leave_one_out(at_p, at_q, 0.05, relative, clip)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("n", "m"), [(50, 600), (90, 90), (300, 100)])
@pytest.mark.parametrize("relative", [0.0, 0.1])
def test_what_is_chosen_does_not_depend_on_the_order_of_rows(n, m, relative):
    """N(1, 1) over N(0, 4), whose ratio is 2 exp(x²/8 − (x − 1)²/2)."""
    rng = np.random.default_rng(0)
    p, q = (torch.tensor(rng.normal(mean, spread, (k, 1))) for mean, spread, k in ((1, 1, n), (0, 2, m)))
    estimator = RuLSIF(relative=relative, centers=n) if relative else ULSIF(centers=n)
    drawn, ordered = estimator.fit(p, q), estimator.fit(p.sort(0).values, q.sort(0).values)
    assert ordered.chosen == pytest.approx(drawn.chosen)
    torch.testing.assert_close(ordered.denominator, drawn.denominator[q[:, 0].argsort()], rtol=1e-6, atol=1e-8)

    truth = 2 * torch.exp(q[:, 0] ** 2 / 8 - (q[:, 0] - 1) ** 2 / 2)
    truth = truth / (relative * truth + 1 - relative)
    assert (drawn.denominator - truth).square().mean() < 0.25 * (1 - truth).square().mean()


def test_bandwidth_and_ridge_are_refined_by_default_and_where_asked(monkeypatch):
    p, q = 0.8 * points(60, 2, 0) + 0.4, points(50, 2, 1)
    listed = {"bandwidths": (0.05, 0.2, 2.0), "ridges": (1e-3, 1.0)}
    plain = ULSIF(**listed).fit(p, q)
    refined = ULSIF(**listed, refine=True).fit(p, q)
    assert plain.chosen["bandwidth"] in listed["bandwidths"]
    assert plain.chosen["ridge"] in listed["ridges"]

    def score(chosen: dict[str, float]) -> float:
        kernels = (gaussian(squared_distances(x, p), chosen["bandwidth"]) for x in (p, q))
        return leave_one_out(*kernels, chosen["ridge"]).item()

    assert score(refined.chosen) < score(plain.chosen)

    refinements = []
    monkeypatch.setattr(module, "_chosen", lambda *arguments: (refinements.append(arguments[-1]), (1.0, 0.1))[1])
    for estimator in (ULSIF(), RuLSIF(), ULSIF(refine=False), ULSIF(ridges=(1e-3, 0.1)), ULSIF(**listed, refine=True)):
        estimator.fit(p, q)
    assert refinements == [4, 4, 0, 0, 4]
