"""The median heuristic and the root mean square: against loops, whole matrices and points that coincide."""

import numpy as np
import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics import typical_distances as module
from matchzoo.core.numerics.distances import EXACT_DIMENSIONS, gaussian
from matchzoo.core.numerics.kernels import Gaussian
from matchzoo.core.numerics.typical_distances import MEDIAN_POINTS, median_distance, middle_distance, rms_distance


def points(n: int, d: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=dtype)


@pytest.mark.parametrize(("n", "m"), [(4, 7), (5, 5), (1, 1)])
def test_median_distance_is_over_different_pooled_points(n, m):
    x, y = points(n, 3), points(m, 3, 1) + 1
    pooled = torch.cat([x, y]).numpy()
    pairs = sorted(np.linalg.norm(a - b) for i, a in enumerate(pooled) for b in pooled[:i])
    assert median_distance(x, y) == pytest.approx(pairs[(len(pairs) - 1) // 2], rel=1e-12)
    assert median_distance(y, x) == pytest.approx(median_distance(x, y), rel=1e-12)


def test_rms_distance_is_over_different_pooled_points():
    x, y = torch.randn(5, 3, dtype=torch.float64), 2 + torch.randn(7, 3, dtype=torch.float64)
    pairs = torch.nn.functional.pdist(torch.cat([x, y]))
    assert rms_distance(x, y) == pytest.approx(pairs.square().mean().sqrt().item(), rel=1e-12)
    expected = gaussian((x[0] - y[0]).square().sum(), rms_distance(x, y))
    torch.testing.assert_close(Gaussian(bandwidths=("rms",))(x, y)[0, 0], expected)
    for same in (torch.full((3, 2), 0.1), torch.full((3, 2), torch.nan)):
        with pytest.raises(MatchZooError, match="the mean squared distance is"):
            rms_distance(same, same)


def test_median_distance_of_many_points_takes_some():
    x, y = points(MEDIAN_POINTS, 2, dtype=torch.float32), points(500, 2, 1, torch.float32)
    some = torch.cat([x, y])[:: (MEDIAN_POINTS + 500) // 1000]
    assert median_distance(x, y) == pytest.approx(median_distance(some[:500], some[500:]), rel=0.03)


def test_median_distance_of_points_that_coincide():
    with pytest.raises(MatchZooError, match=r"median distance is 0: all points coincide; give a bandwidth as a number"):
        median_distance(torch.full((3, 2), 0.1), torch.full((4, 2), 0.1))
    with pytest.raises(MatchZooError, match="median distance is nan"):
        median_distance(torch.full((3, 2), torch.nan), torch.zeros(4, 2))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("d", [1, 3, 50])
def test_median_distance_where_most_points_coincide_is_that_of_the_others(d, dtype):
    x = torch.full((60, d), 0.1, dtype=dtype)
    x[:4, 0], x[4:9, 0] = 1.1, 3.1
    pairs = [abs(a - b) for i, a in enumerate(x[:, 0].tolist()) for b in x[:i, 0].tolist() if abs(a - b) > 1e-6]
    expected = sorted(pairs)[(len(pairs) - 1) // 2]
    assert median_distance(x[:20], x[20:]) == pytest.approx(expected, rel=1e-5)


def test_median_distance_of_many_points_does_not_depend_on_their_order(monkeypatch):
    """Rows of two kinds in turn: every second row is of one kind."""
    monkeypatch.setattr("matchzoo.core.numerics.typical_distances.MEDIAN_POINTS", 300)
    count = 600
    x = points(count, 1, dtype=torch.float32) + 10.0 * (torch.arange(count) % 2)[:, None]
    sorted_rows = x[x[:, 0].argsort()]
    differences = np.abs(x.numpy() - x[:, 0].numpy())
    expected = np.median(differences[np.tril_indices(count, -1)])
    for rows in (x, sorted_rows):
        assert median_distance(rows[:100], rows[100:]) == pytest.approx(expected, rel=0.1)


CASES = {
    "normal": lambda d: points(90, d),
    "two clusters in turn": lambda d: points(90, d) + 9.0 * (torch.arange(90) % 2)[:, None],
    "zeros and ones": lambda d: (points(90, d) > 1).double(),
    "most coincide": lambda d: torch.cat([torch.full((80, d), 0.1, dtype=torch.float64), points(10, d)]),
    "all coincide": lambda d: torch.full((90, d), 0.1, dtype=torch.float64),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("d", [1, 3, EXACT_DIMENSIONS + 1])
@pytest.mark.parametrize("case", CASES)
def test_the_median_by_tiles_is_that_of_the_whole_matrix(monkeypatch, case, d, dtype):
    monkeypatch.setattr(module, "SIDE", 16)
    monkeypatch.setattr(module, "SOME", 20)
    x = CASES[case](d).to(dtype)
    whole = module._median_of_all(x)
    assert middle_distance(x) == pytest.approx(whole, rel=1e-12 if dtype == torch.float64 else 1e-6)
    monkeypatch.setattr(module, "WHOLE", 50)
    if whole:
        assert median_distance(x[:40], x[40:]) == pytest.approx(whole, rel=1e-6)
