"""Every recipe that can run on this machine, on five seeds: result, worst seed, cost, and how often it fails.

    python benchmarks/recipes.py                        what is missing (budget: 4 CPU hours on one thread)
    python benchmarks/recipes.py --only "gram/*"        of some recipes; --hours for another budget
    python benchmarks/recipes.py table                  the tables in Markdown

Recipes run as they are declared; to stay within the budget some run for a share of their steps, which the table states.
What a recipe goes on from is run before it, with the same seed. The result is the first figure of the first evaluation,
at the last step, and the last loss where there is none. First come the recipes that README and landing page name and
all implicit generators, then the cheapest by their own estimate. Every run has its own folder under
``runs/benchmarks/recipes``; a stopped benchmark goes on where it was, several processes share the work, and what is
measured is written to ``results/recipes.json``. Needs Fashion-MNIST (make data).
"""

import argparse
import hashlib
import itertools
import json
import re
import shutil
import statistics
import time
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import torch
from seeds import HERE, Results, folder_of, key, mean_and_error

from matchzoo import recipes
from matchzoo.cli.entries import RUNS, Entry, entries
from matchzoo.core import shipped
from matchzoo.core.declaration.toml import read_toml
from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage import files
from matchzoo.core.storage.locks import locked
from matchzoo.evaluation.figures import figures_of
from matchzoo.recipes.recipe import Recipe

RESULTS = Results("recipes")
SEEDS = range(5)
HOURS = 4.0
NAMED = [HERE.parent / "README.md", HERE.parent / "docs/index.md"]
IMPLICIT = ("gram/*", "gan/*", "mmd-net/*", "mmd-gan/*")
SHARES = {
    "gan/fashion-mnist": 0.25,
    "mmd-net/fashion-mnist": 0.25,
    "mmd-gan/fashion-mnist": 0.25,
    "dc/fashion-mnist": 0.1,
}
"""Of the declared steps of long recipes."""
TOO_LONG = re.compile(r"a GPU|hours")
"""What recipes that are not run here say of their cost, unless they have a share."""
MINUTES = {
    "half a minute": 0.5,
    "a quarter of a minute": 0.25,
    "takes seconds": 0.1,
    "a few seconds": 0.1,
    "a minute": 1.0,
    "1 hour": 60.0,
}


OTHERWISE = ["dc/fashion-mnist", "lgm/photos", "lgm/transfer-photos"]
"""Recipes that other benchmarks run to their end."""


class BusyError(Exception):
    """Another process is at a run."""


def minutes(entry: Entry) -> float:
    """What a recipe says that it takes, training and evaluation together."""
    words = next((minutes for words, minutes in MINUTES.items() if words in entry.size), 0.0)
    counts = re.findall(r"(\d+)(?: to (\d+))? (second|minute)|and (\d+) to evaluate", entry.size)
    counted = sum(int(high or low or more) / (60 if unit == "second" else 1) for low, high, unit, more in counts)
    return max(words, counted) or 0.5


def chosen(only: str = "*") -> list[list[str]]:
    """The recipes that are run, in groups, each of which is run on all seeds before the next."""
    here = [entry for entry in entries() if entry.kind == "recipe" and entry.here and fnmatchcase(entry.name, only)]
    run = [entry for entry in here if entry.name in SHARES or not TOO_LONG.search(entry.size)]
    text = "".join(path.read_text(encoding="utf-8") for path in NAMED)

    def rank(entry: Entry) -> int:
        if entry.name in text:
            return 0
        if any(fnmatchcase(entry.name, pattern) for pattern in IMPLICIT):
            return 3 if entry.name in SHARES else 1
        return 5 if entry.name in SHARES else 2 if minutes(entry) <= 1 else 4

    groups: dict[int, list[Entry]] = {}
    for entry in run:
        groups.setdefault(rank(entry), []).append(entry)
    return [[entry.name for entry in sorted(groups[number], key=minutes)] for number in sorted(groups)]


def before(table: Any) -> Iterator[str]:
    """The recipes whose runs a recipe goes on from, by the folders that its table names."""
    if isinstance(table, dict | list):
        for value in table.values() if isinstance(table, dict) else table:
            yield from before(value)
    elif isinstance(table, str) and table.startswith("runs/"):
        yield table.removeprefix("runs/").partition("#")[0]


def elsewhere(table: Any, output: Path, seed: int) -> Any:
    """A table whose folders of runs are those of this benchmark, of a seed."""
    if isinstance(table, dict):
        return {name: elsewhere(value, output, seed) for name, value in table.items()}
    if isinstance(table, list):
        return [elsewhere(value, output, seed) for value in table]
    if isinstance(table, str) and table.startswith("runs/"):
        name, mark, part = table.removeprefix("runs/").partition("#")
        return f"{folder(output, name, seed)}{mark}{part}"
    return table


class Clock:
    """CPU seconds of this process while it is entered, added to those of earlier ones that were stopped.

    Args:
        path: of the file that keeps them.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.spent = float(path.read_text(encoding="utf-8")) if path.is_file() else 0.0

    def __enter__(self) -> None:
        self.began = time.process_time()

    def __exit__(self, *_: object) -> None:
        self.spent = round(self.spent + time.process_time() - self.began, 1)
        files.write_text(self.path, str(self.spent))


def digest(name: str) -> str:
    """Of what a recipe says, so that one that has changed is run again."""
    table = read_toml(shipped.find(recipes.FOLDER, name, "recipe"))
    return hashlib.sha256(json.dumps([table, SHARES.get(name)]).encode()).hexdigest()[:12]


def is_missing(name: str, seed: int) -> bool:
    """Whether a recipe, as it is now, has no record of a seed."""
    return RESULTS.stored().get(key(name, seed), {}).get("recipe") != digest(name)


def folder(output: Path, name: str, seed: int) -> Path:
    """Of the run of a recipe and a seed."""
    return output / folder_of(f"{name.replace('/', '.')} {digest(name)}", seed)


def run_of(output: Path, name: str, seed: int) -> dict[str, Any]:
    """Run a recipe on a seed, after those that it goes on from; its record."""
    recipe = recipes.load(name)
    table = recipe.table()
    for earlier in dict.fromkeys(before(table)):
        measured(output, earlier, seed)
    recipe = Recipe.of(elsewhere(table, output, seed)).replace(**{"trainer.seed": seed, "trainer.device": "cpu"})
    share = SHARES.get(name, 1.0)
    if share < 1:
        recipe = recipe.replace(**{"trainer.steps": round(recipe.trainer.steps * share)})
    into = folder(output, name, seed)
    record: dict[str, Any] = {"recipe": digest(name), "steps": recipe.trainer.steps, "share": share}
    clock = Clock(into.with_name(f"{into.name}.seconds"))
    try:
        with clock:
            run = recipe.run(into, quiet=True, name=name.split("/")[0], declared=name)
    except (MatchZooError, RuntimeError, ValueError) as error:
        return record | {"failure": f"{type(error).__name__}: {error}"[:300], "cpu_seconds": clock.spent}
    record["cpu_seconds"] = clock.spent
    figures = figures_of(run.metrics["results"])
    record["figures"] = {f"{figure.number}.{figure.key}": figure.of(run.metrics["results"]) for figure in figures}
    record["main"] = [{"title": figure.title, "larger": figure.larger_is_better} for figure in figures[:1]]
    if not figures:
        loss, last = next(iter(run.metrics["last"].items()))
        record |= {"figures": {loss: last}, "main": [{"title": f"last loss, {loss}", "larger": False}]}
    record["warnings"] = run.metrics.get("warnings", [])
    for spent in ("checkpoints", "snapshots"):
        shutil.rmtree(into / spent, ignore_errors=True)
    return record


def busy() -> None:
    """Refuse to wait for a run of another process."""
    raise BusyError


def measured(output: Path, name: str, seed: int) -> None:
    """Run a recipe on a seed and store its record, unless it is there or another process is at it."""
    output.mkdir(parents=True, exist_ok=True)
    with locked(output / f"{folder(output, name, seed).name}.lock", busy):
        if is_missing(name, seed):
            record = run_of(output, name, seed)
            RESULTS.store(name, seed, record)
            print(f"{name}, seed {seed}: {record.get('failure', 'done')}, {record['cpu_seconds']:.0f} s", flush=True)


def measure(output: Path, only: str, hours: float) -> None:
    """Run what is missing, group by group and seed by seed, as long as there is time."""
    for names in chosen(only):
        for seed, name in itertools.product(SEEDS, names):
            if not is_missing(name, seed):
                continue
            spent = sum(record["cpu_seconds"] for record in RESULTS.stored().values())
            if spent > hours * 3600:
                print(f"{spent / 3600:.1f} CPU hours are spent")
                return
            try:
                measured(output, name, seed)
            except BusyError:
                continue


def rows() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Recipes that were run as they are now, with their records."""
    for name in recipes.names():
        records = [record for record in RESULTS.of(name, SEEDS) if record["recipe"] == digest(name)]
        if records:
            yield name, records


def failed(record: dict[str, Any]) -> bool:
    """Whether a run stopped with an error, or ended with a warning."""
    return "failure" in record or bool(record["warnings"])


def table() -> None:
    """A row a recipe; then the recipes that were run for a share of their steps, or never."""
    print("| recipe | result | mean over seeds | worst seed | CPU seconds | failed |\n|" + " --- |" * 6)
    shares: dict[str, str] = {}
    for name, records in rows():
        share, steps = records[0]["share"], records[0]["steps"]
        if share < 1:
            shares[name] = f"`{name}` ({share:.1%}, {steps:,} steps)"
        cost = statistics.median(record["cpu_seconds"] for record in records)
        cells = ["", "", ""]
        done = [record for record in records if record.get("main")]
        if done:
            title, larger = done[0]["main"][0]["title"], done[0]["main"][0]["larger"]
            values = [next(iter(record["figures"].values())) for record in done]
            form = form_of(max(map(abs, values)))
            worst = min(values) if larger else max(values)
            cells = [title, mean_and_error(values, form), f"{worst:{form}}"]
        mark = " *" if share < 1 else ""
        fails = f"{sum(map(failed, records))} of {len(records)}"
        row = f"| `{name}`{mark} | {' | '.join(cells)} | {max(cost, 1):.0f} | {fails} |"
        print(row.replace("-0.0000", "0.0000"))
    if shares:
        print(f"\n\\* for a share of the declared steps: {', '.join(shares.values())}.")
    known = json.loads((shipped.root() / recipes.FOLDER / RUNS).read_text(encoding="utf-8"))
    never = [f"`{name}`" for name in recipes.names() if name not in known and name not in shares]
    print(f"\nNever run to their end by us: {', '.join(never)}.")


def write_runs() -> None:
    """Write which recipes were run to their end and on how many seeds here, for ``matchzoo list``; 0 of those that were
    run for a share of their steps, or by other benchmarks alone."""
    here = [entry for entry in entries() if entry.kind == "recipe" and entry.here]
    known = [entry.name for entry in here if not TOO_LONG.search(entry.size) and "not run" not in entry.size]
    seeds = dict.fromkeys([*(name for name in known if name not in SHARES), *OTHERWISE], 0)
    for name, records in rows():
        if records[0]["share"] == 1:
            seeds[name] = sum("failure" not in record for record in records)
    files.write_json(shipped.root() / recipes.FOLDER / RUNS, dict(sorted(seeds.items())))


def form_of(size: float) -> str:
    """Digits for figures of a size."""
    return ".1f" if size >= 10 else ".3f" if size >= 0.1 else ".4f"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["measure", "table"], default="measure")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/recipes"))
    parser.add_argument("--only", default="*", help="a shell pattern of recipes")
    parser.add_argument("--hours", type=float, default=HOURS, help="of the CPU, those of earlier calls counted")
    given = parser.parse_args()
    torch.set_num_threads(1)
    if given.what == "measure":
        measure(given.output, given.only, given.hours)
    write_runs()
    table()


if __name__ == "__main__":
    main()
