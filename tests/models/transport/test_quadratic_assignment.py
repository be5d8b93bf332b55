"""Second-order matching: the golden instance, which the scores of vertices alone miss."""

import math

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.step import Step
from matchzoo.models.transport import perturbed_assignment, quadratic_assignment


def test_golden_values(golden):
    values = {key: torch.from_numpy(value) for key, value in golden("transport.npz").items() if key.startswith("qap")}
    pairing, score = quadratic_assignment(values["qap_vertex"], values["qap_edge"])
    assert pairing.tolist() == values["qap_perm"].tolist() != values["qap_linear_perm"].tolist()
    assert score.item() == pytest.approx(values["qap_value"].item())
    alone, _ = quadratic_assignment(values["qap_vertex"], 0 * values["qap_edge"])
    assert alone.tolist() == values["qap_linear_perm"].tolist()


def test_scores_of_other_shapes_and_not_finite():
    with pytest.raises(MatchZooError, match=r"got \[3, 3\] and \[3, 3, 3\]"):
        quadratic_assignment(torch.rand(3, 3), torch.rand(3, 3, 3))
    with pytest.raises(MatchZooError, match="not finite"):
        quadratic_assignment(torch.full((2, 2), torch.nan), torch.rand(2, 2, 2, 2))


def _share_kept(lead: float) -> float:
    """P(lead + G₁ + G₂ − G₃ − G₄ > 0) of Gumbel numbers G: two differences of them are logistic, and their sum is
    below x with probability u / (u − 1) − u log u / (u − 1)², u = exp(x)."""
    u = math.exp(lead)
    return u / (u - 1) - u * math.log(u) / (u - 1) ** 2


def test_the_gradient_of_two_vertices_is_that_of_the_closed_form():
    """Of two pairings, the identity leads by d; the estimate is unbiased for the quotient, which nears the slope."""
    noise, lead, draws = 0.5, 0.3, 200
    loss = torch.tensor([[1.0, -0.2], [0.1, 0.4]], dtype=torch.float64)
    toward = (loss.diagonal().sum() - loss[0, 1] - loss[1, 0]).item()  # of the loss, to the identity
    v = torch.tensor([[lead, 0.0], [0.0, 0.0]], dtype=torch.float64, requires_grad=True)
    e = torch.zeros(2, 2, 2, 2, dtype=torch.float64)
    for step in (0.5, 0.1):
        P = perturbed_assignment(v, e, noise, step, draws, rng=Step(0, 0).rng("noise"))
        [gradient] = torch.autograd.grad((loss * P).sum(), v)
        exact = (_share_kept(lead / noise) - _share_kept((lead - step * toward) / noise)) / step
        assert P[0, 0].item() == pytest.approx(_share_kept(lead / noise), abs=4 * 0.5 / draws**0.5)
        torch.testing.assert_close(gradient, gradient[0, 0] * torch.tensor([[1.0, -1], [-1, 1]], dtype=torch.float64))
        assert gradient[0, 0].item() == pytest.approx(exact, abs=4 * (exact / step / draws) ** 0.5)
    slope = (_share_kept((lead + 1e-5) / noise) - _share_kept((lead - 1e-5) / noise)) / 2e-5
    assert exact == pytest.approx(slope * toward, rel=0.1)


def test_the_gradient_is_a_difference_of_golden_pairings(golden):
    """Without noise: where the loss pulls the golden pairing over, in vertices and in edges."""
    values = {key: torch.from_numpy(value) for key, value in golden("transport.npz").items() if key.startswith("qap")}
    v, e = values["qap_vertex"].requires_grad_(), values["qap_edge"].requires_grad_()
    P = perturbed_assignment(v, e, noise=0.0, step=100.0)
    assert P.argmax(1).tolist() == values["qap_perm"].tolist()
    wanted = torch.eye(len(v), dtype=torch.float64).flip(0)
    slopes = torch.autograd.grad(-(wanted * P).sum(), (v, e))
    torch.testing.assert_close(slopes[0], (P - wanted).detach() / 100)
    pairs = [torch.einsum("ia,jb->iajb", X, X) for X in (P.detach(), wanted)]
    torch.testing.assert_close(slopes[1], (pairs[0] - pairs[1]) / 100)
    with pytest.raises(MatchZooError, match="draws ≥ 1, got"):
        perturbed_assignment(v, e, draws=0)
