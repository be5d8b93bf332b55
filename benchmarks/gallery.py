"""Pictures of docs/gallery.md for methods that have no other: results of a table of their page, with its errors.

python benchmarks/gallery.py        (seconds)

The numbers are read from the pages, so a picture cannot say anything else than the table it stands for.
"""

import re
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

DOCS = Path(__file__).parent.parent / "docs"
CELL = re.compile(r"[*`]*(?P<mean>[\d.]+)(?: ± (?P<error>[\d.]+))?")
LABELS = {
    "digits, Lite0": "top-1 %",
    "digits": "top-1 %",
    "share 0.7": "accuracy",
    "batch norm of the target %": "target %",
}

BOARD = "digits, Lite0"
PAGES = {"sfm": "leaderboard", "clp": "leaderboard"}
"""Of methods whose own page has no such table."""
PICTURES: dict[str, tuple[str, dict[str, str]]] = {
    "sfm": (BOARD, {"SFM": "SFM", "LGM": "LGM", "k-medoids": "k-medoids", "random": "random"}),
    "clp": (BOARD, {"CLP-DD": "CLP", "LGM": "LGM", "k-medoids": "k-medoids", "random": "random"}),
    "images-per-class": (
        "digits",
        {"CLP-DD from real": "CLP-DD", "LGM, a class": "LGM", "k-means": "k-means", "random": "random"},
    ),
    "environments": (
        "color reversed %",
        {"`erm/": "ERM", "`coral/": "CORAL", "`irm/": "IRM", "`v-rex/": "V-REx", "`fishr/": "Fishr", "`iga/": "IGA"},
    ),
    "adapting-generators": (
        "share with both attributes",
        {"nothing": "source", "distance alone": "distance", "distance and": "and direction"},
    ),
    "domain-adaptation": (
        "batch norm of the target %",
        {
            "`source-only/": "source only",
            "`dann/": "DANN",
            "`coral/": "CORAL",
            "`mmd/": "MMD",
            "`prototypes": "prototypes",
        },
    ),
    "label-shift": ("share 0.7", {"k-means of pixels": "k-means", "$p(y \\mid x)$": "p(y | x)"}),
    "noisy-labels": (
        "accuracy %",
        {"Fashion-MNIST, cross-entropy": "cross-entropy", "Fashion-MNIST, PS-KD": "PS-KD", "Fashion-MNIST, ELR": "ELR"},
    ),
    "distillation": (
        "accuracy %",
        {
            "labels alone": "labels alone",
            "KL everywhere": "KL everywhere",
            "KL where the teacher is surer": "KL if surer",
        },
    ),
    "consistency": (
        "accuracy %",
        {"20 labels alone": "20 labels", "heavy, its own": "heavy views", "light": "light views"},
    ),
    "merging": (
        "accuracy %",
        {"start": "start", "mean": "mean", "task": "task arithmetic", "Fisher": "Fisher"},
    ),
    "sharpness": (
        "mean of the eight %",
        {"group norm": "plain", "group norm, SAM": "SAM", "group norm, [UDIM]": "UDIM"},
    ),
}
"""By page: the column, and the rows by how they begin, with what the picture calls them."""


def rows_of(page: str, column: str) -> dict[str, str]:
    """The cells of a column by the text of their row, of the first table of a page that has the column."""
    tables = re.findall(r"(?:^\|.*\n)+", (DOCS / f"{page}.md").read_text(encoding="utf-8"), re.M)
    for table in tables:
        heads, _, *lines = [[cell.strip() for cell in line.strip()[1:-1].split("|")] for line in table.splitlines()]
        if column in heads:
            return {" | ".join(line): line[heads.index(column)] for line in lines}
    raise SystemExit(f"{page}.md has no table with a column {column!r}")


def draw(page: str) -> Figure:
    """Means with the errors of the table, a row each."""
    column, names = PICTURES[page]
    cells = rows_of(PAGES.get(page, page), column)
    figure = Figure(figsize=(3, 1.8), layout="constrained")
    axes = figure.subplots()
    for position, start in enumerate(names):
        row = next(row for end in (" | ", "") for row in cells if row.startswith(start + end))
        found = CELL.match(cells[row])
        assert found is not None, f"{page}.md: {cells[row]!r} is not a number"
        mean, error = float(found["mean"]), float(found["error"] or 0)
        axes.errorbar(mean, position, xerr=error, fmt="o", capsize=3, color="#1f77b4")
    axes.set_yticks(range(len(names)), names.values())
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="x", alpha=0.3)
    axes.set_xlabel(LABELS.get(column, column))
    return figure


if __name__ == "__main__":
    matplotlib.rcParams["font.size"] = 10
    (DOCS / "pictures/gallery").mkdir(exist_ok=True)
    for name in PICTURES:
        draw(name).savefig(DOCS / f"pictures/gallery/{name}.png", dpi=150)
