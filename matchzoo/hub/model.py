"""A trained part, with all that is known of where it comes from: a generator, a projector or a probe.

from matchzoo.hub import Model

Model.load("ring").part.sample(100)  # of a folder, or of "user/ring" on the Hub

`matchzoo.runs.published_parts.model_of_run` makes one of a run.
"""

import functools
from pathlib import Path
from typing import Any

import attrs
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.hub import fetching
from matchzoo.hub.folders import declared_parts, model_writing
from matchzoo.hub.folders.declared_parts import Family, Part
from matchzoo.hub.folders.model_schema import Table
from matchzoo.models.classifiers.image_classifier import FeatureMap, Probe
from matchzoo.projectors import Backbone


@attrs.frozen(eq=False, kw_only=True, slots=False)
class Model:
    """A declared part and its tensors; what nobody said of its origin is empty or None.

    Attributes:
        declared: the part as it is declared, not built.
        tensors: its parameters and buffers, by name; of a probe on a frozen backbone the classifier's alone.
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

    declared: Part
    tensors: dict[str, torch.Tensor]
    spec: Spec
    steps: int = 0
    seed: int = 0
    source: Table | None = None
    backbones: tuple[Table, ...] = ()
    recipe: str = ""
    scores: tuple[Table, ...] = ()
    license: str = ""
    versions: Table = attrs.field(factory=dict)
    repository: Table | None = None

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
            MatchZooError: of a probe, its backbone is not here and cannot be fetched, or it is another one.
        """
        part = declared_parts.unbuilt(self.declared)
        part.build(self.spec)

        tensors = {name: value.clone() for name, value in self.tensors.items()}  # nobody else's, if they are trained on
        if isinstance(part, Probe):
            _check_backbone(part.projector, self.backbones)
            if isinstance(part.projector, Backbone):
                weights = part.projector.state_dict()
                tensors |= {f"projector.{name}": value for name, value in weights.items()}
        else:
            part.before_step(Step(self.steps, self.seed))

        part.load_state_dict(tensors, assign=True)
        return part.eval().requires_grad_(False)

    def describe(self) -> list[str]:
        """What it is, in lines."""
        spec = self.spec
        of = f"images {'x'.join(map(str, spec.shape))}" if spec.is_images else f"points {list(spec.shape)}"
        size = sum(tensor.numel() for tensor in self.tensors.values())
        lines = [f"{self.family} of kind {self.kind}, {size} values, of {of}"]
        if spec.classes:
            lines.append(f"{spec.classes} classes")
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
        if isinstance(part, Probe) and isinstance(part.projector, Backbone):
            tensors = {name: value for name, value in tensors.items() if not name.startswith("projector.")}
        return cls(declared=declared_parts.unbuilt(part), tensors=tensors, spec=spec, **about)


def _check_backbone(projector: FeatureMap, backbones: tuple[Table, ...]) -> None:
    """Raise if the weights of a probe's backbone are not those that it was trained on."""
    if not isinstance(projector, Backbone):
        return

    here = projector.origin()
    expected = next(iter(backbones), {})
    for what, found, wanted in (
        ("architecture", here.get("architecture"), expected.get("architecture")),
        ("weights", (here.get("weights") or {}).get("sha256"), (expected.get("weights") or {}).get("sha256")),
    ):
        if found != wanted:
            raise MatchZooError(
                f"the probe was trained on a backbone of other {what} ({wanted}) than {projector.card} has here "
                f"({found}); give the card of that one with card"
            )
