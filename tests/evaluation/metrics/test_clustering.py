"""Hungarian accuracy: against all assignments there are, of more and of fewer clusters than classes."""

import itertools

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.metrics import hungarian_accuracy
from matchzoo.evaluation.metrics.clustering import best_assignment, confusion


def of_all(predicted: torch.Tensor, labels: torch.Tensor, clusters: int, classes: int) -> float:
    """The best share over every way to give clusters different classes, some of them none."""
    names = [*range(classes), *[-1] * clusters]
    ways = set(itertools.permutations(names, clusters))
    return max((torch.tensor(way)[predicted] == labels).double().mean().item() for way in ways)


@pytest.mark.parametrize(("clusters", "classes"), [(3, 3), (4, 2), (2, 4)])
def test_it_is_the_best_of_all_assignments(clusters, classes):
    for seed in range(5):
        rng = torch.Generator().manual_seed(seed)
        predicted, labels = (torch.randint(k, (25,), generator=rng) for k in (clusters, classes))
        accuracy, assigned = hungarian_accuracy(predicted, labels)
        assert accuracy == pytest.approx(100 * of_all(predicted, labels, clusters, classes))
        given = assigned[assigned >= 0].tolist()
        assert len(given) == len(set(given)) == min(clusters, classes)


def test_names_of_clusters_do_not_matter_and_parts_have_the_assignment_of_all():
    labels = torch.tensor([0, 0, 1, 1, 2, 2])
    assert hungarian_accuracy((labels + 1) % 3, labels)[0] == 100
    predicted = torch.tensor([1, 1, 0, 0, 0, 2])
    accuracy, assigned = hungarian_accuracy(predicted, labels)
    assert assigned.tolist() == [1, 0, 2]
    assert accuracy == pytest.approx(500 / 6)
    assert hungarian_accuracy(predicted, labels, labels == 2)[0] == 50
    assert confusion(predicted, labels, 3, 3).tolist() == [[0, 2, 1], [2, 0, 0], [0, 0, 1]]
    assert best_assignment(torch.tensor([[5], [9]])).tolist() == [-1, 0]


def test_what_is_refused():
    with pytest.raises(MatchZooError, match=r"clusters \[n\] and as many labels \[n\], got \[3\] and \[2\]"):
        hungarian_accuracy(torch.zeros(3), torch.zeros(2))
    with pytest.raises(MatchZooError, match="at least one sample whose share is taken"):
        hungarian_accuracy(torch.zeros(3).long(), torch.zeros(3).long(), torch.zeros(3).bool())
