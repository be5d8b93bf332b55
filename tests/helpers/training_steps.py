"""Some steps of training, recorded."""

import copy

import torch

from matchzoo.core.declaration.structuring import structure
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.loop import Training

STEPS = 5  # the pyramid grows before step 4


def train(table: dict, chunk: object, steps: int = STEPS) -> tuple[list[dict], dict[str, torch.Tensor]]:
    table = copy.deepcopy(table)
    table["trainer"] |= {"chunk": chunk, "precision": "float64"}
    recipe = structure(table, Recipe)
    engine = recipe.engine()
    training = Training(recipe.build(engine), recipe.trainer, engine)
    training.prepare(quiet=True)
    values = [{k: v.item() for k, v in training.step(number).items()} for number in range(1, steps + 1)]
    return values, training.state()
