"""Thicker and thinner strokes against SciPy's gray dilation and erosion."""

import numpy as np
import torch
from scipy import ndimage

from matchzoo.data.shifts import Thick, thicken


def test_strokes_are_as_by_scipy() -> None:
    images = torch.rand(2, 1, 9, 14, generator=torch.Generator().manual_seed(0))
    np.testing.assert_array_equal(thicken(images, 1), ndimage.grey_dilation(images.numpy(), (1, 1, 3, 3)))
    np.testing.assert_array_equal(thicken(images, -2), ndimage.grey_erosion(images.numpy(), (1, 1, 5, 5)))
    assert bool((Thick(pixels=-1)(images) <= images).all())
