"""The command matchzoo sweep."""

from pathlib import Path
from typing import Any, Literal

import tyro

from matchzoo import recipes
from matchzoo.cli.usage import Flag, Name, options_of
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.showing.text import as_json, format_table


def sweep(
    name: Name,
    output: Path | None = None,
    jobs: int = 1,
    validation: float | None = None,
    by: str | None = None,
    search: int | None = None,
    launcher: Literal["local", "slurm"] = "local",
    slurm: tuple[str, ...] = (),
    json: Flag = False,
    quiet: Flag = False,
    overrides: tyro.conf.Suppress[tuple[str, ...]] = (),
) -> None:
    """Run a recipe with every combination of some values, and put the runs into one table, means over seeds.

    Fields take several values, a run each: --trainer.seed 0 1 2 --players.generator.optimizer.lr 1e-2 3e-2. One with a
    single value is an override of all runs. The same command again goes on where it was stopped.

    matchzoo sweep gram/ring-2d --trainer.seed 0 1 2

    Args:
        name: of a recipe, or the path of a .toml file.
        output: folder of the sweep; runs/sweeps/NAME if not given.
        jobs: processes side by side, which share the threads.
        validation: share of the training samples to keep apart, so that something can be chosen: all that is measured
            on the test part is measured on them as well.
        by: figure that chooses the best, such as validation.top1_mean; the first one of validation if not given.
        search: settings to try of ranges (--field 1e-4..1e-1) and of several values, suggested by Optuna one after the
            other, in place of all combinations.
        launcher: where the runs are made: processes of this machine, or jobs of a SLURM array, --jobs of them at once.
        slurm: what a job asks for, as submitit calls it: timeout_min=240 gpus_per_node=1 slurm_partition=gpu.
        json: print everything for programs, in place of the table.
        quiet: show no progress.
        overrides: words of the command line that are not this command's own.
    """
    from matchzoo.core.declaration.overrides import flags

    axes: dict[str, list[str]] = {}
    for path, words in flags(overrides):
        if path in axes:
            raise MatchZooError(f"--{path}: is given twice; say all of its values after one: --{path} A B")
        axes[path] = words or ["true"]
    for position in range(max(map(len, axes.values()), default=1)):  # first: what follows is heavy to import
        values = {path: words[min(position, len(words) - 1)] for path, words in axes.items()}
        given = [word for path, value in values.items() if ".." not in value for word in (f"--{path}", value)]
        recipes.table_with(name, given, "swept", options_of("sweep"))
    recipe = recipes.load(name)

    from matchzoo.recipes import sweeps
    from matchzoo.recipes.sweeps.processes import do_all

    about = recipes.about(name)
    folder = output or Path("runs/sweeps") / about["declared"]
    try:
        launch = do_all if launcher == "local" else sweeps.in_slurm(folder, _options(slurm))
        how: dict[str, Any] = {"jobs": jobs, "by": by, "quiet": quiet, "launch": launch, **about}
        if search is None:
            result = sweeps.sweep(recipe, axes, folder, validation=validation, **how)
        else:
            measured = recipe if validation is None else sweeps.with_validation(recipe, validation)
            result = sweeps.search(measured, axes, folder, trials=search, **how)
    except DeclarationError as error:
        raise DeclarationError([("", f"{name} cannot be swept:"), *error.problems]) from None
    if json:
        print(as_json(result.record()))
    else:
        print()
        print(format_table(result.table()))
        for line in result.in_words():
            print(line)
        print(f"\n{len(result.runs)} runs, the table and a picture are in {folder}")
    if result.failed:
        raise MatchZooError("; ".join(f"{run}: {problem}" for run, problem in result.failed.items()))


def _options(words: tuple[str, ...]) -> dict[str, Any]:
    """What KEY=VALUE say, whole numbers as such."""
    odd = [word for word in words if "=" not in word]
    if odd:
        raise MatchZooError(f"--slurm: expected KEY=VALUE, such as timeout_min=240, got {odd[0]}")
    pairs = dict(word.split("=", 1) for word in words)
    return {key: int(value) if value.isdecimal() else value for key, value in pairs.items()}
