"""A stack lives as its layers do."""

import pytest
import torch

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.projectors import Projector, Recoloring, Stack

LAYER = {"kind": "learned", "features": 3, "network": {"kind": "mlp", "widths": [4]}}
SPEC = Spec(shape=(2,))


def stack(*layers: dict) -> Stack:
    made = structure({"kind": "stack", "layers": list(layers)}, Projector)
    assert isinstance(made, Stack)
    made.build(SPEC)
    return made


def test_layers_take_the_features_of_the_one_before():
    made = stack(LAYER, {**LAYER, "features": 5})
    x = torch.randn(6, 2)
    assert torch.equal(made(x), made.layers[1](made.layers[0](x)))


def test_layers_do_what_is_due():
    made = stack({**LAYER, "bound": 0.1}, {**LAYER, "redraw_every": 1})
    before = [value.clone() for value in made.layers[1].parameters()]
    assert made.is_resampled
    assert not made.before_step(Step(1, 0))
    assert made.before_step(Step(2, 0))
    after = list(made.layers[1].parameters())
    assert any(not torch.equal(old, new) for old, new in zip(before, after, strict=True))
    with torch.no_grad():
        for value in made.parameters():
            value.fill_(1.0)
    made.after_step()
    assert max(value.max().item() for value in made.layers[0].parameters()) == pytest.approx(0.1)
    assert min(value.min().item() for value in made.layers[1].parameters()) == 1.0


def test_a_layer_that_is_fitted_needs_a_name():
    made = Stack(layers=(structure(LAYER, Projector), Recoloring()))
    made.build(SPEC)
    with pytest.raises(DeclarationError, match=r"projector\.layers\[1\]: is fitted to features, .* with on"):
        made.prepare(None)
