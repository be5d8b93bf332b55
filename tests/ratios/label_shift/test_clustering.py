"""k-means and the factorization of shares."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.ratios.label_shift.clustering import factorize_shares, k_means


def test_blobs_are_found():
    rng = torch.Generator().manual_seed(0)
    truth = torch.arange(90) % 3
    x = 10 * torch.eye(3)[truth] + torch.randn(90, 3, generator=rng)
    clusters = k_means(x, 3)
    assert all(len(clusters[truth == i].unique()) == 1 for i in range(3))
    assert len(clusters.unique()) == 3
    assert torch.equal(k_means(x, 3), clusters)


def test_copies_and_refusals():
    assert k_means(torch.zeros(4, 2), 2).tolist() == [0, 0, 0, 0]
    with pytest.raises(MatchZooError, match="expected 1 to 4 clusters of 4 points, got 5"):
        k_means(torch.zeros(4, 2), 5)


def test_shares_with_clusters_of_their_own_come_back():
    """Each class has a cluster that no other has, and a domain to itself: the factors are unique."""
    parts = torch.tensor([[0.5, 0.0], [0.0, 0.7], [0.5, 0.3]]).double()
    shares = torch.tensor([[1.0, 0.0, 0.4], [0.0, 1.0, 0.6]]).double()
    left, right = factorize_shares(parts @ shares, 2, restarts=1)
    order = right[:, 0].argsort(descending=True)
    torch.testing.assert_close(left[:, order], parts, rtol=0, atol=1e-6)
    torch.testing.assert_close(right[order], shares, rtol=0, atol=1e-6)


def test_columns_are_probabilities():
    shares = torch.rand(6, 4, generator=torch.Generator().manual_seed(0)).double().softmax(0)
    left, right = factorize_shares(shares, 3, restarts=1)
    torch.testing.assert_close(left.sum(0), torch.ones(3).double())
    torch.testing.assert_close(right.sum(0), torch.ones(4).double())
