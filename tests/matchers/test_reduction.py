"""Distances and reductions, called as functions."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.matchers import (
    Cosine,
    Pairwise,
    RowCosine,
    Squared,
    ToConstant,
    ToMean,
    ToReference,
    cosine_distance,
    row_cosine_distance,
    squared_distance,
)

STATISTICS = list(torch.randn(3, 4, 4, generator=torch.Generator().manual_seed(0)))


@pytest.mark.parametrize(
    ("distance", "function"),
    [(Cosine(), cosine_distance), (RowCosine(), row_cosine_distance), (Squared(), squared_distance)],
)
def test_a_distance_is_its_function(distance, function):
    assert torch.equal(distance(*STATISTICS[:2]), function(*STATISTICS[:2]))


@pytest.mark.parametrize("reduction", [ToReference(), ToMean(), Pairwise(), ToConstant(constant="identity")])
def test_a_reduction_is_called_on_statistics(reduction):
    assert torch.equal(reduction(STATISTICS, Cosine()), reduction.reduce(STATISTICS, Cosine()))
    assert torch.equal(reduction(STATISTICS), reduction.reduce(STATISTICS, Squared()))


def test_the_mean_of_squares_is_the_variance():
    risks = [torch.tensor([1.0]), torch.tensor([3.0])]
    assert ToMean()(risks) == torch.stack(risks).var(correction=0)


def test_too_few_statistics_are_refused():
    with pytest.raises(MatchZooError, match="Pairwise: expected at least 2 statistics, got 1"):
        Pairwise()(STATISTICS[:1])
    assert ToConstant()(STATISTICS[:1]) >= 0
