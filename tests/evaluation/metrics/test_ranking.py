"""Who finds its partner first."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.metrics import rank_one


def test_shares_by_hand():
    x = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
    assert rank_one(x, x + 0.4) == 100
    assert rank_one(x, x + 0.6) == 25  # that of the first row, which has none before its partner
    assert rank_one(x, x.flip(0)) == 0
    with pytest.raises(MatchZooError, match=r"expected as many rows \[n, d\] as queries, \[4, 1\], got \[3, 1\]"):
        rank_one(x, x[:3])
