"""What brings linear gradient matching to its accuracy sooner: growth of the pyramid, heads, views; on photographs.

    python benchmarks/lgm_sooner.py            what is missing (budget: 30 CPU minutes on one thread, after make data)
    python benchmarks/lgm_sooner.py table      the tables in Markdown

Data, backbone, target and judgment are those of ``lgm.py accuracy --data photos --backbone mobilenetv2``: a converged
probe every 25 steps, the target reached at the second of two probes with a mean of three seeds not below it. Constants
are compared on seed 10, heads on seeds 10 to 12, by accuracy on the *training* half; seeds 0 to 2 are judged on the
test half. Time is a step's, measured in turns with the direct implementation's, times the steps. Results are in
``results/lgm-sooner.json``; a stopped benchmark goes on with the first run that is missing.
"""

import os
import statistics
from pathlib import Path
from typing import Any

import attrs
import lgm_accuracy
import torch
from lgm_accuracy import Session, reached
from lgm_contenders import MODES, Learner, build, with_mode
from lgm_step import interleaved, read, seconds
from lgm_table import markdown
from seeds import Results, command, mean_and_error

from matchzoo.core.storage.cache import VARIABLE
from matchzoo.recipes.recipe import Recipe

RESULTS = Results("lgm-sooner")
CHOOSING, REPORTED = range(10, 13), range(3)
EVERY, PROBES, PAIRS = 25, 5, 5
STEP, WHOLE = "step", 201
"""The row of the seconds of a step, and a step at which pyramids are whole."""
CPU = torch.device("cpu")
PLACE = {"data": "photos", "backbone": "mobilenetv2", "device": "AMD EPYC, 1 thread"}
"""Of the target and of the runs at the recipe's constants, in the results of ``lgm.py accuracy``."""


@attrs.frozen
class Lever:
    """A mode of `lgm_contenders` and what is changed of the recipe.

    Attributes:
        mode: whose term and views are taken.
        steps: of a run.
        every: steps between levels of the pyramid.
        start: pixels a side of its first level.
        lr: learning rate.
        heads: drawn each step.
        views: of every image, if not the mode's, as (views, first step) in order.
    """

    mode: str
    steps: int = 125
    every: int = 50
    start: int = 1
    lr: float = 2e-2
    heads: int = 1
    views: tuple[tuple[int, int], ...] = ()

    def recipe(self, table: dict[str, Any], seed: int, views: int | None = None) -> Recipe:
        """The recipe of a seed, with so many views."""
        recipe = with_mode(table, MODES[self.mode], self.lr, seed)
        changed = recipe.table()
        changed["generator"] |= {"grow_every": self.every, "start": self.start}
        if self.heads > 1:
            changed["players"]["generator"]["minimize"][0]["statistic"]["heads"] = self.heads
        if views is not None:
            changed["views"]["copies"] = views
        return Recipe.of(changed)


CLP, LGM = "CLP, one view", "cache, k = 10"
CHOICES: dict[str, Lever] = {
    "CLP, level every 25": Lever(CLP, every=25),
    "CLP, level every 10": Lever(CLP, every=10),
    "CLP, level every 10, lr 5e-2": Lever(CLP, every=10, lr=5e-2),
    "CLP, from 8 pixels": Lever(CLP, every=25, start=8),
    "LGM, from 8 pixels": Lever(LGM, every=25, start=8),
    "LGM, from 8 pixels, one view": Lever(LGM, every=25, start=8, views=((1, 1),)),
    "LGM, from 8 pixels, one view, ten heads": Lever(LGM, every=25, start=8, views=((1, 1),), heads=10),
    "LGM, from 8 pixels, one view, three from step 76": Lever(LGM, every=25, start=8, views=((1, 1), (3, 76))),
}
"""From 8 pixels there is a level every 25 steps; probes of 125 steps are compared."""
FULL, HEAD, HEADS = (f"LGM, from 8 pixels{rest}" for rest in ("", ", one view", ", one view, ten heads"))
DIRECT = "textbook, from 8 pixels"
JUDGED: dict[str, Lever] = {
    "CLP, from 8 pixels": attrs.evolve(CHOICES["CLP, from 8 pixels"], steps=175),
    FULL: attrs.evolve(CHOICES[FULL], steps=175),
    DIRECT: Lever("textbook", 125, every=25, start=8),
}
"""On the test half; the direct implementation has the same pyramid and learning rate."""


def session() -> Session:
    """Where probes are taken."""
    return Session(lgm_accuracy.plan("photos", "mobilenetv2", None, 200, smoke=False), "cpu", Path("runs"))


def run(lever: Lever, seed: int, place: Session) -> dict[str, Any]:
    """Steps, seconds and top-1 of a run, and the seconds before its first step."""
    stages = lever.views or ((None, 1),)
    learners: list[tuple[Learner, int]] = []
    began = seconds(CPU)
    for views, first in stages:
        learner, _ = build(lever.recipe(place.table, seed, views), MODES[lever.mode])
        began = seconds(CPU)
        learner.prepare()
        learners.append((learner, first))
    told: dict[str, Any] = {"build": seconds(CPU) - began, "steps": [], "seconds": [], "top1": []}
    spent, (learner, _) = 0.0, learners.pop(0)
    for number in range(1, lever.steps + 1):
        if learners and number == learners[0][1]:
            state, (learner, _) = learner.state(), learners.pop(0)
            learner.load(number - 1, state)
        began = seconds(CPU)
        learner.step(number)
        spent += seconds(CPU) - began
        if number % EVERY == 0:
            told["steps"].append(number)
            told["seconds"].append(spent)
            told["top1"].append(place.probe(*learner.images()))
    return told


def prepared(lever: Lever, table: dict[str, Any]) -> Learner:
    """A learner that is ready to step."""
    views = lever.views[0][0] if lever.views else None
    learner, _ = build(lever.recipe(table, 0, views), MODES[lever.mode])
    learner.prepare()
    return learner


def measure(output: Path) -> None:
    """Run what is missing."""
    torch.set_num_threads(1)
    os.environ.setdefault(VARIABLE, str(output / "cache"))
    place = session()
    if not RESULTS.of(STEP, [0]):
        timed = {HEAD: CHOICES[HEAD], HEADS: CHOICES[HEADS], **JUDGED}
        learners = {title: prepared(lever, place.table) for title, lever in timed.items()}
        RESULTS.store(STEP, 0, interleaved(learners, PAIRS, 2, WHOLE, CPU))
    choosing = [(title, seed) for title in CHOICES for seed in (CHOOSING if title in (HEADS, HEAD) else CHOOSING[:1])]
    for title, seed in [*((title, seed) for title in JUDGED for seed in REPORTED), *choosing]:
        if seed in CHOOSING:  # nothing is chosen on the test half
            place.bench.test, place.bench.enough = place.bench.train, (5, 2000)
        if not RESULTS.of(title, [seed]):
            told = run((CHOICES if seed in CHOOSING else JUDGED)[title], seed, place)
            RESULTS.store(title, seed, told)
            shown = " ".join(f"{top1:.0f}" for top1 in told["top1"])
            print(f"{title}, seed {seed}: {shown}; {told['seconds'][-1]:.0f} s", flush=True)


def choices() -> None:
    """Top-1 on the training half of what was chosen among, of the first seed; ten heads against one of all."""
    rows = []
    for title in CHOICES:
        for curve in RESULTS.of(title, CHOOSING[:1]):
            probes = curve["top1"][:PROBES]
            shown = [f"{value:.0f}" for value in (*probes, statistics.mean(probes), curve["seconds"][PROBES - 1])]
            rows.append((title, *shown))
    steps = [str(EVERY * (i + 1)) for i in range(PROBES)]
    print(markdown(("training half, % after steps", *steps, "mean", "seconds"), rows))
    one, ten = (RESULTS.of(title, CHOOSING) for title in (HEAD, HEADS))
    gains = [[b - a for a, b in zip(x["top1"], y["top1"], strict=True)] for x, y in zip(one, ten, strict=False)]
    words = mean_and_error([statistics.mean(gain) for gain in gains])
    last = mean_and_error([gain[-1] for gain in gains])
    print(f"\nten heads over one: {words} points, mean of all probes; {last} at the last; {len(gains)} seeds")


def judged() -> None:
    """When the target is reached on the test half, against the direct implementation."""
    lines = [line for line in read(lgm_accuracy.STORE) if all(line.get(key) == PLACE[key] for key in PLACE)]
    target = next(line for line in lines if line["mode"] == "target")
    [took] = RESULTS.of(STEP, [0])
    step = {name: statistics.median(values) for name, values in took.items()}
    curves: dict[str, tuple[str, list[dict[str, Any]]]] = {
        f"{title.partition(',')[0]}, as declared": (title, [c for c in lines if c["mode"] == mode and c["lr"] == lr])
        for title, mode, lr in (
            (DIRECT, "textbook", target["best"]),
            ("CLP, from 8 pixels", CLP, None),
            ("LGM, from 8 pixels", LGM, None),
        )
    }
    curves |= {title: (title, RESULTS.of(title, REPORTED)) for title in JUDGED}
    rows, slow = [], 0.0
    for title, (timed, runs) in curves.items():
        found = reached(runs, target["target"]) if runs else None
        last = min((run["steps"][-1] for run in runs), default=0)
        at = mean_and_error([run["top1"][PROBES - 1] for run in runs]) if runs else ""
        if found is None:
            rows.append((title, f"not in {last}", "", "", at, str(len(runs))))
            continue
        spent = found[0] * step[timed]
        slow = slow or spent
        rows.append((title, str(found[0]), f"{spent:.0f}", f"{slow / spent:.1f}", at, str(len(runs))))
    print(f"\ntarget {target['target']:.1f} %; seconds a step: {', '.join(f'{k} {v:.3f}' for k, v in step.items())}\n")
    head = ("test half", "at step", "seconds", "textbook as declared / it", f"% after {EVERY * PROBES} steps", "seeds")
    print(markdown(head, rows))


if __name__ == "__main__":
    command(__doc__, "lgm-sooner", measure, choices, judged)
