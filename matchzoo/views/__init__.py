"""Random views of images."""

from matchzoo.views.augment import Augment, Operation
from matchzoo.views.views import Crop, Noise, Views

__all__ = ["Augment", "Crop", "Noise", "Operation", "Views"]
