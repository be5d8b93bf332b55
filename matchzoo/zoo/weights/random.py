"""No weights at all."""

from matchzoo.core.declaration.declare import declare
from matchzoo.zoo.weights.weights import Weights


@declare("random")
class RandomWeights(Weights):
    """The network's own initialization: for tests and as the control that every backbone must beat."""

    seed: int = 0
    """Seed of the initialization."""

    def fetch(self) -> None:
        """There is no file."""
        return

    def needs(self) -> str:
        """Nothing."""
        return ""
