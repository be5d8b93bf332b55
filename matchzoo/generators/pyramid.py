"""Images as sums of levels that double in size: coarse structure first, details as levels are added."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import attrs
import torch
from torch import nn

from matchzoo.declare import at_least, declare, positive
from matchzoo.errors import DeclarationError
from matchzoo.facts import Facts
from matchzoo.generators.generator import Generator
from matchzoo.generators.soft_labels import START, SoftLabels, label_logits, probe_logits
from matchzoo.memory import require
from matchzoo.pool import Pool
from matchzoo.resampling import enlarge
from matchzoo.samples import Samples
from matchzoo.step import Step

COLOURS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
"""Correlation of the colour channels of natural images; rows are R, G and B, columns the uncorrelated axes (the
matrix used for feature visualisation: Olah, Mordvintsev, Schubert, 2017)."""


def decode(levels: Sequence[torch.Tensor], size: int, decorrelate: bool = True) -> torch.Tensor:
    """Images from pyramid levels: X = sigmoid(2 · M · Σ_l up(P_l)).

    ``up`` is bilinear to ``size`` (align_corners=False, no antialiasing); M is `COLOURS` divided by the largest L2
    norm of its columns, applied to the colour vector of each pixel; sigmoid(2x) = (1 + tanh x) / 2.

    Args:
        levels: at least one tensor [m, c, s, s] each, any s ≤ size.
        size: pixels a side of the images.
        decorrelate: apply M to three channels; if false, or for grey images, X = sigmoid(2 · Σ_l up(P_l)).

    Returns:
        [m, c, size, size] in (0, 1).

    Source: arXiv 2511.16674 and its released code.
    """
    total = torch.zeros((), dtype=levels[0].dtype, device=levels[0].device)
    for level in levels:
        if level.shape[-1] != size:
            level = enlarge(level, size)
        total = total + level
    if decorrelate and total.shape[1] == 3:
        colours = torch.tensor(COLOURS, dtype=total.dtype)
        colours = (colours / colours.norm(dim=0).max()).to(total.device, non_blocking=True)
        total = torch.einsum("rc,mchw->mrhw", colours, total)
    return torch.sigmoid(2 * total)


@declare("pyramid")
class PyramidImages(Generator):
    """Images that are the parameters themselves, held as pyramids that grow a level at a time.

    The pyramid starts with one level of ``start`` pixels. Every ``grow_every`` steps, before the update, the L old
    levels are scaled by L/(L + 1) and a level of twice the size (at most ``size``) joins, drawn from N(0, 1)/(L + 1)
    or, with ``initial = "zero"``, the mean of the scaled, enlarged old levels, which keeps the picture. The optimizer
    starts afresh then. Image i is of class i // images_per_class.

    Source: arXiv 2511.16674 and its released code, where size is 256, start 1 and grow_every 200.
    """

    owned: ClassVar[bool] = True
    images_per_class: int = attrs.field(default=1, validator=at_least(1))
    """Images of every class (IPC)."""
    size: int | None = attrs.field(default=None, validator=at_least(2))
    """Pixels a side; that of the data if not given."""
    grow_every: int = attrs.field(default=200, validator=positive())
    """Steps between growths."""
    start: int = attrs.field(default=1, validator=at_least(1))
    """Pixels a side of the first level."""
    initial: Literal["noise", "zero"] = "noise"
    """What a new level holds: noise, or nothing new."""
    decorrelate: bool = True
    """Work in uncorrelated colours; of no meaning for grey images."""
    soft_labels: SoftLabels | None = None
    """Labels are class probabilities: learnt with the images (they start at 0.9 for the image's own class), or in the
    end those of a probe trained on all real images. Class indices if not given."""

    def __attrs_post_init__(self) -> None:
        if self.size is not None and self.start > self.size:
            raise DeclarationError([("start", f"expected at most size = {self.size}, got {self.start}")])

    def build(self, facts: Facts) -> None:
        """One level for classes × images_per_class images; raises if there are no classes or no images."""
        self.side, labels = image_set(facts, self.size, self.images_per_class)
        self.labels = nn.Buffer(labels)
        if self.soft_labels is not None:
            logits = label_logits(labels, int(facts.classes or 0), START[self.soft_labels])
            self.label_logits = nn.Parameter(logits) if self.soft_labels == "learnt" else nn.Buffer(logits)
        sizes = [self.start]
        while sizes[-1] < self.side:
            sizes.append(min(2 * sizes[-1], self.side))
        self.sizes = tuple(sizes)
        self.seed, self.channels = facts.seed, facts.shape[0]
        self.levels = nn.ParameterList([self._noise(sizes[0])])

    def _noise(self, size: int) -> torch.Tensor:
        """[m, c, size, size] of N(0, 1), a function of (seed, size, image) alone."""
        step, shape = Step(0, self.seed), (self.channels, size, size)
        return torch.stack(
            [torch.randn(shape, generator=step.rng("pyramid", size, i)) for i in range(len(self.labels))]
        )

    @torch.no_grad()
    def advance(self, step: Step) -> bool:
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

    def settle(self, pool: Pool) -> None:
        """Take the labels of a probe, where these are wanted."""
        if self.soft_labels == "probe":
            self.label_logits.copy_(probe_logits(pool, self.sample().values))

    @property
    def count(self) -> int:
        """Classes × images_per_class."""
        return len(self.labels)

    def draw(self, n: int | None, rng: torch.Generator) -> torch.Tensor:
        """Indices [n] of images, without repeats; all in order for None."""
        return pick(len(self.labels), n, rng)

    def render(self, draws: torch.Tensor) -> Samples:
        """The images [n, c, size, size] in (0, 1) of some indices, with labels."""
        images = decode([level[draws] for level in self.levels], self.side, self.decorrelate)
        labels = torch.softmax(self.label_logits[draws], 1) if self.soft_labels is not None else self.labels[draws]
        return Samples(images, labels, index=draws)


def image_set(facts: Facts, size: int | None, images_per_class: int) -> tuple[int, torch.Tensor]:
    """Pixels a side and labels [m] of a set of synthetic images; a clear error where the data cannot carry one."""
    if not facts.is_images:
        raise DeclarationError([("generator", f"makes images, but a sample of the data has shape {facts.shape}")])
    if facts.classes is None:
        raise DeclarationError([("generator", "makes images of classes, but the data has no labels")])
    if facts.shape[0] not in (1, 3):
        message = f"expected 3, or 1 for grey, for images that are optimised, got {facts.shape[0]}"
        raise DeclarationError([("data.channels", message)])
    if size is None and facts.shape[1] != facts.shape[2]:
        raise DeclarationError([("generator.size", f"missing: the data is {facts.shape[1]}x{facts.shape[2]}")])
    side, count = size or facts.shape[1], facts.classes * images_per_class
    require("generator", f"{count} images of {side}x{side} pixels", 4 * count * facts.shape[0] * side**2)
    return side, torch.arange(facts.classes).repeat_interleave(images_per_class)


def pick(count: int, n: int | None, rng: torch.Generator) -> torch.Tensor:
    """Indices [n] out of ``count`` without repeats; all in order for None."""
    if n is None or n == count:
        return torch.arange(count)
    if n > count:
        raise DeclarationError([("trainer.batch", f"expected at most the {count} images there are, got {n}")])
    return torch.randperm(count, generator=rng)[:n]
