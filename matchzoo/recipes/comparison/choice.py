"""The best of several runs by a scorer that sees no label of the target, beside the best by its labels."""

from collections.abc import Sequence
from pathlib import Path

import attrs

from matchzoo.core.errors import MatchZooError, did_you_mean
from matchzoo.evaluation.evaluation import Record
from matchzoo.recipes import door
from matchzoo.runs.run import Run


@attrs.frozen(eq=False)
class Choice:
    """Runs by the score of one scorer.

    Attributes:
        by: the scorer, as ``unlabeled.entropy``.
        rows: ``run``, ``path``, ``score`` (larger is better), and ``top1`` in percent where labels were known, the best
            score first.
    """

    by: str
    rows: list[Record]

    @property
    def chosen(self) -> Record:
        """The row of the best score, the first of equal ones."""
        return self.rows[0]

    @property
    def oracle(self) -> Record | None:
        """The row of the best accuracy, which nobody without labels can choose; None where no accuracy is known."""
        known = [row for row in self.rows if "top1" in row]
        return max(known, key=lambda row: row["top1"]) if known else None

    def table(self) -> list[list[str]]:
        """The rows as text, the heading first; the last column says which is whose choice."""
        table = [["run", self.by, "top-1 %", ""]]
        for row in self.rows:
            marks = ["chosen"] if row is self.chosen else []
            marks += ["best by labels"] if row is self.oracle else []
            top1 = f"{row['top1']:.1f}" if "top1" in row else ""
            table.append([row["run"], f"{row['score']:.4f}", top1, ", ".join(marks)])
        return table

    def in_words(self) -> str:
        """What the choice costs, in a line."""
        if self.oracle is None:
            return "no run knows its accuracy: nothing says whether the choice is right"
        if "top1" not in self.chosen:
            return f"chosen by {self.by}: {self.chosen['run']}; its accuracy is not known"
        lost = self.oracle["top1"] - self.chosen["top1"]
        return f"chosen by {self.by}: {self.chosen['run']}, {lost:.1f} points below the best by labels of the target"


def choose(runs: Sequence[Run | str | Path], by: str) -> Choice:
    """The best of finished runs by a scorer of their evaluations `unlabeled` or `adapted-accuracy`.

    Examples:
        >>> choose(["runs/coral", "runs/transport"], "adapted-accuracy.entropy").chosen["run"]

    Args:
        runs: or their folders.
        by: the kind of the evaluation, a point, and the scorer.

    Raises:
        MatchZooError: no runs, or one has no such score.
    """
    if not runs:
        raise MatchZooError("choose: expected at least one run")
    kind, _, scorer = by.partition(".")
    opened = [run if isinstance(run, Run) else door.open(Path(run).expanduser()) for run in runs]
    folders = [run.folder.absolute().name for run in opened]
    rows = []
    for run, folder in zip(opened, folders, strict=True):
        scored = [record for record in run.metrics["results"] if "scores" in record]
        records = [record for record in scored if record["evaluation"] == kind and scorer in record["scores"]]
        if not records:
            known = sorted({f"{record['evaluation']}.{name}" for record in scored for name in record["scores"]})
            has = f"it has {', '.join(known)}" if known else "add an evaluation of kind unlabeled to its recipe"
            raise MatchZooError(f"{run.folder}: no score '{by}'{did_you_mean(by, known)}; {has}")
        own = records[0]  # of the run itself: baselines follow
        row = {"run": folder if folders.count(folder) == 1 else str(run.folder), "path": str(run.folder)}
        top1 = {"top1": own["top1"]} if "top1" in own else {}
        rows.append({**row, "score": own["scores"][scorer], **top1})
    return Choice(by, sorted(rows, key=lambda row: -row["score"]))
