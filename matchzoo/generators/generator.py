"""The question of a generator: where do synthetic samples come from?"""

import itertools
from abc import ABC, abstractmethod
from typing import ClassVar, final

import attrs
import torch

from matchzoo.core.declaration.declare import family
from matchzoo.core.declaration.validators import not_empty
from matchzoo.core.part import Part
from matchzoo.core.samples import Samples, concatenated
from matchzoo.core.spec import Spec, Units
from matchzoo.core.step import Step
from matchzoo.data.split import Split

FEWEST = 64
"""Samples that `Generator.sample` renders at once, at least."""
NUMBERS = 2**21
"""Numbers of the samples that it renders at once, where these are more."""


@family("generator")
class Generator(Part, ABC):
    """A source of synthetic samples, in two halves: what is random is drawn first, the rest is deterministic.

    Outside of a recipe, `build` takes a `Spec` that says of what shape the samples are (and of how many classes, for
    images of classes); then `sample` gives samples without a graph, and in a training loop the generator, called on
    draws, gives their values, differentiable in its parameters.

    Examples:
        >>> generator = NoiseGenerator(dimension=2, network=MLP())
        >>> generator.build(Spec(shape=(2,)))
        >>> generator.sample(5).values.shape
        torch.Size([5, 2])
        >>> generator(generator.draw(64)).shape
        torch.Size([64, 2])
    """

    per_sample_parameters: ClassVar[bool] = False
    """Whether draws are rows [n] of samples, and row i of every parameter and buffer belongs to sample i alone."""

    reads_data: ClassVar[bool] = False
    """Whether it reads a data set of its own, so that it cannot be published."""

    follows_data: ClassVar[bool] = True
    """Whether endless samples are to have the distribution of the data: not those of a map, nor a prior's biased
    chains."""

    init: str | None = attrs.field(default=None, validator=not_empty())
    """Where its values start from: the folder of a run or of a saved model, or a model of the Hub, that has a generator
    of the same kind and shape; its own initialization if not given."""

    @abstractmethod
    def build(self, spec: Spec) -> None:
        """Make parameters for samples of ``spec.shape`` (and classes)."""

    @abstractmethod
    def draw(self, n: int | None, rng: torch.Generator | None = None) -> torch.Tensor:
        """Draws for n samples (None: all there are), small, a row a sample: latents [n, k] or indices [n].

        ``rng`` is on the CPU; torch's own where none is given.
        """

    @abstractmethod
    def render(self, draws: torch.Tensor) -> Samples:
        """The samples of some draws: differentiable, row by row; images [n, c, h, w] in [0, 1] or points [n, d]."""

    @property
    def units(self) -> Units | None:
        """Of the numbers of a sample, for generators of rows of a table; None for the others. Known once built."""
        return None

    @property
    def initial_set(self) -> str | None:
        """Where the set of images is that its images start from, for generators that can (`start_from`); None for
        none."""
        return None

    def start_from(self, images: torch.Tensor) -> None:
        """Take the images that its own start from, once it sees the data.

        Args:
            images: [m, c, h, w] in [0, 1], a row for each of its own, of any size.
        """
        self._given = images

    @property
    def given_images(self) -> torch.Tensor | None:
        """What `start_from` was given [m, c, h, w]; None before."""
        given: torch.Tensor | None = self.__dict__.get("_given")
        return given

    @property
    def space(self) -> str | None:
        """Name of the projector in whose space it makes samples, before it decodes them; None for those that make
        samples themselves."""
        return None

    @property
    def source_split(self) -> Split | None:
        """The samples that a map generator maps; None for the others."""
        return None

    def forward(self, draws: torch.Tensor) -> torch.Tensor:
        """The values [n, …] of `render`, as torch calls it."""
        return self.render(draws).values

    @final
    def sample(self, n: int | None = None, seed: int = 0) -> Samples:
        """n samples without a graph, in evaluation mode, rendered a part at a time so that memory is bounded by what
        they take themselves. Of a table of numbers they are rows [n, d] in its own units, float64, with its columns.

        Args:
            n: how many; None for all there are, which is an error where they are endless.
            seed: of the draws: the same seed and n give the same samples, in any process and after any training steps
                (which have draws of their own).
        """
        samples = self.standardized_sample(n, seed)
        if self.units is None:
            return samples
        restored = self.units.restored(samples.values)
        return attrs.evolve(samples, values=restored, columns=self.units.columns)

    @final
    @torch.no_grad()
    def standardized_sample(self, n: int | None = None, seed: int = 0) -> Samples:
        """`sample` as terms and evaluations see it: what `render` gives, standardized where the data are."""
        training = self.training
        self.eval()
        try:
            draws = self.draw(n, Step(0, seed).rng("sample")).to(self.device)
            rows = max(len(draws), 1)
            if rows > FEWEST:
                rows = max(FEWEST, NUMBERS // max(self.render(draws[:1]).values.numel(), 1))
            return concatenated([self.render(some) for some in draws.tensor_split(-(-len(draws) // rows) or 1)])
        finally:
            self.train(training)

    @property
    @abstractmethod
    def count(self) -> int | None:
        """How many different samples there are; None if they are endless. Known once built."""

    @property
    def device(self) -> torch.device:
        """Where the parameters (or buffers, if there are none) are."""
        return next(itertools.chain(self.parameters(), self.buffers())).device
