"""The best state of a run by validation (`trainer.best`): when it is measured, and where it is kept."""

from pathlib import Path
from typing import Any

import torch

from matchzoo.evaluation import Evaluation, Record, Trained
from matchzoo.evaluation.figures import chosen_by, evaluation_of, figures_of
from matchzoo.runs.runnable import Runnable
from matchzoo.training.checkpoint import Checkpoint, Checkpoints

FOLDER = "best"
"""Of the best state, beside the checkpoints of a run; a checkpoint as they are."""


class BestState:
    """The best state so far, and what was measured on the way.

    Args:
        folder: of the run.
        recipe: what is run; it says by what and when.
    """

    def __init__(self, folder: Path, recipe: Runnable) -> None:
        self.wanted = recipe.trainer.best
        self.number = -1
        self.evaluation: Evaluation | None = None
        if self.wanted is not None:
            self.number, self.evaluation = evaluation_of(self.wanted.by, recipe.evaluation)
        self.checkpoints = Checkpoints(folder / FOLDER, 1)
        self.measured: list[list[float]] = []
        """Pairs of a step and its figure; a checkpoint of the run holds them too."""

    def is_due(self, step: int, last: bool) -> bool:
        """Whether the state after a step is to be measured."""
        return self.wanted is not None and (last or step % self.wanted.every == 0)

    def measure(self, step: int, trained: Trained, state: dict[str, torch.Tensor]) -> float | None:
        """Measure the parts after a step, and keep their state if it is the best one; the figure.

        Args:
            step: its number.
            trained: the parts as they are.
            state: of the training, as checkpoints hold it.
        """
        assert self.wanted is not None
        assert self.evaluation is not None
        modes = [(module, module.training) for part in trained.parts.names.values() for module in part.modules()]
        try:
            for part in trained.parts.names.values():
                part.eval()
            records = self.evaluation.evaluate(trained)
        finally:
            for module, mode in modes:
                module.training = mode
        about = {"evaluation": self.evaluation.kind, "number": self.number}
        results: list[Record] = [{**about, **record} for record in records]
        figure = chosen_by(self.wanted.by, figures_of(results))
        assert figure is not None  # it was named
        value = figure.of(results)
        if value is None:
            return None
        self.measured.append([step, value])
        kept = self.kept()
        if kept is None or figure.is_better(value, kept.scalars["value"]):
            self.checkpoints.save(step, state, {"value": value})
        return value

    def kept(self) -> Checkpoint | None:
        """The best state so far; None before the first measurement."""
        return self.checkpoints.latest()[0]

    def record(self) -> dict[str, Any]:
        """What the results of a run say of it; nothing where the last step is the result."""
        kept = None if self.wanted is None else self.kept()
        if kept is None or self.wanted is None:
            return {}
        about = {"step": kept.step, "by": self.wanted.by, "value": kept.scalars["value"]}
        return {"best": {**about, "measured": self.measured}}
