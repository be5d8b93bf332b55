"""Losses with a temperature, by hand and by torch."""

import math

import pytest
import torch
import torch.nn.functional as F

from matchzoo.evaluation.scratch import tempered, tempered_cross_entropy, tempered_kl
from matchzoo.evaluation.scratch.losses import classification_loss

RNG = torch.Generator().manual_seed(0)
SCORES = torch.randn(4, 3, generator=RNG, dtype=torch.float64)
LOGITS = torch.randn(4, 3, generator=RNG, dtype=torch.float64)


def test_by_hand():
    scores, labels = torch.tensor([[0.0, math.log(3.0)]]).double(), torch.tensor([[0.2, 0.8]]).double()
    expected = -0.2 * math.log(0.25) - 0.8 * math.log(0.75)
    assert tempered_cross_entropy(scores, labels).item() == pytest.approx(expected)
    entropy = -0.2 * math.log(0.2) - 0.8 * math.log(0.8)
    assert tempered_kl(scores, labels).item() == pytest.approx(expected - entropy)
    assert tempered_kl(scores, torch.tensor([[0.25, 0.75]]).double(), 3.0).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("temperature", [0.5, 4.0])
def test_against_torch(temperature):
    labels, ours = LOGITS.softmax(1), SCORES.clone().requires_grad_()
    torch.testing.assert_close(tempered(labels, temperature), (LOGITS / temperature).softmax(1))
    kl = tempered_kl(ours, labels, temperature)
    logs = (SCORES / temperature).log_softmax(1)
    theirs = F.kl_div(logs, (LOGITS / temperature).softmax(1), reduction="batchmean") * temperature**2
    torch.testing.assert_close(kl, theirs)
    [a] = torch.autograd.grad(kl, ours)
    [b] = torch.autograd.grad(tempered_cross_entropy(ours, labels, temperature), ours)
    torch.testing.assert_close(a, b)


def test_classes_are_probabilities_of_one():
    classes = torch.tensor([0, 2, 1, 1])
    for name in ("cross-entropy", "soft-cross-entropy", "kl"):
        torch.testing.assert_close(classification_loss(SCORES, classes, name), F.cross_entropy(SCORES, classes))
