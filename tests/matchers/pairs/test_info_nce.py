"""The contrastive term: its options against the function, momentum keys, the queue in training, and what is refused."""

import math
from typing import Any

import attrs
import pytest
import torch
from helpers.room import DIGITS, ENCODER, HEAD, SGD, TRAINER, training

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers import InfoNCE, info_nce, pair_reliability

STEP = Step(1, 0)


def rows(n: int, seed: int = 0, d: int = 5) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def value(first: Any, second: Any, **options: Any) -> torch.Tensor:
    return InfoNCE(**options)(first, second)


def test_options_are_those_of_the_function():
    x, y = rows(6), rows(6, 1)
    for options in ({}, {"form": "symmetric"}, {"form": "nt-xent", "temperature": 0.5}, {"normalize": False}):
        assert torch.equal(value(x, y, **options), info_nce(x, y, **options))
    weights = torch.linspace(1, 2, 6)
    assert torch.equal(value(Samples(x, weights=weights), y), info_nce(x, y, weights=weights))


def test_one_partner_of_each_row_is_infonce_however_partners_are_found():
    """Prototypes of single rows are the rows (MeDSLIP), labels of single rows are rows, as of deduplicated items
    (UniGRec) or of masked views of one intent (IGR-SR); and an assignment undoes any order."""
    x, order = rows(6), torch.tensor([3, 5, 0, 1, 4, 2])
    y = x + 0.1 * rows(6, 1)
    labels = torch.arange(6)
    expected = info_nce(x, y)
    shuffled = Samples(y[order], labels[order])
    for positives in ("label", "prototype", "assignment", "nearest"):
        torch.testing.assert_close(value(Samples(x, labels), shuffled, positives=positives), expected)
    dots = value(Samples(x, labels), shuffled, positives="prototype", normalize=False, temperature=1.0)
    torch.testing.assert_close(dots, torch.nn.functional.cross_entropy(x @ y.T, labels))


def test_prototypes_are_means_and_classes_that_are_not_there_are_no_candidates():
    x, y = rows(3), rows(4, 1)
    labels = torch.tensor([0, 2, 1])
    loss = value(Samples(x, labels), Samples(y, torch.tensor([2, 0, 2, 0])), positives="prototype", normalize=False)
    means = torch.stack([y[[1, 3]].mean(0), y[[0, 2]].mean(0)])
    expected = torch.nn.functional.cross_entropy(x[:2] @ means.T / 0.1, torch.tensor([0, 1]))
    torch.testing.assert_close(loss, expected)  # the third row has no partner


def test_reliability_weighs_pairs_in_both_directions():
    x, y = rows(6), rows(6) + 0.7 * rows(6, 1)
    scores = torch.nn.functional.normalize(x) @ torch.nn.functional.normalize(y).T / 0.5
    matched = InfoNCE(temperature=0.5, positives="assignment").solver.solve(-scores).coupling * 6
    sure = pair_reliability(scores, matched)
    options = {"targets": matched, "weights": sure, "key_weights": matched.T @ sure}
    for form in ("one-way", "symmetric", "nt-xent"):
        term = InfoNCE(temperature=0.5, form=form, positives="assignment", reliability=True)
        torch.testing.assert_close(term(x, y), info_nce(x, y, 0.5, form, **options))
    found = term.discrepancy([Samples(x), Samples(y)], STEP).diagnostics()
    assert found["reliability"] == pytest.approx(sure.mean().item())
    order = torch.randperm(6, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(term(x, y[order]), term(x, y))


def test_diagnostics_bound_information():
    x = rows(6)
    measured = InfoNCE(temperature=0.01).discrepancy([Samples(x), Samples(x)], STEP).diagnostics()
    assert measured == {"top1": 1.0, "information": pytest.approx(math.log(6), abs=1e-3)}


def test_a_queue_in_a_loop_of_ones_own():
    term = InfoNCE(queue=8, negatives="queue")
    term.build(Spec(shape=(5,), features=5))
    first, x, y = term.ring.rows.double(), rows(6), rows(6, 1)
    for _ in range(2):  # asking changes nothing
        torch.testing.assert_close(term(x, y), info_nce(x, y, queue=first, negatives="queue"))
    term.after_step()
    torch.testing.assert_close(term.ring.rows[:6].double(), torch.nn.functional.normalize(y), rtol=1e-6, atol=1e-6)
    assert torch.equal(term.ring.rows[6:].double(), first[6:])


MOMENTUM = {
    "kind": "info-nce",
    "space": ["embedding", "teacher"],
    "queue": 30,
    "queued": "queries",
    "negatives": "queue",
}


def table(**changes: Any) -> dict[str, Any]:
    return {
        "data": DIGITS,
        "views": {"flip": 0.5, "crop": {"scale": [0.5, 1.0]}},
        "projectors": {
            "encoder": ENCODER,
            "embedding": {**HEAD, "features": 5},
            "slow": {"kind": "average", "of": "encoder", "decay": 0.5},
            "teacher": {"kind": "average", "of": "embedding", "on": "slow", "decay": 0.5},
        },
        "players": {
            "learner": {
                "moves": ["encoder", "embedding"],
                "optimizer": SGD,
                "minimize": [{**MOMENTUM, **changes}],
            }
        },
        "trainer": {**TRAINER, "real_batch": 20, "nonfinite": "skip"},
    }


def test_keys_in_a_space_of_their_own_and_a_queue_of_queries_in_it():
    run = training(table())
    term = run.parts.players["learner"].terms[0]
    assert run.parts.inputs_of(term) == (("real", "embedding"), ("real'", "teacher"), ("real", "teacher"))
    before = term.ring.rows.clone()
    sets = run.sets(("learner",), Step(1, 3), 0)
    seen = {name: {space: one.values for space, one in drawn.features().items()} for name, drawn in sets.items()}
    run.discrepancies(1)  # a cost estimate
    assert torch.equal(term.ring.rows, before)
    loss = run.step(1)["learner/minimize[0]"]
    expected = info_nce(
        seen["real"]["embedding"], seen["real'"]["teacher"].detach(), queue=before.double(), negatives="queue"
    )
    torch.testing.assert_close(loss, expected.detach())
    torch.testing.assert_close(term.ring.rows[:20], torch.nn.functional.normalize(seen["real"]["teacher"]).detach())
    assert term.ring.place == 20


def test_a_queue_is_resumed_to_the_bit_and_written_by_what_succeeds_alone():
    run, again = training(table()), training(table())
    for number in (1, 2):
        run.step(number)
    again.load(2, {key: tensor.clone() for key, tensor in run.state().items()})
    for number in (3, 4):
        values, same = run.step(number), again.step(number)
        assert all(torch.equal(loss, same[key]) for key, loss in values.items())
    assert all(torch.equal(tensor, again.state()[key]) for key, tensor in run.state().items())

    term = run.parts.players["learner"].terms[0]
    before = term.ring.rows.clone()
    with torch.no_grad():
        next(run.parts.projectors["encoder"].parameters()).fill_(torch.nan)
    run.step(5)
    assert torch.equal(term.ring.rows, before)
    assert int(run.skipped) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"queue": 5}, "negatives: 'queue' and 'both' are for a queue, 'batch' for none; there is a queue of 5 rows"),
        ({"negatives": "both"}, "there is no queue"),
        ({"queue": 5, "negatives": "both", "form": "symmetric"}, "queue: is of keys alone"),
        ({"queue": 5, "negatives": "both", "positives": "prototype"}, "which are no prototypes"),
        ({"positives": "prototype", "form": "nt-xent"}, "form: prototypes look for nothing"),
        ({"positives": "label", "reliability": True}, "reliability: is of single partners"),
        ({"positives": "rows"}, "did you mean 'row'"),
        ({"temperature": 0.0}, "temperature"),
        ({"queued": "queries"}, "queued: says what a queue keeps"),
    ],
)
def test_options_that_do_not_go_together(options, message):
    with pytest.raises(DeclarationError, match=message):
        InfoNCE(**options)


def test_sets_that_do_not_fit():
    with pytest.raises(DeclarationError, match=r'partners by label need labels.*use "row" or "assignment"'):
        value(rows(4), rows(4), positives="label")
    with pytest.raises(MatchZooError, match="as many keys as queries, got 4 and 5"):
        value(rows(4), rows(5))
    with pytest.raises(DeclarationError, match="expected queries and keys, got real, real', real''"):
        attrs.evolve(InfoNCE(), sets=("real", "real'", "real''")).names(0)
