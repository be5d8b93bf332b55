"""Mixed Barlow Twins: its published values, what is exactly zero, and the set of mixed images in a recipe."""

import copy

import numpy as np
import pytest
import torch
from helpers.room import barlow, training

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.step import Step
from matchzoo.matchers import MixedCorrelation, Mixture, mixed_correlation_loss, mixture


def test_it_is_that_of_the_golden_values_with_its_gradients(golden):
    values = golden("self_targets.npz")
    sets = [torch.from_numpy(values[name]).requires_grad_() for name in ("bt_za", "bt_zb", "mix_zm")]
    drawn = Mixture(values["mix_alpha"].item(), torch.from_numpy(values["mix_perm"]))
    term = mixed_correlation_loss(*sets, drawn, eps=0)
    np.testing.assert_allclose(term.item(), values["mix_term"], rtol=1e-12)
    rest = values["bt_lambda"].item()
    np.testing.assert_allclose(4 * rest * term.item(), values["mix_loss_scale4"], rtol=1e-12)
    np.testing.assert_allclose(0.5 * rest * term.item(), values["mix_loss_imagenet"], rtol=1e-12)
    for gradient, name in zip(torch.autograd.grad(term, sets), ("za", "zb", "zm"), strict=True):
        np.testing.assert_allclose(gradient, values[f"mix_grad_{name}"], rtol=1e-10, atol=1e-12)


def test_a_linear_network_has_zero_only_where_features_are_not_scaled():
    rng = torch.Generator().manual_seed(0)
    x, y = (torch.randn(12, 6, generator=rng, dtype=torch.float64) for _ in range(2))
    weight, bias = torch.randn(6, 4, generator=rng).double(), torch.randn(4, generator=rng).double()
    drawn = mixture(12, Step(3, 0))
    sets = [z @ weight + bias for z in (x, y, drawn.of(x, y))]
    assert MixedCorrelation(scaled=False)(*sets, step=Step(3, 0)).item() == pytest.approx(0, abs=1e-20)
    assert MixedCorrelation()(*sets, step=Step(3, 0)) > 0.01
    assert MixedCorrelation(scaled=False)(*sets, step=Step(4, 0)) > 0.01  # of another step's mixture


def test_the_mixed_images_of_a_recipe_are_those_that_its_term_expects():
    table = barlow()
    table["projectors"] = {
        "embedding": {"kind": "learned", "features": 5, "network": {"kind": "mlp", "widths": []}},
    }
    table["sets"] = {"mixed": "mixture"}
    table["players"]["learner"] |= {
        "moves": ["embedding"],
        "minimize": [{"kind": "mixed-correlation", "space": "embedding", "scaled": False}],
    }
    made = training(table)
    sets = made.sets(("learner",), Step(1, 3), 0)
    assert set(sets) == {"real", "real'", "mixed"}
    first, second, mixed = (sets[name].samples().values for name in ("real", "real'", "mixed"))
    torch.testing.assert_close(mixed, mixture(20, Step(1, 3)).of(first, second), rtol=0, atol=0)
    assert sets["mixed"].samples().labels is None
    assert made.step(1)["learner/minimize[0]"].item() == pytest.approx(0, abs=1e-20)

    wrong = copy.deepcopy(table)
    wrong["sets"]["mixed"] = {"kind": "mixture", "others": "test"}
    with pytest.raises(DeclarationError, match=r"sets\.mixed\.others: expected another view of the same rows"):
        training(wrong)
    wrong["sets"]["mixed"] = {"kind": "mixture", "of": "reel", "others": "reel'"}
    with pytest.raises(DeclarationError, match=r"sets\.mixed\.of: unknown set 'reel'"):
        training(wrong)


def test_sets_of_other_shapes_are_refused():
    x = torch.rand(5, 3)
    with pytest.raises(MatchZooError, match="mixed-correlation: expected three sets of features of one shape"):
        MixedCorrelation()(x, x, x[:4])
