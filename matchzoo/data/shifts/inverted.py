"""Negatives."""

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.data.shifts.shift import Shift


@declare("inverted")
class Inverted(Shift):
    """Negatives of images, 1 - x: black becomes white.

    Maps that align means and covariances do not undo it: x and 1 - x have the same covariance.
    """

    def change(self, samples: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """The same for all."""
        return 1 - samples
