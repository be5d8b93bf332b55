"""What came of a sweep: one row for each setting, with means over seeds, and the best one by validation."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from matplotlib.figure import Figure as Picture

from matchzoo.core.declaration.overrides import in_words
from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing.text import markdown, with_error, with_spread
from matchzoo.core.storage import files
from matchzoo.core.version import __version__
from matchzoo.evaluation.figures import HOW, Figure, chosen_by, figures_of, leading
from matchzoo.recipes.comparison.seeds import SEED, mean_and_error
from matchzoo.recipes.sweeps.axes import in_short, short_names
from matchzoo.recipes.sweeps.picture import draw
from matchzoo.recipes.sweeps.settings import Ended, Setting

SEPARATED = 2.0
"""Standard errors of a difference from which on two settings are called different."""


@attrs.frozen(eq=False)
class SweepResult:
    """The runs of a sweep.

    Attributes:
        runs: in the order of the grid.
        folder: of all.
        by: name of the figure that chooses, such as ``validation.top1_mean``; the first one if None.
    """

    runs: tuple[Ended, ...]
    folder: Path
    by: str | None = None

    @property
    def settings(self) -> list[Setting]:
        """The runs by their values but for the seed, in the order of the grid."""
        grouped: dict[str, list[Ended]] = {}
        for ended in self.runs:
            grouped.setdefault(in_short(_without_seed(ended.values)), []).append(ended)
        return [Setting(_without_seed(runs[0].values), tuple(runs)) for runs in grouped.values()]

    @property
    def figures(self) -> list[Figure]:
        """All figures that its runs have."""
        every = [figure for ended in self.runs for figure in figures_of(ended.results)]
        return sorted(dict.fromkeys(every), key=lambda figure: figure.number)

    @property
    def shown(self) -> list[Figure]:
        """The figures that tables show: the leading one of every evaluation, and the one that chooses."""
        shown = leading(self.figures)
        chooses = self.chosen_by
        return shown if chooses is None or chooses in shown else [*shown, chooses]

    @property
    def chosen_by(self) -> Figure | None:
        """The figure that chooses; None where no run has one that may."""
        return chosen_by(self.by, self.figures)

    @property
    def ranked(self) -> list[Setting]:
        """The settings that have the figure that chooses, the best first, by their means; none without a figure."""
        figure = self.chosen_by
        if figure is None:
            return []
        known = [(setting.summary(figure), setting) for setting in self.settings]
        means = [(summary[0], setting) for summary, setting in known if summary is not None]
        sign = -1 if figure.larger_is_better else 1
        return [setting for _, setting in sorted(means, key=lambda pair: sign * pair[0])]

    @property
    def best(self) -> Setting | None:
        """The setting whose mean is best by validation; None where there is no figure to choose by."""
        ranked = self.ranked
        return ranked[0] if ranked else None

    @property
    def failed(self) -> dict[str, str]:
        """What is to be fixed, by the names of runs."""
        return {ended.name: ended.error for ended in self.runs if ended.error}

    def table(self) -> list[list[str]]:
        """A row a setting: its values, how many seeds, the mean ± standard error of every leading figure and, where any
        run has warnings, how many have; the best one is marked."""
        paths = list(dict.fromkeys(path for setting in self.settings for path in setting.values))
        names, shown, best = short_names(paths), self.shown, self.best
        warned = ["warned"] if any(ended.warnings for ended in self.runs) else []
        rows = [[*(names[path] for path in paths), "seeds", *(figure.title for figure in shown), *warned, "best"]]
        for setting in self.settings:
            finished = sum(ended.run is not None for ended in setting.runs)
            seeds = str(finished) if finished == len(setting.runs) else f"{finished} of {len(setting.runs)}"
            values = [in_words(setting.values[path]) for path in paths]
            marked = "*" if best is not None and setting.values == best.values else ""
            counts = [str(sum(bool(ended.warnings) for ended in setting.runs)) for _ in warned]
            rows.append([*values, seeds, *(_cell(setting, figure) for figure in shown), *counts, marked])
        if best is None or len(rows) == 2:
            rows = [row[:-1] for row in rows]
        return rows

    def in_words(self) -> list[str]:
        """What is best, by what, and whether that is certain; or why nothing is chosen. A line each."""
        figure, ranked = self.chosen_by, self.ranked
        if figure is None:
            if not any(ended.run for ended in self.runs) or len(self.settings) == 1:
                return []
            return [f"nothing is chosen, since the test part never chooses; {HOW}; --validation 0.2 does both"]
        if len(ranked) < 2:
            return []
        best, second = ranked[:2]
        said = [f"best by {figure.key}: {in_short(best.values)} ({_cell(best, figure)})"]
        difference, error = _difference(best, second, figure)
        behind = _shown(figure, abs(difference), error)
        if error is None:
            verdict = "; one seed says nothing about how certain that is"
        else:
            separated = abs(difference) > SEPARATED * error
            verdict = "" if separated else f": not separated (less than {SEPARATED:g} standard errors)"
        return [*said, f"the next one, {in_short(second.values)}, is {behind} behind{verdict}"]

    def figure(self) -> Picture:
        """At most three of the leading figures, those that may choose first, against the field that varies most, with
        bars of standard errors."""
        return draw(self.settings, sorted(self.shown, key=lambda figure: not figure.chooses)[:3])

    def record(self) -> dict[str, Any]:
        """Everything, for programs."""
        figures = self.figures
        best, chooses = self.best, self.chosen_by
        return {
            "folder": str(self.folder),
            "by": None if chooses is None else chooses.key,
            "best": None if best is None else best.values,
            "settings": [_record(setting, figures) for setting in self.settings],
            "runs": [
                {
                    "run": ended.name,
                    "values": ended.values,
                    "seed": ended.seed,
                    "error": ended.error,
                    "seconds": None if ended.run is None else ended.run.metrics["seconds"],
                    "results": ended.results,
                    "warnings": ended.warnings,
                }
                for ended in self.runs
            ],
            "matchzoo": __version__,
        }

    def save(self, path: str | Path) -> None:
        """Write everything as ``.json``, the table as ``.md`` or ``.csv``, or the picture as ``.png``."""
        path = Path(path)
        if path.suffix == ".json":
            files.write_json(path, self.record())
        elif path.suffix == ".md":
            files.write_text(path, "\n".join([markdown(self.table()), *self.in_words()]) + "\n")
        elif path.suffix == ".csv":
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows(self.table())
            files.write_text(path, text.getvalue())
        elif path.suffix == ".png":
            picture = self.figure()
            files.write_with(path, lambda temporary: picture.savefig(temporary))
        else:
            raise MatchZooError(f"{path}: expected a name that ends in .json, .md, .csv or .png")

    def __repr__(self) -> str:
        """Where it is, and how much of it there is."""
        return f"<SweepResult {self.folder}: {len(self.settings)} settings, {len(self.runs)} runs>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the table, and what is best."""
        from matchzoo.core.showing import notebook

        return notebook.table(self.table(), "settings of a sweep") + notebook.lines(self.in_words())


def _without_seed(values: Mapping[str, Any]) -> dict[str, Any]:
    return {path: value for path, value in values.items() if path != SEED}


def _shown(figure: Figure, mean: float, error: float | None) -> str:
    in_tenths = figure.title.endswith(("%", "dB"))
    return with_spread(mean, error, ".1f") if in_tenths else with_error(mean, error)


def _cell(setting: Setting, figure: Figure) -> str:
    summary = setting.summary(figure)
    return "" if summary is None else _shown(figure, *summary)


def _difference(one: Setting, other: Setting, figure: Figure) -> tuple[float, float | None]:
    """How far two settings are apart and its standard error, seed by seed where they have the same ones."""
    a, b = one.by_seed(figure), other.by_seed(figure)
    if a.keys() == b.keys():
        return mean_and_error([a[seed] - b[seed] for seed in a])
    (first, first_error), (second, second_error) = (mean_and_error(list(values.values())) for values in (a, b))
    known = first_error is not None and second_error is not None
    return first - second, (first_error**2 + second_error**2) ** 0.5 if known else None  # type: ignore[operator]


def _record(setting: Setting, figures: Sequence[Figure]) -> dict[str, Any]:
    numbers = {}
    for figure in figures:
        summary = setting.summary(figure)
        if summary is not None:
            title = (
                figure.key
                if sum(other.key == figure.key for other in figures) == 1
                else f"{figure.number} {figure.key}"
            )
            about = {"mean": summary[0], "standard_error": summary[1], "chooses": figure.chooses}
            numbers[title] = {**about, "by_seed": {str(seed): v for seed, v in setting.by_seed(figure).items()}}
    runs = [ended.name for ended in setting.runs]
    return {"values": setting.values, "runs": runs, "figures": numbers}
