"""Random views of images."""

from matchzoo.data.views.augment import Augment, Operation
from matchzoo.data.views.views import Crop, Noise, Views

__all__ = ["Augment", "Crop", "Noise", "Operation", "Views"]
