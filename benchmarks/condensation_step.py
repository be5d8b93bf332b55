"""A step of dataset condensation (DC): ours against a direct implementation of the paper, interleaved in one process.

    python benchmarks/condensation_step.py          measure what is missing (3 CPU minutes), then print the table
    python benchmarks/condensation_step.py table

On Fashion-MNIST with the paper's choices (recipe dc/fashion-mnist-paper), one thread, processor time. The direct
implementation is benchmarks/textbook_dc.py; what was measured is in ``benchmarks/results/condensation-step.json``.
"""

import gc
import statistics
import time
from pathlib import Path
from typing import Any

import torch
from lgm_step import compared
from live import Live
from seeds import Results, command
from textbook_dc import TextbookDC

from matchzoo import recipes
from matchzoo.core.showing.text import markdown
from matchzoo.training.loop import Training

SETTINGS = {"width 128, 32 real": (128, 32), "width 32, 256 real": (32, 256)}
"""Width of the network, and real images of every class."""
ROUNDS = 9
STORE = Results("condensation-step")


def contenders(width: int, real: int) -> tuple[Training, TextbookDC]:
    """Our trainer and the direct implementation, ready to step on the same data."""
    fields = {"projectors.network.network.width": width, "trainer.real_batch": 10 * real, "trainer.device": "cpu"}
    recipe = recipes.load("dc/fashion-mnist-paper").replace(**fields)
    engine = recipe.engine()
    training = Training(recipe.build(engine), recipe.trainer, engine)
    training.prepare(quiet=True)

    split = training.parts.data.training_set
    mean, std = (moment.float() for moment in split.moments)
    images = (split.all().values - mean) / std
    assert split.labels is not None
    return training, TextbookDC(images, split.labels, width, real)


def measured(width: int, real: int, rounds: int = ROUNDS) -> dict[str, Any]:
    """Seconds a step of both in every round, and bytes that a step makes and holds at once."""
    training, textbook = contenders(width, real)
    steps = {"textbook": textbook.step, "ours": training.step}
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for number in range(1, rounds + 2):
        for name in steps if number % 2 else reversed(steps):
            began = time.process_time()
            steps[name](number)
            if number > 1:  # the first warms up
                seconds[name].append(time.process_time() - began)

    peaks = {}
    for name, step in steps.items():
        gc.collect()
        with Live() as live:
            step(rounds + 2)
        peaks[name] = live.whole
    return {"seconds": seconds, "peak": peaks}


def measure(folder: Path) -> None:
    """What is not stored yet; nothing is written to the folder."""
    torch.set_num_threads(1)
    for seed, row in STORE.missing((0,), list(SETTINGS)):
        STORE.store(row, seed, measured(*SETTINGS[row]))


def table() -> None:
    """Medians, the ratio with quartiles, and memory."""
    lines = [("setting", "textbook, s", "ours, s", "ours / textbook", "peak MiB, textbook", "ours")]
    for row in SETTINGS:
        for record in STORE.of(row, (0,)):
            textbook, ours = record["seconds"]["textbook"], record["seconds"]["ours"]
            middles = [f"{statistics.median(values):.2f}" for values in (textbook, ours)]
            peaks = [f"{record['peak'][name] / 2**20:.0f}" for name in ("textbook", "ours")]
            lines.append((row, *middles, compared(textbook, ours), *peaks))
    print(markdown(lines))


if __name__ == "__main__":
    command(__doc__, "condensation-step", measure, table)
