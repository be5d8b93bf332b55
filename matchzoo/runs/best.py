"""The best state of a run by validation (`trainer.best`): when it is measured, and where it is kept."""

from pathlib import Path
from typing import Any

import torch

from matchzoo.core.errors import DeclarationError
from matchzoo.evaluation import Evaluation, Record, Trained
from matchzoo.evaluation.figures import chosen_by, figures_of, may_choose
from matchzoo.runs.runnable import Runnable
from matchzoo.training.best import Best
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
        self.every_steps = recipe.trainer.best
        self.number, self.evaluation = -1, None
        if self.every_steps is not None:
            self.number, self.evaluation = _evaluation_of(self.every_steps, recipe)
        self.checkpoints = Checkpoints(folder / FOLDER, 1)
        self.measured: list[list[float]] = []
        """Pairs of a step and its figure; a checkpoint of the run holds them too."""

    def is_due(self, step: int, last: bool) -> bool:
        """Whether the state after a step is to be measured."""
        return self.every_steps is not None and (last or step % self.every_steps.every == 0)

    def measure(self, step: int, trained: Trained, state: dict[str, torch.Tensor]) -> float | None:
        """Measure the parts after a step, and keep their state if it is the best one; the figure.

        Args:
            step: its number.
            trained: the parts as they are.
            state: of the training, as checkpoints hold it.
        """
        assert self.every_steps is not None
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
        figure = chosen_by(self.every_steps.by, figures_of(results))
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
        kept = None if self.every_steps is None else self.kept()
        if kept is None or self.every_steps is None:
            return {}
        about = {"step": kept.step, "by": self.every_steps.by, "value": kept.scalars["value"]}
        return {"best": {**about, "measured": self.measured}}


def _evaluation_of(best: Best, recipe: Runnable) -> tuple[int, Evaluation]:
    """The evaluation that a figure is of, with its number; raises where the recipe has none that may choose."""
    kind = best.by.partition(".")[0]
    for number, evaluation in enumerate(recipe.evaluation):
        if evaluation.kind == kind and may_choose(evaluation):
            return number, evaluation
    known = ", ".join(evaluation.kind for evaluation in recipe.evaluation if may_choose(evaluation))
    has = f"those that may choose are {known}" if known else "add one of kind 'validation', which may choose"
    message = f"no evaluation of kind '{kind}' by which something may be chosen; {has}"
    raise DeclarationError([("trainer.best.by", message)])
