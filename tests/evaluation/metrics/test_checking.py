"""One check for all metrics of features: shapes, dimensions, numbers of samples, and that all is finite."""

import math

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.generated.mode_coverage import mode_coverage
from matchzoo.evaluation.metrics import frechet_distance, kernel_distance, precision_recall_density_coverage
from matchzoo.evaluation.metrics.checking import checked_features

OF_TWO = (frechet_distance, kernel_distance, precision_recall_density_coverage)
HALF = torch.ones(10, 2)
HALF[1::2, 0] = math.nan
WRONG = {
    "another dimension": (torch.ones(10, 3), r"\[10, 2\].*\[10, 3\]"),
    "a vector": (torch.ones(10), r"\[n, d\]"),
    "no dimension": (torch.ones(10, 0), r"\[n, d\]"),
    "no tensor": ([[1.0, 2.0]] * 10, "list"),
    "one sample": (torch.ones(1, 2), "at least 2 samples.*1, 2"),
    "half of it NaN": (HALF, "5 of 10 rows of .* are not, the first is row 1"),
    "infinite": (torch.full((10, 2), math.inf), "10 of 10 rows"),
}


@pytest.mark.parametrize("metric", OF_TWO, ids=lambda metric: metric.__name__)
@pytest.mark.parametrize("wrong", WRONG)
def test_metrics_refuse(metric, wrong: str) -> None:
    other, message = WRONG[wrong]
    with pytest.raises(MatchZooError, match=message):
        metric(torch.ones(10, 2), other)
    if "dimension" not in wrong:  # the order of the shapes is that of the sets
        with pytest.raises(MatchZooError, match=message):
            metric(other, torch.ones(10, 2))


@pytest.mark.parametrize("offsets", [HALF, torch.ones(10), torch.ones(0, 2)])
def test_mode_coverage_refuses(offsets: torch.Tensor) -> None:
    with pytest.raises(MatchZooError, match="mode coverage"):
        mode_coverage(offsets, 2)


def test_what_is_fine_is_in_float64_without_a_graph() -> None:
    x, y = checked_features("metric", x=torch.ones(3, 2, requires_grad=True), y=torch.ones(4, 2, dtype=torch.int64))
    assert (x.dtype, y.dtype, x.requires_grad) == (torch.float64, torch.float64, False)
