"""Photographs behind images that are bright on black."""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import attrs
import torch
import torch.nn.functional as F

from matchzoo.core.declaration.choices import checked
from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import between
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.step import Step
from matchzoo.data.reading.decoding import Decoding
from matchzoo.data.reading.listing import folder_of, list_images
from matchzoo.data.shifts.shift import Shift, generators

SIDE = 256
"""Pixels a side to which pictures of one's own are decoded."""


def place_before(images: torch.Tensor, behind: torch.Tensor, strength: float) -> torch.Tensor:
    """Images D [n, c, h, w] in [0, 1] before others T that can be broadcast to them: D + (1 - D) · strength · T. Where
    an image is white nothing is seen of T, where it is black, ``strength`` of it."""
    return images + (1 - images) * strength * behind


@functools.cache
@checked
def photographs(colors: Literal["gray", "color"] = "gray") -> tuple[torch.Tensor, ...]:
    """Two photographs (a temple and a flower, of scikit-learn), [c, 213, 320] float64 in 0 to 255 each: a pixel is the
    mean of 2x2 of the original.

    Raises:
        MatchZooError: scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_sample_images
    except ImportError:
        raise MatchZooError(
            "the photographs come with scikit-learn, which is not installed: pip install scikit-learn"
        ) from None
    photos = torch.stack([torch.tensor(photo) for photo in load_sample_images().images]).double()
    channels = photos.mean(3)[:, None] if colors == "gray" else photos.permute(0, 3, 1, 2)
    return tuple(F.avg_pool2d(channels, 2))


def patches(pictures: Sequence[torch.Tensor], places: torch.Tensor, size: int) -> torch.Tensor:
    """Patches [n, c, size, size] float32 of pictures, each stretched to [0, 1].

    Args:
        pictures: [c, h, w] each, of one size; enlarged where they are smaller than a patch.
        places: [n, 3] in [0, 1): which picture, how far from its top, how far from its left.
        size: pixels a side.
    """
    stacked = torch.stack(list(pictures))
    smallest = min(stacked.shape[2:])
    if size > smallest:
        stacked = F.interpolate(stacked, scale_factor=size / smallest + 1e-9, mode="bilinear", align_corners=False)
    which = (places[:, 0] * len(stacked)).long().tolist()
    top, left = ((places[:, i + 1] * (stacked.shape[i + 2] - size + 1)).long().tolist() for i in range(2))
    cut = [stacked[w, :, t : t + size, s : s + size] for w, t, s in zip(which, top, left, strict=True)]
    images = torch.stack(cut).float()
    low, high = images.amin((1, 2, 3), keepdim=True), images.amax((1, 2, 3), keepdim=True)
    return (images - low) / (high - low).clamp_min(1)


def textures(n: int, size: int) -> torch.Tensor:
    """Patches [n, 1, size, size] of the gray `photographs`, of places drawn at random, but the same in every call."""
    rng = Step(0, 0).rng("textures")
    return patches(photographs(), torch.rand(n, 3, generator=rng, dtype=torch.float64), size)


@declare("background")
class Background(Shift):
    """Every image before its own patch of a photograph (`place_before`), which says nothing about its class.

    Made for bright things on black, such as digits; over photographs it is a veil. As MNIST-M of Ganin et al.,
    Domain-adversarial training of neural networks, JMLR 2016, which has the absolute difference in place of the sum.
    """

    strength: float = attrs.field(default=0.65, validator=between(0, 1))
    """Contrast of the photographs; 0 for black."""
    color: bool = False
    """Photographs in color, behind images of three channels; else gray."""
    pictures: str | None = None
    """A folder of your own photographs; the two that come with scikit-learn if not given."""

    def check(self, shape: Sequence[int]) -> None:
        """Color needs three channels."""
        super().check(shape)
        if self.color and shape[0] != 3:
            message = f"expected images of 3 channels, got {shape[0]}; leave it out for gray photographs"
            raise DeclarationError([("color", message)])

    def change(self, samples: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """Each image before the patch that its key chooses."""
        colors: Literal["gray", "color"] = "color" if self.color else "gray"
        pictures = photographs(colors) if self.pictures is None else _own(_absolute(self.pictures), colors)
        places = torch.stack([torch.rand(3, generator=rng, dtype=torch.float64) for rng in generators(keys)])
        return place_before(samples, patches(pictures, places, max(samples.shape[2:])).to(samples), self.strength)


def _absolute(path: str) -> Path:
    return Path(path).expanduser().absolute()


@functools.lru_cache(maxsize=4)
@checked
def _own(path: Path, colors: Literal["gray", "color"]) -> tuple[torch.Tensor, ...]:
    """The images of a folder [c, SIDE, SIDE] float64 in 0 to 255; raises where there are none."""
    split = list_images(folder_of(str(path), "pictures")).split(Decoding(SIDE))
    pictures = split.gather(torch.arange(len(split))).double()
    return tuple(pictures.mean(1, keepdim=True) if colors == "gray" else pictures)
