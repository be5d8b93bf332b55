"""Distances of rows that belong together."""

import math

import pytest
import torch

from matchzoo.core.errors import DeclarationError
from matchzoo.matchers import Paired, paired_distance


def test_golden_divergence_of_softmax(golden):
    values = {
        key: torch.from_numpy(array) for key, array in golden("alignment.npz").items() if key[:4] in ("miro", "jsd_")
    }
    divergence = paired_distance(values["miro_f"], values["miro_f0"], "jensen-shannon")
    torch.testing.assert_close(divergence, values["jsd_softmax_mean"], rtol=0, atol=1e-12)


def test_the_divergence_is_finite_far_apart_where_it_is_log_2():
    x = torch.tensor([[1e4, 0.0], [0.0, 3.0]], requires_grad=True)
    divergence = paired_distance(x, torch.tensor([[0.0, 1e4], [0.0, 3.0]]), "jensen-shannon")
    assert divergence.item() == pytest.approx(math.log(2) / 2)
    divergence.backward()
    assert x.grad.isfinite().all()


@pytest.mark.parametrize(("distance", "value"), [("squared", 12.5), ("euclidean", 2.5), ("cosine", 0.5)])
def test_distances_known_by_hand(distance, value):
    x, y = torch.tensor([[3.0, 0.0], [1.0, 0.0]]), torch.tensor([[0.0, 4.0], [1.0, 0.0]])
    assert paired_distance(x, y, distance).item() == pytest.approx(value)


def test_a_distance_by_a_wrong_name():
    with pytest.raises(DeclarationError, match="did you mean 'cosine'"):
        paired_distance(torch.rand(2, 2), torch.rand(2, 2), "cosin")


def test_two_sets_in_two_spaces_are_one_in_each():
    term = Paired(space=("student", "teacher"))
    assert term.inputs(("real", "day")) == (("real", "student"), ("day", "teacher"))
    assert term.inputs(("real",)) == (("real", "student"), ("real", "teacher"))
    assert term.names(0) == ("source", "synthetic")


@pytest.mark.parametrize("fixed", ["first", "second", "none"])
def test_a_fixed_side_gets_no_gradient(fixed):
    first, second = torch.rand(3, 2, requires_grad=True), torch.rand(3, 2, requires_grad=True)
    value = Paired(fixed=fixed)(first, second)
    torch.testing.assert_close(value, paired_distance(first, second))
    value.backward()
    assert (first.grad is None) == (fixed == "first")
    assert (second.grad is None) == (fixed == "second")
