"""The question of a projector: in which space are samples compared?"""

from abc import ABC, abstractmethod
from typing import Any, final

import torch
from torch import nn

from matchzoo.core.declare import family
from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Facts
from matchzoo.core.step import Step


@family("projector")
class Projector(nn.Module, ABC):
    """A map from samples to features, differentiable in the samples and in its own parameters."""

    @abstractmethod
    def build(self, facts: Facts) -> int:
        """Make or load what is needed for samples of ``facts.shape``; returns the dimension of the features."""

    @abstractmethod
    def project(self, x: torch.Tensor) -> torch.Tensor:
        """Features [n, d] of samples [n, …]; images are in [0, 1]."""

    @property
    def changes(self) -> bool:
        """Whether `advance` changes the features of a sample, which can then not be computed once for all steps."""
        return False

    def advance(self, step: Step) -> bool:
        """Do what is due before this step, a function of its number alone; True asks for a fresh optimizer."""
        return False

    @final
    def embed(self, samples: Samples) -> Samples:
        """The features of samples, which know what they are the features of and the way back."""
        features = samples.with_values(self.project(samples.values))
        features.decode = self.decode
        return features

    def decode(self, features: torch.Tensor) -> torch.Tensor:
        """Samples [n, …] of features [n, d], for a projector that has a way back; else a `MatchZooError`."""
        raise MatchZooError(f'the projector {type(self).__name__} has no decoder; use kind = "auto-encoder"')

    def constrain(self) -> None:
        """Put the parameters back into the set that they belong to; called after each step of a player."""
        return

    def identity(self) -> tuple[int, Any] | None:
        """The dimension of the features and JSON values that decide them, so that features can be kept on disk under
        these; None where nothing does, or where keeping features is not worth it."""
        return None

    def origin(self) -> dict[str, Any]:
        """What a result records of weights that came from elsewhere; nothing where there are none."""
        return {}
