"""Another evaluation, of samples that are kept apart in the place of the test part: what may choose."""

from typing import Any

import attrs
from matplotlib.figure import Figure

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import not_empty
from matchzoo.core.errors import DeclarationError, did_you_mean
from matchzoo.data.validation import VALIDATION
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained
from matchzoo.training.composition import Composition


@declare("validation")
class Validation(Evaluation):
    """What another evaluation says of training samples that nothing was trained on, in the place of the test part.

    So steps, learning rates and all else can be chosen (`Trainer.best`, a sweep) without a look at the test part. Its
    records are those of the other evaluation, with ``measures``, its kind, and ``split``.

    Examples:
        >>> recipe = recipe.replace(**{"data.validation_share": 0.2})
        >>> recipe = recipe.replace(evaluation=[*recipe.evaluation, Validation(of=LinearProbe(baselines=()))])
    """

    of: Evaluation
    """The other evaluation; one that looks at the test part."""
    split: str = attrs.field(default=VALIDATION, validator=not_empty())
    """Name of the split: ``validation`` is that of ``data.validation_share``; or another of the data that nothing is
    trained on, such as ``target-validation``."""

    def check(self, parts: Composition) -> None:
        """Raises where there is no such split, it is that of the training or test samples, or the other cannot be."""
        splits = parts.data.sets()
        if self.split in ("real", "train", "test"):
            message = f"expected a split that is kept apart, such as {VALIDATION}, got '{self.split}'"
            raise DeclarationError([("evaluation.split", message)])
        if self.split not in splits:
            remedy = "set data.validation_share = 0.2" if self.split == VALIDATION else ""
            remedy = remedy or f"the data have {', '.join(splits)}{did_you_mean(self.split, splits)}"
            raise DeclarationError([("evaluation.split", f"there is no split '{self.split}'; {remedy}")])
        self.of.check(self._parts(parts))

    def evaluate(self, trained: Trained) -> list[Record]:
        """The records of the other evaluation."""
        about = {"measures": self.of.kind, "split": self.split}
        records = self.of.evaluate(attrs.evolve(trained, parts=self._parts(trained.parts)))
        return [record | about for record in records]

    def table(self, records: list[Record]) -> list[list[str]]:
        """That of the other evaluation, with the split."""
        heading, *rows = self.of.table(records)
        if "split" in heading:
            return [heading, *rows]
        return [[*heading, "split"], *([*row, self.split] for row in rows)]

    def picture(self, records: list[Record]) -> Figure | None:
        """That of the other evaluation."""
        return self.of.picture(records)

    def _parts(self, parts: Composition) -> Composition:
        changes: dict[str, Any] = {"data": parts.data.tested_on(self.split)}
        return attrs.evolve(parts, **changes)
