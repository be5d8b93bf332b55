"""The estimators of label shift on a Gaussian mixture whose probabilities are known."""

import pytest
import torch
import torch.nn.functional as F

from matchzoo.ratios.label_shift import ClassRatio, LabelShift

PRIOR, SHARES = torch.tensor([0.6, 0.3, 0.1]).double(), torch.tensor([0.1, 0.3, 0.6]).double()
CENTERS = torch.tensor([[0.0, 0.0], [3.0, 0.0], [0.0, 3.0]]).double()


def mixture(shares: torch.Tensor, count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Probabilities p(y|x) [n, 3] under `PRIOR` and labels [n]."""
    rng = torch.Generator().manual_seed(seed)
    labels = torch.arange(3).repeat_interleave((shares * count).round().long())
    x = CENTERS[labels] + torch.randn(count, 2, generator=rng, dtype=torch.float64)
    return (PRIOR.log() - torch.cdist(x, CENTERS).square() / 2).softmax(1), labels


@pytest.mark.parametrize(("method", "error"), [("maximum-likelihood", 0.01), ("bbse", 0.03), ("bbse-soft", 0.03)])
def test_it_finds_the_shares_and_corrects_the_predictions(method, error):
    source, labels = mixture(PRIOR, 4000, 0)
    target, truth = mixture(SHARES, 4000, 1)
    ratio = LabelShift(method=method).fit(source, labels, target)
    assert (ratio.shares - truth.bincount() / 4000).abs().max() < error
    assert ratio.shares.sum().item() == pytest.approx(1)
    torch.testing.assert_close(ratio.prior, labels.bincount().double() / 4000)
    before, after = ((rows.argmax(1) == truth).double().mean() for rows in (target, ratio.adapted(target)))
    assert after > before + 0.02

    weights = ratio.of_labels(labels)
    assert weights.diagnostics()["mean"] == pytest.approx(1)
    losses = F.nll_loss(source.log(), labels, reduction="none")
    on_target = F.nll_loss(target.log(), truth)
    assert (weights.denominator * losses).mean().item() == pytest.approx(on_target.item(), abs=0.08)
    assert ratio.at(source).mean().item() == pytest.approx(1, abs=0.05)


def test_negative_weights_are_set_to_0():
    """A fifth of class 0 is called 1; nothing of the target is, which no shares explain."""
    certain = torch.eye(2).double()
    source, labels = certain[torch.tensor([0] * 4 + [1] * 6)], torch.tensor([0] * 5 + [1] * 5)
    ratio = LabelShift(method="bbse").fit(source, labels, certain[:1].expand(3, 2))
    torch.testing.assert_close(ratio.raw, torch.tensor([2.5, -0.5]).double())
    assert ratio.weights.tolist() == [2.0, 0.0]
    assert ratio.shares.tolist() == [1.0, 0.0]


def test_ratios_of_labels_by_hand():
    ratio = ClassRatio(torch.tensor([0.5, 2.0]).double(), torch.tensor([2 / 3, 1 / 3]).double(), torch.zeros(2))
    assert ratio.of_labels(torch.tensor([1, 0])).denominator.tolist() == [2.0, 0.5]
    assert ratio.at(torch.tensor([[0.5, 0.5]])).tolist() == [1.25]
    torch.testing.assert_close(ratio.adapted(torch.tensor([[0.5, 0.5]])), torch.tensor([[0.2, 0.8]]).double())
