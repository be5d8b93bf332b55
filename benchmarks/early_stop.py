"""Whether a run of linear gradient matching can be stopped by its loss: photographs, CLP-DD and LGM, three seeds.

    python benchmarks/early_stop.py            what is missing (budget: 25 CPU minutes on one thread, after make data)
    python benchmarks/early_stop.py table      the tables in Markdown

A rule compares the mean loss of the last ``window`` steps with that of the ``window`` before, and stops where it fell
by less than a share, once the pyramid is whole. Data, backbone and probes are those of ``lgm_sooner.py``, whose two
best modes are run on for 500 steps: their losses are stored step by step, their accuracies on the test half every 50,
so that all rules are judged on the same runs. A rule is worth something if what it loses is less than what another
number of steps, the same for all runs, loses at the same cost. Results are in ``results/early-stop.json``.
"""

import os
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lgm_sooner
import torch
from lgm_contenders import MODES, build
from lgm_sooner import CHOICES, CLP, FULL, Lever
from lgm_table import markdown
from seeds import Results, command, mean_and_error

from matchzoo.core.storage.cache import VARIABLE

RESULTS = Results("early-stop")
SEEDS = range(3)
STEPS, EVERY = 500, 50
LEVERS: dict[str, Lever] = {"CLP": CHOICES[f"{CLP.partition(',')[0]}, from 8 pixels"], "LGM": CHOICES[FULL]}
RULES = [(window, share) for window in (25, 50, 100) for share in (0.05, 0.01, 0.0)]
"""Steps of a window, and the share that the mean loss has to fall by."""


def stopped(losses: Sequence[float], window: int, share: float, first: int) -> int:
    """The step at which a rule stops a run with these losses; the last one if it does not.

    Args:
        losses: of the steps 1, 2, …
        window: steps whose mean loss is compared with that of as many before them.
        share: of the earlier mean that the loss has to fall by.
        first: step from which on windows are compared.
    """
    for step in range(first + 2 * window, len(losses) + 1):
        before, last = losses[step - 2 * window : step - window], losses[step - window : step]
        if statistics.mean(last) >= (1 - share) * statistics.mean(before):
            return step
    return len(losses)


def at(steps: Sequence[int], top1: Sequence[float], step: int) -> float:
    """Accuracy at a step, on the line between the probes around it."""
    if step <= steps[0]:
        return top1[0]
    after = next(i for i, probed in enumerate(steps) if probed >= step)
    share = (step - steps[after - 1]) / (steps[after] - steps[after - 1])
    return top1[after - 1] + share * (top1[after] - top1[after - 1])


def lost(run: dict[str, Any], step: int) -> float:
    """Accuracy at a step of a run less that at its last."""
    return at(run["steps"], run["top1"], step) - run["top1"][-1]


def run(lever: Lever, seed: int, place: lgm_sooner.Session) -> dict[str, Any]:
    """Losses of all steps, accuracies at the probes, and the step at which the pyramid is whole."""
    learner, parts = build(lever.recipe(place.table, seed), MODES[lever.mode])
    learner.prepare()
    whole = lever.every * (len(parts.generator.sizes) - 1) + 1
    told: dict[str, Any] = {"whole": whole, "losses": [], "steps": [], "top1": []}
    for number in range(1, STEPS + 1):
        [value] = learner.step(number).values()
        told["losses"].append(round(float(value), 6))
        if number % EVERY == 0:
            told["steps"].append(number)
            told["top1"].append(place.probe(*learner.images()))
    return told


def measure(output: Path) -> None:
    """Run what is missing."""
    torch.set_num_threads(1)
    os.environ.setdefault(VARIABLE, str(output / "cache"))
    place = lgm_sooner.session()
    for seed, title in RESULTS.missing(SEEDS, list(LEVERS)):
        told = run(LEVERS[title], seed, place)
        RESULTS.store(title, seed, told)
        print(f"{title}, seed {seed}: {' '.join(f'{top1:.0f}' for top1 in told['top1'])}", flush=True)


def rules() -> None:
    """Where every rule stops, what that costs against the last step, and what the same mean number of steps does."""
    for title in LEVERS:
        runs = RESULTS.of(title, SEEDS)
        if not runs:
            continue
        rows = []
        for window, share in RULES:
            ends = [stopped(run["losses"], window, share, run["whole"]) for run in runs]
            fixed = round(statistics.mean(ends))
            by_rule = [lost(run, end) for run, end in zip(runs, ends, strict=True)]
            by_count = [lost(run, fixed) for run in runs]
            shown = ", ".join(map(str, ends))
            rows.append((str(window), f"{share:.0%}", shown, *(mean_and_error(gains) for gains in (by_rule, by_count))))
        curve = " ".join(mean_and_error([run["top1"][i] for run in runs]) for i in range(len(runs[0]["steps"])))
        print(f"\n{title}, pyramid whole at step {runs[0]['whole']}; top-1 every {EVERY} steps: {curve}\n")
        head = ("window", "has to fall by", "stops at", "points against step 500", "the mean step for all")
        print(markdown(head, rows))


if __name__ == "__main__":
    command(__doc__, "early-stop", measure, rules)
