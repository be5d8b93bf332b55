"""A linear probe of plain tensors: against the protocols themselves."""

import pytest
import torch
from torch.nn.functional import one_hot

from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.models.classifiers import (
    Converged,
    FeatureClassifier,
    LinearClassifier,
    NearestCentroid,
    NearestNeighbors,
    Paper,
    Ridge,
    TrainingSet,
    accuracy,
    linear_probe,
)

LABELS = torch.arange(120) % 3
FEATURES = torch.randn(120, 8, generator=torch.Generator().manual_seed(0)) + 2 * torch.eye(3, 8)[LABELS]
TRAIN, HELD = (FEATURES[:60], LABELS[:60]), (FEATURES[60:], LABELS[60:])


@pytest.mark.parametrize("method", [None, Ridge(), NearestCentroid(), NearestNeighbors(neighbors=[1, 5])])
def test_with_a_validation_set_it_is_the_protocol(method):
    classifier = linear_probe(*TRAIN, *HELD, method=method)
    protocol = method or Converged()
    [fitted] = protocol.fit([TrainingSet(features=Samples(*TRAIN), views=1)], Samples(*HELD), 3)
    assert torch.equal(classifier.scores(FEATURES), fitted.classifier.scores(FEATURES))
    assert isinstance(classifier, LinearClassifier | FeatureClassifier)


def test_predictions_and_accuracy_are_those_of_the_scores():
    classifier = linear_probe(*TRAIN)
    scores = classifier.scores(HELD[0])
    assert scores.shape == (60, 3)
    assert torch.equal(classifier.predict(HELD[0]), scores.argmax(1))
    assert classifier.accuracy(*HELD) == accuracy(scores, HELD[1]) > 0.7
    assert classifier.accuracy(*HELD, k=3) == 1


def test_without_a_validation_set_all_samples_are_fitted_in_the_end():
    penalty = [Converged(penalties=[value]) for value in Converged().penalties]
    whole = [linear_probe(*TRAIN, *TRAIN, method=method).scores(FEATURES) for method in penalty]
    scores = linear_probe(*TRAIN).scores(FEATURES)
    assert min((scores - one).abs().max() for one in whole) < 1e-4


def test_one_sample_of_each_class_is_enough():
    assert linear_probe(*(x[:3] for x in TRAIN)).accuracy(*HELD) > 0.4


def test_soft_labels_and_other_methods():
    soft = linear_probe(TRAIN[0], one_hot(TRAIN[1]).float())
    torch.testing.assert_close(soft.scores(FEATURES), linear_probe(*TRAIN).scores(FEATURES))
    assert linear_probe(*TRAIN, method=Paper(epochs=300, lr=0.1)).accuracy(*HELD) > 0.5


def test_features_of_a_graph_are_taken_as_numbers():
    features = TRAIN[0].clone().requires_grad_()
    assert not linear_probe(features, TRAIN[1]).scores(features.detach()).requires_grad


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((*TRAIN, HELD[0]), "validation_labels: missing; give both, or neither"),
        ((*TRAIN, None, HELD[1]), "validation_features: missing"),
        ((TRAIN[0], TRAIN[1][:9]), "labels: expected one of each of 60 samples, got 9"),
        ((*TRAIN, HELD[0][:, :2], HELD[1]), r"expected features of shape \[8\], got \[2\]"),
        ((*TRAIN, HELD[0], HELD[1] + 5), "validation: expected labels from 0 to 2, got 7"),
        ((TRAIN[0], 2 * TRAIN[1]), "classes without a sample: 1, 3"),
        ((TRAIN[0] * torch.inf, TRAIN[1]), "not finite"),
    ],
)
def test_what_cannot_be_fitted_is_said(given, message):
    with pytest.raises(MatchZooError, match=message):
        linear_probe(*given)
