"""How far the probabilities of a trained classifier can be trusted."""

import attrs
import torch.nn.functional as F

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, not_empty
from matchzoo.evaluation.classifiers.class_scores import class_scores, labeled_split, scoring_space
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained
from matchzoo.evaluation.metrics.calibration import expected_calibration_error
from matchzoo.training.composition import Composition


@declare("calibration")
class Calibration(Evaluation):
    """Expected calibration error and mean negative log-likelihood of class scores, which are the features of a
    projector; nothing is trained here."""

    space: str | None = attrs.field(default=None, validator=not_empty())
    """Name of the projector whose features are class scores; the last one that has a feature for every class if not
    given."""
    split: str = attrs.field(default="test", validator=not_empty())
    """Name of the split: test, real (the training samples), or another of the data."""
    bins: int = attrs.field(default=15, validator=at_least(1))
    """Of the largest probability, in [0, 1]."""

    def check(self, parts: Composition) -> None:
        """Raises where there is no such split, it has no labels, or no projector gives class scores."""
        labeled_split(parts, "split", self.split)
        scoring_space(parts, self.space)

    def evaluate(self, trained: Trained) -> list[Record]:
        """One record: ``ece`` and ``top1`` in percent, ``nll`` in nats, ``samples``."""
        split, space = labeled_split(trained.parts, "split", self.split), scoring_space(trained.parts, self.space)
        scores = class_scores(trained, split, space)
        assert scores.labels is not None  # as was checked
        values = scores.values.double()
        record: Record = {"method": trained.method, "space": space, "split": self.split, "samples": len(split)}
        record["ece"] = 100 * expected_calibration_error(values.softmax(1), scores.labels, self.bins)
        record["nll"] = F.cross_entropy(values, scores.labels).item()
        record["top1"] = 100 * (values.argmax(1) == scores.labels).double().mean().item()
        return [record]

    def table(self, records: list[Record]) -> list[list[str]]:
        """Calibration error, likelihood and accuracy."""
        rows = [["method", "split", "samples", "calibration error %", "negative log-likelihood", "top-1 %"]]
        for record in records:
            numbers = [f"{record['ece']:.1f}", f"{record['nll']:.3f}", f"{record['top1']:.1f}"]
            rows.append([record["method"], record["split"], str(record["samples"]), *numbers])
        return rows
