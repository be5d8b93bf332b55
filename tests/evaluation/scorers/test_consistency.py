"""Mixtures and circles, counted by hand."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.scorers import MixedAgreement, circular_accuracy, mixed_agreement


def sign(x):
    return (x[:, 0] > 0).long()


def nearest(x, labels):
    return lambda other: labels[torch.cdist(other, x).argmin(1)]


def test_clusters_apart_agree():
    x = torch.cat([torch.full((20, 1), -1.0), torch.full((20, 1), 1.0)])
    assert mixed_agreement(x, sign) == MixedAgreement(1.0, 1.0)
    assert mixed_agreement(x, lambda y: (y[:, 0] > 0.5).long()).inter == pytest.approx(0.5, abs=0.3)  # ±0.1 is below
    assert mixed_agreement(x[:20], sign) == MixedAgreement(1.0, None)
    assert mixed_agreement(x[:20], sign).mean == 1.0


def test_it_is_a_plain_count():
    rng = torch.Generator().manual_seed(1)
    x = torch.randn(50, 2, generator=rng)
    seen = []

    def predict(y):
        seen.append(y)
        return sign(y)

    agreement = mixed_agreement(x, predict, 0.6, seed=2)
    partners = (seen[1] - 0.6 * x) / 0.4
    pairs = [(sign(x)[i], sign(partners)[i], sign(seen[1])[i]) for i in range(50) if (partners[i] - x[i]).norm() > 1e-4]
    for share, kind in ((agreement.intra, True), (agreement.inter, False)):
        hits = [bool(mixed == own) for own, other, mixed in pairs if bool(own == other) == kind]
        assert share == pytest.approx(sum(hits) / len(hits))
    assert agreement.intra == 1.0  # half planes are convex


def test_two_samples_are_a_pair():
    assert mixed_agreement(torch.tensor([[-1.0], [1.0]]), sign) == MixedAgreement(None, 1.0)


def test_around_the_circle():
    source = torch.tensor([[-2.0], [-1.0], [1.0], [2.0], [3.0], [4.0]])
    labels = torch.tensor([0, 0, 1, 1, 1, 1])
    target = source + 0.5
    assert circular_accuracy(sign, nearest, source, labels, target) == 1.0
    assert circular_accuracy(lambda x: torch.ones(len(x)).long(), nearest, source, labels, target) == 0.5
    assert circular_accuracy(lambda x: 1 - sign(x), nearest, source, labels, target) == 0.0


def test_what_is_refused():
    with pytest.raises(MatchZooError, match=r"portion: expected a number above 0\.5"):
        mixed_agreement(torch.zeros(3, 1), sign, 0.5)
    with pytest.raises(MatchZooError, match="at least 2 samples, got 1"):
        mixed_agreement(torch.zeros(1, 1), sign)
    with pytest.raises(MatchZooError, match=r"3 source samples, labels \[2\]"):
        circular_accuracy(sign, nearest, torch.zeros(3, 1), torch.zeros(2).long(), torch.zeros(3, 1))
