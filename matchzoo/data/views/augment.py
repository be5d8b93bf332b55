"""The differentiable augmentations of dataset condensation."""

import math
from typing import Literal, get_args

import attrs
import torch
import torch.nn.functional as F

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least, between, not_empty, positive
from matchzoo.core.errors import DeclarationError

Operation = Literal["color", "shift", "cutout", "flip", "scale", "rotate"]
AT_REST = torch.tensor([0, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 0], dtype=torch.float64)
"""A row of a plan that changes nothing."""
COLUMNS: dict[Operation, slice] = {
    "color": slice(0, 3),  # added brightness, factor of saturation, factor of contrast
    "shift": slice(3, 5),  # to the right and down, shares of the side
    "cutout": slice(5, 8),  # whether, and its center, shares of the side
    "flip": slice(8, 9),  # -1 or 1
    "scale": slice(9, 11),  # pixels of the image a pixel of the view, across and down
    "rotate": slice(11, 12),  # degrees
}


@declare
class Augment:
    """Differentiable augmentation: color, shift, cutout, flip, scale and rotation of every view.

    It works on standardized images, x' = (x − mean) / std by channel: what lies outside the frame, and what is cut out,
    is 0 there, the mean color of the data, and brightness is in standard deviations. Of several operations those that
    move pixels are one bilinear resampling, after the others.

    Source: Zhao and Bilen, Dataset condensation with differentiable Siamese augmentation, ICML 2021, and its released
    code, whose constants are the defaults.
    """

    operations: tuple[Operation, ...] = attrs.field(default=get_args(Operation), validator=not_empty())
    """Which there are; color counts as one. The paper leaves flip out for digits (MNIST and SVHN)."""
    apply: Literal["one", "one-per-batch", "all"] = "one"
    """One of them a view, drawn uniformly; one for all views that are drawn together, each with its own parameters, as
    the papers train from scratch; or all."""
    brightness: float = attrs.field(default=1.0, validator=at_least(0))
    """Width of the range, about zero, of what is added to all pixels, in standard deviations."""
    saturation: float = attrs.field(default=2.0, validator=at_least(0))
    """Largest factor of the distance to the mean of the color channels; the smallest is 0."""
    contrast: float = attrs.field(default=0.5, validator=at_least(0))
    """Smallest factor of the distance to the mean of the image; the largest is 1 more."""
    shift: float = attrs.field(default=0.125, validator=between(0, 1))
    """Largest shift either way, a share of the side; whole pixels."""
    cutout: float = attrs.field(default=0.5, validator=between(0, 1))
    """Side of the square, a share of the image's; its center is anywhere in the image."""
    flip: float = attrs.field(default=0.5, validator=between(0, 1))
    """Probability of a horizontal flip."""
    scale: float = attrs.field(default=1.2, validator=at_least(1))
    """Largest factor of width and of height, drawn apart; the smallest is its inverse."""
    rotate: float = attrs.field(default=15.0, validator=between(0, 180))
    """Largest angle either way, in degrees."""
    mean: Several[float] | None = None
    """Mean of every channel of the images, or of all; in a recipe that of the training images if not given."""
    std: Several[float] | None = attrs.field(default=None, validator=positive())
    """Standard deviation of every channel, or of all; goes with ``mean``."""

    def __attrs_post_init__(self) -> None:
        if len(set(self.operations)) < len(self.operations):
            message = f"expected different ones of {', '.join(COLUMNS)}, got {', '.join(self.operations)}"
            raise DeclarationError([("operations", message)])
        if len(self.mean or ()) != len(self.std or ()):
            message = f"expected as many of mean and of std, got {self.mean} and {self.std}"
            raise DeclarationError([("std", message)])

    def draw(self, n: int, rng: torch.Generator) -> torch.Tensor:
        """A plan [n, 12] float64 for n views, as `COLUMNS` says."""
        u = torch.rand(n, len(AT_REST) + 1, generator=rng, dtype=torch.float64)
        full = AT_REST.repeat(n, 1)
        full[:, 0] = (u[:, 0] - 0.5) * self.brightness
        full[:, 1] = u[:, 1] * self.saturation
        full[:, 2] = self.contrast + u[:, 2]
        full[:, 3:5] = (2 * u[:, 3:5] - 1) * self.shift
        full[:, 5] = 1
        full[:, 6:8] = u[:, 6:8]
        full[:, 8] = torch.where(u[:, 8] < self.flip, -1.0, 1.0)
        full[:, 9:11] = 1 / self.scale + u[:, 9:11] * (self.scale - 1 / self.scale)
        full[:, 11] = (2 * u[:, 11] - 1) * self.rotate
        chosen = (u[:, 12] * len(self.operations)).long()
        if self.apply == "one-per-batch":
            chosen = chosen[:1].expand(n)
        plan = AT_REST.repeat(n, 1)
        for position, name in enumerate(self.operations):
            rows = torch.ones(n, dtype=torch.bool) if self.apply == "all" else chosen == position
            plan[rows, COLUMNS[name]] = full[rows, COLUMNS[name]]
        return plan

    def augment(self, images: torch.Tensor, plan: torch.Tensor) -> torch.Tensor:
        """The views [n, c, h, w] of images [n, c, h, w], row by row; differentiable.

        Args:
            images: of the mean and standard deviation that are declared, in [0, 1] (views may leave it where colors
                change); standardized ones where these are not given.
            plan: [n, 12].

        Raises:
            DeclarationError: means are declared of another number of channels.
        """
        if self.mean is None or self.std is None:
            return self._standardized(images, plan)
        if len(self.mean) not in (1, images.shape[1]):
            message = f"expected one value, or one for each of {images.shape[1]} channels, got {len(self.mean)}"
            raise DeclarationError([("augment.mean", message)])
        mean, std = (images.new_tensor(values)[:, None, None] for values in (self.mean, self.std))
        return self._standardized((images - mean) / std, plan) * std + mean

    def _standardized(self, images: torch.Tensor, plan: torch.Tensor) -> torch.Tensor:
        """The views of images whose channels have mean 0 and standard deviation 1."""
        plan = plan.to(images.device, images.dtype, non_blocking=True)
        if "color" in self.operations:
            images = _colored(images, *plan[:, COLUMNS["color"]].unbind(1))
        if "cutout" in self.operations:
            images = images * _uncut(images, plan[:, COLUMNS["cutout"]], self.cutout)
        if set(self.operations) - {"color", "cutout"}:
            images = _moved(images, plan)
        return images


def _colored(
    images: torch.Tensor, brightness: torch.Tensor, saturation: torch.Tensor, contrast: torch.Tensor
) -> torch.Tensor:
    """Brightness is added, then channels are drawn to their mean or away from it, then pixels to that of the image."""
    brightness, saturation, contrast = (x[:, None, None, None] for x in (brightness, saturation, contrast))
    images = images + brightness
    gray = images.mean(1, keepdim=True)
    images = gray + (images - gray) * saturation
    mean = images.mean((1, 2, 3), keepdim=True)
    return mean + (images - mean) * contrast


def _uncut(images: torch.Tensor, plan: torch.Tensor, share: float) -> torch.Tensor:
    """[n, 1, h, w]: 0 in the square of each image, 1 elsewhere."""
    there, across, down = plan.unbind(1)

    def inside(length: int, center: torch.Tensor) -> torch.Tensor:
        pixels, side = torch.arange(length, device=images.device), int(length * share + 0.5)
        first = (center * (length + 1 - side % 2)).floor()[:, None] - side // 2
        return (pixels >= first) & (pixels < first + side)

    height, width = images.shape[2:]
    cut = inside(height, down)[:, :, None] & inside(width, across)[:, None, :] & (there > 0)[:, None, None]
    return (~cut)[:, None].to(images.dtype)


def _moved(images: torch.Tensor, plan: torch.Tensor) -> torch.Tensor:
    """Shifted, flipped, scaled and rotated about the center, by one bilinear resampling.

    Rotation is of pixels, so images that are not square keep their shape.
    """
    height, width = images.shape[2:]
    sides = torch.tensor([width, height], dtype=plan.dtype).to(plan.device, non_blocking=True)
    shift = (plan[:, COLUMNS["shift"]] * sides).round() / sides
    right, below = (-2 * shift).unbind(1)
    flip, across, down, degrees = plan[:, COLUMNS["flip"].start :].unbind(1)
    angle = degrees * (math.pi / 180)
    cosine, sine = angle.cos(), angle.sin()
    theta = images.new_zeros(len(images), 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = flip * across * cosine, -flip * across * sine * (height / width)
    theta[:, 1, 0], theta[:, 1, 1] = down * sine * (width / height), down * cosine
    theta[:, 0, 2], theta[:, 1, 2] = right, below
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="zeros", align_corners=False)
