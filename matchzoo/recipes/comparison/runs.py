"""Any number of runs in one table and one picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from matchzoo.core.declaration.structuring import kind_of, to_table
from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing import notebook
from matchzoo.core.showing.text import markdown, size_of, with_spread
from matchzoo.core.storage import files
from matchzoo.core.version import __version__
from matchzoo.data.views import Views
from matchzoo.evaluation.baselines import ALL, UNEQUAL, counts_of, gain, per_class_in_words
from matchzoo.evaluation.evaluation import Record
from matchzoo.evaluation.linear_probe import LinearProbe
from matchzoo.generators import Selection
from matchzoo.recipes import door
from matchzoo.recipes.comparison.evaluated_set import spaces_of
from matchzoo.recipes.comparison.seeds import but_for_the_seed, mean_and_error
from matchzoo.runs.run import Run

HIDDEN = ("random", "class_names", "drawn")
"""What rows hold only while they are compared."""
COLUMNS = {"images_per_class": "images per class", "training_seconds": "training, seconds", "bytes": "bytes"}
"""What accuracy is drawn against, and how its axis is called."""

SHOWN = 2
"""Names of runs in a cell, before the others are counted."""


@attrs.frozen(eq=False)
class RunReport:
    """Runs beside each other.

    Attributes:
        rows: one for each linear probe of a run in each of its spaces (one without scores for a run that has none):
            ``run``, ``path``, ``method``, ``space``, ``made_in`` (all of its spaces, as of ``a + b``), ``selection``
            (its method, for real images), ``seed``, ``steps``, ``images``, ``images_per_class``, ``counts`` (images of
            every class), ``bytes`` (images and labels as they are stored), ``training_seconds``,
            ``evaluation_seconds``, ``warnings`` (what speaks against it, a line each); and ``protocol``, the scores as
            `scoring.summary` names them, ``random_mean``, ``full_mean``, ``above_random`` and
            ``above_random_standard_error`` where they are known (the last not of a single draw of random images, nor of
            a single seed); or a ``note`` why there is no gain, where a class has fewer real images than the set.
            ``group`` is the same number in rows that differ in the seed alone.
    """

    rows: list[Record]

    @property
    def groups(self) -> list[Record]:
        """A row for those that differ in their seed alone, the first of them with ``runs`` (names), ``seeds`` (which),
        mean and ``standard_error`` over seeds of ``top1`` and of ``above_random``, and the mean of
        ``training_seconds``; an error is None of a single seed."""
        grouped: dict[int, list[Record]] = {}
        for row in self.rows:
            grouped.setdefault(row["group"], []).append(row)
        return [_merged(rows) for rows in grouped.values()]

    def table(self) -> list[list[str]]:
        """The groups as text, the heading first: mean ± standard error over seeds, no error of a single one; beside it
        the standard deviation of the draws that scored each run (views, probe runs)."""
        heading = ["run", "method", "space", "images", "a class", "bytes", "training", "protocol", "seeds", "top-1 %"]
        table = [[*heading, "sd of draws", "above random", "full data"]]
        for row in self.groups:
            above = UNEQUAL if "note" in row else ""
            if "above_random" in row:
                above = with_spread(row["above_random"], row["above_random_standard_error"], "+.1f")
                above += " (one draw)" if row["random_draws"] == 1 else ""
            full = f"{row['full_mean']:.1f}" if "full_mean" in row else ""
            per_class = "" if row["counts"] is None else per_class_in_words(row["counts"])
            images = "" if row["images"] is None else str(row["images"])
            stored = "" if row["bytes"] is None else size_of(row["bytes"])
            about = [_in_words(row["runs"]), row["method"], _place(row), images, per_class, stored]
            tail = [
                f"{row['training_seconds']:.0f} s",
                row.get("protocol", ""),
                str(len(row["seeds"])),
                with_spread(row["top1_mean"], row["top1_standard_error"]) if "top1_mean" in row else "",
                f"{row['top1_std']:.1f}" if row.get("top1_std") is not None else "",
                above,
                full,
            ]
            table.append(about + tail)
        return table

    def figure(self) -> Figure:
        """Top-1 against images per class, seconds and bytes: a color for each method in a space, bars of a standard
        error over seeds; below, dashed, random images of the same number where a run has them."""
        scored = [row for row in self.groups if "top1_mean" in row]
        if not scored:
            raise MatchZooError("report: none of these runs has a linear probe, so there is nothing to draw")
        columns = {name: title for name, title in COLUMNS.items() if any(row[name] for row in scored)}
        figure = Figure(figsize=(4.2 * len(columns), 3.6), dpi=120, layout="constrained")
        axes: list[Axes] = list(figure.subplots(1, len(columns), squeeze=False, sharey=True)[0])
        for axis, (column, title) in zip(axes, columns.items(), strict=True):
            for number, ((method, space, protocol), rows) in enumerate(self._series(scored).items()):
                rows = sorted(rows, key=lambda row: row[column])
                x, y, bars = ([row[key] or 0 for row in rows] for key in (column, "top1_mean", "top1_standard_error"))
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
        return notebook.table(self.table(), "runs beside each other")

    @property
    def notes(self) -> list[str]:
        """Why there is no gain over a baseline that was evaluated, and what speaks against a run; a line each."""
        notes = [f"{row['run']}: {row['note']}" for row in self.rows if "note" in row]
        return notes + list(dict.fromkeys(f"{row['run']}: warning: {x}" for row in self.rows for x in row["warnings"]))

    def record(self) -> Record:
        """Everything, for programs."""
        return {"rows": self.rows, "groups": self.groups, "matchzoo": __version__}

    def save(self, path: str | Path) -> None:
        """Write the rows as ``.json``, the table as ``.md`` or the picture as ``.png``."""
        path = Path(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".json":
                files.write_json(path, self.record())
            elif path.suffix == ".md":
                files.write_text(path, "\n".join([markdown(self.table()), *self.notes]))
            elif path.suffix == ".png":
                figure = self.figure()
                files.write_with(path, lambda temporary: figure.savefig(temporary))
            else:
                raise MatchZooError(f"{path}: expected a name that ends in .json, .md or .png")
        except OSError as error:
            raise MatchZooError(f"{path}: cannot be written ({error.strerror})") from None


def report(runs: Sequence[Run | str | Path]) -> RunReport:
    """Put runs beside each other; those that differ in their seed alone are one row of the table.

    The gain over random real images is of equal data, space, views, protocol and number of images of every class: from
    the run's own evaluation, else from that of another of the runs, or from one that is a random selection.

    Raises:
        MatchZooError: there is no run, or one is not finished.
    """
    if not runs:
        raise MatchZooError("report: expected at least one run")
    opened = [run if isinstance(run, Run) else door.open(Path(run).expanduser()) for run in runs]
    folders = [run.folder.absolute().name for run in opened]
    rows: list[Record] = []
    conditions: list[Any] = []
    declared: list[tuple[Any, ...]] = []
    for run, folder in zip(opened, folders, strict=True):
        about = _about(run, folder if folders.count(folder) == 1 else str(run.folder))
        probes = [(i, probe) for i, probe in enumerate(run.evaluations) if isinstance(probe, LinearProbe)]
        for number, probe in probes:
            records = [record for record in run.metrics["results"] if record["number"] == number]
            names = run.parts.spec.class_names
            if about["counts"] is None:  # points, which are no distilled set
                about |= {"images": records[0]["images"], "counts": counts_of(records[0], len(names))}
            about |= {"class_names": names, "drawn": probe.protocol.draws}
            for name, space in spaces_of(run.recipe).items():
                in_space = [record for record in records if record.get("space", name) == name]
                rows.append(_row({**about, "space": space}, in_space))
                declared.append((but_for_the_seed(run.recipe), number, name, about["method"]))
                conditions.append(_condition(run, probe, name, about["counts"]))
        if not probes:
            rows.append(about)
            declared.append((but_for_the_seed(run.recipe), None, None, about["method"]))
            conditions.append(None)
    for row, same in zip(rows, declared, strict=True):
        row["group"] = declared.index(same)
    _compare_with_random(rows, conditions)
    return RunReport([{k: v for k, v in row.items() if k not in HIDDEN} for row in rows])


def _about(run: Run, name: str) -> Record:
    """What is known of a run without its scores."""
    images, per_class, counts, size = None, None, None, None
    if run.has_distilled:
        distilled = run.distilled
        images, per_class, size = len(distilled), distilled.images_per_class, distilled.bytes
        counts = distilled.counts
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
        "counts": counts,
        "bytes": size,
        "training_seconds": run.metrics["seconds"]["training"],
        "evaluation_seconds": run.metrics["seconds"]["evaluation"],
        "warnings": [str(finding) for finding in run.warnings],
    }


def _row(about: Record, records: list[Record]) -> Record:
    """The scores of the run, and those of its baselines that are told beside it; ``random`` is the whole record."""
    own, *others = records
    told = ("evaluation", "number", "images", "method", "space", "counts")
    row = {**about, **{k: v for k, v in own.items() if k not in told}}
    for other in others:
        if other["method"] == ALL:
            row["full_mean"] = other["top1_mean"]
        if other["method"] == "random":
            row["random"] = other
    return row


def _merged(rows: list[Record]) -> Record:
    """Rows that differ in their seed alone as one."""
    merged = {**rows[0], "runs": [row["run"] for row in rows], "seeds": [row["seed"] for row in rows]}
    for name, error in (("top1_mean", "top1_standard_error"), ("above_random", "above_random_standard_error")):
        known = [row[name] for row in rows if name in row]
        if known:
            merged[name], merged[error] = mean_and_error(known)
    for name in ("training_seconds", "top1_std", "full_mean"):
        known = [row[name] for row in rows if row.get(name) is not None]
        if known:
            merged[name] = mean_and_error(known)[0]
    return merged


def _in_words(names: Sequence[str]) -> str:
    """Names of runs in a cell."""
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _place(row: Record) -> str:
    """Where a row was scored, and where its set was made if that was elsewhere as well."""
    space, made = row["space"], row["made_in"]
    return str(space) if made == space else f"{space} (made for {made})"


def _condition(run: Run, probe: LinearProbe, space: str, counts: tuple[int, ...] | None) -> Any:
    """What must be equal for two scores to be comparable."""
    recipe = run.recipe
    table = to_table(probe)
    evaluation = {} if isinstance(table, str) else table
    kept = {k: v for k, v in evaluation.items() if k not in ("baselines", "random_draws", "seeds")}
    views = to_table((recipe.views or Views()).without_noise()) | {"copies": None}
    return to_table(recipe.data), to_table(recipe.spaces[space]), views, kept, counts


def _compare_with_random(rows: list[Record], conditions: list[Any]) -> None:
    """Add the gain over random, of equal numbers of images, or a note why there is none. Runs of a random selection are
    one draw of images each; its error needs several."""
    known = list(zip(rows, conditions, strict=True))
    for row, condition in known:
        if condition is None or row["selection"] == "random":
            continue
        same = [other for other, its in known if its == condition]
        references = [other["random"] for other in (row, *same) if "random" in other]
        draws = [other["top1_mean"] for other in same if other["selection"] == "random"]
        if draws:
            mean = sum(draws) / len(draws)
            drawn = {key: row[key] for key in ("images", "counts")}
            references.append({**drawn, "method": "random", "top1": draws, "top1_mean": mean})

        for reference in references:
            compared = gain(row, reference, row["class_names"], paired=False, drawn=row["drawn"])
            if "above" in compared:
                row.pop("note", None)
                row |= {"random_mean": reference["top1_mean"], "random_draws": len(reference["top1"])}
                row["above_random"] = compared["above"]
                if compared["above_standard_error"] is not None:
                    row["above_random_standard_error"] = compared["above_standard_error"]
                break
            row.setdefault("note", compared["note"])
