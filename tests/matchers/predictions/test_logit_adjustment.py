"""Self-training with adjusted logits: values and gradients by hand, which rows count, when the shares are written, and
what is refused."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.matchers import LogitAdjustment, logit_adjusted_losses
from matchzoo.matchers.predictions.distillation import row_entropies


def drawn(n=6, c=4):
    return torch.randn(n, c, dtype=torch.float64, requires_grad=True)


def test_the_gradient_is_that_of_fixed_targets():
    scores, shares = drawn(), torch.tensor([0.7, 0.1, 0.1, 0.1], dtype=torch.float64)
    losses = logit_adjusted_losses(scores, shares, temperature=0.5, margin=0.4)
    (gradient,) = torch.autograd.grad(losses.sum(), scores)
    targets = (scores / 0.5).softmax(1)
    adjusted = (scores / 0.5 + 0.4 * shares.log()).softmax(1)
    torch.testing.assert_close(losses, -(targets * adjusted.log()).sum(1), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(gradient, (adjusted - targets) / 0.5, rtol=1e-12, atol=1e-12)
    assert bool((gradient[:, 0] > 0).all())  # what is predicted often falls


@pytest.mark.parametrize("changes", [{"margin": 0.0}, {}])
def test_without_a_margin_or_with_equal_shares_it_is_the_entropy_and_moves_nothing(changes):
    scores = drawn()
    shares = torch.full((4,), 0.25) if not changes else torch.tensor([0.7, 0.1, 0.2, 0.0])
    losses = logit_adjusted_losses(scores, shares.double(), temperature=2.0, **changes)
    torch.testing.assert_close(losses, row_entropies(scores / 2))
    (gradient,) = torch.autograd.grad(losses.sum(), scores)
    assert gradient.abs().max() < 1e-12


def test_sure_predictions_of_known_classes_count():
    sure, other, unsure = torch.eye(3)[0] * 9, torch.eye(3)[2] * 9, torch.tensor([0.2, 0.1, 0.0])
    scores = torch.stack([sure, other, unsure, sure])
    spec = Spec(shape=(3,), classes=3, class_names=("a", "b", "c"), features=3)
    for classes, rows in (((), [0, 1, 3]), (("a", "b"), [0, 3])):
        term = LogitAdjustment(threshold=0.9, classes=classes)
        term.build(spec)
        said = term.discrepancy([Samples(scores)], None)
        losses = logit_adjusted_losses(scores, torch.full((3,), 1 / 3))
        torch.testing.assert_close(said.value, losses[rows].sum() / 4)
        assert said.diagnostics(False)["share"] == len(rows) / 4


def test_shares_are_a_running_mean_of_predictions_that_an_update_writes():
    term, scores = LogitAdjustment(decay=0.9, threshold=0.0), drawn()
    first = term(scores)
    torch.testing.assert_close(term(scores), first)  # asked twice, it says the same
    assert term.get_buffer("shares").tolist() == [0.25] * 4
    term.after_step()
    expected = 0.9 * 0.25 + 0.1 * scores.softmax(1).mean(0)
    torch.testing.assert_close(term.get_buffer("shares").double(), expected.detach(), rtol=0, atol=1e-7)
    term.after_step()  # nothing is left to write
    torch.testing.assert_close(term.get_buffer("shares").double(), expected.detach(), rtol=0, atol=1e-7)
    assert term(scores) != first
    assert set(term.state_dict()) == {"shares"}


def test_rows_count_as_their_weights_say():
    scores, weights, rows = drawn(3).detach(), torch.tensor([2.0, 1.0, 0.0]), torch.tensor([0, 0, 1])
    weighted, plain = LogitAdjustment(threshold=0.0), LogitAdjustment(threshold=0.0)
    torch.testing.assert_close(weighted(Samples(scores, weights=weights)), plain(scores[rows]))
    for term in (weighted, plain):
        term.after_step()
    torch.testing.assert_close(weighted.get_buffer("shares"), plain.get_buffer("shares"))


def test_what_is_refused():
    spec = Spec(shape=(3,), classes=3, class_names=("cat", "dog", "cow"), features=3)
    with pytest.raises(DeclarationError, match="classes: unknown class 'dgo'; did you mean 'dog'"):
        LogitAdjustment(classes=("dgo",)).build(spec)
    with pytest.raises(MatchZooError, match=r"scores \[n, c\] and shares \[c\], got \[5, 3\] and \[4\]"):
        logit_adjusted_losses(torch.zeros(5, 3), torch.zeros(4))
    with pytest.raises(MatchZooError, match="temperature above 0, got 0"):
        logit_adjusted_losses(torch.zeros(5, 3), torch.zeros(3), temperature=0)
