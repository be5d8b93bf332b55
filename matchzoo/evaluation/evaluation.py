"""What is measured of a trained composition."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import torch
from matplotlib.figure import Figure

from matchzoo.core.declaration.declare import FAMILIES, family
from matchzoo.core.step import Step
from matchzoo.data import Split
from matchzoo.training.composition import Composition
from matchzoo.training.engine import Engine

Record = dict[str, Any]
"""One line of a results table: ``method``, and numbers by name."""


@attrs.frozen(kw_only=True)
class Trained:
    """What an evaluation looks at.

    Attributes:
        parts: the trained composition.
        method: what the records call it.
        seed: of the run.
        quiet: show no progress.
    """

    parts: Composition
    engine: Engine
    method: str
    seed: int
    quiet: bool = False


@family("evaluation")
class Evaluation(ABC):
    """A measurement at the end of a run; nothing is ever chosen on the test set."""

    @property
    def kind(self) -> str:
        """What recipes and results call it."""
        return FAMILIES[Evaluation].kind_of(type(self))

    def check(self, parts: Composition) -> None:
        """Raise, before any training, if these parts cannot be evaluated so."""
        return

    @abstractmethod
    def evaluate(self, trained: Trained) -> list[Record]:
        """One record for the trained composition, and one for each baseline."""

    @abstractmethod
    def table(self, records: list[Record]) -> list[list[str]]:
        """The records as a table of text, its heading first."""

    def findings(self, records: list[Record]) -> Iterator[str]:
        """What speaks against the result in its records, at least one; nothing as a rule."""
        return iter(())

    def picture(self, records: list[Record]) -> Figure | None:
        """The records, at least one, as a picture beside the run's others; None where there is nothing to see."""
        return None


def some_rows(split: Split, count: int) -> torch.Tensor:
    """Rows [min(count, n)] of a split, the same in every run: all in order, or drawn at random, since data may be
    sorted by class."""
    if count >= len(split):
        return torch.arange(len(split))
    return torch.randperm(len(split), generator=Step(0, 0).rng("evaluation"))[:count].sort().values


def notes(records: Sequence[Record]) -> list[str]:
    """What records say beside their numbers, such as why there is no gain over a baseline; each once."""
    return list(dict.fromkeys(record["note"] for record in records if "note" in record))


Table = tuple[str, list[list[str]]]
"""The kind of an evaluation, and its table as the command line prints it."""


def tables(evaluations: Sequence[Evaluation], results: list[Record]) -> list[Table]:
    """The cells that the command line shows, an evaluation each."""
    shown = []
    for number, evaluation in enumerate(evaluations):
        records = [record for record in results if record["number"] == number]
        if records:
            shown.append((evaluation.kind, evaluation.table(records)))
    return shown
