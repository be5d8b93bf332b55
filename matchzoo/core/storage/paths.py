"""Names of files that others chose."""

from pathlib import PurePosixPath


def is_below(name: object) -> bool:
    """Whether a name is that of a file below a folder on every system: no ``..``, no root or drive, no backslash."""
    if not isinstance(name, str) or "\\" in name or "\0" in name or name.startswith("/"):
        return False
    parts = PurePosixPath(name).parts
    return bool(parts) and ".." not in parts and ":" not in parts[0]
