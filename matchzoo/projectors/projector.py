"""The question of a projector: in which space are samples compared?"""

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import nn

from matchzoo.declare import family
from matchzoo.facts import Facts
from matchzoo.step import Step


@family("projector")
class Projector(nn.Module, ABC):
    """A map from samples to features, differentiable in the samples and in its own parameters."""

    @abstractmethod
    def build(self, facts: Facts) -> int:
        """Make or load what is needed for samples of ``facts.shape``; returns the dimension of the features."""

    @abstractmethod
    def project(self, x: torch.Tensor) -> torch.Tensor:
        """Features [n, d] of samples [n, …]; images are in [0, 1]."""

    def advance(self, step: Step) -> bool:
        """Do what is due before this step, a function of its number alone; True asks for a fresh optimizer."""
        return False

    def identity(self) -> tuple[int, Any] | None:
        """The dimension of the features and JSON values that decide them, so that features can be kept on disk under
        these; None where nothing does, or where keeping features is not worth it."""
        return None

    def origin(self) -> dict[str, Any]:
        """What a result records of weights that came from elsewhere; nothing where there are none."""
        return {}
