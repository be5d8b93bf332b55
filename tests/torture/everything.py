"""All campaigns in full, and their table on docs/torture.md: ``make torture``, at most two CPU hours.

python tests/torture/everything.py [NAME ...]     some of `CAMPAIGNS`; all if none is named
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from helpers import started  # noqa: E402
from helpers.tables import TINY_CARD  # noqa: E402
from torture import data_fuzz, faults, hostile_numbers, kills, leaks, recipe_fuzz, sweep_kills  # noqa: E402

from matchzoo.core.storage import files  # noqa: E402

STORE, PAGE = HERE / "results.json", HERE.parent.parent / "docs/torture.md"
BEGIN, END = "<!-- made by make torture -->", "<!-- end -->"
KILLS, RECIPES, TIMES, SWEEPS = 50, 10_000, 3, 10
HOSTILE, RUNS = 3000, 200

Row = dict[str, Any]


def killed(folder: Path, card: str, names: Iterable[str] = kills.RECIPES, times: int = KILLS) -> list[Row]:
    rows = []
    for name in names:
        (own := folder / name.replace("/", "-")).mkdir()
        told = kills.campaign(name, times, 0, own, card)
        rows.append({"fault": f"SIGKILL at a random moment, {name}", "tried": told.times, "wrong": told.problems})
    return rows


def killed_whole(folder: Path, card: str) -> list[Row]:
    return killed(folder, card, kills.WHOLE, TIMES)


def killed_sweeps(folder: Path, card: str) -> list[Row]:
    told = sweep_kills.campaign(SWEEPS, 0, folder)
    return [{"fault": "SIGKILL of a sweep of two processes", "tried": told.times, "wrong": told.problems}]


def mutated(folder: Path, card: str) -> list[Row]:
    ended, examples = recipe_fuzz.campaign(recipe_fuzz.bases(Path(card)), RECIPES, 0, folder)
    wrong = [how for how in examples for _ in range(ended[how])]
    fault = f"a mutated recipe ({ended['refused']} refused, {ended['ran']} ran, {ended['large']} too large to try)"
    return [{"fault": fault, "tried": sum(ended.values()), "wrong": wrong}]


def machine(folder: Path, card: str) -> list[Row]:
    rows = []
    for name, fault in faults.FAULTS.items():
        wrong = []
        for time in range(TIMES):
            (place := folder / f"{name}-{time}".replace(" ", "-")).mkdir()
            wrong += fault(place)
        rows.append({"fault": name, "tried": TIMES, "wrong": wrong})
    return rows


def hostile(folder: Path, card: str) -> list[Row]:
    rows = []
    for number, kind in enumerate(data_fuzz.KINDS):
        (own := folder / str(number)).mkdir()
        count = RUNS if kind == "a damaged run, started again" else HOSTILE
        ended, examples = data_fuzz.campaign(kind, count, 0, own)
        wrong = [f"{ended[how]} times: {how} (number {number})" for how, number in examples.items()]
        rows.append({"fault": f"{kind} ({ended['refused']} refused)", "tried": count, "wrong": wrong})
    return rows


def singular(folder: Path, card: str) -> list[Row]:
    ended, examples = hostile_numbers.campaign()
    fault = f"hostile numbers ({ended['refused']} refused)"
    return [{"fault": fault, "tried": sum(ended.values()), "wrong": [f"{n}: {how}" for n, how in examples.items()]}]


def leaking(folder: Path, card: str) -> list[Row]:
    rows = []
    for name, measured in leaks.campaign(folder, card).items():
        first, last = leaks.resident(measured)
        fault = f"{name} ({first:.0f} MiB held, then {last:.0f})"
        rows.append({"fault": fault, "tried": 1, "wrong": leaks.growth(measured)[:1]})
    return rows


CAMPAIGNS = {
    "kills": killed,
    "sweeps": killed_sweeps,
    "whole": killed_whole,
    "recipes": mutated,
    "data": hostile,
    "numbers": singular,
    "faults": machine,
    "leaks": leaking,
}


def table(stored: dict[str, list[Row]]) -> str:
    lines = ["| fault | tried | survived | lost |", "| --- | --- | --- | --- |"]
    for row in (row for name in CAMPAIGNS for row in stored.get(name, [])):
        bad = len(row["wrong"])
        lines.append(f"| {row['fault']} | {row['tried']} | {row['tried'] - bad} | {bad or 'nothing'} |")
    return "\n".join(lines)


def main() -> None:
    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    started.AFRESH = True
    stored = json.loads(STORE.read_text(encoding="utf-8")) if STORE.is_file() else {}
    failed = False
    for name in sys.argv[1:] or CAMPAIGNS:
        with tempfile.TemporaryDirectory() as folder:
            card = Path(folder) / "tiny.toml"
            card.write_text(TINY_CARD.replace("test_vit", "test_efficientnet").replace("= 64", "= 256"))
            os.environ["MATCHZOO_CACHE"] = f"{folder}/cache"
            stored[name] = CAMPAIGNS[name](Path(folder), str(card))
        files.write_json(STORE, stored)
        for row in stored[name]:
            print(row["fault"], row["tried"], *row["wrong"], sep="\n    ", flush=True)
            failed = failed or bool(row["wrong"])
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    files.write_text(PAGE, f"{before}{BEGIN}\n\n{table(stored)}\n\n{END}{rest.split(END)[1]}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
