"""Which files are images: by their suffix, and by their content where they have none."""

import functools
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from PIL import Image

from matchzoo.data.reading.decoding import formats

BARE = "without suffix"
"""The kind of a file that has none."""


@functools.cache
def suffixes() -> frozenset[str]:
    """Suffixes of the formats that are read: what the installed Pillow calls them."""
    known = formats()
    return frozenset(suffix for suffix, name in Image.registered_extensions().items() if name in known)


def has_image_suffix(name: str) -> bool:
    """Whether a file is called as an image is."""
    return PurePosixPath(name).suffix.lower() in suffixes()


def is_image(path: Path) -> bool:
    """Whether a file is to be read as an image: by its suffix or, where it has none, by its first bytes."""
    if kind_of(path.name) != BARE:
        return has_image_suffix(path.name)
    try:
        with Image.open(path, formats=formats()):
            return True
    except Exception:  # decoders of other files raise whatever their parsing runs into
        return False


def kind_of(name: str) -> str:
    """What a file that is no image is counted as: its suffix. A number behind a dot is none."""
    suffix = PurePosixPath(name).suffix.lower()
    return BARE if suffix[1:].isdecimal() or not suffix else suffix


def shown_kinds(counts: Mapping[str, int]) -> str:
    """Kinds with their numbers, most frequent first: ``.heic (3), .txt (1)``."""
    kinds = sorted(counts, key=lambda kind: (-counts[kind], kind))
    return ", ".join(f"{kind} ({counts[kind]})" for kind in kinds[:6]) + (", …" if len(kinds) > 6 else "")
