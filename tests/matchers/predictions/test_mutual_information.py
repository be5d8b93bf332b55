"""Minus the mutual information of samples and predictions: golden values, what it is made of, and what it takes."""

import math

import pytest
import torch

from matchzoo.core.errors import DeclarationError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.evaluation.scorers import mutual_information
from matchzoo.matchers import Entropy, KullbackLeibler, MutualInformation, StatisticMatcher, ToConstant
from matchzoo.matchers.statistics import LabelMarginal

EXACT = {"rtol": 0, "atol": 1e-12}


@pytest.fixture
def scores(golden):
    return torch.from_numpy(golden("alignment.npz")["score_logits"])


def test_golden_value_and_the_scorer(scores, golden):
    value = MutualInformation()(scores)
    assert value.item() == pytest.approx(-golden("alignment.npz")["score_mutual_information"].item(), abs=1e-12)
    assert value.item() == pytest.approx(-mutual_information(scores), abs=1e-12)


def test_it_is_entropy_and_the_divergence_of_the_shares_from_equal_ones(scores):
    classes = scores.shape[1]
    shares = ToConstant(constant=[1 / classes] * classes)
    prior = StatisticMatcher(statistic=LabelMarginal(), distance=KullbackLeibler(), reduction=shares)
    gradients = []
    for term in (MutualInformation(), lambda x: Entropy()(x) + prior(x) - math.log(classes)):
        x = scores.clone().requires_grad_()
        value = term(x)
        gradients.append((value.detach(), *torch.autograd.grad(value, x)))
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, **EXACT)


def test_certain_and_equal_predictions_are_the_smallest_and_finite_at_zeros():
    certain = (1000 * torch.eye(4, dtype=torch.float64)).requires_grad_()
    value = MutualInformation()(certain)
    assert value.item() == pytest.approx(-math.log(4))
    assert torch.autograd.grad(value, certain)[0].isfinite().all()
    assert MutualInformation()(certain[:1].expand(5, 4)).item() == pytest.approx(0, abs=1e-12)


def test_weights_are_counts_and_several_sets_have_the_mean(scores):
    counts = torch.arange(len(scores)) % 3
    weighted, repeated = Samples(scores, weights=counts.double()), scores.repeat_interleave(counts, 0)
    torch.testing.assert_close(MutualInformation()(weighted), MutualInformation()(repeated))
    both = MutualInformation(sets=["a", "b"])(scores, scores[:3])
    torch.testing.assert_close(both, (MutualInformation()(scores) + MutualInformation()(scores[:3])) / 2)


def test_features_that_are_no_scores_are_refused():
    with pytest.raises(DeclarationError, match="class scores are 3 features, got 2"):
        MutualInformation().build(Spec(shape=(2,), classes=3, features=2))
