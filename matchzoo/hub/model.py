"""A trained part, with all that is known of where it comes from: a generator, a projector or a probe.

from matchzoo.hub import Model

Model.load("ring").part.sample(100)  # of a folder, or of "user/ring" on the Hub

`matchzoo.runs.published_parts.model_of_run` makes one of a run.
"""

import functools
import hashlib
import json
from pathlib import Path
from typing import Any

import attrs

from matchzoo.core.errors import MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.hub import fetching
from matchzoo.hub.folders import declared_parts, model_writing
from matchzoo.hub.folders.declared_parts import Family, Part
from matchzoo.hub.folders.model_schema import ModelFields, Table
from matchzoo.hub.folders.validation import sha256
from matchzoo.models.classifiers.image_classifier import Probe
from matchzoo.projectors import Backbone, Projector


@attrs.frozen(eq=False, kw_only=True, slots=False)
class Model(ModelFields):
    """A declared part and its tensors; what nobody said of its origin is empty or None.

    Attributes:
        declared: the part as it is declared, not built.
        tensors: its parameters and buffers, by name; without those of a frozen backbone that it stands on.
        spec: what it is built by.
        steps: how long it was trained, for parts that grow.
        seed: of the run.
        source: as `DistilledDataset.source`.
        backbones: as `DistilledDataset.backbones`.
        recipe: the resolved recipe, as TOML text.
        scores: records of the run's evaluations; of a probe its own.
        license: of the model itself (SPDX), if its publisher has chosen one.
        versions: of the packages that made it.
        repository: ``repo``, ``revision`` and ``commit`` that it was pulled from; None if it was not.
    """

    @property
    def family(self) -> Family:
        """What it is: ``generator``, ``projector``, ``probe``."""
        return declared_parts.family_of(self.declared)

    @property
    def kind(self) -> str:
        """Of the part in its family; of a probe, of its projector."""
        return declared_parts.kind_of(self.declared)

    @property
    def bytes(self) -> int:
        """Of the tensors."""
        return sum(tensor.nbytes for tensor in self.tensors.values())

    @functools.cached_property
    def part(self) -> Any:
        """The part, built and trained, on the CPU and in evaluation mode, without gradients.

        Of a generator ``sample(n)``, of a projector ``project(x)``, of a probe ``scores(x)`` and ``predict(x)``.

        Raises:
            MatchZooError: a backbone that it stands on is not here and cannot be fetched, or it is another one.
        """
        return self._built[0]

    @property
    def features(self) -> int:
        """Dimension of the features of a projector; 0 of other parts."""
        return self._built[1]

    @functools.cached_property
    def digest(self) -> str:
        """The sha256 of all that decides what the part computes, but for the weights of a backbone, which its card
        says: its declaration, the shape of a sample, its tensors."""
        hashes = {name: sha256(value) for name, value in sorted(self.tensors.items())}
        content: list[Any] = [declared_parts.table_of(self.declared), list(self.spec.shape), hashes]
        content += [] if self.spec.units is None else [attrs.asdict(self.spec.units)]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @functools.cached_property
    def _built(self) -> tuple[Any, int]:
        """The part, and the dimension of its features."""
        part = declared_parts.unbuilt(self.declared)
        features = part.build(self.spec)
        if not isinstance(part, Probe):
            part.before_step(Step(self.steps, self.seed))

        tensors = {name: value.clone() for name, value in self.tensors.items()}  # nobody else's, if they are trained on
        backbones = declared_parts.backbones_of(part)
        for prefix, backbone in backbones.items():
            _check_backbone(backbone, self.backbones)
            tensors |= {f"{prefix}.{name}": value for name, value in backbone.state_dict().items()}

        part.load_state_dict(tensors, assign=True)
        if backbones and isinstance(part, Projector):  # its layers compute in one precision
            part.to(dtype=next((x.dtype for x in self.tensors.values() if x.is_floating_point()), None))
        return part.eval().requires_grad_(False), features or 0

    def describe(self) -> list[str]:
        """What it is, in lines."""
        spec = self.spec
        of = f"images {'x'.join(map(str, spec.shape))}" if spec.is_images else f"points {list(spec.shape)}"
        size = sum(tensor.numel() for tensor in self.tensors.values())
        lines = [f"{self.family} of kind {self.kind}, {size} values, of {of}"]
        if spec.classes:
            lines.append(f"{spec.classes} classes")
        if spec.units is not None:
            lines.append(f"columns: {', '.join(spec.units.columns)}")
        return lines

    def save(self, folder: str | Path) -> None:
        """Write it to a folder, whole or not at all; one that holds a model already is replaced.

        Raises:
            MatchZooError: a value is not finite, or the folder holds something else or cannot be written.
        """
        model_writing.write(self, Path(folder).expanduser())

    @classmethod
    def load(cls, folder: str | Path, *, card: str = "") -> "Model":
        """Read what `save` wrote, checked from end to end; or ``user/name[@revision]``, a model of the Hub.

        Args:
            folder: to read.
            card: of a probe on a backbone, the path of a card of your own (.toml) in place of the one that is named;
                its weights must be the same.

        Raises:
            MatchZooError: with the reason and the remedy. Nothing is executed or unpickled on the way.
        """
        return cls(**attrs.asdict(fetching.read_model(folder, card), recurse=False))

    @classmethod
    def of(cls, part: Part, spec: Spec, **about: Any) -> "Model":
        """The model of a part that is built and trained.

        Args:
            part: a generator, projector or probe.
            spec: what it was built by.
            about: further attributes: ``steps`` for a part that grew, ``recipe``, ``license``, ….
        """
        tensors = {name: value.detach().cpu().contiguous() for name, value in part.state_dict().items()}
        of_cards = tuple(f"{prefix}." for prefix in declared_parts.backbones_of(part) if prefix)
        tensors = {name: value for name, value in tensors.items() if not name.startswith(of_cards)}
        return cls(declared=declared_parts.unbuilt(part), tensors=tensors, spec=spec, **about)


def _check_backbone(projector: Backbone, backbones: tuple[Table, ...]) -> None:
    """Raise if the weights of a model's backbone are not those that it was trained on."""
    here = projector.origin()
    expected = next(iter(backbones), {})
    for what, found, wanted in (
        ("architecture", here.get("architecture"), expected.get("architecture")),
        ("weights", (here.get("weights") or {}).get("sha256"), (expected.get("weights") or {}).get("sha256")),
    ):
        if found != wanted:
            raise MatchZooError(
                f"the model was trained on a backbone of other {what} ({wanted}) than {projector.card} has here "
                f"({found}); give the card of that one with card"
            )
