"""Learned consistency: values and gradients by a plain computation, and refusals."""

import copy

import pytest
import torch
import torch.nn.functional as F
from helpers.room import V_REX, training

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.step import Step
from matchzoo.matchers import gradient_mismatch

VIEWS = {"sets": ["real"], "space": ["encoder", "styled"], "through": "map"}
TABLE = copy.deepcopy(V_REX)
TABLE["projectors"] |= {
    "styled": {"kind": "learned", "on": "encoder", "features": 6, "network": "affine"},
    "map": {"kind": "learned", "on": "encoder", "features": 6, "network": "affine"},
}
TABLE["players"]["learner"] |= {"minimize": [{"kind": "consistency", **VIEWS}]}
TABLE["players"]["map"] = {
    "moves": ["map"],
    "minimize": [{"kind": "consistency-gradient", **VIEWS, "head": "head", "parts": ["encoder"]}],
}


def test_mismatch_of_gradients():
    g = torch.randn(1000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    other = torch.randn(1000, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    assert gradient_mismatch(3 * g + 1, g).item() == pytest.approx(0, abs=1e-12)
    assert gradient_mismatch(g, -g).item() == pytest.approx(4, rel=0.01)
    assert gradient_mismatch(g, other).item() == pytest.approx(2, rel=0.1)
    assert gradient_mismatch(torch.zeros(5), torch.ones(5)).item() == 0


def test_both_players_have_the_gradients_of_a_plain_computation():
    made = training(TABLE)
    parts, step = made.parts, Step(1, 3)
    encoder, head, styled, map_ = (parts.projectors[name] for name in ("encoder", "head", "styled", "map"))
    styled.network.factors.data += torch.linspace(0.1, 0.5, 6).double()
    map_.network.shifts.data += 0.2
    made._let_move({"encoder", "head", "map"})
    sets = made.sets(("learner", "map"), step, 0)
    values, gradients = made.gradients(parts.players, sets, step)

    samples = sets["real"].source.render(sets["real"].draws)
    z = encoder(samples.values.double())
    views = z, styled(z)
    consistency = map_(views[1] - views[0]).square().mean()
    loss = sum(F.cross_entropy(head(view), samples.labels) for view in views)
    body = list(encoder.parameters())
    own = torch.cat([g.flatten() for g in torch.autograd.grad(consistency, body, create_graph=True)])
    other = torch.cat([g.flatten() for g in torch.autograd.grad(loss, body, retain_graph=True)])
    mismatch = (((own - own.mean().item()) / own.std().item()) - ((other - other.mean()) / other.std())).square().mean()
    torch.testing.assert_close(values["learner"][0], consistency)
    torch.testing.assert_close(values["map"][0], mismatch)
    expected = torch.autograd.grad(mismatch, list(map_.parameters()), retain_graph=True)
    torch.testing.assert_close(gradients["map"], list(expected))
    expected = torch.autograd.grad(consistency, made.parameters["learner"], allow_unused=True)
    assert all(g is e is None or torch.allclose(g, e) for g, e in zip(gradients["learner"], expected, strict=True))
    made.step(1)


def test_what_is_refused():
    with pytest.raises(DeclarationError, match="through: unknown projector 'mpa'"):
        training(TABLE, **{"players.learner.minimize.0.through": "mpa"})
    with pytest.raises(DeclarationError, match="looks behind the features"):
        training(TABLE, **{"trainer.chunk": 3})
    alone = training(TABLE, **{"trainer.schedule": ["map", "learner"]})
    with pytest.raises(MatchZooError, match="let it step in one group with the player that moves them"):
        alone.step(1)
