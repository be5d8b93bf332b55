"""How well the classes that a network found by itself are those that there are."""

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import not_empty
from matchzoo.evaluation.classifiers.class_scores import class_scores, labeled_split, named_space
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained
from matchzoo.evaluation.metrics.clustering import hungarian_accuracy
from matchzoo.training.composition import Composition


@declare("clustering")
class Clustering(Evaluation):
    """Hungarian accuracy of clusters, which are the largest of the features of a projector: each cluster is given the
    class for which most samples are right, no class twice (`hungarian_accuracy`); nothing is trained here.

    Where some classes had labels and others none, the record also has the accuracy of the ``known`` and of the
    ``novel`` ones, by the assignment of all: the protocol of generalized category discovery.

    Source: Vaze et al., Generalized category discovery, CVPR 2022, section 4.1; they judge the unlabeled training
    samples, this evaluation any split.
    """

    space: str | None = attrs.field(default=None, validator=not_empty())
    """Name of the projector whose features are scores of clusters, as many as are looked for; the last one if not
    given."""
    split: str = attrs.field(default="test", validator=not_empty())
    """Name of the split: test, real (the training samples), or another of the data."""
    labeled: str | None = attrs.field(default=None, validator=not_empty())
    """Name of the split whose classes were known in training, where others were to be found; none if not given."""

    def check(self, parts: Composition) -> None:
        """Raises where there is no such split or space, or a split has no labels."""
        labeled_split(parts, "split", self.split)
        if self.labeled is not None:
            labeled_split(parts, "labeled", self.labeled)
        named_space(parts, self.space)

    def evaluate(self, trained: Trained) -> list[Record]:
        """One record: ``accuracy`` in percent, ``clusters`` that have a sample, ``samples``; ``known`` and ``novel``
        in percent where some classes were known, None where the split has no sample of such."""
        parts, space = trained.parts, named_space(trained.parts, self.space)
        split = labeled_split(parts, "split", self.split)
        scores = class_scores(trained, split, space)
        assert scores.labels is not None  # as was checked
        predicted, labels = scores.values.argmax(1).cpu(), scores.labels.cpu()

        accuracy, _ = hungarian_accuracy(predicted, labels)
        record: Record = {"method": trained.method, "space": space, "split": self.split, "samples": len(split)}
        record |= {"clusters": len(predicted.unique()), "accuracy": accuracy}
        if self.labeled is not None:
            known_labels = labeled_split(parts, "labeled", self.labeled).labels
            assert known_labels is not None  # as was checked
            known = torch.isin(labels, known_labels.cpu())
            for name, rows in (("known", known), ("novel", ~known)):
                record[name] = hungarian_accuracy(predicted, labels, rows)[0] if bool(rows.any()) else None
        return [record]

    def table(self, records: list[Record]) -> list[list[str]]:
        """The accuracy of all, of known and of novel classes."""
        parted = any("known" in record for record in records)
        rows = [["method", "split", "samples", "clusters", "accuracy %", *(["known %", "novel %"] if parted else [])]]
        for record in records:
            names = ["accuracy", *(["known", "novel"] if parted else [])]
            figures = ["" if record.get(name) is None else f"{record[name]:.1f}" for name in names]
            rows.append([record["method"], record["split"], str(record["samples"]), str(record["clusters"]), *figures])
        return rows
