"""Tables of recipes of kinds that have no method yet: environments with a head, two views; and their training."""

from typing import Any

import torch

from matchzoo.core.declaration.structuring import structure
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.loop import Training

DIGITS = {"kind": "digits", "size": 8, "channels": 1}
THREE = {
    "kind": "combined",
    "environments": {
        "black": DIGITS,
        "faint": {**DIGITS, "background": 0.4},
        "strong": {**DIGITS, "background": 1.0},
    },
}
ENCODER = {"kind": "learned", "features": 6, "network": {"kind": "mlp", "widths": [8], "activation": "tanh"}}
HEAD = {"kind": "learned", "on": "encoder", "features": 10, "network": {"kind": "mlp", "widths": []}}
SGD = {"kind": "sgd", "lr": 0.1}
TRAINER = {"steps": 4, "precision": "float64", "device": "cpu", "seed": 3}


def training(table: dict, **changes: Any) -> Training:
    recipe = structure(table, Recipe).replace(**changes)
    engine = recipe.engine()
    made = Training(recipe.build(engine), recipe.trainer, engine)
    made.prepare(quiet=True)
    return made


def assert_resumed(table: dict[str, Any]) -> Training:
    """A training whose first step is loaded by another one goes on as that does, to the bit; returns it."""
    made, again = training(table), training(table)
    made.step(1)
    again.load(1, {key: tensor.clone() for key, tensor in made.state().items()})
    for number in (2, 3):
        values, same = made.step(number), again.step(number)
        assert all(torch.equal(value, same[key]) for key, value in values.items())
    assert all(torch.equal(tensor, again.state()[key]) for key, tensor in made.state().items())
    return made


V_REX = {
    "data": THREE,
    "projectors": {"encoder": ENCODER, "head": HEAD},
    "players": {
        "learner": {
            "moves": ["encoder", "head"],
            "optimizer": SGD,
            "minimize": [
                {"kind": "classification", "space": "head", "sets": "environments"},
                {
                    "kind": "statistic",
                    "space": "head",
                    "sets": "environments",
                    "statistic": "risk",
                    "distance": "squared",
                    "reduction": "to-mean",
                    "weight": {"kind": "step", "before": 1.0, "after": 10.0, "step": 3, "reset": True},
                },
            ],
        }
    },
    "trainer": {**TRAINER, "real_batch": 12},
    "evaluation": [{"kind": "accuracy"}],
}


def barlow(weight: float = 0.05) -> dict:
    term = {
        "kind": "statistic",
        "space": "embedding",
        "sets": ["real", "real'"],
        "statistic": "cross-correlation",
        "distance": {"kind": "squared", "off_diagonal": weight},
        "reduction": {"kind": "to-constant", "constant": "identity"},
    }
    return {
        "data": DIGITS,
        "views": {"flip": 0.5, "crop": {"scale": [0.5, 1.0]}},
        "projectors": {"encoder": ENCODER, "embedding": {**HEAD, "features": 5}},
        "players": {
            "learner": {
                "moves": ["encoder", "embedding"],
                "optimizer": SGD,
                "minimize": [term],
            }
        },
        "trainer": {**TRAINER, "real_batch": 20},
    }
