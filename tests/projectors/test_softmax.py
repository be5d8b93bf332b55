"""Predictions as a space."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError
from matchzoo.core.spec import Spec
from matchzoo.projectors import Softmax


def test_rows_are_softened_probabilities():
    scores = torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 9.0]])
    space = Softmax(on="scores", temperature=2.0)
    assert space.build(Spec(shape=(3,))) == 3
    odds = (scores / 2).exp()
    torch.testing.assert_close(space(scores), odds / odds.sum(1, keepdim=True))
    with pytest.raises(DeclarationError, match="on: missing"):
        Softmax()
