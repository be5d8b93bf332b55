"""Where and with what a run was: an entry of ``environment.json`` for every session of it."""

import platform
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from matchzoo.core.storage import files
from matchzoo.core.storage.files import read_table
from matchzoo.core.version import __version__
from matchzoo.training.composition import Composition
from matchzoo.training.engine import Engine

PACKAGES = ("torch", "torchvision", "timm", "numpy", "safetensors", "attrs", "cattrs", "accelerate")


def record_session(
    folder: Path,
    parts: Composition,
    engine: Engine,
    *,
    method: str,
    declared: str,
    from_step: int,
    changed: Sequence[str] = (),
) -> None:
    """Add the entry of a session that begins.

    Args:
        folder: of the run.
        parts: of its recipe, built.
        engine: device, precision and processes.
        method: what results call it.
        declared: the recipe's own name; not said if empty.
        from_step: steps that earlier sessions did.
        changed: what its data and weights differ in from those of earlier sessions, which was accepted.
    """
    path = folder / "environment.json"
    sessions = read_table(path, {"sessions": list}, "fix or remove it")["sessions"] if path.is_file() else []
    sessions.append(
        {
            "method": method,
            **({"recipe": declared} if declared else {}),
            "from_step": from_step,
            **({"data_changed": list(changed)} if changed else {}),
            "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "matchzoo": __version__,
            "python": platform.python_version(),
            "platform": platform.platform(),
            "packages": {package: version(package) for package in PACKAGES},
            **engine.describe(),
            "data": parts.data.origin(),
            **_spaces(parts),
            **({"init": parts.started} if parts.started else {}),
        }
    )
    files.write_json(path, {"sessions": sessions})


def _spaces(parts: Composition) -> dict[str, Any]:
    """Where the weights of the projectors come from, under the recipe's own keys."""
    origins = {name: projector.origin() for name, projector in parts.projectors.items()}
    return origins if list(origins) == ["projector"] else {"projectors": origins}
