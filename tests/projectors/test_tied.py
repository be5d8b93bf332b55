"""A second way through shared layers, and terms that compare one set in two spaces: gradients by hand, in chunks, and
refusals."""

import copy

import pytest
import torch
from helpers.room import HEAD, V_REX, training

from matchzoo.core.errors import DeclarationError
from matchzoo.core.step import Step

TABLE = copy.deepcopy(V_REX)
TABLE["projectors"] |= {
    "shifted": {"kind": "learned", "on": "encoder", "features": 6, "network": "affine"},
    "again": {"kind": "tied", "of": "head", "on": "shifted"},
}
TABLE["players"]["learner"] |= {
    "minimize": [{"kind": "paired", "sets": ["real"], "space": ["head", "again"]}],
    "moves": ["encoder", "head", "shifted"],
}


@pytest.mark.parametrize("chunk", ["auto", 5])
def test_gradients_of_both_ways_add_up(chunk):
    made = training(TABLE, **{"trainer.chunk": chunk})
    parts, step = made.parts, Step(1, 3)
    encoder, head, shifted = (parts.projectors[name] for name in ("encoder", "head", "shifted"))
    shifted.network.factors.data *= 1.3
    assert parts.inputs_of(parts.players["learner"].terms[0]) == (("real", "head"), ("real", "again"))
    made._let_move({"encoder", "head", "shifted"})
    sets = made.sets(("learner",), step, 0)
    _, gradients = made.gradients(parts.players, sets, step)

    z = encoder(sets["real"].source.render(sets["real"].draws).values.double())
    loss = (head(z) - head(shifted(z))).square().sum(1).mean()
    expected = torch.autograd.grad(loss, made.parameters["learner"], allow_unused=True)
    for gradient, other in zip(gradients["learner"], expected, strict=True):
        torch.testing.assert_close(torch.zeros(()) if gradient is None else gradient, other, rtol=1e-12, atol=1e-14)
    assert gradients["learner"][0].abs().max() > 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"projectors.again.of": "haed"}, "unknown projector 'haed'; did you mean 'head'"),
        ({"players.learner.minimize.0.space": ["head", "agian"]}, "space: unknown projector 'agian'; did you mean"),
        ({"players.learner.minimize.0.space": ["head", "head"]}, "space: expected different names"),
        (
            {"players.learner.minimize.0.sets": ["real", "test", "real'"]},
            "expected 2 sets, got 3: real, test, real', each in 2",
        ),
        ({"players.learner.moves": ["encoder", "again"]}, "the again has no parameters to move"),
        (
            {"players.learner.minimize.0.reference": "cache", "players.learner.moves": ["shifted"]},
            "a stored real side is of one space",
        ),
    ],
)
def test_what_is_refused(changes, message):
    with pytest.raises(DeclarationError, match=message):
        training(TABLE, **changes)


def test_a_stored_side_behind_a_shared_layer_that_moves_is_refused():
    term = {"kind": "statistic", "statistic": "moments", "distance": "squared", "sets": ["real", "test"]}
    changes = {"players.learner.minimize": [{**term, "space": "again", "reference": "cache"}]}
    with pytest.raises(DeclarationError, match="cannot be computed once: the head moves"):
        training(TABLE, **changes, **{"players.learner.moves": ["head"]})
    assert HEAD["on"] == "encoder"
