"""Blur against SciPy's."""

import numpy as np
import torch
from scipy import ndimage

from matchzoo.data.shifts import blur


def test_images_are_blurred_as_by_scipy() -> None:
    images = torch.rand(2, 3, 9, 14, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for std in (0.4, 1.3, 3.0):
        reference = ndimage.gaussian_filter(images.numpy(), (0, 0, std, std), mode="nearest")
        np.testing.assert_allclose(blur(images, std).numpy(), reference, atol=1e-12)
