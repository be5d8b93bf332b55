"""The question of a projector: in which space are samples compared?"""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, final

import attrs
import torch

from matchzoo.core.declaration.declare import family
from matchzoo.core.declaration.validators import not_empty
from matchzoo.core.errors import MatchZooError
from matchzoo.core.part import Part
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec


@family("projector")
class Projector(Part, ABC):
    """A map from samples to features, differentiable in the samples and in its own parameters.

    Spaces stack: with ``on`` a projector takes the features of another one, and gradients flow through both. Class
    scores of a head, a critic's output and an embedding are projectors on an encoder.
    """

    keeps_state: ClassVar[bool] = False
    """Whether its values are results although no player moves them, such as an average or a closed-form fit."""
    names_another: ClassVar[bool] = False
    """Whether its values are those of another part or of a file, which it names: a model that is saved holds the values
    themselves, and is declared without such projectors."""
    couples_rows: ClassVar[bool] = False
    """Whether the features of a sample depend on the other samples of its batch, so that a batch is computed in one
    piece; batch norm in it is seen by itself."""
    on: str | None = attrs.field(default=None, validator=not_empty())
    """Name of the projector whose features this one takes; the samples themselves if not given."""
    init: str | tuple[str, ...] | None = attrs.field(default=None, validator=not_empty())
    """Where its values start from: the folder of a run or of a saved model, or a model of the Hub, that has a part of
    the same shape; of several the mean of their values; its own initialization if not given."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the projectors that must be built before this one."""
        return () if self.on is None else (self.on,)

    @property
    def shares(self) -> tuple[str, ...]:
        """Names of other projectors whose parameters are its own as well."""
        return ()

    @property
    def base(self) -> str | None:
        """Name of the projector whose features this one takes; None for samples. Known once bound."""
        return self.on

    @abstractmethod
    def build(self, spec: Spec) -> int:
        """Make or load what is needed for samples of ``spec.shape``; returns the dimension of the features."""

    @abstractmethod
    def project(self, x: torch.Tensor) -> torch.Tensor:
        """Features [n, d] of samples [n, …]; images are in [0, 1]."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`project`, as torch calls it: features [n, d] of samples [n, …]."""
        return self.project(x)

    @property
    def is_resampled(self) -> bool:
        """Whether the features of a sample change from step to step although no player moves it, so that they cannot
        be computed once for all steps."""
        return False

    @final
    def embed(self, samples: Samples) -> Samples:
        """The features of samples, which know what they are the features of and how to decode them."""
        features = samples.with_values(self.project(samples.values))
        features.decode = self.decode
        return features

    def decode(self, features: torch.Tensor) -> torch.Tensor:
        """Samples [n, …] of features [n, d], for a projector that has a decoder; else a `MatchZooError`."""
        raise MatchZooError(f'the projector {type(self).__name__} has no decoder; use kind = "auto-encoder"')

    def identity(self) -> tuple[int, Any] | None:
        """The dimension of the features and JSON values that decide them, so that features can be kept on disk under
        these; None where nothing does, or where keeping features is not worth it."""
        return None

    def origin(self) -> dict[str, Any]:
        """What a result records of weights that came from elsewhere; nothing where there are none."""
        return {}
