"""Where files that can be made again are kept."""

import os
import sys
from pathlib import Path

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
