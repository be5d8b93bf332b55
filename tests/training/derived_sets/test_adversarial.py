"""Sets that are made of others in every update: moved samples by brute force, what they leave behind, and refusals."""

import copy

import pytest
import torch
import torch.nn.functional as F
from helpers.room import V_REX, training

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.step import Step
from matchzoo.recipes.planning import plan
from matchzoo.recipes.recipe import Recipe

MOVED = {"kind": "adversarial", "by": {"kind": "classification", "space": "head"}, "length": 2.0, "radius": 0.3}
TABLE = copy.deepcopy(V_REX)
TABLE["sets"] = {"moved": MOVED}
TABLE["players"]["learner"]["minimize"] = [
    {"kind": "classification", "space": "head"},
    {"kind": "classification", "space": "head", "sets": ["moved"], "weight": 0.5},
]


def changed(**changes: object) -> dict:
    table = copy.deepcopy(TABLE)
    table["sets"]["moved"] |= changes
    return table


@pytest.mark.parametrize("radius", [0.0, 0.3])
def test_samples_go_up_the_loss_and_its_steepness_each_by_one_length(radius):
    """∇_x [ℓ + ρ ‖∇_θ ℓ‖] by differences of whole networks, for two samples; then a step on what was moved."""
    made = training(changed(radius=radius))
    encoder, head = (copy.deepcopy(made.parts.projectors[name].network) for name in ("encoder", "head"))
    made._let_move({"encoder", "head"})
    sets = made.sets(("learner",), Step(1, 3), 0)
    real, moved = (sets[name].samples() for name in ("real", "moved"))
    assert torch.equal(real.index, moved.index)
    assert torch.equal(real.labels, moved.labels)
    way = (moved.values - real.values).flatten(1)
    torch.testing.assert_close(way.norm(dim=1), torch.full((12,), 2.0).double(), rtol=0, atol=1e-12)

    parameters = [*encoder.parameters(), *head.parameters()]

    def height(values: torch.Tensor) -> float:
        loss = F.cross_entropy(head(encoder(values)), real.labels)
        gradients = torch.autograd.grad(loss, parameters)
        return loss.item() + radius * torch.cat([gradient.flatten() for gradient in gradients]).norm().item()

    for row in (0, 7):
        slopes = []
        for pixel in range(64):
            ends = []
            for sign in (1, -1):
                values = real.values.clone()
                values[row].view(-1)[pixel] += sign * 1e-5
                ends.append(height(values))
            slopes.append((ends[0] - ends[1]) / 2e-5)
        direction = torch.tensor(slopes).double()
        torch.testing.assert_close(way[row], 2 * direction / direction.norm(), rtol=0, atol=1e-5)

    made.step(1)
    losses = [F.cross_entropy(head(encoder(values)), real.labels) for values in (real.values, moved.values)]
    gradients = torch.autograd.grad(losses[0] + 0.5 * losses[1], parameters)
    own = [*made.parts.projectors["encoder"].parameters(), *made.parts.projectors["head"].parameters()]
    for parameter, before, gradient in zip(own, parameters, gradients, strict=True):
        torch.testing.assert_close(parameter, before - 0.1 * gradient, rtol=0, atol=1e-12)


def test_making_a_set_leaves_nothing_behind():
    table = changed()
    table["projectors"]["encoder"]["network"] = {"kind": "mlp", "widths": [8], "norm": "batch"}
    made = training(table)
    before = {key: value.clone() for key, value in made.state().items()}
    made._let_move({"encoder", "head"})
    made.sets(("learner",), Step(1, 3), 0)
    assert all(torch.equal(value, before[key]) for key, value in made.state().items())
    assert made.discrepancies(1)["learner/minimize[1]"].value > made.discrepancies(1)["learner/minimize[0]"].value


@pytest.mark.parametrize("of", ["environments/1", "environment", "test", "real'"])
def test_a_set_can_be_made_of_any_real_one(of):
    made = training(changed(of=of))
    drawn = made.sets(("learner",), Step(1, 3), 0)["moved"]
    assert len(drawn) == 12
    assert not drawn.samples().values.requires_grad


def test_a_recipe_with_a_set_of_its_own_is_planned():
    assert plan(structure(TABLE, Recipe))


WRONG = {
    "of itself": ({"of": "moved"}, r"sets\.moved\.of: expected a set of real samples, .* got 'moved'"),
    "of nothing": ({"of": "reel"}, r"sets\.moved\.of: unknown set 'reel'; expected one of real"),
    "of what is made": ({"of": "synthetic"}, r"sets\.moved\.of: expected a set of real samples"),
    "no space": ({"by": "classification"}, r"sets\.moved\.by\.space: missing; expected one of encoder, head"),
    "several sets": (
        {"by": {**MOVED["by"], "sets": ["real"]}},
        r"sets\.moved\.by\.sets: the set is the one that is moved \(of\); leave it out",
    ),
    "two sides": (
        {"by": {"kind": "mmd", "bandwidths": [1.0], "space": "head"}},
        r"sets\.moved\.by: expected a term of one set",
    ),
    "no length": ({"length": 0.0}, r"sets\.moved\.length: expected a number above 0, got 0.0"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_refused(name):
    changes, message = WRONG[name]
    with pytest.raises(MatchZooError, match=message):
        training(changed(**changes))


@pytest.mark.parametrize(("name", "message"), [("real", "and none of environment, environments"), ("a/b", "letters")])
def test_names_that_are_taken(name, message):
    table = changed()
    table["sets"][name] = MOVED
    with pytest.raises(DeclarationError, match=message):
        structure(table, Recipe)
