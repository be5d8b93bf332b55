"""What the folder of a run stores of its parts, and models of its projectors.

``parts.safetensors`` holds the tensors of the parts that moved or keep state, as ``part/name``, and in its metadata
what they were built for, as ``facts`` (its name in version 0.1): the spec of the data, and those of the projectors.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import attrs
import torch
from safetensors import SafetensorError, safe_open

from matchzoo.core.declaration.structuring import structure, to_table
from matchzoo.core.declaration.toml import read_toml
from matchzoo.core.errors import MatchZooError, did_you_mean
from matchzoo.core.spec import Spec, specs_as_text, specs_of_text
from matchzoo.core.storage import files
from matchzoo.hub.model import Model
from matchzoo.hub.run_files import check_finished
from matchzoo.projectors import Average, Backbone, OuterProduct, Projector, Stack

NAME = "parts.safetensors"
"""The file."""
AGAIN = "remove metrics.json and start the run again: it goes on from its last checkpoint"
"""The remedy where a result of a finished run is damaged."""
Tensors = dict[str, torch.Tensor]
Layer = tuple[Projector, Tensors]
"""A projector as it is declared, and its tensors; none of a backbone, whose weights come from its card."""


@runtime_checkable
class HoldsModel(Protocol):
    """A projector that is a trained model, as `matchzoo.hub.model_projector.ModelProjector` is one."""

    def open(self) -> Model:
        """The model."""

    def origin(self) -> dict[str, Any]:
        """Where it comes from, with its ``sha256``."""


def write(folder: Path, tensors: Tensors, spec: Spec, specs: Mapping[str, Spec]) -> None:
    """Write the file into the folder of a run.

    Args:
        folder: of the run.
        tensors: of any shape, as ``part/name``.
        spec: of the data.
        specs: what every projector was built for.
    """
    metadata = {"facts": specs_as_text(spec, specs)}  # one key: of several the order is not that of the writer
    files.write_tensors(folder / NAME, tensors, metadata)


@attrs.frozen(eq=False)
class RunParts:
    """The stored parts of a finished run.

    Attributes:
        folder: of the run.
        projectors: as they are declared, by name, not built; a single one is called ``projector``.
        spec: of the data.
        specs: what every projector was built for, by name.
        tensors: of any shape, as ``part/name``.
    """

    folder: Path
    projectors: Mapping[str, Projector]
    spec: Spec
    specs: Mapping[str, Spec]
    tensors: Tensors

    @classmethod
    def read(cls, folder: Path, projectors: Mapping[str, Projector], size: int | None = None) -> "RunParts":
        """The stored parts of a run.

        Args:
            folder: of the run.
            projectors: that its recipe declares, by name, not built.
            size: pixels a side of the views that projectors see, if the recipe says one.

        Raises:
            MatchZooError: the file is missing or damaged.
        """
        path = folder / NAME
        if not path.is_file():
            raise MatchZooError(f"{folder}: has no {NAME}; is the run finished? If so, run it again in another folder")
        try:
            with safe_open(path, "pt") as file:
                metadata = file.metadata() or {}
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  (it is not a dict)
            spec, specs = specs_of_text(metadata["facts"])
        except (OSError, SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise MatchZooError(f"{path}: is damaged ({error!r:.200}); {AGAIN}") from None
        return cls(folder, projectors, spec, specs or _derived(projectors, spec, size), tensors)

    @classmethod
    def open(cls, folder: Path) -> "RunParts":
        """The stored parts of the run in a folder, whose recipe is read as far as its projectors.

        Raises:
            MatchZooError: no finished run is there, it is of version 0.1, or a file of it is damaged.
        """
        check_finished(folder)
        table = read_toml(folder / "recipe.toml")
        if table.get("schema", 2) != 2:
            remedy = 'matchzoo.runs.published_parts.model_of_run(recipes.open(folder), "projector").save("model")'
            raise MatchZooError(f"{folder}: the run is of matchzoo 0.1; save its part as a model first: {remedy}")
        declared = table.get("projectors") or {"projector": table.get("projector", "identity")}
        views = table.get("views")
        size = views.get("size") if isinstance(views, dict) else None
        return cls.read(folder, structure(declared, dict[str, Projector]), size)

    @property
    def names(self) -> list[str]:
        """The projectors that moved or keep state."""
        return [name for name in self.projectors if any(key.startswith(f"{name}/") for key in self.tensors)]

    def model(self, name: str, **about: Any) -> Model:
        """A projector with all that it stands on: a `Stack`, if these are several.

        Args:
            name: one of `names`.
            about: attributes of the model, such as ``steps`` and ``recipe``.

        Raises:
            MatchZooError: there is no such part, or it stands on a model that is no longer what it was.
        """
        self._check(name)
        return self.assembled(name, **about)

    def assembled(self, name: str, **about: Any) -> Model:
        """`model` of any projector of the run, those included that are frozen."""
        lineage = self.lineage(name)
        branches = [space for space in lineage if isinstance(self.projectors[space], OuterProduct)]
        if branches:
            reason = (
                f"it stands on '{branches[0]}', which takes the predictions of another projector beside its features"
            )
            raise MatchZooError(f"{self.folder}: the projector {name} is no model by itself: {reason}")
        layers = [layer for space in lineage for layer in self._layers(space)]
        spec = attrs.evolve(self._spec(lineage[0]), space="projector", features=None)
        declared, tensors = joined(layers)
        return Model(declared=declared, tensors=tensors, spec=spec, **about)

    def alone(self, name: str) -> Layer:
        """A projector without what it stands on, and its tensors; raises as `model`."""
        self._check(name)
        return joined(self._layers(name))

    def lineage(self, name: str) -> list[str]:
        """The projectors whose features a projector takes, the one of samples first, and itself."""
        followed = self.projectors[name]
        while isinstance(followed, Average):
            followed = self.projectors[followed.of]
        return [name] if followed.on is None else [*self.lineage(followed.on), name]

    def _check(self, name: str) -> None:
        if name in self.names:
            return
        if name in self.projectors:
            reason = "nobody moved it and it keeps no state; what is frozen is published where it comes from"
            raise MatchZooError(f"{self.folder}: has no values of the projector {name} of its own: {reason}")
        known = ", ".join(self.names) or "none"
        hint = did_you_mean(name, self.names)
        raise MatchZooError(f"{self.folder}: has no projector '{name}' that moved or keeps state{hint}; it has {known}")

    def _spec(self, name: str) -> Spec:
        """What a projector was built for; raises where the file does not say it."""
        if name not in self.specs:
            raise MatchZooError(f"{self.folder / NAME}: does not say what the projector {name} was built for; {AGAIN}")
        return self.specs[name]

    def _layers(self, name: str) -> list[Layer]:
        """What a projector is by itself, without averages, models and stacks within."""
        prefix, projector = f"{name}/", self.projectors[name]
        while isinstance(projector, Average):
            prefix, projector = f"{prefix}copied.", self.projectors[projector.of]
        if isinstance(projector, HoldsModel):
            return self._of_model(name, projector)
        tensors = {key.removeprefix(prefix): x for key, x in self.tensors.items() if key.startswith(prefix)}
        return parted(projector, tensors)

    def _of_model(self, name: str, projector: HoldsModel) -> list[Layer]:
        """The layers of a model that a projector is, if it is still the one that the run had."""
        model = projector.open()
        sessions = files.read_table(self.folder / "environment.json", {"sessions": list}, AGAIN)["sessions"]
        origins = sessions[-1].get("projectors", sessions[-1])
        expected, found = (origins.get(name) or {}).get("sha256"), projector.origin().get("sha256")
        if expected is not None and found != expected:
            raise MatchZooError(
                f"{self.folder}: the model of its projector {name} was another one when it ran (sha256 {expected:.12}…,"
                f" now {found!s:.12}…); put that one back"
            )
        return parted(model.declared, model.tensors)


def parted(projector: Any, tensors: Tensors) -> list[Layer]:
    """The layers of a projector, each with its tensors; itself if it is no stack."""
    if isinstance(projector, Stack):
        return [
            layer
            for position, inner in enumerate(projector.layers)
            for layer in parted(inner, under(tensors, f"layers_{position}."))
        ]
    return [(_plain(projector), {} if isinstance(projector, Backbone) else tensors)]


def joined(layers: list[Layer]) -> Layer:
    """Layers as one projector, not built, with its tensors."""
    if len(layers) == 1:
        return layers[0]
    tensors = {f"layers_{i}.{key}": x for i, (_, own) in enumerate(layers) for key, x in own.items()}
    return Stack(layers=tuple(projector for projector, _ in layers)), tensors


def under(tensors: Tensors, prefix: str) -> Tensors:
    """The tensors of any shape whose names begin with a prefix, without it."""
    return {key.removeprefix(prefix): x for key, x in tensors.items() if key.startswith(prefix)}


def _plain(projector: Projector) -> Projector:
    """A fresh projector of the same declaration, on nothing and started from nothing."""
    table = to_table(projector)
    if isinstance(table, dict):
        table = {key: value for key, value in table.items() if key not in ("on", "init")}
    plain: Projector = structure(table, Projector)  # type: ignore[type-abstract]
    return plain


def _derived(projectors: Mapping[str, Projector], spec: Spec, size: int | None) -> dict[str, Spec]:
    """What version 0.1 does not store: projectors that take samples were built for those, or for views of them."""
    if size is not None:
        spec = attrs.evolve(spec, shape=(spec.shape[0], size, size))
    return {name: spec for name, projector in projectors.items() if projector.on is None}
