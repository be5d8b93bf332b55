"""A trained part of a run, with all that is known of where it comes from: a generator, a projector or a probe.

from matchzoo.model import Model

model = Model.of_run("runs/ring", "generator")
model.save("ring")
Model.load("ring").part.sample(100)
"""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import attrs
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from matchzoo.core.declare import FAMILIES
from matchzoo.core.errors import MatchZooError
from matchzoo.core.spec import Facts, structure_facts
from matchzoo.core.step import Step
from matchzoo.core.structuring import structure, to_table
from matchzoo.generators import Generator
from matchzoo.models.classifiers.image_classifier import Probe, train
from matchzoo.projectors import Backbone, Projector
from matchzoo.runs.run import Run

Part = Generator | Projector | Probe
Family = Literal["generator", "projector", "probe"]
CLASSES: dict[str, type] = {"generator": Generator, "projector": Projector, "probe": Probe}
"""The families of parts that can be published."""
Table = Mapping[str, Any]


@attrs.frozen(eq=False, kw_only=True, slots=False)
class Model:
    """A declared part and its tensors; what nobody said of its origin is empty or None.

    Attributes:
        declared: the part as it is declared, not built.
        tensors: its parameters and buffers, by name; of a probe on a frozen backbone the classifier's alone.
        facts: what it is built by.
        steps: how long it was trained, for parts that grow.
        seed: of the run.
        source: as `DistilledDataset.source`.
        backbones: as `DistilledDataset.backbones`.
        recipe: the resolved recipe, as TOML text.
        scores: records of the run's evaluations; of a probe its own.
        licence: of the model itself (SPDX), if its publisher has chosen one.
        versions: of the packages that made it.
        repository: ``repo``, ``revision`` and ``commit`` that it was pulled from; None if it was not.
    """

    declared: Part
    tensors: dict[str, torch.Tensor]
    facts: Facts
    steps: int = 0
    seed: int = 0
    source: Table | None = None
    backbones: tuple[Table, ...] = ()
    recipe: str = ""
    scores: tuple[Table, ...] = ()
    licence: str = ""
    versions: Table = attrs.field(factory=dict)
    repository: Table | None = None

    @property
    def family(self) -> Family:
        """What it is: ``generator``, ``projector``, ``probe``."""
        found: Any = next(name for name, cls in CLASSES.items() if isinstance(self.declared, cls))
        return found

    @property
    def kind(self) -> str:
        """Of the part in its family; of a probe, of its projector."""
        part: Any = self.declared.projector if isinstance(self.declared, Probe) else self.declared
        return FAMILIES[CLASSES["projector" if part is not self.declared else self.family]].kind_of(type(part))

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
        part: Any = structure(to_table(self.declared), CLASSES[self.family])
        part.build(self.facts)
        tensors = {name: value.clone() for name, value in self.tensors.items()}  # nobody else's, if they are trained on
        if isinstance(part, Probe):
            _check_backbone(part.projector, self.backbones)
            if isinstance(part.projector, Backbone):
                inner = part.projector.state_dict()
                tensors |= {f"projector.{name}": value for name, value in inner.items()}
        else:
            part.advance(Step(self.steps, self.seed))
        part.load_state_dict(tensors, assign=True)
        return part.eval().requires_grad_(False)

    def describe(self) -> list[str]:
        """What it is, in lines."""
        facts = self.facts
        of = f"images {'x'.join(map(str, facts.shape))}" if facts.is_images else f"points {list(facts.shape)}"
        size = sum(tensor.numel() for tensor in self.tensors.values())
        lines = [f"{self.family} of kind {self.kind}, {size} values, of {of}"]
        if facts.classes:
            lines.append(f"{facts.classes} classes")
        return lines

    def save(self, folder: str | Path) -> None:
        """Write it to a folder, whole or not at all; one that holds a model already is replaced.

        Raises:
            MatchZooError: a value is not finite, or the folder holds something else or cannot be written.
        """
        from matchzoo.hub.folders import model_writing

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
        from matchzoo import hub
        from matchzoo.hub.folders import model_reading

        place = Path(folder).expanduser()
        if not place.exists() and hub.is_name(str(folder)):
            return hub.pull_model(str(folder), card=card)
        return model_reading.read(place, card)

    @classmethod
    def of(cls, part: Part, facts: Facts, **about: Any) -> "Model":
        """The model of a part that is built and trained.

        Args:
            part: a generator, projector or probe.
            facts: what it was built by.
            about: further attributes: ``steps`` for a part that grew, ``recipe``, ``licence``, ….
        """
        tensors = {name: value.detach().cpu().contiguous() for name, value in part.state_dict().items()}
        if isinstance(part, Probe) and isinstance(part.projector, Backbone):
            tensors = {name: value for name, value in tensors.items() if not name.startswith("projector.")}
        family: type = next(known for known in CLASSES.values() if isinstance(part, known))
        return cls(declared=structure(to_table(part), family), tensors=tensors, facts=facts, **about)

    @classmethod
    def of_run(cls, run: "Run | str | Path", family: Family) -> "Model":
        """A part of a finished run.

        Args:
            run: the run or its folder.
            family: ``generator``, ``projector`` (the one that a player has moved), or ``probe``: the classifier of the
                run's linear probe, which is trained again (`matchzoo.models.classifiers.image_classifier.train`).

        Raises:
            MatchZooError: there is no finished run, or it has no such part.
        """
        run = run if isinstance(run, Run) else Run.open(run)
        if family not in CLASSES:
            raise MatchZooError(f"expected generator, projector or probe, got {family!r}")
        about = _about(run)
        if family == "probe":
            probe, facts, record = train(run)
            own = about["backbones"][:1] if isinstance(probe.projector, Backbone) else ()
            return cls.of(probe, facts, **{**about, "backbones": own, "scores": (record,)})
        path = run.folder / "parts.safetensors"
        if not path.is_file():
            raise MatchZooError(f"{run.folder}: has no {path.name}; run it again in another folder")
        with safe_open(path, "pt") as file:
            facts = structure_facts(file.metadata()["facts"])
        moved = load_file(path)
        recipe = run.recipe.copy()
        parts = {"generator": recipe.generator} if family == "generator" else recipe.spaces
        own = [name for name in parts if any(key.startswith(f"{name}/") for key in moved)]
        if len(own) > 1:
            raise MatchZooError(f"{run.folder}: expected one projector that players moved, got {', '.join(own)}")
        if not own:
            reason = "nobody moved its projector; a frozen backbone is published where it comes from"
            raise MatchZooError(f"{run.folder}: has no {family} of its own: {reason}")
        views = run.recipe.views
        if family == "projector":  # what it is built by are views, and no features yet
            seen = facts.shape if views is None or views.size is None else (facts.shape[0], views.size, views.size)
            facts = attrs.evolve(facts, shape=seen, features=None)
        part = parts[own[0]]
        tensors = {key.removeprefix(f"{own[0]}/"): x for key, x in moved.items() if key.startswith(f"{own[0]}/")}
        return cls(declared=part, tensors=tensors, facts=attrs.evolve(facts, space="projector"), **about)


def opened(source: "Run | str | Path", family: Family | None) -> Model:
    """The part of a run, or the model of a folder.

    Raises:
        MatchZooError: it is neither; or it is a run and nobody said which part.
    """
    if not isinstance(source, Run):
        if (Path(source) / "config.json").is_file():
            found = Model.load(source)
            if family not in (None, found.family):
                raise MatchZooError(f"{source}: is a {found.family}, not a {family}")
            return found
        source = Run.open(source)
    if family is None:
        raise MatchZooError(f"{source.folder}: is a run; say which part: generator, projector or probe (--model)")
    return Model.of_run(source, family)


def _about(run: Run) -> dict[str, Any]:
    """What a run says of the origin of its parts."""
    from matchzoo.runs import provenance

    sessions = json.loads((run.folder / "environment.json").read_text(encoding="utf-8"))["sessions"]
    last = sessions[-1]
    table = to_table(run.recipe.data)
    spaces = last.get("projectors") or {"projector": last.get("projector") or {}}
    backbones = tuple(origin for origin in spaces.values() if origin.get("card"))
    return {
        "steps": run.recipe.trainer.steps,
        "seed": run.recipe.trainer.seed,
        "source": {**provenance.source(table), "origin": last.get("data")},
        "backbones": backbones,
        "recipe": run.recipe.to_toml(),
        "scores": tuple(run.metrics["results"]),
        "versions": {"matchzoo": last["matchzoo"], "python": last["python"], **last["packages"]},
    }


def _check_backbone(projector: Projector, said: tuple[Table, ...]) -> None:
    """Raise if the weights of a probe's backbone are not those that it was trained on."""
    if not isinstance(projector, Backbone):
        return
    own = projector.origin()
    expected = next(iter(said), {})
    for what, a, b in (
        ("architecture", own.get("architecture"), expected.get("architecture")),
        ("weights", (own.get("weights") or {}).get("sha256"), (expected.get("weights") or {}).get("sha256")),
    ):
        if a != b:
            raise MatchZooError(
                f"the probe was trained on a backbone of other {what} ({b}) than {projector.card} has here ({a}); give "
                "the card of that one with card"
            )
