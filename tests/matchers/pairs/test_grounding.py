"""The Gaussian term of MIRO."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.matchers import Grounding, gaussian_grounding


def test_golden_value(golden):
    features, precursor, spread = (torch.from_numpy(golden("alignment.npz")[f"miro_{key}"]) for key in ("f", "f0", "b"))
    value = gaussian_grounding(features, precursor, spread)
    torch.testing.assert_close(value, torch.from_numpy(golden("alignment.npz")["miro_value"]), rtol=0, atol=1e-12)
    rows = spread.expand(len(features), -1)  # as a space of the same set gives them
    torch.testing.assert_close(Grounding()(features, precursor, rows), value)


def test_gradients_reach_features_and_variances_but_not_the_precursor():
    features, precursor, spread = (
        torch.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in ((4, 2, 3), (4, 2, 3), (3,))
    )
    assert torch.autograd.gradcheck(lambda f, b: gaussian_grounding(f, precursor, b), (features, spread))
    gaussian_grounding(features, precursor, spread).backward()
    assert precursor.grad is None


def test_shapes_that_differ():
    with pytest.raises(MatchZooError, match=r"got \(4, 3\), \(3,\) and \(3,\)"):
        gaussian_grounding(torch.rand(4, 3), torch.rand(3), torch.rand(3))
