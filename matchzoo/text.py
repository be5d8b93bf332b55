"""Numbers and tables as text."""

from collections.abc import Mapping, Sequence
from typing import Any


def mean_and_spread(record: Mapping[str, Any], score: str) -> str:
    """``77.8 ± 0.5`` of the keys ``<score>_mean`` and ``<score>_std``; no spread of one seed; empty without a mean."""
    mean, std = record.get(f"{score}_mean"), record.get(f"{score}_std")
    if mean is None:
        return ""
    return f"{mean:.1f}" if std is None or record.get("seeds") == 1 else f"{mean:.1f} ± {std:.1f}"


def size_of(count: int) -> str:
    """Bytes in decimal units: ``492 kB``."""
    power = max(0, min((len(str(count)) - 1) // 3, 4))
    return f"{count / 1000**power:.3g} {('B', 'kB', 'MB', 'GB', 'TB')[power]}"


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Rows of text, the heading first, as a table of Markdown."""
    lines = [" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows]
    rule = " | ".join("---" for _ in rows[0])
    return "\n".join(f"| {line} |" for line in [lines[0], rule, *lines[1:]]) + "\n"
