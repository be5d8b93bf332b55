"""Gradients of an update: those that reach a head directly, and state of terms, in chunks as in one graph."""

import copy

import pytest
import torch
import torch.nn.functional as F
from helpers.room import HEAD, V_REX, training
from torch import nn

from matchzoo.matchers import Classification, Discrepancy


def live_head(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a classification in the encoder's space apply the head itself, as penalties on gradients of a head do."""

    def bind(self, parts):
        self.head = (parts["head"],)

    def discrepancy(self, sets, step):
        losses = [F.cross_entropy(self.head[0].project(own.values), own.labels) for own in sets]
        return Discrepancy(torch.stack(losses).mean())

    monkeypatch.setattr(Classification, "bind", bind)
    monkeypatch.setattr(Classification, "build", lambda self, spec: None)
    monkeypatch.setattr(Classification, "discrepancy", discrepancy)


@pytest.mark.parametrize("chunk", [5, "auto"])
def test_a_term_that_holds_a_head_moves_it_as_one_in_its_space_does(chunk, monkeypatch):
    table = copy.deepcopy(V_REX)
    [term, _] = table["players"]["learner"]["minimize"]
    table["players"]["learner"]["minimize"] = [term]
    expected = training(table)
    values = [expected.step(number)["learner/minimize[0]"].item() for number in (1, 2, 3)]
    live_head(monkeypatch)
    term["space"] = "encoder"
    made = training(table, **{"trainer.chunk": chunk})
    assert [made.step(n)["learner/minimize[0]"].item() for n in (1, 2, 3)] == pytest.approx(values, abs=1e-12)
    for key, tensor in expected.results().items():
        torch.testing.assert_close(made.results()[key], tensor, rtol=0, atol=1e-12)


def test_state_of_a_term_is_written_after_the_update_and_resumed_to_the_bit(monkeypatch):
    """A running mean of the loss, whose value is the distance of the loss from it."""

    def build(self, spec):
        self.mean = nn.Buffer(torch.zeros((), dtype=torch.float64))
        self.pending = None

    def discrepancy(self, sets, step):
        loss = F.cross_entropy(sets[0].values, sets[0].labels)
        self.pending = loss.detach()
        return Discrepancy((loss - self.mean).square())

    def after_step(self):
        self.mean.lerp_(self.pending, 0.5)

    monkeypatch.setattr(Classification, "build", build)
    monkeypatch.setattr(Classification, "discrepancy", discrepancy)
    monkeypatch.setattr(Classification, "after_step", after_step)
    table = copy.deepcopy(V_REX)
    table["players"]["learner"]["minimize"] = [{"kind": "classification", "space": "head"}]
    made = training(table)
    term = made.parts.players["learner"].terms[0]
    features = {name: drawn.features() for name, drawn in made.sets(("learner",), made_step(1), 0).items()}
    made.evaluate(made.parts.players, made_step(1), features)
    assert term.mean == 0  # looking is no update
    made.step(1)
    assert term.mean != 0
    state = {key: value.clone() for key, value in made.state().items()}
    assert "terms/learner/minimize[0]/mean" in state
    made.step(2)
    again = training(table)
    again.load(1, state)
    again.step(2)
    assert all(torch.equal(value, again.state()[key]) for key, value in made.state().items())


def made_step(number: int):
    from matchzoo.core.step import Step

    return Step(number, 3)


@pytest.mark.parametrize("combine", ["min-norm", "pcgrad", "pareto", "pareto-balance"])
@pytest.mark.parametrize("chunk", [5, "auto"])
def test_gradients_of_terms_are_combined_as_whole_vectors(combine, chunk):
    from matchzoo.training.updates.combining import combine_rows

    table = copy.deepcopy(V_REX)
    table["players"]["learner"] |= {"combine": combine}
    surrogate = None
    if combine.startswith("pareto"):
        surrogate = table["players"]["learner"]["surrogate"] = 2
        table["players"]["learner"]["minimize"].append({"kind": "classification", "space": "head", "sets": ["test"]})
    made = training(table, **{"trainer.chunk": chunk})
    sets = made.sets(("learner",), made_step(1), 0)
    made._let_move({"encoder", "head"})
    values = made.evaluate(made.parts.players, made_step(1), {name: own.features() for name, own in sets.items()})
    parameters = made.parameters["learner"]
    rows = []
    for value in values["learner"]:
        gradients = torch.autograd.grad(value, parameters, retain_graph=True, allow_unused=True)
        known = [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, gradients, strict=True)]
        rows.append(torch.cat([gradient.flatten() for gradient in known]))
    stacked = torch.stack(rows)
    expected = combine_rows(stacked, combine, surrogate)
    _, gradients = made.gradients(made.parts.players, sets, made_step(1))
    found = torch.cat([g.flatten() for g in gradients["learner"]])
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_only_what_a_term_asks_for_is_drawn():
    table = copy.deepcopy(V_REX)
    table["projectors"]["critic"] = {**HEAD, "features": 1}
    table["players"]["learner"]["minimize"][0]["sets"] = ["test"]
    made = training(table)
    wanted = made.wanted(("learner",))
    assert wanted == {"test": ("head",), **{f"environments/{i}": ("head",) for i in range(3)}}
    assert made.rows == 0
    assert made.real_rows == 12
