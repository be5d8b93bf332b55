"""The Monge gap against golden values: 0 of gradients of convex functions, and the biases of its entropic forms."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.matchers import MongeGap, monge_gap
from matchzoo.models.transport import Sinkhorn

MAPS = ("identity", "shift", "monotone", "rot90", "rot180", "square")


@pytest.mark.parametrize("name", MAPS)
def test_golden_values(name, golden):
    values = golden("transport.npz")
    x, mapped = (torch.from_numpy(values[key]) for key in ("monge_x", f"monge_map_{name}"))
    assert monge_gap(x, mapped)[0].item() == pytest.approx(values[f"monge_gap_exact_{name}"].item(), abs=1e-8)
    for epsilon in (0.5, 0.05):
        value, plan = monge_gap(x, mapped, Sinkhorn(epsilon=epsilon, tolerance=1e-6))
        expected = values[f"monge_gap_kl_eps{epsilon}_{name}"].item()
        # OT_ε is the largest dual value, so of two gaps the smaller is right: that of far images was not converged
        far = epsilon == 0.05 or name == "square"
        assert expected - (1e-4 if far else 1e-8) < value.item() < expected + 1e-8
        assert plan.marginal_error < 2e-6


def test_gradient_and_thorough_diagnostics():
    rng = torch.Generator().manual_seed(0)
    x, mapped = (torch.randn(6, 2, generator=rng).double().requires_grad_() for _ in range(2))
    matcher = MongeGap(solver=Sinkhorn(epsilon=0.5, tolerance=1e-10))
    assert torch.autograd.gradcheck(lambda x, mapped: matcher(x, mapped), (x, mapped))
    discrepancy = matcher.discrepancy((Samples(x), Samples(mapped)), Step(1, 0))
    assert "exact_gap" not in discrepancy.diagnostics()
    assert discrepancy.diagnostics(thorough=True)["exact_gap"] == pytest.approx(monge_gap(x, mapped)[0].item())
    weights = torch.rand(6, generator=rng).double().requires_grad_()
    weighted = Samples(x.detach(), weights=weights)
    assert torch.autograd.gradcheck(lambda w: matcher(Samples(x.detach(), weights=w), mapped.detach()), (weights,))
    assert "exact_gap" not in matcher.discrepancy((weighted, Samples(mapped)), Step(1, 0)).diagnostics(thorough=True)


def test_sets_that_are_no_pairs():
    with pytest.raises(MatchZooError, match=r"images of one shape, row by row, got \[3, 2\] and \[4, 2\]"):
        MongeGap()(torch.rand(3, 2), torch.rand(4, 2))
