"""The factorization of shares."""

import torch

from matchzoo.ratios.label_shift.factorization import factorize_shares


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
