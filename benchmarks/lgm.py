"""Linear gradient matching: a textbook implementation and ours in each mode, side by side in one run, one thread.

    python benchmarks/lgm.py step [--backbone NAME ...]    time and memory of a step (20 CPU minutes for all four)
    python benchmarks/lgm.py overhead                      what the trainer adds to a bare loop (2 CPU minutes)
    python benchmarks/lgm.py accuracy --data quickstart|photos --backbone NAME
                                                           time to accuracy   (hours; it prints its estimate)
    python benchmarks/lgm.py accuracy --smoke              a few steps of it, to see that it works (4 minutes)
    python benchmarks/lgm.py memory                        1000 classes against 20, in the same chunks (10 minutes)
    python benchmarks/lgm.py table                         tables in Markdown of what is there, and the picture

`--device cuda` measures a GPU: ViT-B/14 and ViT-B/16 in bfloat16, and how near a step comes to the rate of a large
matrix product. A stopped benchmark goes on where it was; results are in ``benchmarks/results/lgm-*``. The textbook is
in textbook.py; what takes part in lgm_contenders.py.
"""

import argparse
import os
from pathlib import Path

import attrs
import lgm_accuracy
import lgm_memory
import lgm_step
import lgm_table
import torch
from lgm_contenders import OUTPUT

from matchzoo.core.storage.cache import VARIABLE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["step", "overhead", "accuracy", "memory", "table"])
    parser.add_argument("--backbone", nargs="+", default=[], help="step: which ones; accuracy: the one (default lite0)")
    parser.add_argument("--data", choices=list(lgm_accuracy.DATA), default="quickstart", help="of accuracy")
    parser.add_argument("--modes", nargs="+", help="of accuracy: some of the modes; the textbook is always there")
    parser.add_argument("--steps", type=int, default=1000, help="of accuracy: of our modes")
    parser.add_argument("--rates", type=float, nargs="+", help="of accuracy: learning rates of the textbook")
    parser.add_argument("--grow", type=int, help="of accuracy: steps between levels, if not as the recipe says")
    parser.add_argument("--smoke", action="store_true", help="accuracy: a few steps, results not kept")
    parser.add_argument("--pairs", type=int, default=lgm_step.PAIRS, help="of step: rounds of blocks")
    parser.add_argument("--again", action="store_true", help="step: measure what is there already")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder of cards, data and unfinished runs")
    given = parser.parse_args()
    torch.set_num_threads(1)
    os.environ.setdefault(VARIABLE, str(given.output / "cache"))
    if given.what == "step":
        lgm_step.run(given.backbone, given.device, given.output, given.pairs, given.again)
    elif given.what == "overhead":
        lgm_step.overhead(given.backbone, given.device, given.output, lgm_step.ADDED_PAIRS)
    elif given.what == "memory":
        lgm_memory.run(given.device, given.output)
    elif given.what == "accuracy":
        plan = lgm_accuracy.plan(given.data, (given.backbone or ["lite0"])[0], given.modes, given.steps, given.smoke)
        plan = attrs.evolve(plan, rates=tuple(given.rates or plan.rates), grow=given.grow)
        lgm_accuracy.run(plan, given.device, given.output)
    else:
        lgm_table.show()


if __name__ == "__main__":
    main()
