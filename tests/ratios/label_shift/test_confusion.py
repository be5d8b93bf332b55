"""Black box shift estimation: exact where the shift is, by hand, and what cannot be inverted."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.ratios.label_shift import black_box_shift

EXACT = {"rtol": 0, "atol": 1e-12}


def rows(counts: dict[tuple[int, int], int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Predicted probabilities and labels: so many of (predicted, true)."""
    pairs = torch.tensor([pair for pair, count in counts.items() for _ in range(count)])
    return 0.4 * torch.eye(3, dtype=torch.float64)[pairs[:, 0]] + 0.2, pairs[:, 1]


SOURCE = {(0, 0): 8, (1, 0): 2, (1, 1): 5, (2, 1): 5, (2, 2): 9, (0, 2): 1}


@pytest.mark.parametrize("soft", [False, True])
def test_it_is_exact_where_only_the_shares_differ(soft):
    source, labels = rows(SOURCE)
    target, truth = rows({(0, 0): 16, (1, 0): 4, (1, 1): 15, (2, 1): 15, (2, 2): 0, (0, 2): 0})
    weights = black_box_shift(source, labels, target, soft=soft)
    torch.testing.assert_close(weights, truth.bincount(minlength=3).double() / 50 * 3, **EXACT)


def test_shares_sum_to_one_without_being_made_to():
    source, labels = rows(SOURCE)
    weights = black_box_shift(source, labels, torch.rand(9, 3).softmax(1))
    assert weights.mean().item() == pytest.approx(1)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (torch.tensor([0, 1, 1]), "the source has no sample of class 2"),
        (torch.tensor([0, 1, 3]), "expected labels from 0 to 2, got 0 to 3"),
        (torch.tensor([0, 1]), r"expected integer labels \[3\], got \[2\]"),
    ],
)
def test_labels_that_are_refused(labels, message):
    with pytest.raises(MatchZooError, match=message):
        black_box_shift(torch.eye(3), labels, torch.eye(3))


def test_a_confusion_matrix_that_cannot_be_inverted():
    even = torch.full((6, 3), 1 / 3)
    with pytest.raises(MatchZooError, match=r"cannot be inverted.*maximum-likelihood"):
        black_box_shift(even, torch.arange(6) % 3, even, soft=True)
    with pytest.raises(MatchZooError, match="3 classes on the source, 2 on the target"):
        black_box_shift(torch.eye(3), torch.arange(3), torch.eye(2))
