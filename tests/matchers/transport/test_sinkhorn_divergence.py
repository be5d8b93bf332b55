"""The Sinkhorn divergence against golden values."""

import pytest
import torch

from matchzoo.core.samples import Samples
from matchzoo.matchers import SinkhornDivergence, sinkhorn_divergence


@pytest.mark.parametrize(("epsilon", "tolerance"), [(0.5, 1e-9), (0.05, 1e-7)])
def test_golden_values_and_gradients(epsilon, tolerance, golden):
    values = golden("transport.npz")
    x, y, a, b = (torch.from_numpy(values[f"ot_{name}"]) for name in "xyab")
    x.requires_grad_()
    value, plan = sinkhorn_divergence(Samples(x, weights=a), Samples(y, weights=b), epsilon, 1e-11)
    assert value.item() == pytest.approx(values[f"sinkhorn_eps{epsilon}_divergence"].item(), abs=tolerance)
    [gradient] = torch.autograd.grad(value, x)
    torch.testing.assert_close(
        gradient, torch.from_numpy(values[f"sinkhorn_eps{epsilon}_divergence_grad_x"]), rtol=0, atol=tolerance
    )
    assert plan.marginal_error < 1e-10


def test_weights_have_their_gradient():
    rng = torch.Generator().manual_seed(0)
    x, y = torch.randn(5, 2, generator=rng).double(), torch.randn(4, 2, generator=rng).double()
    a = (torch.rand(5, generator=rng).double() + 0.1).requires_grad_()
    assert torch.autograd.gradcheck(lambda a: sinkhorn_divergence(Samples(x, weights=a), y, 0.5, 1e-11)[0], a)


def test_a_relative_epsilon_does_not_move_with_the_second_set():
    x, y = torch.randn(30, 2), torch.randn(20, 2)
    matcher = SinkhornDivergence(epsilon="0.1*mean", tolerance=1e-6)
    absolute = SinkhornDivergence(epsilon=0.1 * torch.cdist(x, x).square().mean().item(), tolerance=1e-6)
    for other in (y, 3 * y + 2):
        torch.testing.assert_close(matcher(x, other), absolute(x, other), rtol=1e-4, atol=1e-5)
