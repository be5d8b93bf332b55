"""Adaptation to subspaces: golden residuals, what the terms are by hand, and references that span everything."""

import math

import pytest
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.matchers import SubspaceAdaptation, affine_complement, subspace_adaptation_loss, subspace_residual
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.loop import Training

AXES = torch.eye(3, dtype=torch.float64)
SPANS = [affine_complement(torch.stack([AXES[0] + t * AXES[2] for t in (0.0, 1.0)])),
         affine_complement(torch.stack([AXES[1] + t * AXES[2] for t in (0.0, 1.0)]))]  # fmt: skip
"""Lines along the third axis, through the first and through the second unit vector."""


def test_golden_residuals(golden):
    values = {key: torch.from_numpy(x) for key, x in golden("transport.npz").items() if key.startswith("subspace")}
    for position, references in enumerate(values["subspace_refs"]):
        span = affine_complement(references)
        residual = subspace_residual(values["subspace_z"], *span)
        torch.testing.assert_close(residual, values[f"subspace_residual_{position}"], rtol=0, atol=1e-10)
        torch.testing.assert_close(subspace_residual(references, *span), torch.zeros_like(references))


def test_distance_and_direction_by_hand():
    source = torch.zeros(1, 3, dtype=torch.float64)
    middle = torch.tensor([[0.5, 0.5, 7.0]], dtype=torch.float64)
    assert subspace_adaptation_loss(middle, source, SPANS, 0).item() == pytest.approx(1)  # of 1/2 to either line
    cosine = math.sqrt(0.5) / math.sqrt(0.5 + 49)
    assert subspace_adaptation_loss(middle, source, SPANS, 2.0).item() == pytest.approx(1 + 2 * (1 - cosine))
    straight = torch.tensor([[0.3, 0.3, 0.0]], dtype=torch.float64)
    expected = 2 * (0.49 + 0.09)
    assert subspace_adaptation_loss(straight, source, SPANS, 50.0).item() == pytest.approx(expected)


def test_where_attributes_add_up_the_minimum_has_half_of_each():
    """Between the spans, as near to one as to the other; along them the distance leaves it free."""
    z = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([z], line_search_fn="strong_wolfe")
    along = z[:, 2].detach().clone()

    def closure():
        optimizer.zero_grad()
        loss = subspace_adaptation_loss(z, torch.zeros(4, 3, dtype=torch.float64), SPANS, 0)
        loss.backward()
        return loss

    optimizer.step(closure)
    torch.testing.assert_close(z[:, :2].detach(), torch.full((4, 2), 0.5, dtype=torch.float64))
    torch.testing.assert_close(z[:, 2].detach(), along)


def test_gradients_exist_where_training_begins():
    source = torch.randn(5, 3, dtype=torch.float64)
    adapted = source.clone().requires_grad_()
    [slope] = torch.autograd.grad(subspace_adaptation_loss(adapted, source, SPANS), adapted)
    assert slope.isfinite().all()
    missing = -sum(subspace_residual(source, *span) for span in SPANS)
    assert ((-slope * missing).sum(1) > 0).all()
    moved = (source + 0.1 * torch.randn(5, 3, dtype=torch.float64)).requires_grad_()
    assert torch.autograd.gradcheck(lambda z: subspace_adaptation_loss(z, source, SPANS), moved)


def test_references_that_span_everything():
    with pytest.raises(MatchZooError, match=r"4 of them span all 3 dimensions .* take at most 3 of them"):
        affine_complement(torch.randn(4, 3))
    center, complement = affine_complement(torch.ones(4, 3))  # one point, four times
    assert torch.equal(complement, torch.eye(3))
    assert torch.equal(center, torch.ones(3))
    with pytest.raises(MatchZooError, match=r"of one shape .* got \[2, 3\], \[2, 3\] and 0"):
        subspace_adaptation_loss(torch.zeros(2, 3), torch.zeros(2, 3), [])
    with pytest.raises(MatchZooError, match="at least one, got none"):
        affine_complement(torch.zeros(0, 3))


DIGITS = {"kind": "digits", "size": 8, "channels": 1}


def test_in_a_recipe():
    table = {
        "data": {"kind": "combined", "environments": {"a": DIGITS}, "others": {"few": DIGITS}},
        "generator": {"kind": "map", "source": DIGITS, "network": {"kind": "mlp", "widths": []}},
        "projector": {"kind": "learned", "features": 4, "network": {"kind": "mlp", "widths": []}},
        "players": {
            "generator": {
                "moves": ["generator"],
                "minimize": [{"kind": "subspace-adaptation", "targets": ["few"], "references": 5}],
            }
        },
        "trainer": {"steps": 1, "batch": 8, "device": "cpu"},
    }
    recipe = Recipe.of(table)
    engine = recipe.engine()
    training = Training(recipe.build(engine), recipe.trainer, engine)
    with pytest.raises(MatchZooError, match=r"span all 4 dimensions of the features"):
        training.prepare(quiet=True)
    table["players"]["generator"]["minimize"][0]["targets"] = ["few-shot"]
    recipe = Recipe.of(table)
    with pytest.raises(DeclarationError, match="unknown set 'few-shot'"):
        Training(recipe.build(engine), recipe.trainer, engine).prepare(quiet=True)
    term = SubspaceAdaptation(targets=("few",))
    term.build(Spec(shape=(3,), features=3))
    with pytest.raises(MatchZooError, match="it has looked at no references yet"):
        term(torch.randn(4, 3), torch.randn(4, 3))
