"""Weighted risks: golden values, and what the control variate is for."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.scorers import deep_embedded_risk, importance_weighted_risk


def test_golden_values(golden):
    weights, losses = (torch.from_numpy(golden("alignment.npz")[f"dev_{key}"]) for key in ("weights", "losses"))
    expected = float(golden("alignment.npz")["dev_score"])
    assert deep_embedded_risk(losses, weights) == pytest.approx(expected, rel=0, abs=1e-12)
    assert importance_weighted_risk(losses, weights) == pytest.approx((weights * losses).mean().item())


def test_the_control_variate_lowers_the_spread():
    rng = torch.Generator().manual_seed(0)
    risks = []
    for _ in range(200):
        weights = torch.rand(40, generator=rng).mul(2)
        losses = 1 + 0.1 * torch.randn(40, generator=rng)
        risks.append([importance_weighted_risk(losses, weights), deep_embedded_risk(losses, weights)])
    plain, corrected = torch.tensor(risks).std(0)
    assert corrected < 0.3 * plain
    assert torch.tensor(risks)[:, 1].mean() == pytest.approx(1, abs=0.01)


def test_constant_weights_correct_nothing():
    losses = torch.tensor([1.0, 3.0])
    assert deep_embedded_risk(losses, torch.full((2,), 2.0)) == importance_weighted_risk(losses, torch.full((2,), 2.0))


@pytest.mark.parametrize("weights", [torch.ones(3), torch.ones(2, 1)])
def test_other_weights_are_refused(weights):
    with pytest.raises(MatchZooError, match=r"expected losses \[n\] and weights \[n\], n at least 2"):
        deep_embedded_risk(torch.ones(2), weights)
