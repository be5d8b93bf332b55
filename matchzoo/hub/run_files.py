"""What the folder of a finished run has, looked at without loading anything."""

from pathlib import Path

from matchzoo.core.errors import MatchZooError


def check_finished(folder: Path) -> None:
    """Raise a `MatchZooError` unless a folder is that of a finished run."""
    if not folder.is_dir():
        raise MatchZooError(f"{folder}: there is no such folder")
    if not (folder / "recipe.toml").is_file():
        raise MatchZooError(f"{folder}: no run is here (there is no recipe.toml)")
    if not (folder / "metrics.json").is_file():
        raise MatchZooError(f"{folder}: the run is not finished; start it again to resume")
