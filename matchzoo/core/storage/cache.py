"""Where files that can be made again are kept."""

import os
import sys
from pathlib import Path

from matchzoo.core.errors import MatchZooError

VARIABLE = "MATCHZOO_CACHE"


def cache_folder() -> Path:
    """``MATCHZOO_CACHE``, or ``matchzoo`` in the user's cache folder of this platform. It may not exist yet."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    home = Path("~").expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "matchzoo"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "matchzoo"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "matchzoo"


def usage() -> dict[str, tuple[int, int]]:
    """Arrays and their bytes, of each kind that the cache holds: images, features."""
    caches = {}
    for folder in sorted(cache_folder().glob("*")) if cache_folder().is_dir() else []:
        sizes = [path.stat().st_size for path in folder.glob("*.npy")]
        if sizes:
            caches[folder.name] = (len(sizes), sum(sizes))
    return caches


def clear(kind: str) -> tuple[int, int]:
    """Delete the finished arrays of a kind (``all``: of every kind), but not what is being built.

    Returns:
        How many arrays, and how many bytes.

    Raises:
        MatchZooError: the cache holds nothing of that kind, or it cannot be deleted.
    """
    held = usage()
    if kind != "all" and kind not in held:
        raise MatchZooError(f"{cache_folder()} holds no '{kind}'; it holds {', '.join(held) or 'nothing'}")
    chosen = held if kind == "all" else {kind: held[kind]}
    try:
        for name in chosen:
            for path in (cache_folder() / name).glob("*.npy"):
                path.unlink()
    except OSError as error:
        raise MatchZooError(f"{error.filename}: cannot be deleted ({error.strerror})") from None
    return sum(count for count, _ in chosen.values()), sum(size for _, size in chosen.values())
