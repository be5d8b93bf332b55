"""Synthetic samples as the images of real ones under a network."""

from typing import ClassVar

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.data import Data, Split
from matchzoo.generators.endless import EndlessGenerator, require_count
from matchzoo.models.networks.network import Network


@declare("map")
class MapGenerator(EndlessGenerator):
    """y = network(x) for rows x of a source data set: a map between domains.

    Labels and groups are those of the source. A term that compares x with y asks for the sets ``source`` and
    ``synthetic``, whose rows are pairs; ``render(draws).source`` has the rows themselves.
    """

    reads_data: ClassVar[bool] = True
    follows_data: ClassVar[bool] = False
    source: Data
    """Where the samples that are mapped come from: its training samples."""
    network: Network
    """From samples of the source to samples of the data."""

    def build(self, spec: Spec) -> None:
        """Load the source, and build the network from its samples to those of ``spec.shape``."""
        self.built_for = spec
        source = self.source.build(spec.seed)
        self.network.build(source.shape, spec.shape, Step(0, spec.seed).rng("generator"))

    @property
    def source_split(self) -> Split:
        """The samples that are mapped."""
        return self.source.training_set

    def draw(self, n: int | None, rng: torch.Generator | None = None) -> torch.Tensor:
        """Rows [n] of the source, as ``source.sampling`` says; n must be given."""
        return self.source.draw(require_count(n, "a map has no end"), rng or torch.default_generator)

    def render(self, draws: torch.Tensor) -> Samples:
        """The images [n, …] of some rows [n] of the source."""
        source = self.source.render(draws)
        like = next(self.parameters(), source.values)
        values = self.network(source.values.to(like))
        return Samples(values, source.labels, index=draws, group=source.group, source=source)
