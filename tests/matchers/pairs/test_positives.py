"""Partners by label, plan and similarity, and how sure they are."""

import itertools

import pytest
import torch

from matchzoo.matchers.pairs.positives import (
    group_means,
    nearest_positives,
    others_of_class,
    pair_reliability,
    positives_by_label,
    positives_of_plan,
)
from matchzoo.models.transport import Exact, Sinkhorn


def test_shares_of_a_class():
    shares = positives_by_label(torch.tensor([0, 1, 2]), torch.tensor([1, 0, 1, 1]))
    assert torch.equal(
        shares, torch.tensor([[0, 1, 0, 0], [1, 0, 1, 1], [0, 0, 0, 0]]).double() / torch.tensor([[1], [3], [1]])
    )
    assert torch.equal(
        others_of_class(torch.tensor([4, 4, 7])), torch.tensor([[0, 1, 0], [1, 0, 0], [0, 0, 0]]).double()
    )


@pytest.mark.parametrize("n", [1, 2, 4, 6])
def test_an_assignment_is_the_best_of_all(n):
    scores = torch.randn(n, n, generator=torch.Generator().manual_seed(n), dtype=torch.float64)
    targets = positives_of_plan(Exact().solve(-scores).coupling)
    totals = {
        order: sum(scores[i, j].item() for i, j in enumerate(order)) for order in itertools.permutations(range(n))
    }
    best = torch.tensor(max(totals, key=totals.get))
    assert torch.equal(targets.argmax(1), best)
    assert torch.equal(targets.sum(0), torch.ones(n))


def test_a_soft_plan_has_soft_partners():
    scores = torch.randn(3, 3, generator=torch.Generator().manual_seed(0))
    targets = positives_of_plan(Sinkhorn(epsilon=1.0).solve(-scores).coupling)
    torch.testing.assert_close(targets.sum(1), torch.ones(3).double())
    assert (targets > 0).all()


def test_sure_partners_weigh_one_and_blind_ones_nothing():
    order = torch.tensor([2, 0, 1])
    targets = torch.eye(3)[order]
    assert torch.equal(nearest_positives(targets), targets)
    torch.testing.assert_close(pair_reliability(100 * targets, targets), torch.ones(3))
    torch.testing.assert_close(pair_reliability(torch.zeros(3, 3), targets), torch.full((3,), 1 / 9))
    assert pair_reliability(torch.zeros(1, 1), torch.ones(1, 1)).item() == 1


def test_means_are_of_the_classes_that_there_are():
    means, classes = group_means(torch.tensor([[1.0], [3.0], [7.0]]), torch.tensor([4, 4, 2]))
    assert classes.tolist() == [2, 4]
    assert means.tolist() == [[7.0], [2.0]]
