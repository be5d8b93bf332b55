"""Where real samples come from."""

from matchzoo.data.data import Data, Loaded, Split
from matchzoo.data.digits import Digits
from matchzoo.data.image_folder import ImageFolder
from matchzoo.data.ring import Ring

__all__ = ["Data", "Digits", "ImageFolder", "Loaded", "Ring", "Split"]
