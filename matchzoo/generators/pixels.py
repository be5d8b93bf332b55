"""Images as plain pixels: the ablation of the pyramid."""

from typing import ClassVar

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.data.pool import Pool
from matchzoo.generators.generator import Generator
from matchzoo.generators.images import (
    INITIAL,
    check_initial,
    check_start,
    decode,
    encode,
    first_images,
    image_set,
    pick,
)
from matchzoo.generators.selectors import Selector
from matchzoo.generators.soft_labels import START, SoftLabels, label_logits, probe_logits


@declare("pixels")
class PixelImages(Generator):
    """Images that are the parameters themselves: X = sigmoid(2 · M · P), a pyramid of one full-size level; or, raw,
    X = mean + std · P.

    Image i is of class i // images_per_class. The released code of linear gradient matching has a
    pixel mode that does not run; its constants are unknown, so these are ours.

    With ``squash = false`` P are pixels of standardized images, and nothing bounds them: mean and std are those of the
    channels of the real training images, and X may leave [0, 1]. Networks are trained on X as it is; a distilled set
    that is saved is clipped to [0, 1]. Source: the released codes of dataset condensation (DC, DSA, DM, DCC), which
    move such pixels by SGD with momentum 0.5.

    Examples:
        >>> images = PixelImages(images_per_class=2)
        >>> images.build(Spec(shape=(3, 32, 32), classes=10))
        >>> images.sample().values.shape
        torch.Size([20, 3, 32, 32])
    """

    per_sample_parameters: ClassVar[bool] = True
    images_per_class: int = attrs.field(default=1, validator=at_least(1))
    """Images of every class (IPC)."""
    size: int | None = attrs.field(default=None, validator=at_least(2))
    """Pixels a side; that of the data if not given."""
    initial: str = attrs.field(default="noise", validator=check_initial)
    """Start from standard normal noise (``noise``), from zero (``zero``: gray; the mean color of raw pixels), from real
    images (``real``); or from those of a distilled set or of a run: its path, or ``user/name`` of the Hub."""
    selector: Selector | None = None
    """Which real images to start from; random ones if not given."""
    decorrelate: bool = True
    """Work in uncorrelated colors; of no meaning for gray images, and for raw pixels."""
    squash: bool = True
    """Keep images in (0, 1) by a sigmoid; if false, parameters are raw standardized pixels."""
    soft_labels: SoftLabels | None = None
    """Labels are class probabilities: learned with the images (they start at 0.9 for the image's own class), or in the
    end those of a probe trained on all real images. Class indices if not given."""

    def build(self, spec: Spec) -> None:
        """Classes × images_per_class images; raises if there are no classes or no images."""
        self.side, labels = image_set(spec, self.size, self.images_per_class)
        check_start(spec, self.initial, self.selector, self.images_per_class)
        self.labels = nn.Buffer(labels)
        if self.soft_labels is not None:
            logits = label_logits(labels, int(spec.classes or 0), START[self.soft_labels])
            self.label_logits = nn.Parameter(logits) if self.soft_labels == "learned" else nn.Buffer(logits)
        shape = (spec.shape[0], self.side, self.side)
        if self.initial != "noise":  # real ones are put there once the data can be seen
            start = torch.zeros(len(labels), *shape)
        else:
            step = Step(0, spec.seed)
            start = torch.stack([torch.randn(shape, generator=step.rng("pixels", i)) for i in range(len(labels))])
        self.pixels = nn.Parameter(start)
        if not self.squash:  # a row an image, as all that an image has
            self.mean = nn.Buffer(torch.zeros(len(labels), spec.shape[0], 1, 1))
            self.std = nn.Buffer(torch.ones(len(labels), spec.shape[0], 1, 1))

    @property
    def initial_set(self) -> str | None:
        """Where the set is that its images start from; None where they start from no set."""
        return None if self.initial in INITIAL else self.initial

    def prepare(self, pool: Pool) -> None:
        """Take mean and standard deviation of the training images, where pixels are raw; and start from real images,
        or those of a set, where these are wanted and no other values are given (``init``)."""
        if not self.squash:
            for buffer, moment in zip((self.mean, self.std), pool.split.moments, strict=True):
                buffer.copy_(moment.expand_as(buffer))
        if self.initial not in ("noise", "zero") and self.init is None:
            first = first_images(self, pool, self.side)
            images = first.to(self.pixels)
            start = encode(images, self.side, self.decorrelate) if self.squash else (images - self.mean) / self.std
            self.pixels.copy_(start)

    def finish(self, pool: Pool) -> None:
        """Take the labels of a probe, where these are wanted."""
        if self.soft_labels == "probe":
            self.label_logits.copy_(probe_logits(pool, self.sample().values))

    @property
    def count(self) -> int:
        """Classes × images_per_class."""
        return len(self.labels)

    def draw(self, n: int | None, rng: torch.Generator | None = None) -> torch.Tensor:
        """Indices [n] of images, without repeats; all in order for None."""
        return pick(len(self.labels), n, rng)

    def render(self, draws: torch.Tensor) -> Samples:
        """The images [n, c, size, size] of some indices, with labels; in (0, 1) unless pixels are raw."""
        if self.squash:
            images = decode([self.pixels[draws]], self.side, self.decorrelate)
        else:
            images = self.mean[draws] + self.std[draws] * self.pixels[draws]
        labels = torch.softmax(self.label_logits[draws], 1) if self.soft_labels is not None else self.labels[draws]
        return Samples(images, labels, index=draws)
