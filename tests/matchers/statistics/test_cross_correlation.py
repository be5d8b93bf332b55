"""Cross-correlation of two views, and the loss of Barlow Twins that is made of it."""

import numpy as np
import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.matchers import Squared, StatisticMatcher, ToConstant, squared_distance
from matchzoo.matchers.statistics import CrossCorrelation, cross_correlation
from matchzoo.matchers.statistics.cross_correlation import standardized


def barlow_twins(rest: float = 0.0051, eps: float = 0.0) -> StatisticMatcher:
    return StatisticMatcher(
        statistic=CrossCorrelation(eps=eps),
        distance=Squared(off_diagonal=rest),
        reduction=ToConstant(constant="identity"),
    )


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize(("eps", "mark"), [(0.0, ""), (1e-5, "_eps1e5")])
def test_barlow_twins_is_that_of_the_golden_values_with_its_gradients(golden, eps, mark):
    values = golden("self_targets.npz")
    x, y = (torch.from_numpy(values[name]).requires_grad_() for name in ("bt_za", "bt_zb"))
    loss = barlow_twins(values["bt_lambda"].item(), eps)(x, y)
    np.testing.assert_allclose(loss.item(), values[f"bt_loss{mark}"], rtol=1e-12)
    for gradient, side in zip(torch.autograd.grad(loss, (x, y)), "ab", strict=True):
        np.testing.assert_allclose(gradient, values[f"bt_grad_z{side}{mark}"], rtol=1e-10, atol=1e-12)
    if not eps:
        matrix = cross_correlation(x, y).detach()
        np.testing.assert_allclose(matrix, values["bt_c"], rtol=1e-12)
        identity = torch.eye(6, dtype=torch.float64)
        for part, factors in (("on", {"off_diagonal": 0.0}), ("off", {"diagonal": 0.0})):
            np.testing.assert_allclose(squared_distance(matrix, identity, **factors), values[f"bt_{part}"], rtol=1e-12)


def test_gradient_is_that_of_the_closed_form():
    """G_ii = 2 (C_ii − 1), G_ij = 2 λ C_ij; g = ỹ Gᵀ / n; (g − mean g − x̃ mean(g x̃)) / σ."""
    x, y = draw(20, 4).requires_grad_(), draw(20, 4, seed=1)
    [gradient] = torch.autograd.grad(barlow_twins(0.3)(x, y), x)
    with torch.no_grad():
        matrix, identity = cross_correlation(x, y), torch.eye(4, dtype=torch.float64)
        outer = 2 * (matrix - identity) * (0.3 + 0.7 * identity)
        unit = standardized(x)
        g = standardized(y) @ outer.T / 20
        expected = (g - g.mean(0) - unit * (g * unit).mean(0)) / x.std(0, correction=0)
    torch.testing.assert_close(gradient, expected, rtol=0, atol=1e-13)


def test_invariances_and_what_is_zero():
    x, y = draw(30, 5), draw(30, 5, seed=1)
    loss = barlow_twins()
    value = loss(x, y)
    rows, columns = torch.randperm(30), torch.randperm(5)
    for other in (
        loss(y, x),
        loss(3 * x + 2, 0.1 * y - 5),
        loss(x[rows], y[rows]),
        loss(x[:, columns], y[:, columns]),
    ):
        torch.testing.assert_close(other, value, rtol=1e-12, atol=0)
    white = torch.linalg.qr(x - x.mean(0))[0]
    assert loss(white, white).item() == pytest.approx(0, abs=1e-24)
    constant = torch.ones(30, 5, dtype=torch.float64)
    assert barlow_twins(eps=1e-5)(constant, constant).item() == pytest.approx(5)


def test_few_rows_cannot_reach_the_identity():
    """The rank of C is at most n − 1, so that of d features d − n + 1 are missing."""
    x, y = draw(4, 9), draw(4, 9, seed=1)
    assert squared_distance(cross_correlation(x, y), torch.eye(9, dtype=torch.float64)) >= 9 - 4 + 1


def test_what_is_refused():
    with pytest.raises(MatchZooError, match=r"cross-correlation: expected two sets of features of one shape"):
        barlow_twins()(draw(4, 3), draw(5, 3))
    with pytest.raises(MatchZooError, match=r"cross-correlation: expected two sets, got 3"):
        barlow_twins()(draw(4, 3), draw(4, 3), draw(4, 3))
    with pytest.raises(MatchZooError, match=r"squared: a diagonal is that of square matrices, got .*\(3, 2\)"):
        squared_distance(draw(3, 2), draw(3, 2), diagonal=0.0)
