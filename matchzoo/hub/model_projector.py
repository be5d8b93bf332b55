"""A trained model as the space in which samples are compared."""

from importlib.metadata import version
from typing import Any, ClassVar

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import not_empty
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.hub.folders.declared_parts import backbones_of
from matchzoo.hub.model import Model
from matchzoo.hub.trained import open_model
from matchzoo.projectors.projector import Projector


@declare("model")
class ModelProjector(Projector):
    """The features of a projector that was trained before, frozen: only the samples get gradients.

    It is a saved model, a model of the Hub, or a projector of a finished run with all that it stands on.
    """

    names_another: ClassVar[bool] = True
    path: str = attrs.field(validator=not_empty())
    """Folder of a model or of a run, or user/name of the Hub."""
    revision: str | None = attrs.field(default=None, validator=not_empty())
    """Branch, tag or commit on the Hub; main if not given."""
    part: str | None = attrs.field(default=None, validator=not_empty())
    """Name of a projector of the run; needed where several moved."""
    backbone: str | None = attrs.field(default=None, validator=not_empty())
    """Of a model on a backbone that is none of the zoo's, the path of its card."""

    def open(self) -> Model:
        """The model.

        Raises:
            MatchZooError: it is not there, is refused, or is not a projector.
        """
        model = open_model(self.path, self.revision, self.part, self.backbone or "")
        if model.family != "projector":
            raise MatchZooError(f"{self.path}: is a {model.family} of kind {model.kind}; expected a projector")
        return model

    def build(self, spec: Spec) -> int:
        """Load the model.

        Returns:
            The dimension of its features.

        Raises:
            DeclarationError: it cannot be loaded, or takes samples of another shape.
        """
        path = f"{spec.space}.path"
        try:
            model = self.open()
            _check_shape(model, spec, path)
            self.trained: Projector = model.part
        except DeclarationError:
            raise
        except MatchZooError as error:
            raise DeclarationError([(path, str(error))]) from None
        self._model = (model.digest, model.features)
        self._origin = _origin(self, model)
        return model.features

    def train(self, mode: bool = True) -> "ModelProjector":
        """Stay in evaluation mode: statistics of batch norm must not move."""
        return super().train(False)

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """[n, …] → [n, d]."""
        return self.trained.project(x)

    def decode(self, features: torch.Tensor) -> torch.Tensor:
        """[n, d] → [n, …], for a model that has a decoder; else a `MatchZooError`."""
        return self.trained.decode(features)

    def identity(self) -> tuple[int, Any]:
        """The features' dimension, and hashes of the model and of its backbone, and the version of torch."""
        digest, features = self._model
        backbones = [backbone.identity() for backbone in backbones_of(self.trained).values()]
        return features, ["model", digest, backbones, {"torch": version("torch")}]

    def origin(self) -> dict[str, Any]:
        """The path, the repository and its commit, kind, license and hash of the model, and its backbones."""
        return self._origin if hasattr(self, "_origin") else _origin(self, self.open())


def _origin(projector: ModelProjector, model: Model) -> dict[str, Any]:
    about = {
        "model": projector.path,
        "part": projector.part,
        "repository": model.repository,
        "kind": model.kind,
        "license": model.license,
        "sha256": model.digest,
        "backbones": [backbone.origin() for backbone in backbones_of(model.declared).values()],
    }
    return {key: value for key, value in about.items() if value}


def _check_shape(model: Model, spec: Spec, path: str) -> None:
    """Raise unless a model takes samples of the shape that there is."""
    expected, found = model.spec.shape, spec.shape
    if expected == found:
        return
    remedy = "use the data, or the projector under it (on), that it was trained with"
    if len(expected) == len(found) == 3 and expected[0] == found[0] and expected[1] == expected[2]:
        remedy = f"set views.size or data.size to {expected[1]}"
    message = f"the model takes samples of shape {list(expected)}, but here a sample has shape {list(found)}; {remedy}"
    raise DeclarationError([(path, message)])
