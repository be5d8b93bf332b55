"""Images whose color tells the class in training and deceives in a test: colored digits, of any labeled gray images."""

from collections.abc import Mapping

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, between, not_empty
from matchzoo.core.errors import DeclarationError
from matchzoo.core.step import Step
from matchzoo.data.data import Data, Loaded
from matchzoo.data.domains.combined import joined
from matchzoo.data.split import Split

NAMES = ("low", "high")
"""Of the two classes: the first half of the source's, and the others."""


@declare("colored")
class Colored(Data):
    """Images of two classes, red or green, in environments that differ in how often the color agrees with the label.

    Label 0 is the first half of the source's classes, 1 the others; it is then flipped with probability
    ``label_noise``. The color is that label, flipped with the probability of the environment: at 0.1 it tells more of
    the label than the shape does, and at 0.9 it says the opposite. A sample has two channels, of which one holds the
    gray image and the other is 0.

    All images of the source, training and test, are shuffled and dealt to the environments in equal parts, so that no
    image is in two of them. Every image is there ``copies`` times, each with a label noise and a color of its own: a
    network then cannot gain by learning the noise of single images.

    The training split is the ``environments``, each a group; those of ``others`` are splits of their own, with labels,
    for evaluations. There is no test split: which of the others is one is the question.

    Source: Arjovsky et al., Invariant risk minimization, 2019, section 5.2 (colored MNIST: 0.2 and 0.1 against 0.9).
    """

    source: Data
    """Labeled images of one channel."""
    environments: dict[str, float] = attrs.field(
        factory=lambda: {"mostly": 0.2, "nearly-always": 0.1}, validator=[not_empty(), between(0, 1)]
    )
    """Probability that the color is flipped, by name of the environment."""
    others: dict[str, float] = attrs.field(factory=lambda: {"reversed": 0.9}, validator=between(0, 1))
    """The same of further splits."""
    label_noise: float = attrs.field(default=0.25, validator=between(0, 1))
    """Probability that a label is flipped."""
    copies: int = attrs.field(default=4, validator=at_least(1))
    """Times that every image is there."""
    gray: bool = False
    """Leave the color out: both channels hold the image. What is learned then is an upper bound."""
    split_seed: int = attrs.field(default=0, validator=at_least(0))
    """Seed of the shuffle, of the noise and of the colors."""

    def load(self) -> Loaded:
        """Load the source and color it; raises where it has more than one channel, or no labels of two classes."""
        loaded = self.source.load()
        images, labels = _all_of(loaded)
        names = [*self.environments, *self.others]
        if len(set(names)) < len(names):
            raise DeclarationError([("data.others", "a name is that of an environment too")])
        if len(images) < len(names):
            raise DeclarationError([("data.source", f"{len(images)} images are too few for {len(names)} environments")])

        rng = Step(0, self.split_seed).rng("colored")
        order = torch.randperm(len(images), generator=rng)
        threshold = (len(loaded.class_names) + 1) // 2
        parts = zip(names, torch.tensor_split(order, len(names)), strict=True)
        flips = {**self.environments, **self.others}
        made = {
            name: self._colored(images[rows], (labels[rows] >= threshold).long(), flips[name], rng)
            for name, rows in parts
        }
        train = joined([made[name] for name in self.environments])
        others: Mapping[str, Split] = {name: made[name] for name in self.others}
        return Loaded(train, None, NAMES, tuple(self.environments), others)

    def _colored(self, images: torch.Tensor, labels: torch.Tensor, flip: float, rng: torch.Generator) -> Split:
        """Copies [n · copies, 2, h, w] of gray images [n, 1, h, w] uint8, with their noisy labels."""
        images, labels = images.repeat_interleave(self.copies, 0), labels.repeat_interleave(self.copies)
        noise = torch.rand(len(labels), generator=rng) < self.label_noise
        labels = labels ^ noise.long()
        color = labels ^ (torch.rand(len(labels), generator=rng) < flip).long()

        values = images.expand(-1, 2, -1, -1).clone()
        if not self.gray:
            values[torch.arange(len(values)), 1 - color] = 0
        return Split(values, labels)


def _all_of(loaded: Loaded) -> tuple[torch.Tensor, torch.Tensor]:
    """Training and test images [n, 1, h, w] with their labels [n]."""
    splits = [split for split in (loaded.train, loaded.test) if split is not None]
    shape = loaded.train.shape
    if len(shape) != 3 or shape[0] != 1:
        raise DeclarationError([("data.source", f"expected images of 1 channel, got samples of shape {list(shape)}")])
    labels = [split.labels for split in splits if split.labels is not None]
    if len(labels) < len(splits) or len(loaded.class_names) < 2:
        raise DeclarationError([("data.source", "expected labels of at least 2 classes, got none")])
    return torch.cat([split.gather(torch.arange(len(split))) for split in splits]), torch.cat(labels)
