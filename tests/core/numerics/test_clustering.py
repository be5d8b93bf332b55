"""k-means, beside scikit-learn's and every partition of a few points."""

import itertools

import pytest
import torch
from sklearn.cluster import KMeans

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.clustering import k_means


def cost(points: torch.Tensor, members: torch.Tensor) -> float:
    groups = (points[members == number] for number in members.unique())
    return sum(float((own - own.mean(0)).square().sum()) for own in groups)


def test_it_finds_the_best_partition_of_a_few_points():
    points = torch.randn(8, 2, dtype=torch.float64)
    best = min(cost(points, torch.tensor(own)) for own in itertools.product(range(3), repeat=8) if len(set(own)) == 3)
    assert cost(points, k_means(points, 3, restarts=30)) == pytest.approx(best)


def test_it_is_as_good_as_the_library():
    points = torch.randn(300, 5, dtype=torch.float64)
    library = KMeans(6, n_init=10, random_state=0, algorithm="lloyd").fit(points.numpy())
    clusters = k_means(points, 6, restarts=10)
    assert cost(points, clusters) < 1.01 * library.inertia_
    assert torch.equal(clusters, k_means(points, 6, restarts=10))


def test_blobs_are_found():
    rng = torch.Generator().manual_seed(0)
    truth = torch.arange(90) % 3
    x = 10 * torch.eye(3)[truth] + torch.randn(90, 3, generator=rng)
    clusters = k_means(x, 3)
    assert all(len(clusters[truth == i].unique()) == 1 for i in range(3))
    assert len(clusters.unique()) == 3
    assert torch.equal(k_means(x, 3), clusters)


def test_no_cluster_is_empty():
    points = torch.tensor([[0.0]] * 6 + [[1.0]])
    assert k_means(points, 4).unique().tolist() == [0, 1, 2, 3]
    assert sorted(k_means(points, 7).tolist()) == list(range(7))


def test_what_is_refused():
    with pytest.raises(MatchZooError, match="expected 1 to 3 clusters of 3 points, got 4"):
        k_means(torch.randn(3, 2), 4)
    with pytest.raises(MatchZooError, match="not finite"):
        k_means(torch.tensor([[0.0], [torch.nan]]), 1)
