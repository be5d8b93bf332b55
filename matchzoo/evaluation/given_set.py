"""A set of images that is there, as a generator: so that what measures a run measures it as well."""

import torch
from torch import nn

from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.generators import Generator
from matchzoo.generators.images import pick


class GivenSet(Generator):
    """A finite set of samples with labels; nothing moves it, and no recipe declares it.

    Examples:
        >>> parts = attrs.evolve(parts, generator=GivenSet(images, labels))
        >>> FromScratch().evaluate(Trained(parts=parts, engine=engine, method="theirs", seed=0))

    Args:
        values: [m, …], images in [0, 1] or points.
        labels: [m] int64, or probabilities [m, classes].
    """

    per_sample_parameters = True

    def __init__(self, values: torch.Tensor, labels: torch.Tensor) -> None:
        super().__init__()
        self.values, self.labels = nn.Buffer(values), nn.Buffer(labels)

    def build(self, spec: Spec) -> None:
        """Raise where the samples are not of the shape of the data."""
        if tuple(self.values.shape[1:]) != spec.shape:
            given, wanted = ("x".join(map(str, shape)) for shape in (self.values.shape[1:], spec.shape))
            raise MatchZooError(f"the set has samples of shape {given}, the data have {wanted}")

    @property
    def count(self) -> int:
        """As many as are given."""
        return len(self.labels)

    def draw(self, n: int | None, rng: torch.Generator | None = None) -> torch.Tensor:
        """Indices [n] of samples, without repeats; all in order for None."""
        return pick(len(self.labels), n, rng)

    def render(self, draws: torch.Tensor) -> Samples:
        """The samples [n, …] of some indices, with labels."""
        return Samples(self.values[draws], self.labels[draws])
