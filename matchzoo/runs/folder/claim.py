"""Whether a folder can be that of a recipe's run, and what an earlier session of it found."""

from pathlib import Path
from typing import Any

from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage import files
from matchzoo.runs.runnable import Runnable
from matchzoo.training.engine import Engine

ELSEWHERE = ("trainer.device", "trainer.chunk")
"""Fields that may differ between the sessions of a run."""


def with_steps(recipe: Runnable, steps: int) -> Runnable:
    """The recipe with another number of steps, and with what may differ between sessions as if it were not said."""
    return recipe.replace(**{"trainer.steps": steps, "trainer.device": "auto", "trainer.chunk": "auto"})


def has_begun(folder: Path) -> bool:
    """Whether an earlier session left something to go on from."""
    return any((folder / "checkpoints").glob("step-*"))


def with_stored_chunk(recipe: Runnable, folder: Path, engine: Engine) -> Runnable:
    """The recipe with the chunk size that an earlier session of the run found for ``auto``, the same everywhere."""
    if recipe.trainer.chunk != "auto":
        return recipe
    stored = recipe.read(folder / "recipe.toml").trainer.chunk if has_begun(folder) else "auto"
    chunk = engine.all_reduce_max(0 if stored == "auto" else stored)
    return recipe.replace(**{"trainer.chunk": chunk}) if chunk else recipe


def claim(recipe: Runnable, folder: Path) -> bool:
    """Check that the folder can be this recipe's; True if the run in it is finished. Writes nothing."""
    declared = folder / "recipe.toml"
    if folder.exists() and not folder.is_dir():
        raise MatchZooError(f"{folder}: is a file; give another folder with --output")
    if declared.is_file():
        finished = (folder / "metrics.json").is_file()
        if finished or has_begun(folder):  # else there is nothing to lose
            _refuse_another(recipe, folder)
        return finished
    if folder.is_dir() and any(
        p.name not in (".DS_Store", files.LOCK, files.HOLDER) and ".tmp-" not in p.name for p in folder.iterdir()
    ):
        raise MatchZooError(f"{folder}: is not empty and holds no run; give another folder with --output")
    return False


def _refuse_another(recipe: Runnable, folder: Path) -> None:
    theirs, ours = flat(recipe.read(folder / "recipe.toml").table()), flat(recipe.table())
    differ = sorted(k for k in theirs.keys() | ours.keys() if theirs.get(k) != ours.get(k) and k not in ELSEWHERE)
    if differ:
        shown = "; ".join(f"{k} is {theirs.get(k)!r} there, {ours.get(k)!r} here" for k in differ[:5])
        raise MatchZooError(f"{folder}: holds a run of another recipe ({shown}); give another folder with --output")


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """A table by dotted path."""
    if isinstance(value, dict) and value:
        inner = [flat(v, f"{path}.{k}" if path else k) for k, v in value.items()]
    elif isinstance(value, list) and value:
        inner = [flat(v, f"{path}[{i}]") for i, v in enumerate(value)]
    else:
        return {path: value}
    return {k: v for table in inner for k, v in table.items()}
