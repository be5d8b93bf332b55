"""Images as sums of levels that double in size: coarse structure first, details as levels are added."""

from typing import ClassVar

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, positive
from matchzoo.core.errors import DeclarationError
from matchzoo.core.numerics.resampling import enlarge
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
    split_levels,
)
from matchzoo.generators.selectors import Selector
from matchzoo.generators.soft_labels import START, SoftLabels, label_logits, probe_logits


@declare("pyramid")
class PyramidImages(Generator):
    """Images that are the parameters themselves, held as pyramids that grow a level at a time.

    The pyramid starts with one level of ``start`` pixels. Every ``grow_every`` steps, before the update, the L old
    levels are scaled by L/(L + 1) and a level of twice the size (at most ``size``) joins, drawn from N(0, 1)/(L + 1)
    or, with ``initial = "zero"``, the mean of the scaled, enlarged old levels, which keeps the picture. The optimizer
    starts afresh then. Image i is of class i // images_per_class.

    In your own training loop call ``before_step(Step(number, seed))`` before each update; if it says True, the levels
    are other parameters than before, and the optimizer must be made again.

    Examples:
        >>> images = PyramidImages(images_per_class=2)
        >>> images.build(Spec(shape=(3, 32, 32), classes=10))
        >>> images.sample().values.shape
        torch.Size([20, 3, 32, 32])

    Source: arXiv 2511.16674 and its released code, where size is 256, start 1 and grow_every 200.
    """

    per_sample_parameters: ClassVar[bool] = True
    images_per_class: int = attrs.field(default=1, validator=at_least(1))
    """Images of every class (IPC)."""
    size: int | None = attrs.field(default=None, validator=at_least(2))
    """Pixels a side; that of the data if not given."""
    grow_every: int = attrs.field(default=200, validator=positive())
    """Steps between growths."""
    start: int = attrs.field(default=1, validator=at_least(1))
    """Pixels a side of the first level."""
    initial: str = attrs.field(default="noise", validator=check_initial)
    """What a new level holds: noise (``noise``), or nothing new (``zero``). From real images (``real``), or from those
    of a distilled set or of a run (its path, or ``user/name`` of the Hub), all levels are there at once, each with what
    the coarser ones leave of the image, and none is added."""
    selector: Selector | None = None
    """Which real images to start from; random ones if not given."""
    decorrelate: bool = True
    """Work in uncorrelated colors; of no meaning for gray images."""
    soft_labels: SoftLabels | None = None
    """Labels are class probabilities: learned with the images (they start at 0.9 for the image's own class), or in the
    end those of a probe trained on all real images. Class indices if not given."""

    def __attrs_post_init__(self) -> None:
        if self.size is not None and self.start > self.size:
            raise DeclarationError([("start", f"expected at most size = {self.size}, got {self.start}")])

    def build(self, spec: Spec) -> None:
        """One level for classes × images_per_class images; raises if there are no classes or no images."""
        self.side, labels = image_set(spec, self.size, self.images_per_class)
        check_start(spec, self.initial, self.selector, self.images_per_class)
        self.labels = nn.Buffer(labels)
        if self.soft_labels is not None:
            logits = label_logits(labels, int(spec.classes or 0), START[self.soft_labels])
            self.label_logits = nn.Parameter(logits) if self.soft_labels == "learned" else nn.Buffer(logits)
        sizes = [self.start]
        while sizes[-1] < self.side:
            sizes.append(min(2 * sizes[-1], self.side))
        self.sizes = tuple(sizes)
        self.seed, self.channels = spec.seed, spec.shape[0]
        if self.initial not in ("noise", "zero"):  # put there once the data can be seen
            shape = (len(labels), self.channels)
            self.levels = nn.ParameterList([torch.zeros(*shape, size, size) for size in sizes])
        else:
            self.levels = nn.ParameterList([self._noise(sizes[0])])

    def _noise(self, size: int) -> torch.Tensor:
        """[m, c, size, size] of N(0, 1), a function of (seed, size, image) alone."""
        step, shape = Step(0, self.seed), (self.channels, size, size)
        return torch.stack(
            [torch.randn(shape, generator=step.rng("pyramid", size, i)) for i in range(len(self.labels))]
        )

    @torch.no_grad()
    def before_step(self, step: Step) -> bool:
        """Add the levels that are due: number n has 1 + (n − 1) // grow_every of them, at most all sizes."""
        due = min(1 + max(step.number - 1, 0) // self.grow_every, len(self.sizes))
        grown = len(self.levels) < due
        while len(self.levels) < due:
            count = len(self.levels)
            size = self.sizes[count]
            scaled = [level * (count / (count + 1)) for level in self.levels]
            if self.initial == "noise":
                new = self._noise(size).to(scaled[0]) / (count + 1)
            else:
                new = torch.stack([enlarge(x, size) for x in scaled]).mean(0)
            self.levels = nn.ParameterList([*scaled, new])
        return grown

    @property
    def initial_set(self) -> str | None:
        """Where the set is that its images start from; None where they start from no set."""
        return None if self.initial in INITIAL else self.initial

    def prepare(self, pool: Pool) -> None:
        """Start from real images or those of a set, where these are wanted and no other values are given (``init``)."""
        if self.initial not in ("noise", "zero") and self.init is None:
            images = first_images(self, pool, self.side)
            whole = encode(images, self.side, self.decorrelate)
            for level, start in zip(self.levels, split_levels(whole, self.sizes), strict=True):
                level.copy_(start)

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
        """The images [n, c, size, size] in (0, 1) of some indices, with labels."""
        images = decode([level[draws] for level in self.levels], self.side, self.decorrelate)
        labels = torch.softmax(self.label_logits[draws], 1) if self.soft_labels is not None else self.labels[draws]
        return Samples(images, labels, index=draws)
