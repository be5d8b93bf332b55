"""Gaussians around centers."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError
from matchzoo.data import Gaussians


def test_centers_spread_and_density():
    data = Gaussians(means=[[0.0, 2.0], [4.0, 0.0], [-4.0, 0.0]], std=0.5)
    points = data.load().train.values.double()
    nearest, mode = torch.cdist(points, data.centers()).min(1)
    assert (mode.bincount() / len(points)).tolist() == pytest.approx([1 / 3] * 3, abs=0.02)
    assert nearest.square().mean().item() == pytest.approx(2 * 0.25, rel=0.03)
    torch.testing.assert_close(data.mixture().log_density(points[:5], 0.0), data.log_density(points[:5]))


def test_what_is_refused():
    with pytest.raises(DeclarationError, match="means: expected points of one number of coordinates"):
        Gaussians(means=[[0.0], [1.0, 2.0]])
