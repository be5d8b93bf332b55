"""Numbers and tables as text."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from matchzoo.core.declaration.choices import checked


def as_json(value: Any) -> str:
    """JSON for programs that read a command, indented; NaN and infinities are refused."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)


@checked
def with_spread(mean: float, spread: float | None, form: str = ".1f", kind: Literal["±", "sd", "se"] = "±") -> str:
    """``77.8 ± 0.5`` or ``77.8 (sd 0.5)``; the number alone where nothing is known of its spread, as of a single seed.

    Args:
        mean: the number.
        spread: its standard deviation or error; None if it is not known.
        form: how the number is written; the spread has no sign.
        kind: what the spread is: ``±`` is the standard error over training seeds, and nothing else; ``sd`` and ``se``
            are the standard deviation and the standard error over draws of one and the same training (views, networks,
            labeled samples).
    """
    if spread is None:
        return f"{mean:{form}}"
    value = f"{spread:{form.lstrip('+')}}"
    return f"{mean:{form}} ± {value}" if kind == "±" else f"{mean:{form}} ({kind} {value})"


def with_error(mean: float, error: float | None) -> str:
    """``0.0779 ± 0.0073``: two digits of the error, and as many places of the mean; four digits of one without.

    Args:
        mean: the number.
        error: its standard error; None if it is not known.
    """
    if not error or not math.isfinite(error):
        return with_spread(mean, error, ".4g")
    places = max(0, 1 - math.floor(math.log10(error)))
    return with_spread(mean, error, f".{places}f") if places < 8 else with_spread(mean, error, ".2e")


def finite(value: Any) -> Any:
    """A value for JSON, with None in the place of every float that is NaN or infinite, however deep."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(inner) for key, inner in value.items()}
    return [finite(inner) for inner in value] if isinstance(value, list | tuple) else value


def mean_and_spread(record: Mapping[str, Any], score: str) -> str:
    """``77.8 (sd 0.5)`` over the draws of an evaluation, of the keys ``<score>_mean`` and ``<score>_std``; no spread of
    one draw; empty without a mean."""
    mean, std = record.get(f"{score}_mean"), record.get(f"{score}_std")
    if mean is None:
        return ""
    return with_spread(mean, None if record.get("seeds") == 1 else std, kind="sd")


def size_of(count: int) -> str:
    """Bytes in decimal units: ``492 kB``."""
    power = max(0, min((len(str(count)) - 1) // 3, 4))
    return f"{count / 1000**power:.3g} {('B', 'kB', 'MB', 'GB', 'TB')[power]}"


def operations_of(count: int) -> str:
    """Floating-point operations in the largest unit that they fill: ``46.4 GFLOP``."""
    power = max(0, min((len(str(count)) - 1) // 3, 6))
    return f"{count / 1000**power:.3g} {('', 'k', 'M', 'G', 'T', 'P', 'E')[power]}FLOP"


def time_of(seconds: float) -> str:
    """Seconds in words, two digits of them: ``3.5 ms``, ``0.24 s``, ``35 min``, ``2.1 h``, ``5.3 days``."""
    units = (("ms", 0.1, 1e-3), ("s", 120, 1), ("min", 7200, 60), ("h", 172_800, 3600), ("days", float("inf"), 86_400))
    name, _, unit = next(one for one in units if seconds < one[1])
    return f"{seconds / unit:.2g} {name}" if seconds < 9.95 * unit else f"{seconds / unit:.0f} {name}"


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Rows of text, the heading first, as a table of Markdown."""
    lines = [" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows]
    rule = " | ".join("---" for _ in rows[0])
    return "\n".join(f"| {line} |" for line in [lines[0], rule, *lines[1:]]) + "\n"


def format_table(rows: list[list[str]]) -> str:
    """Rows of text in aligned columns, the first left, a line under the heading."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])
