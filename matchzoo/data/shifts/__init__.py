"""How domains differ: changes of samples that keep their labels, as functions, objects and parts of a recipe."""

from matchzoo.data.shifts.affine import Affine, random_affine
from matchzoo.data.shifts.background import Background, patches, photographs, place_before, textures
from matchzoo.data.shifts.blurred import Blurred, blur
from matchzoo.data.shifts.contrast import Contrast
from matchzoo.data.shifts.inverted import Inverted
from matchzoo.data.shifts.noisy import Noisy, add_noise
from matchzoo.data.shifts.rotated import Rotated, rotate, rotate_points
from matchzoo.data.shifts.salt import Salt, sprinkle
from matchzoo.data.shifts.shift import Shift, sample_keys, shifted
from matchzoo.data.shifts.thick import Thick, thicken
from matchzoo.data.shifts.translated import Translated, translate
from matchzoo.data.shifts.viewed import Viewed

__all__ = [
    "Affine",
    "Background",
    "Blurred",
    "Contrast",
    "Inverted",
    "Noisy",
    "Rotated",
    "Salt",
    "Shift",
    "Thick",
    "Translated",
    "Viewed",
    "add_noise",
    "blur",
    "patches",
    "photographs",
    "place_before",
    "random_affine",
    "rotate",
    "rotate_points",
    "sample_keys",
    "shifted",
    "sprinkle",
    "textures",
    "thicken",
    "translate",
]
