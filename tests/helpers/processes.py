"""What several processes of a test do, forked or started by torchrun: ``processes.py train TABLES.json FOLDER STEPS``,
``run``, ``slowly``, which leaves time for a signal, or ``apart``, where each process has a folder of its own."""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_file

from matchzoo.core.declaration.structuring import structure
from matchzoo.recipes.recipe import Recipe
from matchzoo.runs import session
from matchzoo.training.loop import Training


def train(table: dict, out: Path, steps: int) -> None:
    """Some steps; the first process leaves the values of every step and the state."""
    recipe = structure(table, Recipe)
    engine = recipe.engine()
    training = Training(recipe.build(engine), recipe.trainer, engine)
    training.prepare(quiet=True)
    values = [{k: v.item() for k, v in training.step(number).items()} for number in range(1, steps + 1)]
    assert engine.all_reduce_max(engine.rank) == engine.world_size - 1
    assert engine.all_reduce_min(engine.rank) == 0
    last = engine.rank == engine.world_size - 1
    assert engine.any_of([last, False, not last, True]) == [True, False, engine.world_size > 1, True]
    if engine.is_main_process:
        out.with_suffix(".json").write_text(json.dumps({"values": values, "world": engine.world_size}))
        save_file({k: v.contiguous() for k, v in training.state().items()}, out.with_suffix(".safetensors"))
    engine.barrier()


def slowed(step: Callable[..., dict]) -> Callable[..., dict]:
    def slow(self: Training, number: int) -> dict:
        time.sleep(0.2)
        return step(self, number)

    return slow


def main(what: str, tables: str, out: str, steps: str) -> None:
    torch.set_num_threads(1)
    if what == "slowly":
        Training.step = slowed(Training.step)  # type: ignore[method-assign]
    for name, table in json.loads(Path(tables).read_text()).items():
        if what == "train":
            train(table, Path(out) / name, int(steps))
        elif what == "apart":
            session.SIGHT = 1.0
            structure(table, Recipe).run(Path(out) / os.environ["RANK"] / name, quiet=True, name="several")
        else:
            structure(table, Recipe).run(Path(out) / name, quiet=True, name="several")


if __name__ == "__main__":
    main(*sys.argv[1:])
