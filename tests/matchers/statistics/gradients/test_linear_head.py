"""The statistic of a live head in recipes: golden penalties, running means, and refusals."""

import copy

import pytest
import torch
from helpers.room import HEAD, V_REX, training

from matchzoo.core.errors import DeclarationError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers import Pairwise, Squared, StatisticMatcher, ToMean
from matchzoo.matchers.distance import InnerProduct
from matchzoo.matchers.statistics import LinearHeadStatistic
from matchzoo.models.networks import MLP
from matchzoo.projectors import Learned

PENALTIES = {
    "iga_head": ("gradient", Squared(), ToMean(), 3.0),
    "fishr_sum": ("gradient-variance", Squared(), ToMean(), 1.0),
    "fish": ("gradient", InnerProduct(), Pairwise(), 3.0),  # ours is a mean over pairs
}


@pytest.fixture
def golden_sets(golden):
    """Environments, and the head as a projector."""
    values = {key: torch.from_numpy(array) for key, array in golden("alignment.npz").items()}
    features = values["head_Z"].clone().requires_grad_()
    head = Learned(network=MLP(widths=[]), features=3).double()
    head.build(Spec(shape=(4,)))
    layer = head.network.layers[0]
    layer.weight.data, layer.bias.data = values["head_W"].clone(), values["head_b"].clone()
    sets = [Samples(z, y) for z, y in zip(features, values["head_y"], strict=True)]
    return values, features, {"scores": head}, sets


def matcher_of(quantity, distance, reduction, parts, decay=0.0):
    statistic = LinearHeadStatistic(head="scores", quantity=quantity, decay=decay)
    matcher = StatisticMatcher(statistic=statistic, distance=distance, reduction=reduction, sets=["a", "b", "c"])
    matcher.build(Spec(shape=(4,), features=4, classes=3))
    matcher.bind(parts)
    return matcher.double()


@pytest.mark.parametrize("name", PENALTIES)
def test_golden_penalties(name, golden_sets):
    values, features, parts, sets = golden_sets
    *declared, factor = PENALTIES[name]
    penalty = factor * matcher_of(*declared, parts).discrepancy(sets, Step(1, 0)).value
    torch.testing.assert_close(penalty.detach(), values[f"penalty_{name}"], rtol=0, atol=1e-12)
    penalty.backward()
    torch.testing.assert_close(features.grad, values[f"penalty_{name}_dZ"], rtol=0, atol=1e-12)


def test_the_center_of_hessian_gradient_products_is_the_product_of_the_means(golden_sets):
    values, _, parts, sets = golden_sets
    terms = [matcher_of(quantity, Squared(), ToMean(), parts) for quantity in ("hessian-gradient", "gradient")]
    penalty = sum(term.discrepancy(sets, Step(1, 0)).value for term in terms)
    torch.testing.assert_close(penalty.detach(), values["penalty_hgp"], rtol=0, atol=1e-12)
    assert parts["scores"].network.layers[0].weight.requires_grad
    penalty.backward()
    assert parts["scores"].network.layers[0].weight.grad.abs().sum() > 0


def test_a_running_mean_is_written_once_the_update_has_succeeded(golden_sets):
    _, _, parts, sets = golden_sets
    matcher = matcher_of("gradient-variance", Squared(), ToMean(), parts, decay=0.75)
    fresh = torch.stack(matcher_of("gradient-variance", Squared(), ToMean(), parts).statistic.measure_all(sets, None))
    first = torch.stack(matcher.statistic.measure_all(sets, Step(1, 0)))
    torch.testing.assert_close(first, fresh)
    assert not matcher.statistic.past.any()  # asked again, it says the same
    torch.testing.assert_close(torch.stack(matcher.statistic.measure_all(sets, Step(1, 0))), fresh)

    matcher.after_step()
    torch.testing.assert_close(matcher.statistic.past, 0.25 * fresh)
    second = torch.stack(matcher.statistic.measure_all(sets, Step(2, 0)))
    torch.testing.assert_close(second, fresh * (1 + 0.75))  # (β (1 − β) s + (1 − β) s) / (1 − β)


def table(quantity="hessian-gradient", **changes):
    made = copy.deepcopy(V_REX)
    statistic = {"kind": "linear-head", "head": "head", "quantity": quantity, **changes}
    made["players"]["learner"]["minimize"][1] |= {"space": "encoder", "statistic": statistic, "weight": 1.0}
    made["evaluation"] = []
    return made


WRONG = [
    ({"head": "heat"}, {}, "unknown projector 'heat'; did you mean 'head'"),
    ({"head": "encoder"}, {}, r"a linear head is of kind \"learned\" with features = 10"),
    ({}, {"head": {**HEAD, "network": {"kind": "mlp", "widths": [4]}}}, "a linear head is of kind"),
    ({}, {"head": {**HEAD, "on": "other"}, "other": {**HEAD, "features": 5}}, "takes 5 features, but .* has 6"),
]


@pytest.mark.parametrize(("changes", "projectors", "message"), WRONG)
def test_what_is_no_linear_head(changes, projectors, message):
    wrong = table(**changes)
    wrong["projectors"] = {**wrong["projectors"], **projectors}
    with pytest.raises(DeclarationError, match=message):
        training(wrong)


def test_a_running_mean_needs_a_number_of_sets():
    statistic = LinearHeadStatistic(head="scores", decay=0.5)
    with pytest.raises(DeclarationError, match="a running mean is of the sets of a recipe"):
        statistic.build(Spec(shape=(4,), features=4, classes=3))
