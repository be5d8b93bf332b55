"""The ridge of kernel mean matching by held-out squared error: against fits by hand, and in tables."""

import numpy as np
import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.distances import gaussian, squared_distances
from matchzoo.core.numerics.kernels import Gaussian
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.evaluation.adaptation import method_of
from matchzoo.ratios import KernelMeanMatching, estimate, kernel_mean_matching
from matchzoo.ratios.basis import folds
from matchzoo.ratios.ridge_choice import RIDGES, least_squares_ridge, ratio_anywhere

RNG = torch.Generator().manual_seed(0)
P, Q = torch.randn(30, 2, generator=RNG).double() + 0.5, 1.5 * torch.randn(40, 2, generator=RNG).double()


def gram(x, y, bandwidth=1.0):
    return gaussian(squared_distances(x, y), bandwidth)


def test_the_ratio_at_new_points_is_that_at_the_denominators_there_and_minimizes_squared_error():
    ratio = kernel_mean_matching(P, Q, [1.0], ridge=0.5)
    torch.testing.assert_close(ratio_anywhere(gram(Q, P), gram(Q, Q), ratio, 0.5), ratio)

    # over the functions of both sets' kernels: ½ mean_q r² − mean_p r + (ε/2m) ‖r‖², set to zero by its gradient
    points = torch.cat([Q, P])
    of_points, at_q, at_p = gram(points, points), gram(Q, points), gram(P, points)
    system = at_q.T @ at_q / len(Q) + 0.5 / len(Q) * of_points
    theta = torch.linalg.lstsq(system, at_p.mean(0)[:, None], driver="gelsd").solution[:, 0]
    new = torch.randn(7, 2, generator=RNG).double()
    torch.testing.assert_close(
        ratio_anywhere(gram(new, P), gram(new, Q), ratio, 0.5), gram(new, points) @ theta, atol=1e-6, rtol=1e-6
    )


def test_the_choice_is_that_of_fits_by_hand():
    step, errors = Step(0, 0), []
    for candidate in RIDGES:
        parts = zip(folds(len(P), step), folds(len(Q), step), strict=True)
        total = 0.0
        for held_p, held_q in parts:
            p, q = (
                x[torch.ones(len(x), dtype=torch.bool).index_fill(0, rows, False)]
                for x, rows in ((P, held_p), (Q, held_q))
            )
            ridge = candidate * len(q)
            fitted = kernel_mean_matching(p, q, [1.0], ridge)
            at_q, at_p = (ratio_anywhere(gram(x, p), gram(x, q), fitted, ridge) for x in (Q[held_q], P[held_p]))
            total += (at_q.square().mean() / 2 - at_p.mean()).item()
        errors.append(total)
    chosen = least_squares_ridge(Samples(P), Samples(Q), [Gaussian(bandwidths=(1.0,))], step)
    assert chosen == RIDGES[int(np.argmin(errors))] * len(Q)
    ratio = KernelMeanMatching(bandwidths=(1.0,), ridge="cross-validation").fit(P, Q, step)
    assert ratio.chosen == {"ridge": chosen}
    torch.testing.assert_close(ratio.denominator, kernel_mean_matching(P, Q, [1.0], chosen))
    again = KernelMeanMatching(bandwidths=(1.0,), ridge="cross-validation").with_chosen(ratio.chosen)
    assert again.ridge == chosen


def test_tables_choose_it_where_nothing_is_said():
    assert estimate(P.numpy(), Q.numpy(), "kernel-mean-matching").chosen["ridge"] > 1e-3
    assert estimate(P.numpy(), Q.numpy(), '{ kind = "kernel-mean-matching", ridge = 0.1 }').chosen == {}
    weights = method_of("kernel-mean-matching", 2)
    assert isinstance(weights, KernelMeanMatching)
    assert (weights.ridge, weights.constraint) == ("cross-validation", "non-negative")
    with pytest.raises(MatchZooError, match="takes 2 samples of each set"):
        least_squares_ridge(Samples(P[:1]), Samples(Q), [Gaussian(bandwidths=(1.0,))], Step(0, 0))
    with pytest.raises(MatchZooError, match="a number above 0, got 0"):
        KernelMeanMatching(ridge=0.0)
