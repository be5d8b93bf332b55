"""Tables of recipes of kinds that have no method yet: environments with a head, two views; and their training."""

from typing import Any

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
