"""Tensors as samples, and what sets say of themselves."""

import attrs
import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import Samples, as_samples, spec_of
from matchzoo.generators.selectors.centroid import centroid_rows
from matchzoo.generators.selectors.herding import herding_rows
from matchzoo.generators.selectors.nearest import nearest_rows
from matchzoo.matchers.statistics import CrossCorrelation
from matchzoo.models.classifiers import Converged, NearestCentroid, linear_probe
from matchzoo.models.classifiers.classifier_fit import TrainingSet
from matchzoo.models.classifiers.scoring import probe

VALUES, LABELS = torch.randn(6, 2), torch.arange(6) % 3


def test_samples_are_returned_as_they_are():
    samples = Samples(VALUES, LABELS)
    assert as_samples(samples) is samples


def test_tensors_become_samples():
    samples = as_samples(VALUES, LABELS, torch.ones(6))
    assert samples.values is VALUES
    assert samples.labels is LABELS
    assert len(samples.weights) == 6
    assert as_samples(torch.rand(5)).values.shape == (5, 1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (([[1.0, 2.0]],), r"expected a tensor \[n, …\] or Samples, got list; use torch.as_tensor"),
        ((torch.tensor(1.0),), r"of floating point, n at least 1, got float32 \[\]"),
        ((torch.zeros(0, 2),), r"got float32 \[0, 2\]"),
        ((torch.zeros(3, 2, dtype=torch.int64),), r"got int64 \[3, 2\]; use .float\(\)"),
        ((VALUES, LABELS[:5]), "labels: expected one of each of 6 samples, got 5"),
        ((VALUES, None, torch.ones(7)), "weights: expected one of each of 6 samples, got 7"),
        ((Samples(VALUES), LABELS), "have labels and weights of their own"),
    ],
)
def test_what_is_no_set_is_refused(given, message):
    with pytest.raises(MatchZooError, match=message):
        as_samples(*given)


def test_a_spec_says_what_sets_are():
    spec = spec_of([Samples(VALUES), Samples(VALUES, LABELS), Samples(VALUES, torch.full((6, 4), 0.25))])
    assert (spec.shape, spec.features, spec.classes, spec.count) == ((2,), 2, 4, 6)
    assert spec.class_names == ("0", "1", "2", "3")
    assert spec_of([Samples(VALUES, LABELS)], classes=10).classes == 10
    images = spec_of([Samples(torch.rand(2, 3, 4, 4))])
    assert (images.shape, images.features, images.classes) == ((3, 4, 4), 48, None)


def test_weights_are_refused_by_what_leaves_them_out():
    """Whatever takes samples and knows no weights; matchers have a table of their own in tests/matchers."""
    rng = torch.Generator().manual_seed(0)
    weighted = Samples(torch.randn(6, 2, generator=rng), torch.arange(6) % 2, torch.rand(6, generator=rng))
    plain = attrs.evolve(weighted, weights=None)
    set_of = {"features": plain, "views": 1}
    calls = [
        lambda: CrossCorrelation()(weighted, plain),
        lambda: centroid_rows(weighted, 1),
        lambda: herding_rows(weighted, 1),
        lambda: nearest_rows(weighted, plain),
        lambda: linear_probe(weighted, None),
        lambda: TrainingSet(features=weighted, views=1),
        lambda: Converged().fit([TrainingSet(**set_of)], weighted, 2),
        lambda: probe(NearestCentroid(), [TrainingSet(**set_of)], plain, weighted, 2),
    ]
    for call in calls:
        with pytest.raises(MatchZooError, match="takes no weights of samples"):
            call()
