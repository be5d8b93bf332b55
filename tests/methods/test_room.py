"""Room for what comes: recipes of kinds that have no method here yet, each against a plain loop of torch in float64."""

import copy
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from helpers.room import DIGITS, ENCODER, HEAD, SGD, TRAINER, V_REX, barlow, training

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.step import Step
from matchzoo.matchers import mmd2
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.loop import Training


def assert_equal(module: torch.nn.Module, other: torch.nn.Module) -> None:
    for ours, theirs in zip(module.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-10)


def descend(objective: torch.Tensor, modules: list[torch.nn.Module], lr: float = 0.1) -> None:
    """A plain step of gradient descent."""
    parameters = [p for module in modules for p in module.parameters()]
    gradients = torch.autograd.grad(objective, parameters, allow_unused=True)
    with torch.no_grad():
        for parameter, gradient in zip(parameters, gradients, strict=True):
            if gradient is not None:
                parameter -= lr * gradient


def environments(made: Training, number: int, rows: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """The rows that a step draws of each environment, by hand."""
    data = made.parts.data
    sets = []
    for i, own in enumerate(data.environment_rows):
        draws = torch.randint(len(own), (rows,), generator=Step(number, 3).rng("data", 0, f"environments/{i}"))
        split = data.training_set
        samples = split.render(own[draws])
        sets.append((samples.values.double(), samples.labels))
    return sets


@pytest.mark.parametrize("chunk", ["auto", 5])
def test_v_rex_over_three_environments_has_no_generator(chunk):
    """Mean risk plus the variance of the risks, whose weight follows the step."""
    made = training(V_REX, **{"trainer.chunk": chunk})
    encoder, head = (copy.deepcopy(made.parts.projectors[name].network) for name in ("encoder", "head"))
    for number in range(1, 5):
        sets = environments(made, number, 12)
        risks = torch.stack([F.cross_entropy(head(encoder(x)), y) for x, y in sets])
        penalty = risks.var(unbiased=False)
        values = made.step(number)
        assert values["learner/minimize[0]"].item() == pytest.approx(risks.mean().item(), abs=1e-12)
        assert values["learner/minimize[1]"].item() == pytest.approx(penalty.item(), abs=1e-12)
        descend(risks.mean() + (1 if number < 3 else 10) * penalty, [encoder, head])
    assert_equal(made.parts.projectors["encoder"].network, encoder)
    assert_equal(made.parts.projectors["head"].network, head)


class Reversed(torch.autograd.Function):
    """The identity, with the gradient times −λ: gradient reversal (Ganin et al., 2016)."""

    @staticmethod
    def forward(context: Any, x: torch.Tensor, factor: float) -> torch.Tensor:
        context.factor = factor
        return x.clone()

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        return -context.factor * gradient, None


@pytest.mark.parametrize("chunk", ["auto", 7])
def test_two_players_on_the_same_features_are_gradient_reversal(chunk):
    """A domain critic minimizes its loss, the encoder maximizes it with a weight: one group, one forward pass."""
    loss = {"kind": "gan", "side": "critic", "space": "critic", "sets": ["real", "target"]}
    table = {
        "data": {
            "kind": "combined",
            "environments": {"source": DIGITS},
            "others": {"target": {**DIGITS, "background": 1.0}},
            "unlabeled": ["target"],
        },
        "projectors": {"encoder": ENCODER, "head": HEAD, "critic": {**HEAD, "features": 1}},
        "players": {
            "learner": {
                "moves": ["encoder", "head"],
                "optimizer": SGD,
                "minimize": [{"kind": "classification", "space": "head"}],
                "maximize": [{**loss, "weight": 0.3}],
            },
            "critic": {"moves": ["critic"], "optimizer": SGD, "minimize": [loss]},
        },
        "trainer": {**TRAINER, "real_batch": 9},
    }
    made = training(table, **{"trainer.chunk": chunk})
    parts = made.parts
    encoder, head, critic = (copy.deepcopy(parts.projectors[name].network) for name in ("encoder", "head", "critic"))
    target = parts.data.sets()["target"]
    assert target.labels is None
    for number in range(1, 5):
        step = Step(number, 3)
        rows = parts.data.draw(9, step.rng("data", 0))
        others = torch.randint(len(target), (9,), generator=step.rng("data", 0, "target"))
        source, labels = parts.data.training_set.render(rows).values.double(), parts.data.training_set.labels[rows]
        features = encoder(source), encoder(target.render(others).values.double())
        scores = [critic(Reversed.apply(x, 0.3)).flatten() for x in features]
        domain = 0.5 * (F.softplus(-scores[0]).mean() + F.softplus(scores[1]).mean())
        made.step(number)
        descend(F.cross_entropy(head(features[0]), labels) + domain, [encoder, head, critic])
    for name, network in (("encoder", encoder), ("head", head), ("critic", critic)):
        assert_equal(parts.projectors[name].network, network)


@pytest.mark.parametrize("chunk", ["auto", 6])
def test_cross_correlation_of_two_views_to_the_identity_is_barlow_twins(chunk):
    made = training(barlow(), **{"trainer.chunk": chunk})
    parts = made.parts
    encoder, embedding = (copy.deepcopy(parts.projectors[name].network) for name in ("encoder", "embedding"))
    for number in range(1, 5):
        step = Step(number, 3)
        images = parts.data.training_set.render(parts.data.draw(20, step.rng("data", 0))).values.double()
        views = [
            parts.views.apply(images, parts.views.draw(20, step.rng(name, 0))) for name in ("real views", "real' views")
        ]
        standardized = []
        for z in (embedding(encoder(view)) for view in views):
            standardized.append((z - z.mean(0)) / (z.var(0, unbiased=False) + 1e-5).sqrt())
        c = standardized[0].T @ standardized[1] / 20
        off = c - torch.diag(c.diagonal())
        loss = (c.diagonal() - 1).square().sum() + 0.05 * off.square().sum()
        values = made.step(number)
        assert values["learner/minimize[0]"].item() == pytest.approx(loss.item(), abs=1e-12)
        descend(loss, [encoder, embedding])
    assert_equal(parts.projectors["encoder"].network, encoder)
    assert_equal(parts.projectors["embedding"].network, embedding)


@pytest.mark.parametrize("chunk", ["auto", 5])
def test_a_map_of_a_source_batch_under_mmd_with_a_term_on_its_pairs(chunk):
    table = {
        "data": {"kind": "ring", "points": 300, "test_points": 20},
        "generator": {
            "kind": "map",
            "source": {"kind": "gaussian", "points": 200, "test_points": 20},
            "network": {"kind": "mlp", "widths": [8], "activation": "tanh"},
        },
        "players": {
            "generator": {
                "moves": ["generator"],
                "optimizer": SGD,
                "minimize": [{"kind": "mmd", "bandwidths": [1.0]}, {"kind": "paired", "weight": 0.1}],
            }
        },
        "trainer": {**TRAINER, "batch": 16, "real_batch": 24},
    }
    made = training(table, **{"trainer.chunk": chunk})
    parts = made.parts
    network = copy.deepcopy(parts.generator.network)
    for number in range(1, 5):
        step = Step(number, 3)
        source = parts.generator.source.render(
            parts.generator.source.draw(16, step.rng("generator", 0))
        ).values.double()
        real = parts.data.render(parts.data.draw(24, step.rng("data", 0))).values.double()
        mapped = network(source)
        moved = (source - mapped).square().sum(1).mean()
        values = made.step(number)
        assert values["generator/minimize[1]"].item() == pytest.approx(moved.item(), abs=1e-12)
        descend(mmd2(real, mapped, [1.0]) + 0.1 * moved, [network])
    assert_equal(parts.generator.network, network)
    draws = torch.arange(5)
    torch.testing.assert_close(parts.generator.render(draws).source.values, parts.generator.source.render(draws).values)


def test_an_average_follows_a_projector_that_moves_and_a_run_of_it_is_resumed_to_the_bit():
    table = copy.deepcopy(V_REX)
    table["projectors"]["teacher"] = {"kind": "average", "of": "encoder", "decay": 0.9}
    table["projectors"]["frozen"] = {"kind": "average", "of": "encoder", "decay": 1.0}
    made = training(table)
    start = copy.deepcopy(made.parts.projectors["encoder"].network)
    average = copy.deepcopy(start)
    for number in range(1, 5):
        made.step(number)
        with torch.no_grad():
            followed = made.parts.projectors["encoder"].network.parameters()
            for own, other in zip(average.parameters(), followed, strict=True):
                own.copy_(0.9 * own + 0.1 * other)
        if number == 2:
            state = {key: value.clone() for key, value in made.state().items()}
    assert_equal(made.parts.projectors["teacher"].copied.network, average)
    assert_equal(made.parts.projectors["frozen"].copied.network, start)

    again = training(table)
    again.load(2, state)
    again.step(3)
    again.step(4)
    assert all(torch.equal(value, again.state()[key]) for key, value in made.state().items())


RECOLOR = {
    "data": {
        "kind": "combined",
        "environments": {"source": DIGITS},
        "others": {"target": {**DIGITS, "background": 1.0}},
    },
    "projector": {"kind": "recoloring", "ridge": 0.5},
    "trainer": {**TRAINER, "steps": 0},
}


def test_a_closed_form_is_fitted_without_steps_and_kept():
    made = training(RECOLOR)
    source, target = (made.parts.data.sets()[name].all().values.double().flatten(1) for name in ("real", "target"))
    roots = []
    for values, power in ((source, -0.5), (target, 0.5)):
        eigenvalues, vectors = np.linalg.eigh(np.cov(values.numpy().T) + 0.5 * np.eye(64))
        roots.append(vectors * eigenvalues**power @ vectors.T)
    matrix = roots[0] @ roots[1]
    mapped = made.parts.projector.project(source)
    expected = (source.numpy() - source.mean(0).numpy()) @ matrix + target.mean(0).numpy()
    np.testing.assert_allclose(mapped, expected, atol=1e-10)
    assert set(made.results()) == {"projector/matrix", "projector/shift"}


def test_a_run_without_a_generator_is_evaluated_and_opened(tmp_path):
    from matchzoo import recipes

    run = structure(V_REX, Recipe).run(tmp_path / "run", quiet=True)
    [record] = run.metrics["results"]
    assert record["groups"].keys() == {"black", "faint", "strong"}
    assert record["worst_group"] == min(record["groups"].values())
    assert record["top1"] == pytest.approx(sum(record["groups"].values()) / 3)
    assert not run.has_distilled
    assert recipes.open(tmp_path / "run").metrics == run.metrics
    assert (tmp_path / "run/report.html").is_file()
