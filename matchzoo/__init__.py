"""Match one set of samples to another: dataset distillation, generative ratio matching, kernel and gradient
discrepancies, on one trainer.

    from matchzoo import recipes
    run = recipes.load("lgm/quickstart").run("runs/quickstart")
    run.metrics, run.distilled
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matchzoo import hub as hub
    from matchzoo import recipes as recipes
    from matchzoo import zoo as zoo
    from matchzoo.errors import MatchZooError as MatchZooError

__version__ = "0.1.0"
_DOORS = {"hub": "matchzoo.hub", "recipes": "matchzoo.recipes", "zoo": "matchzoo.zoo"}


def __getattr__(name: str) -> Any:
    if name in _DOORS:
        return importlib.import_module(_DOORS[name])
    if name == "MatchZooError":
        from matchzoo.errors import MatchZooError

        return MatchZooError
    raise AttributeError(f"module 'matchzoo' has no attribute '{name}'")
