"""How far samples are from real ones, and from each other."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.metrics.resemblance import share_of_a_point, spread

REAL = torch.randn(400, 2, generator=torch.Generator().manual_seed(0))
OTHERS = torch.randn(400, 2, generator=torch.Generator().manual_seed(1))


def test_zero_of_the_same_distribution_and_one_of_a_point_at_the_mean() -> None:
    assert abs(share_of_a_point(OTHERS, REAL)) < 0.03
    assert share_of_a_point(REAL.mean(0).expand(50, -1), REAL) == pytest.approx(1.0)
    assert share_of_a_point(OTHERS + 5, REAL) > 1
    assert share_of_a_point(torch.zeros(5, 2), torch.zeros(5, 2)) == 0


def test_the_median_distance_is_that_of_all_pairs() -> None:
    x = torch.tensor([[0.0], [1.0], [3.0]])
    assert spread(x) == pytest.approx(2.0)  # of 1, 2, 3
    assert spread(2 * REAL) == pytest.approx(2 * spread(REAL))
    assert spread(x[:1]) == 0


def test_what_is_not_finite_is_refused() -> None:
    with pytest.raises(MatchZooError, match="not all finite"):
        share_of_a_point(torch.full((3, 2), float("nan")), REAL)
