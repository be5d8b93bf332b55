"""Domain adaptation: adversarial players of one group against gradient reversal, by golden values."""

import pytest
import torch
from torch import nn

from matchzoo.core.samples import Samples
from matchzoo.core.schedule import Logistic
from matchzoo.core.spec import Spec
from matchzoo.matchers import GAN, Classification
from matchzoo.models.networks import MLP
from matchzoo.projectors import Learned
from matchzoo.training.players import Player

EXACT = {"rtol": 0, "atol": 1e-12}


def linear(weight: torch.Tensor, bias: torch.Tensor | None) -> Learned:
    """A linear projector of given values."""
    weight = weight.reshape(-1, weight.shape[-1])
    made = Learned(network=MLP(widths=[]), features=len(weight)).double()
    made.build(Spec(shape=(weight.shape[1],)))
    layer = next(inner for inner in made.modules() if isinstance(inner, nn.Linear))
    layer.weight.data = weight.clone()
    layer.bias.data = weight.new_zeros(len(weight)) if bias is None else bias.reshape(-1).clone()
    return made.double()


@pytest.mark.parametrize(("form", "factor"), [("half", 1.0), ("sum", 2.0)])
def test_two_players_of_a_group_have_the_gradients_of_a_reversal_layer(form, factor, golden):
    values = {key: torch.from_numpy(array) for key, array in golden("alignment.npz").items() if key.startswith("dann")}
    body = linear(values["dann_A"], values["dann_a"])
    head, critic = linear(values["dann_H"], None), linear(values["dann_D"], values["dann_db"])
    ramp = Logistic(value=factor * values["dann_lambda"].item(), steps=10, steepness=1e3)
    term = {"side": "critic", "sets": ["real", "target"]}
    network = Player(
        moves=["body", "head"],
        minimize=[Classification(space="head")],
        maximize=[GAN(**term, weight=ramp)],
    )
    adversary = Player(moves=["critic"], minimize=[GAN(**term, weight=factor)])

    source, target = (torch.tanh(body(values[f"dann_{name}"])) for name in ("xs", "xt"))
    classification = network.minimize[0](Samples(head(source), values["dann_ys"]))
    domains = network.maximize[0](critic(source), critic(target))
    torch.testing.assert_close(classification.detach(), values[f"dann_{form}_ce"], **EXACT)
    torch.testing.assert_close(factor * domains.detach(), values[f"dann_{form}_bce"], **EXACT)
    own = [*body.parameters(), head.network.layers[0].weight]
    gradients = torch.autograd.grad(network.objective([classification, domains], 10), own, retain_graph=True)
    for name, gradient in zip(("gA", "ga", "gH"), gradients, strict=True):
        torch.testing.assert_close(gradient, values[f"dann_{form}_{name}"], **EXACT)
    gradients = torch.autograd.grad(adversary.objective([domains], 10), list(critic.parameters()))
    for name, gradient in zip(("gD", "gdb"), gradients, strict=True):
        torch.testing.assert_close(gradient.squeeze(), values[f"dann_{form}_{name}"], **EXACT)
