"""The runs of a sweep, and those of them that differ in their seed alone."""

from typing import Any

import attrs

from matchzoo.evaluation.figures import Figure
from matchzoo.recipes.comparison.seeds import mean_and_error
from matchzoo.runs.run import Run


@attrs.frozen(eq=False)
class Ended:
    """A run of a sweep.

    Attributes:
        name: of its folder.
        values: of the fields that vary, by their paths.
        seed: ``trainer.seed``.
        run: as it is opened; None where it failed.
        error: what is to be fixed; empty where it is finished.
    """

    name: str
    values: dict[str, Any]
    seed: int
    run: Run | None = None
    error: str = ""

    @property
    def results(self) -> list[dict[str, Any]]:
        """The records of its evaluations."""
        return [] if self.run is None else list(self.run.metrics["results"])

    @property
    def warnings(self) -> list[str]:
        """What speaks against its result, a line each."""
        return [] if self.run is None else [str(finding) for finding in self.run.warnings]


@attrs.frozen(eq=False)
class Setting:
    """Runs that differ in their seed alone.

    Attributes:
        values: of the other fields that vary, by their paths.
        runs: an entry a seed.
    """

    values: dict[str, Any]
    runs: tuple[Ended, ...]

    def by_seed(self, figure: Figure) -> dict[int, float]:
        """The values of a figure, of those runs that have it."""
        values = {ended.seed: figure.of(ended.results) for ended in self.runs}
        return {seed: value for seed, value in values.items() if value is not None}

    def summary(self, figure: Figure) -> tuple[float, float | None] | None:
        """Mean and standard error over seeds; None where no run has the figure."""
        values = list(self.by_seed(figure).values())
        return mean_and_error(values) if values else None
