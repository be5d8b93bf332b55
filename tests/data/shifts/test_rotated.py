"""Rotation against SciPy's, and of points by hand."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from matchzoo.data.shifts import Rotated, rotate, rotate_points


@pytest.mark.parametrize("degrees", [25, -40, 180])
def test_images_are_rotated_as_by_scipy(degrees: float) -> None:
    images = torch.rand(2, 2, 9, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    options = {"reshape": False, "order": 1, "mode": "grid-constant", "axes": (3, 2), "cval": 0.25}
    reference = ndimage.rotate(images.numpy(), degrees, **options)
    np.testing.assert_allclose(rotate(images, degrees, fill=0.25).numpy(), reference, atol=1e-12)


def test_counterclockwise() -> None:
    image = torch.zeros(1, 1, 3, 3)
    image[0, 0, 1, 2] = 1  # to the right of the center
    assert rotate(image, 90)[0, 0, 0, 1].item() == pytest.approx(1, abs=1e-6)  # above it
    torch.testing.assert_close(rotate_points(torch.tensor([[1.0, 0.0]]), 90), torch.tensor([[0.0, 1.0]]))
    torch.testing.assert_close(Rotated(degrees=-90)(torch.tensor([[0.0, 2.0]])), torch.tensor([[2.0, 0.0]]))
