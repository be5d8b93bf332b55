"""Shifts and scales by MMD: against a grid, at a stationary point, and beside a cluster that the source has not."""

import torch

from matchzoo.matchers import mmd2
from matchzoo.projectors import match_locations, mmd_location_scale


def normal(*shape, seed):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_no_map_of_a_grid_is_better_and_the_gradient_is_zero():
    source, target = normal(40, 1, seed=0), 3 * normal(30, 1, seed=1) + 2
    fitted = torch.stack(mmd_location_scale(source, target, [1.5])).requires_grad_()

    def discrepancy(factor, shift):
        return mmd2(source * factor + shift, target, [1.5])

    value = discrepancy(*fitted)
    assert torch.autograd.grad(value, fitted)[0].abs().max() < 1e-8
    around = torch.linspace(-0.5, 0.5, 21, dtype=torch.float64)
    assert all(discrepancy(fitted[0] + a, fitted[1] + b) >= value for a in around for b in around)
    assert value < discrepancy(*match_locations(source, target, scale=True))


def test_a_cluster_that_the_source_has_not_pulls_moments_and_not_this_map():
    scale, offset = torch.tensor([2.0, 0.5]).double(), torch.tensor([1.0, -3.0]).double()
    source, target = normal(150, 2, seed=2), normal(120, 2, seed=3) * scale + offset
    target = torch.cat([target, 0.3 * normal(20, 2, seed=4) + 20])
    factor, shift = mmd_location_scale(source, target, ["0.5*median"])
    torch.testing.assert_close(factor, scale, rtol=0.5, atol=0)
    torch.testing.assert_close(shift, offset, atol=0.5, rtol=0)
    assert (match_locations(source, target, scale=True)[0] > 5).all()


def test_a_feature_that_is_constant_is_moved():
    source, target = torch.cat([normal(20, 1, seed=0), torch.ones(20, 1)], 1), normal(20, 2, seed=1)
    factor, _ = mmd_location_scale(source.double(), target)
    assert factor.isfinite().all()
