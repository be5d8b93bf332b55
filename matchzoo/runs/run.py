"""A finished run, opened: its recipe, its results and what came of it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import torch

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import MatchZooError
from matchzoo.core.findings import Finding
from matchzoo.core.showing import html, notebook
from matchzoo.core.showing.text import format_table, time_of
from matchzoo.core.step import Step
from matchzoo.core.storage.files import read_table
from matchzoo.evaluation.evaluation import Evaluation, notes, tables
from matchzoo.generators import Generator
from matchzoo.hub import run_parts
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.hub.run_files import check_finished
from matchzoo.hub.run_parts import AGAIN, RunParts
from matchzoo.matchers import Discrepancy
from matchzoo.projectors import Projector
from matchzoo.runs.folder import inputs
from matchzoo.runs.runnable import Runnable
from matchzoo.runs.showing import page
from matchzoo.training.checkpoint import Checkpoints
from matchzoo.training.engine import DTYPES
from matchzoo.training.loop import Training, load_part

ADDED = "added"
"""The key of ``metrics.json`` under which evaluations stand that were made of the finished run."""


@attrs.frozen(eq=False)
class Run:
    """A finished run, opened.

    Attributes:
        folder: where everything is.
        recipe: what was run.
        metrics: ``results`` (a list of records), ``seconds``, ``steps``, and ``last``: the last value of every term,
            and its diagnostics; ``added``: evaluations that were made of the finished run;
            ``best``: of ``trainer.best``, the step, its figure and all that was measured.
    """

    folder: Path
    recipe: Runnable
    metrics: dict[str, Any]

    @classmethod
    def read(cls, folder: Path, read: Callable[[Path], Runnable]) -> "Run":
        """The run of a folder; `matchzoo.recipes.open` does it for recipes.

        Args:
            folder: of the run.
            read: the recipe of a TOML file.

        Raises:
            MatchZooError: no run is there, it is not finished, or its results are damaged.
        """
        check_finished(folder)
        metrics = read_table(folder / "metrics.json", {"results": list, "steps": int}, AGAIN)
        return cls(folder, read(folder / "recipe.toml"), metrics)

    @property
    def step(self) -> int:
        """The step after which its parts were as the folder stores them: the last one, or the best (`trainer.best`)."""
        return int(self.metrics.get("best", {}).get("step", self.recipe.trainer.steps))

    @property
    def evaluations(self) -> tuple[Evaluation, ...]:
        """What it was measured by, in the order of the numbers of its records: the recipe's evaluations, and those that
        were added to the finished run (`matchzoo.runs.reevaluation`)."""
        try:
            added = [structure(entry["evaluation"], Evaluation) for entry in self.metrics.get(ADDED, [])]  # type: ignore[type-abstract]
        except (MatchZooError, KeyError, TypeError) as error:
            raise MatchZooError(f"{self.folder / 'metrics.json'}: is damaged ({ADDED}: {error}); {AGAIN}") from None
        return (*self.recipe.evaluation, *added)

    @property
    def warnings(self) -> list[Finding]:
        """What speaks against its result; empty where all is well, and of runs of earlier versions."""
        return [Finding(str(one["about"]), str(one["reason"])) for one in self.metrics.get("warnings", [])]

    @property
    def distilled(self) -> DistilledDataset:
        """The synthetic images with their labels; raises for a run that made none."""
        if not self.has_distilled:
            raise MatchZooError(f"{self.folder}: this run made no set of images; see run.generator")
        return DistilledDataset.load(self.folder)

    @property
    def has_distilled(self) -> bool:
        """Whether the run made a finite set of images: ``distilled/``, or what earlier versions left."""
        return any((self.folder / name).is_file() for name in ("distilled/metrics.json", "images.safetensors"))

    @property
    def generator(self) -> Generator:
        """The trained generator, on the CPU: ``run.generator.sample(n)``."""
        return self._generator(self.step, self.parts.tensors)

    @property
    def checkpoints(self) -> Checkpoints:
        """The checkpoints that are kept, as many as ``trainer.keep`` says."""
        return Checkpoints(self.folder / "checkpoints", self.recipe.trainer.keep)

    def generator_at(self, step: int) -> Generator:
        """The generator as it was after a step whose checkpoint is kept (``run.checkpoints.steps()``), on the CPU: to
        choose among steps by held-out samples.

        Raises:
            MatchZooError: the checkpoint is not kept or damaged, or the run has no generator.
        """
        return self._generator(step, self.checkpoints.read(step).tensors)

    def _generator(self, step: int, tensors: Mapping[str, torch.Tensor]) -> Generator:
        generator = self.recipe.copy().generator
        if generator is None:
            raise MatchZooError(f"{self.folder}: this run has no generator; see run.projectors")
        trainer, parts = self.recipe.trainer, self.parts
        try:
            spec = parts.spec
            if generator.space is not None:
                decoder = self._decoder(generator.space, parts)
                generator.bind({generator.space: decoder})
                spec = attrs.evolve(spec, features=parts.specs[generator.space].features)
            generator.build(spec)
            generator.before_step(Step(step, trainer.seed))
            load_part(generator.to(dtype=DTYPES[trainer.precision]), "generator", dict(tensors))
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise self._damaged(error) from None
        return generator.requires_grad_(False)

    def _decoder(self, name: str, parts: RunParts) -> Projector:
        """The projector by whose decoder the generator makes samples, frozen."""
        projector = parts.projectors[name]
        projector.build(attrs.evolve(parts.specs[name], space=f"projectors.{name}"))
        if projector.keeps_state:
            load_part(projector, name, parts.tensors)
        return projector.to(dtype=DTYPES[self.recipe.trainer.precision]).requires_grad_(False)

    @property
    def projectors(self) -> dict[str, Projector]:
        """The projectors that moved or keep state by name, on the CPU and frozen: ``run.projectors["head"](images)``.

        Each takes samples [n, …], in [0, 1] if they are images, and gives features [n, d]; one that stands on others is
        a `Stack` of all of them. They compute in the precision of the recipe.

        Raises:
            MatchZooError: the stored parts are damaged, or a backbone or model under a projector is not here.
        """
        parts, trainer = self.parts, self.recipe.trainer
        about: dict[str, Any] = {"steps": self.step, "seed": trainer.seed}
        try:
            return {
                name: parts.model(name, backbones=self.backbones(*parts.lineage(name)), **about).part
                for name in parts.names
            }
        except (ValueError, KeyError, TypeError, RuntimeError) as error:
            if isinstance(error, MatchZooError):
                raise
            raise self._damaged(error) from None

    def discrepancies(self, *, data_changed: bool = False) -> dict[str, Discrepancy]:
        """What every term says of the parts as they became, by player and label: its value, and the ratio or the plan
        behind it.

        The sets are fresh, those of a step after the last one, so a ratio's weights are at the synthetic samples (or
        at whatever set is its denominator) of that step: ``run.discrepancies()["projector/maximize[0]"].ratio``. State
        of terms, such as running means, is that of a first step. Data and weights of the recipe must be here.

        Args:
            data_changed: go on although the samples are not those that the run was trained on.

        Raises:
            MatchZooError: the recipe cannot be built here, its data or weights have changed, or the stored parts are
                damaged.
        """
        training = self.rebuilt(data_changed=data_changed)
        training.prepare(quiet=True)
        return training.discrepancies(self.step + 1)

    def rebuilt(self, *, data_changed: bool = False) -> Training:
        """The parts of the recipe, built again, with the values that the run stored.

        Args:
            data_changed: go on although the samples are not those that the run was trained on.

        Raises:
            MatchZooError: as `discrepancies`.
        """
        recipe, parts = self.recipe.copy(), self.parts
        engine = recipe.engine()
        composition = recipe.build(engine)
        inputs.check(self.folder, inputs.describe(composition), data_changed)
        training = Training(composition, recipe.trainer, engine)
        try:
            training.load_results(self.step, parts.tensors)
        except (KeyError, RuntimeError) as error:
            raise self._damaged(error) from None
        return training

    def _damaged(self, error: Exception) -> MatchZooError:
        reason = " ".join(str(error).split())
        return MatchZooError(f"{self.folder / run_parts.NAME}: is damaged ({reason}); {AGAIN}")

    @property
    def parts(self) -> RunParts:
        """The tensors of its parts as its folder stores them; raises if they are missing or damaged."""
        recipe = self.recipe.copy()
        return RunParts.read(self.folder, recipe.spaces, None if recipe.views is None else recipe.views.size)

    @property
    def environment(self) -> dict[str, Any]:
        """What its last session recorded: packages, the device, where data and weights come from."""
        path = self.folder / "environment.json"
        last: dict[str, Any] = read_table(path, {"sessions": list}, "restore it")["sessions"][-1]
        return last

    def backbones(self, *names: str) -> tuple[dict[str, Any], ...]:
        """What its last session recorded of the backbones of some projectors, or of all if none is named."""
        last = self.environment
        origins = last.get("projectors") or {"projector": last.get("projector") or {}}
        chosen = [origin for name, origin in origins.items() if not names or name in names]
        return tuple(one for origin in chosen for one in (origin, *origin.get("backbones", ())) if one.get("card"))

    def __repr__(self) -> str:
        """Where it is, and how much of it there is."""
        return f"<Run {self.folder}: {self.metrics['steps']} steps, {len(self.metrics['results'])} results>"

    def __str__(self) -> str:
        """What `print` shows: the tables of results, notes on them and warnings; where there are none, as `repr`."""
        shown = [format_table(rows) for _, rows in tables(self.evaluations, self.metrics["results"])]
        return "\n".join([*shown, *self._remarks()]) or repr(self)

    def _remarks(self) -> list[str]:
        """What is to be said beside the tables, a line each."""
        return [*notes(self.metrics["results"]), *(f"warning: {finding}" for finding in self.warnings)]

    def _repr_html_(self) -> str:
        """What a notebook shows: the images of the run and its tables of results."""
        spent = ", ".join(f"{name} {time_of(seconds)}" for name, seconds in self.metrics["seconds"].items())
        page_of = f"; all of it is on {self.page}" if self.page is not None else ""
        blocks = [notebook.lines([f"{self.folder}: {self.metrics['steps']} steps, {spent}{page_of}"])]

        samples = self.folder / "pictures" / "samples.png"
        if self.has_distilled:
            blocks.append(self.distilled._repr_html_())
        elif samples.is_file():
            blocks.append(html.image(samples.read_bytes(), "Samples of the generator"))

        of_evaluations = tables(self.evaluations, self.metrics["results"])
        blocks += [notebook.table(rows, f"results of {kind}") for kind, rows in of_evaluations]
        return "\n".join([*blocks, notebook.lines(self._remarks())])

    def record(self) -> dict[str, Any]:
        """`metrics` for programs, with where everything is."""
        files = {"pictures": [str(path) for path in self.pictures], "page": str(self.page) if self.page else None}
        return {"folder": str(self.folder), **self.metrics, **files}

    @property
    def pictures(self) -> list[Path]:
        """The pictures of the run."""
        return sorted((self.folder / "pictures").glob("*.png"))

    @property
    def page(self) -> Path | None:
        """The page of the run; None where it was not written, as by earlier versions."""
        path = self.folder / page.NAME
        return path if path.is_file() else None
