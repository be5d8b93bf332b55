"""Cosines of gradients and the best split: golden values, zeros, and what is refused."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.gradient_similarity import balanced_split, gradient_cosines

EXACT = {"rtol": 1e-12, "atol": 1e-12}


@pytest.fixture
def values(golden):
    return {key: torch.from_numpy(array) for key, array in golden("self_targets.npz").items()}


def test_golden_values(values):
    gradients = list(zip(values["gm_grads_a"], values["gm_grads_b"], strict=True))
    torch.testing.assert_close(gradient_cosines(gradients), values["gm_flat_cosine"], **EXACT)
    torch.testing.assert_close(gradient_cosines(gradients, "rows"), values["gm_row_cosine_mean"], **EXACT)

    split = balanced_split(values["gm_cut_distance"])
    assert list(split.first) == values["gm_cut_group"].tolist()
    assert split.second == (2, 3, 4)
    assert split.within == pytest.approx(values["gm_cut_within"].item(), rel=1e-12)
    assert split.between == pytest.approx(values["gm_cut_between"].item(), rel=1e-12)


def test_scales_do_not_matter_and_zeros_have_no_part():
    weight, bias = torch.randn(4, 3, dtype=torch.float64), torch.randn(4, dtype=torch.float64)
    cosines = gradient_cosines([[weight, bias], [5 * weight, 5 * bias]], "rows")
    torch.testing.assert_close(cosines, torch.ones_like(cosines))
    dead = weight.clone()
    dead[1] = 0
    torch.testing.assert_close(gradient_cosines([[weight], [dead]], "rows")[0, 1].item(), 1.0)
    assert gradient_cosines([[torch.zeros(2, 2)], [torch.ones(2, 2)]], "rows")[0, 1] == 0


def test_what_is_refused():
    with pytest.raises(MatchZooError, match="same parameters of every network"):
        gradient_cosines([[torch.zeros(2)], [torch.zeros(3)]])
    with pytest.raises(MatchZooError, match=r"k from 4 to 20, got \[3, 3\]"):
        balanced_split(torch.zeros(3, 3))
