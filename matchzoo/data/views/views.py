"""Views: random copies of images, drawn first and applied row by row.

``draw`` gives a small plan, one row a view; ``apply`` is deterministic and treats each row by itself, so chunks,
replays and processes are slices of the same plan. Nothing is clamped: values may leave [0, 1] where noise is added.
"""

from typing import Any, Literal, cast

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import ascending, at_least, between, positive
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.numerics.resampling import frames
from matchzoo.core.numerics.row_noise import row_normal
from matchzoo.data.split import Split
from matchzoo.data.views.augment import Augment

COLUMNS = 7
"""Of a plan without augmentation: left, top, width, height (shares of the frame), flipped, noisy, noise seed."""
NOISE_BLOCK = 32
"""Rows whose noise a device draws at once."""


@declare
class Crop:
    """A random crop, resized to the size of the view."""

    scale: tuple[float, float] = attrs.field(default=(0.08, 1.0), validator=[positive(), between(0, 1), ascending()])
    """Share of the frame's area, drawn uniformly."""
    ratio: tuple[float, float] = attrs.field(default=(3 / 4, 4 / 3), validator=[positive(), ascending()])
    """Width by height, drawn log-uniformly."""
    inside: bool = True
    """Keep the crop inside the frame; if false, one that is longer than the frame shows a black border."""


@declare
class Noise:
    """Gaussian noise, added in [0, 1] space."""

    mean: float = 0.0
    """Mean of the noise; the LGM reference code adds 0.5, which brightens the noisy half of its views."""
    std: float = attrs.field(default=0.2, validator=at_least(0))
    """Standard deviation of the noise."""
    probability: float = attrs.field(default=0.5, validator=between(0, 1))
    """Share of the views that get noise."""


@declare
class Views:
    """Random views of images: flip, then crop, then augmentation, then noise, each drawn independently a view.

    ``preset`` fills in what is not given: ``clean`` nothing; ``paper`` flip 0.5, crops of scale 0.08-1 that may leave
    the frame, noise of mean 0.5 and standard deviation 0.2 on half of the views.

    Source: the constants of ``paper`` are those of the released code of linear gradient matching (arXiv 2511.16674).
    """

    copies: int = attrs.field(default=1, validator=at_least(1))
    """Views of every synthetic image in one step."""
    size: int | None = attrs.field(default=None, validator=at_least(2))
    """Pixels a side of a view; that of the images if not given."""
    preset: Literal["clean", "paper"] = "clean"
    """What the fields below are if they are not given."""
    flip: float | None = attrs.field(default=None, validator=between(0, 1))
    """Probability of a horizontal flip."""
    crop: Crop | None = None
    """Random crop; the whole frame if not given."""
    augment: Augment | None = None
    """Differentiable augmentation; none if not given."""
    noise: Noise | None = None
    """Gaussian noise; none if not given."""
    shared: bool = False
    """Whether in an update all samples of a class, real and synthetic, have the same view; else each has its own. With
    an augmentation this is differentiable Siamese augmentation."""

    def __attrs_post_init__(self) -> None:
        if self.preset not in ("clean", "paper"):
            raise DeclarationError([("preset", f"expected 'clean' or 'paper', got {self.preset!r}")])
        if self.shared and self.settings()[2] is not None:
            raise DeclarationError([("shared", "noise is of a sample, not of a class; leave the noise out, or shared")])
        if self.shared and self.copies > 1:
            message = f"a class has one view in an update; use copies = 1, not {self.copies}"
            raise DeclarationError([("shared", message)])

    def settings(self) -> tuple[float, Crop | None, Noise | None]:
        """Flip probability, crop and noise, with the preset filled in."""
        if self.preset == "paper":
            flip = 0.5 if self.flip is None else self.flip
            return flip, self.crop or Crop(inside=False), self.noise or Noise(mean=0.5)
        return self.flip or 0.0, self.crop, self.noise

    def without_noise(self) -> "Views":
        """The same views with no noise, each sample's its own: those that an evaluation trains on."""
        flip, crop, _ = self.settings()
        return Views(copies=self.copies, size=self.size, flip=flip, crop=crop, augment=self.augment)

    def of(self, split: Split) -> "Views":
        """The same views of images whose channels have the mean and standard deviation of those of a split, where
        there is an augmentation that does not say them itself."""
        if self.augment is None or self.augment.mean is not None:
            return self
        mean, std = (tuple(moment.flatten().tolist()) for moment in split.moments)
        augment = attrs.evolve(cast(Any, self.augment), mean=mean, std=std)
        return cast(Views, attrs.evolve(cast(Any, self), augment=augment))

    def draw(self, n: int, rng: torch.Generator) -> torch.Tensor:
        """A plan for n views.

        Returns:
            [n, 7] float64: left, top, width and height as shares of the frame, flipped (0 or 1), noisy (0 or 1) and
            the seed of the noise; [n, 19] where there is an augmentation, whose plan follows.
        """
        flip, crop, noise = self.settings()
        u = torch.rand(n, COLUMNS, generator=rng, dtype=torch.float64)
        plan = torch.zeros(n, COLUMNS, dtype=torch.float64)
        plan[:, 2:4] = 1
        if crop is not None:
            area = crop.scale[0] + (crop.scale[1] - crop.scale[0]) * u[:, 0]
            low, high = (torch.tensor(r, dtype=torch.float64).log() for r in crop.ratio)
            ratio = torch.exp(low + (high - low) * u[:, 1])
            sides = torch.stack([(area * ratio).sqrt(), (area / ratio).sqrt()], 1)
            plan[:, 2:4] = sides.clamp_max(1) if crop.inside else sides
            plan[:, 0:2] = u[:, 2:4] * (1 - plan[:, 2:4])
        plan[:, 4] = u[:, 4] < flip
        if noise is not None:
            plan[:, 5] = u[:, 5] < noise.probability
            plan[:, 6] = (u[:, 6] * 2**31).floor()
        return plan if self.augment is None else torch.cat([plan, self.augment.draw(n, rng)], 1)

    def of_classes(self, plan: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
        """The rows [n, …] of a `shared` plan [classes, …] for samples with class indices [n]; raises without them."""
        if labels is None or labels.ndim == 2:
            has = "no labels" if labels is None else "probabilities as labels (generator.soft_labels)"
            raise DeclarationError([("views.shared", f"views of a class need class indices, and this set has {has}")])
        return plan[labels.to(plan.device)]

    def apply(self, images: torch.Tensor, plan: torch.Tensor) -> torch.Tensor:
        """The views of a plan.

        Args:
            images: [n, c, h, w] in [0, 1].
            plan: [n, 7 or 19], a row an image.

        Returns:
            [n, c, size, size] (h, w if there is no size), differentiable. Crops are bilinear without antialiasing.

        Raises:
            DeclarationError: there is an augmentation that knows no mean of the images; `of` gives it.
        """
        if self.augment is not None and self.augment.mean is None:
            message = "missing: say mean and std of the images, or take views.of(split), with those of a split"
            raise DeclarationError([("augment.mean", message)])
        _, crop, noise = self.settings()
        size = (self.size, self.size) if self.size else (images.shape[2], images.shape[3])
        if crop is not None:
            left, top, width, height, flipped = plan[:, :5].to(images.device, images.dtype, non_blocking=True).unbind(1)
            images = frames(images, left, top, width, height, flipped, size)
        else:
            images = self.plain(images)
            flipped = plan[:, 4].to(images.device, non_blocking=True).bool()[:, None, None, None]
            images = torch.where(flipped, images.flip(3), images)
        if self.augment is not None:
            images = self.augment.augment(images, plan[:, COLUMNS:])
        if noise is not None:
            images = images + self._noise(images, plan, noise)
        return images

    def plain(self, images: torch.Tensor) -> torch.Tensor:
        """The center of images [n, c, h, w] at the size of a view: what test images and un-augmented caches see."""
        if self.size is None or tuple(images.shape[2:]) == (self.size, self.size):
            return images
        top, left = ((side - self.size) // 2 for side in images.shape[2:])
        if top < 0 or left < 0:
            raise MatchZooError(
                f"views.size: {self.size} is larger than the images ({images.shape[2]}x{images.shape[3]}); "
                "raise data.size or lower views.size"
            )
        return images[:, :, top : top + self.size, left : left + self.size]

    @staticmethod
    def _noise(images: torch.Tensor, plan: torch.Tensor, noise: Noise) -> torch.Tensor:
        added = torch.zeros_like(images)
        rows = plan[:, 5].nonzero().flatten()
        if images.device.type != "cpu":
            return _hashed_noise(added, rows, plan[rows, 6].long(), noise)
        for row in rows.tolist():
            rng = torch.Generator().manual_seed(int(plan[row, 6]))
            added[row] = noise.mean + noise.std * torch.randn(images.shape[1:], generator=rng, dtype=images.dtype)
        return added


def _hashed_noise(added: torch.Tensor, rows: torch.Tensor, seeds: torch.Tensor, noise: Noise) -> torch.Tensor:
    """Put noise into some rows [k] of ``added`` [n, c, h, w], each a function of its seed [k], with a few operations on
    a device for many rows, where a generator of each row would need some for each."""
    for some, own in zip(rows.split(NOISE_BLOCK), seeds.split(NOISE_BLOCK), strict=True):
        place, hashed = (x.to(added.device, non_blocking=True) for x in (some, own))
        normal = row_normal(hashed, 0, tuple(added.shape[1:])).to(added.dtype)
        added.index_copy_(0, place, noise.mean + noise.std * normal)
    return added
