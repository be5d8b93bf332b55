"""What a trained classifier learned of training labels that were wrong."""

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import not_empty
from matchzoo.core.errors import DeclarationError
from matchzoo.evaluation.classifiers.class_scores import class_scores, scoring_space
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained
from matchzoo.matchers.predictions.memory_targets import RowMemory
from matchzoo.training.composition import Composition


def shares_of_wrong_labels(
    predicted: torch.Tensor, labels: torch.Tensor, clean: torch.Tensor
) -> tuple[float, float, float]:
    """Of the samples with a wrong label, in percent: the share whose wrong label is predicted (memorized), the share
    whose clean label is (repaired); and of all samples, the share whose clean label is predicted.

    Args:
        predicted: class indices [n].
        labels: [n], some of them wrong.
        clean: class indices [n], none of them wrong.

    Returns:
        Memorized, repaired, right; the first two are NaN where no label is wrong.
    """
    wrong = labels != clean
    memorized, repaired = (predicted == labels)[wrong], (predicted == clean)[wrong]
    right = (predicted == clean).double().mean().item()
    return 100 * memorized.double().mean().item(), 100 * repaired.double().mean().item(), 100 * right


@declare("memorization")
class Memorization(Evaluation):
    """What a classifier says of its training samples, for data of kind ``noisy-labels``: how many of the wrong labels
    it memorized, and for how many of these it says the clean one.

    Of a term with a memory, such as ``early-learning``, the same of the likeliest class of its targets: a way to find
    wrong labels that needs no clean ones.
    """

    space: str | None = attrs.field(default=None, validator=not_empty())
    """Name of the projector whose features are class scores; the last one that has a feature for every class if not
    given."""

    def check(self, parts: Composition) -> None:
        """Raises where no label was changed, or no projector gives class scores."""
        clean, labels = parts.data.clean_labels, parts.data.training_set.labels
        if clean is None or labels is None:
            message = 'tells of wrong labels, and those of the data are taken as right; use data of kind "noisy-labels"'
            raise DeclarationError([("evaluation", message)])
        if torch.equal(clean.cpu(), labels.cpu()):
            raise DeclarationError([("evaluation", "tells of wrong labels, and no training label was changed")])
        scoring_space(parts, self.space)

    def evaluate(self, trained: Trained) -> list[Record]:
        """A record for the classifier, and one for each memory: ``memorized`` and ``repaired`` in percent of the
        ``wrong`` labels, and ``right`` in percent of the training samples."""
        parts = trained.parts
        space = scoring_space(parts, self.space)
        scores = class_scores(trained, parts.data.training_set, space)
        records = [self._record(trained, trained.method, scores.values.argmax(1))]
        for _, _, term in parts.terms():
            if isinstance(term, RowMemory):
                targets = term.get_buffer("memory")
                records.append(self._record(trained, f"memory of {term.kind}", targets.argmax(1)))
        return records

    def _record(self, trained: Trained, method: str, predicted: torch.Tensor) -> Record:
        clean, labels = trained.parts.data.clean_labels, trained.parts.data.training_set.labels
        assert clean is not None  # as was checked
        assert labels is not None
        clean, labels = clean.cpu(), labels.cpu()
        memorized, repaired, right = shares_of_wrong_labels(predicted.cpu(), labels, clean)
        wrong = int((labels != clean).sum())
        record: Record = {"method": method, "samples": len(labels), "wrong": wrong}
        return record | {"memorized": memorized, "repaired": repaired, "right": right}

    def table(self, records: list[Record]) -> list[list[str]]:
        """The shares."""
        rows = [["method", "samples", "wrong labels", "memorized %", "repaired %", "right in all %"]]
        for record in records:
            shares = [f"{record[name]:.1f}" for name in ("memorized", "repaired", "right")]
            rows.append([record["method"], str(record["samples"]), str(record["wrong"]), *shares])
        return rows
