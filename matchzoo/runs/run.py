"""A finished run, opened: its recipe, its results and what came of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file

from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing import html, notebook
from matchzoo.core.showing.text import time_of
from matchzoo.core.spec import structure_spec
from matchzoo.core.step import Step
from matchzoo.core.storage.files import read_table
from matchzoo.evaluation.evaluation import tables
from matchzoo.generators import Generator
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.runs import page
from matchzoo.runs.runnable import Runnable
from matchzoo.training.engine import DTYPES
from matchzoo.training.loop import load_part

AGAIN = "remove metrics.json and start the run again: it goes on from its last checkpoint"
"""The remedy where a result of a finished run is damaged."""


@attrs.frozen(eq=False)
class Run:
    """A finished run, opened.

    Attributes:
        folder: where everything is.
        recipe: what was run.
        metrics: ``results`` (a list of records), ``seconds``, ``steps``, and ``last``: the last value of every term,
            and its diagnostics.
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
        if not (folder / "recipe.toml").is_file():
            raise MatchZooError(f"{folder}: no run is here (there is no recipe.toml)")
        if not (folder / "metrics.json").is_file():
            raise MatchZooError(f"{folder}: the run is not finished; start it again to resume")
        metrics = read_table(folder / "metrics.json", {"results": list, "steps": int}, AGAIN)
        return cls(folder, read(folder / "recipe.toml"), metrics)

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
        path = self.folder / "parts.safetensors"
        generator = self.recipe.copy().generator
        if generator is None:
            raise MatchZooError(f"{self.folder}: this run has no generator; see run.projectors")
        trainer = self.recipe.trainer
        try:
            with safe_open(path, "pt") as file:
                generator.build(structure_spec(file.metadata()["facts"]))
            generator.before_step(Step(trainer.steps, trainer.seed))
            load_part(generator.to(dtype=DTYPES[trainer.precision]), "generator", load_file(path))
        except (OSError, SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise MatchZooError(f"{path}: is damaged ({error}); {AGAIN}") from None
        return generator.requires_grad_(False)

    def __repr__(self) -> str:
        """Where it is, and how much of it there is."""
        return f"<Run {self.folder}: {self.metrics['steps']} steps, {len(self.metrics['results'])} results>"

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

        of_evaluations = tables(self.recipe.evaluation, self.metrics["results"])
        return "\n".join([*blocks, *(notebook.table(rows, f"results of {kind}") for kind, rows in of_evaluations)])

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
