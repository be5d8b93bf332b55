"""Counts of nearest neighbors: by brute force, and scikit-learn's radii."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from matchzoo.core.errors import DeclarationError
from matchzoo.ratios import NearestNeighborRatio
from matchzoo.ratios.plug_in import nearest_neighbors
from matchzoo.ratios.plug_in.nearest_neighbors import neighbor_counts


def points(n: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


P, Q = 0.8 * points(30) + 0.4, points(25, 1)


@pytest.mark.parametrize("rows", [4, 100])
def test_counts_are_those_within_the_radius_of_scikit_learn(monkeypatch, rows):
    monkeypatch.setattr(nearest_neighbors, "ROWS", rows)
    x = points(9, 2)
    radii = NearestNeighbors(n_neighbors=6).fit(Q.numpy()).kneighbors(x.numpy())[0]
    distances = torch.cdist(x, P).numpy()
    expected = np.stack([(distances <= radii[:, [k - 1]]).sum(1) for k in (2, 6)], 1)
    assert neighbor_counts(x, P, Q, [2, 6]).tolist() == expected.tolist()
    np.testing.assert_allclose(NearestNeighborRatio(neighbors=(6,)).fit(P, Q).at(x), expected[:, 1] * 25 / 30 / 6)


def test_the_number_is_that_of_least_error_at_samples_left_out(monkeypatch):
    monkeypatch.setattr(nearest_neighbors, "ROWS", 7)
    scores = {}
    for k in (2, 5, 12):
        at_p = [neighbor_counts(P[i : i + 1], P[torch.arange(30) != i], Q, [k]).item() * 25 / 29 / k for i in range(30)]
        at_q = [neighbor_counts(Q[i : i + 1], P, Q[torch.arange(25) != i], [k]).item() * 24 / 30 / k for i in range(25)]
        scores[k] = np.square(at_q).mean() / 2 - np.mean(at_p)
    assert NearestNeighborRatio(neighbors=(2, 5, 12)).fit(P, Q).chosen["neighbor"] == min(scores, key=scores.get)


def test_numbers_above_the_size_of_the_set_are_left_out():
    assert NearestNeighborRatio().fit(P, Q[:4]).chosen["neighbor"] == 3
    assert NearestNeighborRatio(neighbors=(9,)).fit(P, Q[:4]).chosen["neighbor"] == 4
    with pytest.raises(DeclarationError, match="neighbors"):
        NearestNeighborRatio(neighbors=())
