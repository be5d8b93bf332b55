"""Targets in memory: golden values, what is written and when, and what is refused."""

import pytest
import torch

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.schedule import Ramp, Schedule
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers import EarlyLearning, ProgressiveTarget, early_learning_targets, progressive_targets

EXACT = {"rtol": 1e-12, "atol": 1e-12}


@pytest.fixture
def values(golden):
    return {key: torch.from_numpy(array) for key, array in golden("self_targets.npz").items()}


def built(term, count, classes=4):
    term.build(Spec(shape=(classes,), classes=classes, features=classes, count=count))
    return term.double()


def test_golden_values_of_early_learning(values):
    term = built(EarlyLearning(decay=0.7), 9)
    update = 0
    for logits, batches in zip(values["elr_logits"], values["elr_order"], strict=True):
        for rows in batches:
            scores, labels = logits[rows].requires_grad_(), values["elr_labels"][rows]
            regularizer = term(Samples(scores, labels, index=rows))
            loss = torch.nn.functional.cross_entropy(scores, labels) + 3 * regularizer
            term.after_step()
            torch.testing.assert_close(torch.stack([regularizer, loss]), values["elr_losses"][update][1:], **EXACT)
            (gradient,) = torch.autograd.grad(loss, scores)
            torch.testing.assert_close(gradient, values["elr_grads"][update], rtol=1e-10, atol=1e-12)
            torch.testing.assert_close(term.get_buffer("memory"), values["elr_targets_after"][update], **EXACT)
            update += 1


def test_golden_values_of_progressive_targets(values):
    term = built(
        ProgressiveTarget(share=structure({"kind": "ramp", "start": 0.16, "end": 0.8, "last": 5}, Schedule)), 6
    )
    labels = values["pskd_labels"]
    for epoch, logits in enumerate(values["pskd_logits"]):
        share = 0.8 * (epoch + 1) / 5
        targets = progressive_targets(labels, term.get_buffer("memory"), share)
        torch.testing.assert_close(targets, values["pskd_targets"][epoch], **EXACT)

        scores = logits.clone().requires_grad_()
        loss = term(Samples(scores, labels, index=torch.arange(6)), step=Step(epoch + 1, 0))
        term.after_step()
        torch.testing.assert_close(loss, values["pskd_losses"][epoch], **EXACT)
        (gradient,) = torch.autograd.grad(loss, scores)
        torch.testing.assert_close(gradient, values["pskd_grads"][epoch], rtol=1e-10, atol=1e-12)


def test_a_constant_prediction_is_approached_geometrically():
    scores, targets = torch.randn(3, 4, dtype=torch.float64), torch.zeros(3, 4, dtype=torch.float64)
    for _ in range(5):
        targets = early_learning_targets(targets, scores, 0.7)
    torch.testing.assert_close(targets, (1 - 0.7**5) * scores.softmax(1))


@pytest.mark.parametrize("term", [EarlyLearning(), ProgressiveTarget()])
def test_memory_is_written_once_an_update_has_succeeded_and_of_a_row_the_last(term):
    built(term, 5)
    scores = torch.randn(3, 4, dtype=torch.float64)
    samples = Samples(scores, torch.tensor([0, 1, 2]), index=torch.tensor([3, 1, 3]))
    term(samples)
    assert not term.get_buffer("memory").any()
    term.after_step()

    memory = term.get_buffer("memory").clone()
    expected = scores.softmax(1) * (1 if isinstance(term, ProgressiveTarget) else 1 - term.decay)
    torch.testing.assert_close(memory[[1, 3]], expected[[1, 2]])
    assert not memory[[0, 2, 4]].any()
    term.after_step()  # nothing is kept aside any more
    assert torch.equal(term.get_buffer("memory"), memory)


@pytest.mark.parametrize("term", [EarlyLearning(), ProgressiveTarget()])
def test_rows_count_as_their_weights_say(term):
    built(term, 4)
    scores, labels = torch.randn(4, 4, dtype=torch.float64), torch.arange(4)
    weights = torch.tensor([2.0, 1.0, 1.0, 0.0])
    weighted = term(Samples(scores, labels, weights, torch.arange(4)))
    rows = torch.tensor([0, 0, 1, 2])
    torch.testing.assert_close(weighted, term(Samples(scores[rows], labels[rows], index=rows)))


def test_what_is_refused():
    with pytest.raises(MatchZooError, match="early-learning: build it first"):
        EarlyLearning()(Samples(torch.randn(2, 4), torch.zeros(2).long()))
    with pytest.raises(MatchZooError, match="do not say which rows they are"):
        built(EarlyLearning(), 3)(Samples(torch.randn(3, 4).double(), torch.zeros(3).long()))
    with pytest.raises(DeclarationError, match=r"sets: it remembers training samples.*got 'target'"):
        built(EarlyLearning(sets=("target",)), 3)
    ramp = ProgressiveTarget(share=Ramp(end=1.8, last=2))
    with pytest.raises(MatchZooError, match=r"share: expected a number between 0 and 1, got 1\.8"):
        built(ramp, 3)(Samples(torch.randn(3, 4), torch.zeros(3).long(), index=torch.arange(3)), step=Step(2, 0))
    with pytest.raises(DeclarationError, match="mixed with labels"):
        built(ProgressiveTarget(), 3)(Samples(torch.randn(3, 4).double(), index=torch.arange(3)))
