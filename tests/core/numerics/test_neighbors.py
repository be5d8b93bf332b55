"""Distances that are compared: those of all pairs by sums of squared differences, to the bit, whatever ties."""

import pytest
import torch

from matchzoo.core.numerics import neighbors
from matchzoo.core.numerics.neighbors import compared_points, neighbor_distances, tiles_within

RNG = torch.Generator().manual_seed(0)


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=RNG, dtype=torch.float64)


def labels(count: int, n: int) -> torch.Tensor:
    return torch.randint(0, count, (n,), generator=RNG)


SETS = {
    "apart": (draw(90, 3), 1.2 * draw(80, 3)),
    "clusters that float32 cannot resolve": (
        draw(4, 9)[labels(4, 90)] + 1e-5 * draw(90, 9),
        draw(4, 9)[labels(4, 80)] + 1e-5 * draw(80, 9),
    ),
    "clusters that float64 cannot resolve": (
        draw(4, 9)[labels(4, 90)] + 1e-13 * draw(90, 9),
        draw(4, 9)[labels(4, 80)] + 1e-13 * draw(80, 9),
    ),
    "a lattice": (labels(3, 180).view(90, 2) / 7.0, labels(3, 160).view(80, 2) / 7.0),
    "a far row": (torch.cat([1e-12 * draw(89, 3), 1e12 * draw(1, 3)]), 1e-12 * draw(80, 3)),
    "one row": (torch.ones(90, 2), torch.ones(80, 2)),
}


def apart(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")


@pytest.mark.parametrize("name", SETS)
def test_radii_and_balls_are_those_of_all_distances(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbors, "BLOCK", 32)
    x, y = compared_points(*SETS[name])
    radii = []
    for points in (x, y):
        expected = apart(points.exact, points.exact).kthvalue(5, 1).values
        radii.append(neighbor_distances(points, 4))
        assert radii[-1].equal(expected)

    across = apart(x.exact, y.exact)
    in_x, in_y = torch.zeros(2, 90, 80, dtype=torch.bool)
    for rows, columns, in_rows, in_columns in tiles_within(x, y, *radii):
        in_x[rows, columns], in_y[rows, columns] = in_rows, in_columns
    assert in_x.equal(across <= radii[0][:, None])
    assert in_y.equal(across <= radii[1])


def test_numbers_are_scaled_by_a_power_of_two() -> None:
    x, y = compared_points(torch.tensor([[3e200], [1.0]], dtype=torch.float64), torch.tensor([[2.0]]))
    assert 0.5 <= x.exact.max() < 1
    assert x.exact[1, 0] * 2 == y.exact[0, 0]
