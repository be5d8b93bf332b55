"""Images under one random view each, always the same: data that are distorted before anything looks at them."""

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import DeclarationError
from matchzoo.data.shifts.shift import Shift, generators
from matchzoo.data.views import Views


@declare("viewed")
class Viewed(Shift):
    """Every image under one random view, drawn by the image itself: rotated, scaled, in another contrast, noisy.

    Examples:
        >>> Viewed(views=Views(flip=0.5))(torch.rand(16, 1, 28, 28)).shape
        torch.Size([16, 1, 28, 28])
    """

    views: Views
    """From which the view of each image is drawn; of its size, with the mean and standard deviation of an
    augmentation."""

    def __attrs_post_init__(self) -> None:
        if self.views.size is not None or self.views.copies > 1 or self.views.shared:
            message = "every image has one view of its own and keeps its size; leave size, copies and shared out"
            raise DeclarationError([("views", message)])
        if self.views.augment is not None and self.views.augment.mean is None:
            message = "missing: say mean and std of the images, which do not depend on what is drawn"
            raise DeclarationError([("views.augment.mean", message)])

    def change(self, samples: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """Each image by its key."""
        plan = torch.cat([self.views.draw(1, rng) for rng in generators(keys)])
        return self.views.apply(samples, plan)
