"""Rotation of images about their center, and of points of the plane about the origin."""

import math
from collections.abc import Sequence
from typing import ClassVar

import attrs
import torch
import torch.nn.functional as F

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import between
from matchzoo.core.errors import DeclarationError
from matchzoo.data.shifts.shift import IMAGE, POINT, Shift


def rotate(images: torch.Tensor, degrees: float, fill: float = 0.0) -> torch.Tensor:
    """Images [n, c, h, w] rotated counterclockwise about their center, bilinear; outside of them lies ``fill``."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    height, width = images.shape[2:]
    matrix = [[cosine, -sine * height / width, 0.0], [sine * width / height, cosine, 0.0]]
    grid = F.affine_grid(images.new_tensor(matrix).expand(len(images), 2, 3), list(images.shape), align_corners=False)
    return F.grid_sample(images - fill, grid, padding_mode="zeros", align_corners=False) + fill


def rotate_points(points: torch.Tensor, degrees: float) -> torch.Tensor:
    """Points [n, 2] rotated counterclockwise about the origin."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return points @ points.new_tensor([[cosine, sine], [-sine, cosine]])


@declare("rotated")
class Rotated(Shift):
    """Images rotated about their center (`rotate`), or points of the plane about the origin (`rotate_points`).

    The rotated digits and moons of the literature: Ghifary et al., Domain generalization for object recognition with
    multi-task autoencoders, ICCV 2015; Ganin et al., Domain-adversarial training of neural networks, JMLR 2016.
    """

    takes: ClassVar[tuple[int, ...]] = (IMAGE, POINT)

    degrees: float
    """Angle, counterclockwise."""
    fill: float = attrs.field(default=0.0, validator=between(0, 1))
    """What lies outside of an image: 0 is black."""

    def check(self, shape: Sequence[int]) -> None:
        """Points must be of the plane."""
        super().check(shape)
        if len(shape) == POINT and shape[0] != 2:
            raise DeclarationError([("", f"expected images or points of 2 coordinates, got {shape[0]} coordinates")])

    def change(self, samples: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """The same angle for all."""
        if samples.ndim == POINT + 1:
            return rotate_points(samples, self.degrees)
        return rotate(samples, self.degrees, self.fill)
