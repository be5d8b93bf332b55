"""The space of a conditional critic: products by hand, where gradients pass, and refusals."""

import copy

import pytest
import torch
from helpers.room import HEAD, V_REX, training

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.hub.run_parts import RunParts
from matchzoo.projectors import outer_product

CRITIC = {"kind": "gan", "side": "critic", "space": "critic", "sets": ["real", "test"]}
TABLE = copy.deepcopy(V_REX)
TABLE["projectors"] |= {
    "joint": {"kind": "outer-product", "on": "encoder", "head": "head"},
    "critic": {"kind": "learned", "on": "joint", "features": 1, "network": {"kind": "mlp", "widths": [4]}},
}
TABLE["players"]["learner"] |= {"minimize": [{"kind": "classification", "space": "head"}], "maximize": [CRITIC]}
TABLE["players"]["critic"] = {"moves": ["critic"], "minimize": [CRITIC]}
TABLE["trainer"] = {**TABLE["trainer"], "schedule": [["critic", "learner"]]}


def test_products_by_hand():
    features, shares = torch.tensor([[1.0, 2.0]]), torch.tensor([[0.25, 0.75, 0.0]])
    assert outer_product(features, shares).tolist() == [[0.25, 0.75, 0, 0.5, 1.5, 0]]


def test_no_gradient_passes_through_the_predictions_and_training_moves_all():
    made = training(TABLE)
    joint, encoder, head = (made.parts.projectors[name] for name in ("joint", "encoder", "head"))
    assert made.parts.specs["joint"].features == 60
    features = encoder(made.parts.data.sets()["test"].all().values[:5].double()).detach().requires_grad_()
    head.requires_grad_(True)
    product = joint(features)
    assert torch.equal(product.sum(1), outer_product(features, head(features).softmax(1)).sum(1))
    [gradient] = torch.autograd.grad(product.square().sum(), features)
    shares = head(features).softmax(1).detach()
    torch.testing.assert_close(gradient, 2 * features.detach() * shares.square().sum(1, keepdim=True))

    before = {key: value.clone() for key, value in made.results().items()}
    made.step(1)
    assert all(not torch.equal(value, before[key]) for key, value in made.results().items())
    assert not any(key.startswith("joint/") for key in before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"head": "haed"}, "stands on an unknown projector 'haed'; did you mean 'head'"),
        ({"head": "other"}, "'other' stands on 'samples'; give both the same"),
    ],
)
def test_a_head_that_stands_elsewhere_is_refused(change, message):
    table = copy.deepcopy(TABLE)
    table["projectors"]["other"] = {k: v for k, v in HEAD.items() if k != "on"}
    table["projectors"]["joint"] |= change
    with pytest.raises(DeclarationError, match=message):
        training(table)


def test_a_critic_on_it_is_no_model_by_itself(tmp_path):
    made = training(TABLE)
    parts = RunParts(tmp_path, made.parts.projectors, made.parts.spec, made.parts.specs, made.results())
    assert parts.lineage("head") == ["encoder", "head"]
    with pytest.raises(MatchZooError, match="the projector critic is no model by itself: it stands on 'joint'"):
        parts.model("critic")
