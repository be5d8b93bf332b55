"""Match one set of samples to another: dataset distillation, generative ratio matching, kernel and gradient
discrepancies, on one trainer.

    from matchzoo import recipes
    run = recipes.load("lgm/quickstart").run("runs/quickstart")
    run.metrics, run.distilled

Every part works on plain tensors as well:

    from matchzoo.matchers import MMD
    MMD(bandwidths=[1.0])(x, y)
"""

from typing import TYPE_CHECKING

from matchzoo.core.lazy import lazily
from matchzoo.core.version import __version__

if TYPE_CHECKING:
    from matchzoo import data as data
    from matchzoo import evaluation as evaluation
    from matchzoo import generators as generators
    from matchzoo import hub as hub
    from matchzoo import matchers as matchers
    from matchzoo import models as models
    from matchzoo import projectors as projectors
    from matchzoo import ratios as ratios
    from matchzoo import recipes as recipes
    from matchzoo import training as training
    from matchzoo import zoo as zoo
    from matchzoo.core.errors import MatchZooError as MatchZooError

__all__ = [
    "MatchZooError",
    "__version__",
    "data",
    "evaluation",
    "generators",
    "hub",
    "matchers",
    "models",
    "projectors",
    "ratios",
    "recipes",
    "training",
    "zoo",
]

_MODULES = {name: f"matchzoo.{name}" for name in __all__ if name.islower() and not name.startswith("_")}
__getattr__, __dir__ = lazily(__name__, {"MatchZooError": "matchzoo.core.errors"} | _MODULES, globals())
