"""Sweeps: one recipe with other values of some fields, run side by side, and the best of them by validation."""

from typing import TYPE_CHECKING

from matchzoo.core.lazy import lazily

if TYPE_CHECKING:
    from matchzoo.recipes.sweeps.axes import Point, grid, points
    from matchzoo.recipes.sweeps.result import SweepResult
    from matchzoo.recipes.sweeps.running import run_points, sweep, with_validation
    from matchzoo.recipes.sweeps.searching import Range, search
    from matchzoo.recipes.sweeps.settings import Ended, Setting
    from matchzoo.recipes.sweeps.slurm import in_slurm

__all__ = [
    "Ended",
    "Point",
    "Range",
    "Setting",
    "SweepResult",
    "grid",
    "in_slurm",
    "points",
    "run_points",
    "search",
    "sweep",
    "with_validation",
]

_MODULES = {
    **dict.fromkeys(("Point", "grid", "points"), "matchzoo.recipes.sweeps.axes"),
    **dict.fromkeys(("Ended", "Setting"), "matchzoo.recipes.sweeps.settings"),
    **dict.fromkeys(("run_points", "sweep", "with_validation"), "matchzoo.recipes.sweeps.running"),
    **dict.fromkeys(("Range", "search"), "matchzoo.recipes.sweeps.searching"),
    "in_slurm": "matchzoo.recipes.sweeps.slurm",
    "SweepResult": "matchzoo.recipes.sweeps.result",
}
__getattr__, __dir__ = lazily(__name__, _MODULES, globals())
