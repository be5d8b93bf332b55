"""Transport by blocks against transport by matrix."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.models.transport import blockwise, blockwise_plan, cost_matrix, sinkhorn_plan


def test_blocks_are_those_of_the_matrix(monkeypatch):
    monkeypatch.setattr(blockwise, "ELEMENTS", 1000)
    monkeypatch.setattr(blockwise, "COARSE_POINTS", 30)
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(70, 3, generator=rng).requires_grad_()
    y = (0.6 * torch.randn(50, 3, generator=rng) + 5).requires_grad_()
    weights = torch.rand(70, generator=rng)
    weights[4] = 0
    plan = blockwise_plan(x, y, weights, epsilon=0.3, tolerance=1e-4)
    whole = sinkhorn_plan(cost_matrix(x, y), weights, epsilon=0.3)
    assert plan.value.item() == pytest.approx(whole.value.item(), rel=1e-5)
    assert plan.cost == pytest.approx(whole.cost, rel=1e-4)
    assert plan.marginal_error < 2e-4
    torch.testing.assert_close(
        plan.rows(torch.tensor([3, 4, 69])).double(), whole.coupling[[3, 4, 69]], rtol=0, atol=1e-5
    )
    for ours, theirs in zip(*(torch.autograd.grad(p.value, (x, y)) for p in (plan, whole)), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-2, atol=1e-5)
    with pytest.raises(MatchZooError, match="point 4 of the source has no mass"):
        plan.barycentric(y)
    with pytest.raises(MatchZooError, match="expected 50 points, got 70"):
        plan.barycentric(x)


def test_images_are_means_of_the_target(monkeypatch):
    monkeypatch.setattr(blockwise, "ELEMENTS", 1000)
    rng = torch.Generator().manual_seed(0)
    x, y = torch.randn(40, 3, generator=rng), 0.6 * torch.randn(50, 3, generator=rng) + 5
    weights = 0.1 + torch.rand(40, generator=rng)
    images = blockwise_plan(x, y, weights, epsilon=0.3, tolerance=1e-4).barycentric(y)
    whole = sinkhorn_plan(cost_matrix(x, y), weights, epsilon=0.3).barycentric(y)
    torch.testing.assert_close(images, whole, rtol=1e-3, atol=1e-3)


def test_what_is_refused(monkeypatch):
    with pytest.raises(MatchZooError, match=r"expected points \[n, d\] and \[m, d\]"):
        blockwise_plan(torch.rand(3, 2), torch.rand(3, 1))
    with pytest.raises(MatchZooError, match="points that are not finite"):
        blockwise_plan(torch.full((3, 2), torch.nan), torch.rand(3, 2))
    monkeypatch.setattr(blockwise, "COARSE_POINTS", 5)
    with pytest.raises(MatchZooError, match="marginals are"):
        blockwise_plan(torch.rand(30, 2), torch.rand(30, 2), epsilon=1e-3, tolerance=1e-4, iterations=2)
