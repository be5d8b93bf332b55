"""Points of classes, drawn from a seed."""

from abc import abstractmethod
from typing import final

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.data.data import Data, Loaded
from matchzoo.data.split import Split


@declare
class LabeledPoints(Data):
    """Training and test points with labels, drawn one after the other from a seed."""

    points: int = attrs.field(default=1000, validator=at_least(2))
    """Training points."""
    test_points: int = attrs.field(default=1000, validator=at_least(1))
    """Test points."""
    split_seed: int = attrs.field(default=0, validator=at_least(0))
    """Seed of the points. Domains with the same seed have the same points but for what shifts them."""

    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Of the classes, in label order."""

    @abstractmethod
    def points_of(self, n: int, rng: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Points [n, d] float64 and their labels [n]."""

    @final
    def load(self) -> Loaded:
        """Draw the points."""
        rng = torch.Generator().manual_seed(self.split_seed)
        train, test = (self.points_of(n, rng) for n in (self.points, self.test_points))
        return Loaded(Split(train[0].float(), train[1]), Split(test[0].float(), test[1]), self.names())
