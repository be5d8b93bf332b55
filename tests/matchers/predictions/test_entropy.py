"""Entropy and shares of classes against golden values, by weights, and what they take."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.matchers import Entropy, KullbackLeibler, StatisticMatcher, ToConstant, kl_divergence
from matchzoo.matchers.statistics import LabelMarginal, label_marginal

EXACT = {"rtol": 0, "atol": 1e-12}


@pytest.fixture
def values(golden):
    return {key: torch.from_numpy(array) for key, array in golden("alignment.npz").items()}


def prior_term(values):
    constant = ToConstant(constant=values["sfda_prior"].tolist())
    return StatisticMatcher(statistic=LabelMarginal(), distance=KullbackLeibler(), reduction=constant)


def test_golden_values_of_entropy_and_prior(values):
    scores = values["score_logits"].clone().requires_grad_()
    entropy, divergence = Entropy()(scores), prior_term(values)(scores)
    torch.testing.assert_close(entropy.detach(), values["sfda_entropy"], **EXACT)
    torch.testing.assert_close(divergence.detach(), values["sfda_kl"], **EXACT)
    reverse = kl_divergence(values["sfda_prior"], label_marginal(scores.detach()))
    torch.testing.assert_close(reverse, values["sfda_kl_reverse"], **EXACT)
    (entropy + divergence).backward()
    torch.testing.assert_close(scores.grad, values["sfda_dlogits"], **EXACT)


def test_weights_that_are_counts_are_rows_that_are_repeated(values):
    scores = values["score_logits"]
    counts = torch.arange(len(scores)) % 3
    for term in (Entropy(), prior_term(values)):
        repeated = term(scores.repeat_interleave(counts, 0))
        torch.testing.assert_close(term(Samples(scores, weights=counts.double())), repeated)


def test_probabilities_of_zero_have_finite_gradients():
    scores = torch.tensor([[0.0, 500.0, -500.0]] * 2, requires_grad=True)
    term = StatisticMatcher(
        statistic=LabelMarginal(), distance=KullbackLeibler(), reduction=ToConstant(constant=[0.5, 0.5, 0.0])
    )
    value = Entropy()(scores) + term(scores)
    value.backward()
    assert value.item() == pytest.approx(torch.tensor(2.0).log().item())
    assert scores.grad.isfinite().all()


def test_a_prior_of_other_classes_and_features_that_are_no_scores_are_refused(values):
    with pytest.raises(MatchZooError, match=r"to-constant: 2 numbers, but the statistic has shape \(3,\)"):
        ToConstant(constant=[0.5, 0.5])([label_marginal(values["score_logits"])])
    for part in (Entropy(), LabelMarginal()):
        with pytest.raises(DeclarationError, match="class scores are 3 features, got 5"):
            part.build(Spec(shape=(2,), classes=3, features=5))
