"""Any number of runs in one table and one picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing.text import markdown, mean_and_spread, size_of
from matchzoo.core.storage import files
from matchzoo.core.structuring import kind_of, to_table
from matchzoo.core.version import __version__
from matchzoo.data.views import Views
from matchzoo.evaluation.evaluation import Record
from matchzoo.evaluation.linear_probe import LinearProbe
from matchzoo.evaluation.probe_harness import difference
from matchzoo.generators import Selection
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.recipes import door
from matchzoo.recipes.comparison.evaluated_set import spaces_of
from matchzoo.runs.run import Run

COLUMNS = {"images_per_class": "images per class", "training_seconds": "training, seconds", "bytes": "bytes"}
"""What accuracy is drawn against, and how its axis is called."""


@attrs.frozen(eq=False)
class RunReport:
    """Runs beside each other.

    Attributes:
        rows: one for each linear probe of a run in each of its spaces (one without scores for a run that has none):
            ``run``, ``path``, ``method``, ``space``, ``made_in`` (all of its spaces, as of ``a + b``), ``selection``
            (its method, for real images), ``seed``, ``steps``, ``images``, ``images_per_class``, ``bytes`` (images and
            labels as they are stored), ``training_seconds``, ``evaluation_seconds``; and ``protocol``, the scores as
            `scoring.summary` names them, ``random_mean``, ``full_mean``, ``above_random`` and
            ``above_random_standard_error`` where they are known (the last not of a single draw of random images).
    """

    rows: list[Record]

    def table(self) -> list[list[str]]:
        """The rows as text, the heading first."""
        heading = ["run", "method", "space", "images", "a class", "bytes", "training", "protocol", "top-1 %"]
        table = [[*heading, "above random", "full data"]]
        for row in self.rows:
            above = ""
            if "above_random" in row:
                error = row.get("above_random_standard_error")
                above = f"{row['above_random']:+.1f} " + ("(one draw)" if error is None else f"± {error:.1f}")
            full = f"{row['full_mean']:.1f}" if "full_mean" in row else ""
            per_class = "" if row["images_per_class"] is None else f"{row['images_per_class']:g}"
            images = "" if row["images"] is None else str(row["images"])
            stored = "" if row["bytes"] is None else size_of(row["bytes"])
            about = [row["run"], row["method"], _place(row), images, per_class, stored]
            tail = [
                f"{row['training_seconds']:.0f} s",
                row.get("protocol", ""),
                mean_and_spread(row, "top1"),
                above,
                full,
            ]
            table.append(about + tail)
        return table

    def figure(self) -> Figure:
        """Top-1 against images per class, seconds and bytes: a color for each method in a space, bars of a standard
        deviation; below, dashed, random images of the same number where a run has them."""
        scored = [row for row in self.rows if "top1_mean" in row]
        if not scored:
            raise MatchZooError("report: none of these runs has a linear probe, so there is nothing to draw")
        columns = {name: title for name, title in COLUMNS.items() if any(row[name] for row in scored)}
        figure = Figure(figsize=(4.2 * len(columns), 3.6), dpi=120, layout="constrained")
        axes: list[Axes] = list(figure.subplots(1, len(columns), squeeze=False, sharey=True)[0])
        for axis, (column, title) in zip(axes, columns.items(), strict=True):
            for number, ((method, space, protocol), rows) in enumerate(self._series(scored).items()):
                rows = sorted(rows, key=lambda row: row[column])
                x, y, bars = ([row[key] for row in rows] for key in (column, "top1_mean", "top1_std"))
                color = f"C{number % 10}"
                label = f"{method}, {space} ({protocol})"
                axis.errorbar(x, y, bars, marker="o", markersize=4, linewidth=1, capsize=2, color=color, label=label)
                known = [row for row in rows if "random_mean" in row]
                if known and column != "training_seconds":
                    below = [row["random_mean"] for row in known]
                    axis.plot([row[column] for row in known], below, "--", marker="x", color=color, linewidth=0.8)
            if min(row[column] for row in scored) > 0:
                axis.set_xscale("log")
                axis.xaxis.set_minor_formatter(NullFormatter())
            axis.set_xlabel(title)
            axis.grid(alpha=0.25)
        axes[0].set_ylabel("top-1 %")
        axes[0].legend(fontsize=7)
        return figure

    @staticmethod
    def _series(rows: Sequence[Record]) -> dict[tuple[str, str, str], list[Record]]:
        series: dict[tuple[str, str, str], list[Record]] = {}
        for row in rows:
            series.setdefault((row["method"], _place(row), row["protocol"]), []).append(row)
        return series

    def _repr_html_(self) -> str:
        """What a notebook shows: the table."""
        from matchzoo.core.showing import notebook

        return notebook.table(self.table(), "runs beside each other")

    def record(self) -> Record:
        """Everything, for programs."""
        return {"rows": self.rows, "matchzoo": __version__}

    def save(self, path: str | Path) -> None:
        """Write the rows as ``.json``, the table as ``.md`` or the picture as ``.png``."""
        path = Path(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".json":
                files.write_json(path, self.record())
            elif path.suffix == ".md":
                files.write_text(path, markdown(self.table()))
            elif path.suffix == ".png":
                figure = self.figure()
                files.write_with(path, lambda temporary: figure.savefig(temporary))
            else:
                raise MatchZooError(f"{path}: expected a name that ends in .json, .md or .png")
        except OSError as error:
            raise MatchZooError(f"{path}: cannot be written ({error.strerror})") from None


def report(runs: Sequence[Run | str | Path]) -> RunReport:
    """Put runs beside each other.

    The gain over random real images is of equal data, space, views, protocol and number of images: from the run's own
    evaluation, else from that of another of the runs, or from one that is a random selection.

    Raises:
        MatchZooError: there is no run, or one is not finished.
    """
    if not runs:
        raise MatchZooError("report: expected at least one run")
    opened = [run if isinstance(run, Run) else door.open(Path(run).expanduser()) for run in runs]
    folders = [run.folder.absolute().name for run in opened]
    rows: list[Record] = []
    conditions: list[Any] = []
    for run, folder in zip(opened, folders, strict=True):
        about = _about(run, folder if folders.count(folder) == 1 else str(run.folder))
        probes = [(i, probe) for i, probe in enumerate(run.recipe.evaluation) if isinstance(probe, LinearProbe)]
        for number, probe in probes:
            records = [record for record in run.metrics["results"] if record["number"] == number]
            for name, space in spaces_of(run.recipe).items():
                in_space = [record for record in records if record.get("space", name) == name]
                rows.append(_row({**about, "space": space}, in_space))
                conditions.append(_condition(run, probe, name, about["images_per_class"]))
        if not probes:
            rows.append(about)
            conditions.append(None)
    _compare_with_random(rows, conditions)
    return RunReport([{k: v for k, v in row.items() if k != "random"} for row in rows])


def _about(run: Run, name: str) -> Record:
    """What is known of a run without its scores."""
    images, per_class, size = None, None, None
    if run.has_distilled:
        distilled: DistilledDataset = run.distilled
        images, size = len(distilled), distilled.bytes
        per_class = images / len(distilled.class_names)
    results, generator = run.metrics["results"], run.recipe.generator
    spaces = " + ".join(spaces_of(run.recipe).values())
    return {
        "run": name,
        "path": str(run.folder),
        "method": results[0]["method"] if results else name,
        "space": spaces,
        "made_in": spaces,
        "selection": kind_of(generator.method) if isinstance(generator, Selection) else None,
        "seed": run.recipe.trainer.seed,
        "steps": run.recipe.trainer.steps,
        "images": images,
        "images_per_class": per_class,
        "bytes": size,
        "training_seconds": run.metrics["seconds"]["training"],
        "evaluation_seconds": run.metrics["seconds"]["evaluation"],
    }


def _row(about: Record, records: list[Record]) -> Record:
    """The scores of the run, and those of its baselines that are told beside it; ``random`` is the whole record."""
    own, *others = records
    row = {**about, **{k: v for k, v in own.items() if k not in ("evaluation", "number", "images", "method", "space")}}
    for other in others:
        if other["method"] == "full":
            row["full_mean"] = other["top1_mean"]
        if other["method"] == "random":
            row["random"] = other
    return row


def _place(row: Record) -> str:
    """Where a row was scored, and where its set was made if that was elsewhere as well."""
    space, made = row["space"], row["made_in"]
    return str(space) if made == space else f"{space} (made for {made})"


def _condition(run: Run, probe: LinearProbe, space: str, per_class: float | None) -> Any:
    """What must be equal for two scores to be comparable."""
    recipe = run.recipe
    table = to_table(probe)
    evaluation = {} if isinstance(table, str) else table
    kept = {k: v for k, v in evaluation.items() if k not in ("baselines", "random_draws", "seeds")}
    views = to_table((recipe.views or Views()).without_noise()) | {"copies": None}
    return to_table(recipe.data), to_table(recipe.spaces[space]), views, kept, per_class


def _compare_with_random(rows: list[Record], conditions: list[Any]) -> None:
    """Add the gain over random. Runs of a random selection are one draw of images each; its error needs several."""
    known = list(zip(rows, conditions, strict=True))
    for row, condition in known:
        if condition is None or row["selection"] == "random":
            continue
        same = [other for other, its in known if its == condition]
        reference = row.get("random") or next((other["random"] for other in same if "random" in other), None)
        draws = [other["top1_mean"] for other in same if other["selection"] == "random"]
        if reference is None and not draws:
            continue
        gain = difference(row, reference or {"top1": draws}, paired=False)
        row["random_mean"] = reference["top1_mean"] if reference else sum(draws) / len(draws)
        row["above_random"] = gain["above"]
        if reference or len(draws) > 1:
            row["above_random_standard_error"] = gain["above_standard_error"]
