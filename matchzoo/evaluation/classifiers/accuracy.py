"""The accuracy of a trained network with its head: on any split, by environment, and of the worst group."""

import contextlib
import functools
from collections.abc import Sequence
from typing import Any

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import not_empty
from matchzoo.core.errors import DeclarationError
from matchzoo.core.step import Step
from matchzoo.data import Split
from matchzoo.data.views import Views
from matchzoo.evaluation.classifiers.class_scores import class_scores, labeled_split, named_split, scoring_space
from matchzoo.evaluation.classifiers.norm_statistics import batch_norms, norm_statistics
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained
from matchzoo.projectors import Projector
from matchzoo.training.composition import Composition
from matchzoo.training.engine import Engine

BLOCK = 1024
"""Samples that batch norm takes its statistics of at once."""


def group_accuracies(right: torch.Tensor, group: torch.Tensor, count: int) -> list[float | None]:
    """The share of right answers of every group, in percent; None for a group without samples.

    Args:
        right: [n] bool.
        group: [n] int64, from 0 to count − 1.
        count: of groups.
    """
    totals = torch.bincount(group, minlength=count).double()
    hits = torch.bincount(group, weights=right.double(), minlength=count)
    shares = (100 * hits / totals).tolist()
    return [share if total else None for share, total in zip(shares, totals.tolist(), strict=True)]


@torch.no_grad()
def _pass_through(split: Split, layers: Sequence[Projector], views: Views | None, engine: Engine) -> None:
    """Let layers, each of which takes the features of the one before it, see all samples of a split, in blocks of
    almost equal size and in random order, since data may be sorted by class."""
    order = torch.randperm(len(split), generator=Step(0, 0).rng("statistics"))
    for rows in order.tensor_split(-(-len(split) // BLOCK)):
        values = engine.samples(split.render(engine.move(rows))).values
        values = values if views is None else views.plain(values)
        with engine.projecting():
            for layer in layers:
                values = layer.project(values)


@declare("accuracy")
class Accuracy(Evaluation):
    """Top-1 accuracy of class scores, which are the features of a projector; nothing is trained here.

    Samples are not augmented. Of a split with groups the record has the accuracy of each, and ``worst_group``, the
    lowest of them: in distribution shifts the mean hides it.
    """

    space: str | None = attrs.field(default=None, validator=not_empty())
    """Name of the projector whose features are class scores; the last one that has a feature for every class if not
    given."""
    split: str = attrs.field(default="test", validator=not_empty())
    """Name of the split: test, real (the training samples), or another of the data, such as target-test."""
    statistics: str | None = attrs.field(default=None, validator=not_empty())
    """Name of a split, of which labels are not looked at, whose means and variances batch norm takes in place of those
    of training (AdaBN): the unlabeled target, or the split itself."""

    def check(self, parts: Composition) -> None:
        """Raises where there is no such split, it has no labels, or no projector gives class scores."""
        labeled_split(parts, "split", self.split)
        space = scoring_space(parts, self.space)
        if self.statistics is not None:
            named_split(parts, "statistics", self.statistics)
            if not batch_norms(parts.projectors[name] for name in parts.lineage(space)):
                message = f"there is no batch norm on the way to '{space}'; leave it out"
                raise DeclarationError([("evaluation.statistics", message)])

    def evaluate(self, trained: Trained) -> list[Record]:
        """One record: ``top1`` in percent, ``samples``, and ``groups`` and ``worst_group`` where there are groups."""
        parts = trained.parts
        split, space = labeled_split(parts, "split", self.split), scoring_space(parts, self.space)
        layers = [parts.projectors[name] for name in reversed(parts.lineage(space))]
        with contextlib.ExitStack() as stack:
            if self.statistics is not None:
                seen = parts.data.sets()[self.statistics]
                look = functools.partial(_pass_through, seen, layers, parts.views, trained.engine)
                stack.enter_context(norm_statistics(layers, look))
            scores = class_scores(trained, split, space)

        assert scores.labels is not None  # as was checked
        right = (scores.values.argmax(1) == scores.labels).cpu()
        top1 = 100 * right.double().mean().item()
        record: dict[str, Any] = {"method": trained.method, "space": space, "split": self.split}
        record |= {"samples": len(split), "top1": top1}
        if self.statistics is not None:
            record["statistics"] = self.statistics
        if split.group is not None:
            names = parts.spec.group_names
            shares = group_accuracies(right, split.group.cpu(), len(names))
            known = {name: share for name, share in zip(names, shares, strict=True) if share is not None}
            record |= {"groups": known, "worst_group": min(known.values())}
        return [record]

    def table(self, records: list[Record]) -> list[list[str]]:
        """The accuracy, and that of every group."""
        groups = list(dict.fromkeys(name for record in records for name in record.get("groups", {})))
        worst = ["worst group %"] if groups else []
        norms = ["batch norm of"] if any("statistics" in record for record in records) else []
        rows = [["method", "split", *norms, "samples", "top-1 %", *worst, *groups]]
        for record in records:
            seen = [record.get("statistics", "training") for _ in norms]
            row = [record["method"], record["split"], *seen, str(record["samples"]), f"{record['top1']:.1f}"]
            if groups:
                row.append(f"{record['worst_group']:.1f}")
                row += [f"{record['groups'][name]:.1f}" if name in record["groups"] else "" for name in groups]
            rows.append(row)
        return rows
