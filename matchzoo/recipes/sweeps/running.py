"""A recipe with other values of some fields, in as many runs as these have combinations."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing.progress import Progress, is_quiet
from matchzoo.core.storage import files
from matchzoo.evaluation import Evaluation, Validation
from matchzoo.evaluation.figures import HOW, may_choose
from matchzoo.recipes import door
from matchzoo.recipes.recipe import Recipe
from matchzoo.recipes.sweeps.axes import Point, points
from matchzoo.recipes.sweeps.processes import do_all
from matchzoo.recipes.sweeps.result import Ended, SweepResult
from matchzoo.recipes.sweeps.worker import Job, attempt
from matchzoo.runs.interrupts import Interrupts

Launch = Callable[[Sequence[Job], int, Callable[[int, str], None]], None]
"""Does jobs: takes them, how many at once, and what is told of each that has ended: its number, what is to be fixed."""
RESULTS = ("sweep.json", "sweep.md", "sweep.csv", "sweep.png")
"""What a sweep leaves in its folder beside its runs."""


def sweep(
    recipe: "Recipe | str",
    axes: Mapping[str, Sequence[Any]],
    output: str | Path,
    *,
    jobs: int = 1,
    validation: float | None = None,
    by: str | None = None,
    quiet: bool = False,
    name: str = "",
    declared: str = "",
    launch: Launch = do_all,
) -> SweepResult:
    """Run every combination of the values of some fields; finished runs are kept, and stopped ones go on.

    Each run is one of `Recipe.run` in a folder of its own, ``output/lr=0.01,seed=0``. One that fails is told in the
    result, and the others go on. The same call after a stop of any kind ends with the same table.

    Examples:
        >>> rates = {"players.generator.optimizer.lr": [1e-3, 1e-2], "trainer.seed": [0, 1, 2]}
        >>> result = sweep("gram/ring-2d", rates, "runs/sweeps/ring", validation=0.2)
        >>> result.best.values

    Args:
        recipe: or its name, or the path of a .toml file.
        axes: dotted paths, each with its values, as an override has them: ``{"trainer.seed": [0, 1, 2]}``. One with a
            single value changes the recipe of all runs.
        output: folder of the sweep.
        jobs: processes side by side, which share the threads; 1 runs in this process.
        validation: share of the training samples that is kept apart, on which everything is measured as well that is
            measured on the test part (`with_validation`); as the recipe says if not given.
        by: figure that chooses the best setting, such as ``validation.top1_mean``; the first one of validation, or of a
            scorer without labels, if not given.
        quiet: show no progress.
        name: what results call the method; that of the recipe if not given.
        declared: the recipe's own name.
        launch: does the jobs; processes of this machine if not given (`matchzoo.recipes.sweeps.in_slurm`).

    Raises:
        MatchZooError: a field or value is not valid, or a folder holds a run of another recipe.
    """
    if isinstance(recipe, str):
        about = door.about(recipe)
        name, declared = name or about["name"], declared or about["declared"]
        recipe = door.load(recipe)
    if jobs < 1:
        raise MatchZooError(f"jobs: expected at least 1, got {jobs}")
    whole = recipe if validation is None else with_validation(recipe, validation)
    planned = points(whole.table(), axes)
    about = {"name": name, "declared": declared}
    return run_points(planned, Path(output), jobs=jobs, by=by, quiet=quiet, launch=launch, **about)


def with_validation(recipe: Recipe, share: float) -> Recipe:
    """A recipe that keeps training samples apart, and measures on them what it measures on the test part.

    Args:
        recipe: whose evaluations are kept.
        share: in (0, 1).
    """
    added: list[Evaluation] = []
    for evaluation in recipe.evaluation:
        if not may_choose(evaluation) and getattr(evaluation, "split", "test") == "test":
            alone = {"baselines": ()} if getattr(evaluation, "baselines", ()) else {}
            copied: Evaluation = attrs.evolve(evaluation, **alone)  # type: ignore[misc]
            added.append(Validation(of=copied))
    if not added:
        raise MatchZooError("validation: the recipe has no evaluation of test samples that could be measured on others")
    changes: dict[str, Any] = {"data.validation_share": share, "evaluation": [*recipe.evaluation, *added]}
    return recipe.replace(**changes)


def run_points(
    planned: Sequence[Point],
    output: Path,
    *,
    jobs: int = 1,
    by: str | None = None,
    quiet: bool = False,
    name: str = "",
    declared: str = "",
    launch: Launch = do_all,
) -> SweepResult:
    """Run what is not finished of some runs; `sweep` says how.

    Args:
        planned: the runs.
        output: folder of the sweep.
        jobs: processes side by side.
        by: figure that chooses.
        quiet: show no progress.
        name: what results call the method.
        declared: the recipe's own name.
        launch: does the jobs; processes of this machine if not given.
    """
    _check_by(by, planned[0].recipe)
    errors: dict[int, str] = {}
    todo = [(place, point) for place, point in enumerate(planned) if not is_finished(point, output)]
    about = {"name": name or output.name, "declared": declared}
    tasks: list[Job] = [
        {"recipe": point.recipe.to_toml(), "folder": str(output / point.name), **about} for _, point in todo
    ]
    silent = quiet or is_quiet()
    if jobs == 1 and launch is do_all:
        for number, (job, (place, point)) in enumerate(zip(tasks, todo, strict=True), 1):
            if not silent:
                print(f"run {number} of {len(todo)}: {point.name}", file=sys.stderr, flush=True)
            errors[place] = attempt(job, quiet=silent)
    elif tasks:
        with Interrupts(), Progress(len(planned), "sweep", "runs", len(planned) - len(todo), silent) as progress:

            def done(number: int, error: str) -> None:
                errors[todo[number][0]] = error
                progress.update()

            launch(tasks, jobs, done)
    result = SweepResult(tuple(ended(point, output, errors.get(i, "")) for i, point in enumerate(planned)), output, by)
    with files.filling(output):
        for stray in output.glob(".sweep.*.tmp-*"):  # of a sweep that was killed as it wrote its results
            stray.unlink(missing_ok=True)
        for file in RESULTS if result.figures else RESULTS[:1]:
            result.save(output / file)
    return result


def _check_by(by: str | None, recipe: Recipe) -> None:
    """Raise before any work where the recipe has no evaluation that could choose so."""
    kinds = {evaluation.kind for evaluation in recipe.evaluation if may_choose(evaluation)}
    if by is not None and by.partition(".")[0] not in kinds:
        raise MatchZooError(f"by: no evaluation of the recipe gives '{by}'; {HOW}")


def is_finished(point: Point, output: Path) -> bool:
    """Whether a run of this recipe is finished in its folder; raises if that holds another."""
    from matchzoo.runs.folder.claim import claim

    return claim(point.recipe, output / point.name)


def ended(point: Point, output: Path, error: str = "") -> Ended:
    """A run that has ended, opened."""
    seed = point.recipe.trainer.seed
    run = None if error else door.open(output / point.name)
    return Ended(point.name, point.values, seed, run, error)
