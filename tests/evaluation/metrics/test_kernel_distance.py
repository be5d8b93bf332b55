"""The kernel distance of subsets: golden values, and that of all pairs on average."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.metrics import SubsetValues, kernel_distance, kernel_distance_of_subsets


def test_subsets_have_golden_values(golden) -> None:
    values = golden("metrics.npz")
    x, y = torch.from_numpy(values["x"]), torch.from_numpy(values["y"])
    distances = [kernel_distance(x[a], y[b]) for a, b in values["kid_rows"]]
    found = SubsetValues(torch.tensor(distances, dtype=torch.float64))
    assert found.mean == pytest.approx(values["torch_fidelity_kid_mean"].item(), rel=1e-10)
    assert found.deviation == pytest.approx(values["torch_fidelity_kid_std"].item(), rel=1e-10)


def test_the_mean_over_subsets_is_near_that_of_all_pairs() -> None:
    rng = torch.Generator().manual_seed(0)
    x, y = torch.randn(80, 3, generator=rng), 1.3 * torch.randn(60, 3, generator=rng)
    found = kernel_distance_of_subsets(x, y, subsets=300, size=20)
    assert found.mean == pytest.approx(kernel_distance(x, y), abs=5 * found.deviation / 300**0.5)
    assert found.values.equal(kernel_distance_of_subsets(x, y, subsets=300, size=20).values)
    whole = kernel_distance_of_subsets(x[:60], y, subsets=2, size=60)
    assert whole.deviation == pytest.approx(0, abs=1e-12)
    assert whole.mean == pytest.approx(kernel_distance(x[:60], y), rel=1e-10)
    for subsets, size in ((0, 20), (3, 61), (3, 1)):
        with pytest.raises(MatchZooError, match="at least 1 subset of 2 to 60 samples"):
            kernel_distance_of_subsets(x, y, subsets, size)
