"""The command matchzoo run."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from matchzoo import recipes
from matchzoo.cli.usage import Flag, Name, options_of
from matchzoo.core.showing.progress import quietly, waiting
from matchzoo.core.showing.text import as_json

if TYPE_CHECKING:
    from matchzoo.runs.run import Run

Tracker = Literal["tensorboard", "wandb", "trackio", "mlflow", "comet_ml", "aim", "clearml", "dvclive", "swanlab"]


def run(
    name: Name,
    output: Path | None = None,
    fields: Flag = False,
    json: Flag = False,
    quiet: Flag = False,
    tracker: Tracker | None = None,
    data_changed: Flag = False,
    extend: Flag = False,
    strict: Flag = False,
    overrides: tyro.conf.Suppress[tuple[str, ...]] = (),
) -> None:
    """Train a recipe (resuming what is there), evaluate it and write pictures and a page, report.html.

    Any field of the recipe can be overridden: --trainer.steps 50 --players.generator.optimizer.lr 1e-2
    (--fields lists them). A card may stand for a part: --data cifar10 --projector dinov2-vit-b14.

    matchzoo run lgm/quickstart --trainer.seed 1 -o runs/second

    Args:
        name: of a recipe, or the path of a .toml file.
        output: folder of the run; runs/NAME if not given.
        fields: list every field of the recipe with its value and meaning, and run nothing.
        json: print the results (or the fields) for programs.
        quiet: show no progress.
        tracker: send every record, the recipe and the results there as well.
        data_changed: resume although the samples are not those that the run began with (names and shapes must agree).
        extend: let a finished run go on to more steps (--trainer.steps 2000), as one long run would have done them.
        strict: exit with 3 where something speaks against the result (a warning).
        overrides: words of the command line that are not this command's own.
    """
    from matchzoo.core.declaration.overrides import describe

    with quietly(quiet or int(os.environ.get("RANK", 0)) > 0), waiting("loading PyTorch"):
        recipe = recipes.load_with(name, overrides, "run", options_of("run"))
    if fields:
        if json:
            print(as_json([dict(zip(("field", "type", "value", "doc"), row, strict=True)) for row in describe(recipe)]))
            return
        for field, kind, value, doc in describe(recipe):
            print(f"--{field} {value}\n      {kind}{': ' + doc if doc else ''}")
        return
    about = recipes.about(name)
    folder = output or Path("runs") / about["declared"]
    finished = recipe.run(folder, quiet=quiet, tracker=tracker, data_changed=data_changed, extend=extend, **about)
    if int(os.environ.get("RANK", 0)):  # under torchrun the first process speaks
        return
    if json:
        print(as_json(finished.record()))
    else:
        _show(finished)
    if finished.warnings:
        count = len(finished.warnings)
        hint = "" if strict else "; with --strict the exit code is 3"
        print(f"{count} warning{'s' if count > 1 else ''}: look at the result before you use it{hint}", file=sys.stderr)
        if strict:
            raise SystemExit(3)


def _show(finished: "Run") -> None:
    """Print the results of a run, and where everything is."""
    if finished.metrics["results"] or finished.warnings:
        print(f"\n{finished}")
    seconds = finished.metrics["seconds"]
    print(f"\ntraining {seconds['training']:.0f} s, evaluation {seconds['evaluation']:.0f} s; all in {finished.folder}")
    if best := finished.metrics.get("best"):
        print(f"the result is that of step {best['step']}, the best by {best['by']} ({best['value']:.4g})")
    for picture in finished.pictures:
        print(f"picture: {picture}")
    if finished.page is not None:
        print(f"page: {finished.page}")
