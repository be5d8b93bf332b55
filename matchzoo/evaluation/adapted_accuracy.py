"""The accuracy on a target of a linear classifier of the source, after a method of shallow adaptation."""

from typing import Any, Literal

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import not_empty, positive
from matchzoo.core.errors import DeclarationError, did_you_mean
from matchzoo.core.numerics.float64 import double
from matchzoo.core.step import Step
from matchzoo.data import Split
from matchzoo.data.domains.combined import TEST
from matchzoo.evaluation import scorers as functions
from matchzoo.evaluation.adaptation.adapt import Adapted, adapt
from matchzoo.evaluation.classifiers.class_scores import labeled_split, named_split
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained
from matchzoo.evaluation.scorers import OF_THE_SOURCE, Scorer
from matchzoo.projectors import Alignment, LocationScale
from matchzoo.ratios import RatioEstimator
from matchzoo.training.composition import Composition
from matchzoo.training.features import collect_stacked


@declare("adapted-accuracy")
class AdaptedAccuracy(Evaluation):
    """Top-1 accuracy on a target of softmax regression that is fitted to the labeled source, after an alignment of the
    recipe or with weights: `matchzoo.evaluation.adaptation.adapt` on features of the recipe.

    An alignment's two maps are fitted again, since a projector holds one of them; what it stands on (``on``) gives the
    features, the samples themselves if it stands on nothing. Labels of the target are looked at for the accuracy alone,
    which is that of its test part (``target-test`` for ``target``) where it has one. Beside it scorers that look at no
    label, *larger for better*, and rows without adaptation.
    """

    space: str | None = attrs.field(default=None, validator=not_empty())
    """Name of the alignment, the last one of the recipe if not given; with ``weights``, of the projector whose features
    are weighed, the samples if not given."""
    weights: RatioEstimator | None = None
    """In place of an alignment: estimates p_target / p_source, the weights of the source's samples."""
    source: str = attrs.field(default="real", validator=not_empty())
    """With ``weights``, name of the labeled split; that of the alignment if there is one."""
    target: str = attrs.field(default="target", validator=not_empty())
    """With ``weights``, name of the target; that of the alignment if there is one."""
    held_out: str = attrs.field(default="test", validator=not_empty())
    """Name of a labeled split of the source that nothing was fitted to, for the scorers that need one."""
    penalty: float | None = attrs.field(default=None, validator=positive())
    """λ of mean cross-entropy + λ/2 ‖W‖²; one over the samples of the source if not given."""
    scorers: tuple[Scorer, ...] = ("entropy", "mutual-information", "mano", "mixval")
    """Which scorers to report."""
    baselines: tuple[Literal["source-only", "means"], ...] = ("source-only", "means")
    """Rows beside it: no adaptation, and means alone made alike, which is all there is to gain by many shifts."""

    def check(self, parts: Composition) -> None:
        """Raises where there is no such alignment or split, or the source or the target's test part has no labels."""
        source, target, _ = self._names(parts)
        labeled_split(parts, "source", source)
        named_split(parts, "target", target)
        if self._needs_source():
            labeled_split(parts, "held_out", self.held_out)
        labeled_split(parts, "target", self._judged(parts, target))

    def evaluate(self, trained: Trained) -> list[Record]:
        """A record of the method and of each baseline: ``top1`` in percent, ``top1_split``, ``scores``, and
        ``mmd2_before`` and ``mmd2_after``."""
        parts = trained.parts
        source, target, below = self._names(parts)
        judged = self._judged(parts, target)
        splits = parts.data.sets()
        labels = splits[source].labels
        assert labels is not None  # as was checked
        rows = {name: self._features(trained, splits[name], below) for name in (source, target, judged)}
        if self._needs_source():
            rows[self.held_out] = self._features(trained, splits[self.held_out], below)

        method = self.weights if self.weights is not None else parts.projectors[self._space(parts)]
        known: dict[str, Any] = {"source-only": None, "means": LocationScale()}
        compared: dict[str, Any] = {trained.method: method} | {name: known[name] for name in self.baselines}
        records = []
        for name, one in compared.items():
            adapted = adapt(
                rows[source],
                labels.cpu(),
                rows[target],
                one,
                standardize=False,
                penalty=self.penalty,
                classes=parts.spec.classes,
                seed=trained.seed,
            )
            truth = splits[judged].labels
            assert truth is not None
            right = adapted.predict(rows[judged]) == truth.cpu()
            measured = adapted.aligned.diagnostics()
            record = {"method": name, "split": target, "samples": len(right), "top1_split": judged}
            record |= {
                "top1": 100 * right.double().mean().item(),
                "scores": self._scores(adapted, rows, splits, target),
            }
            records.append(record | measured)
        return records

    def table(self, records: list[Record]) -> list[list[str]]:
        """The accuracy, the discrepancy and the scores."""
        table = [["method", "split", "top-1 %", "MMD² before", "after", *self.scorers]]
        for record in records:
            before, after = (f"{record[f'mmd2_{when}']:.4f}" for when in ("before", "after"))
            scores = [f"{record['scores'][name]:.4f}" for name in self.scorers]
            table.append([record["method"], record["top1_split"], f"{record['top1']:.1f}", before, after, *scores])
        return table

    def _needs_source(self) -> bool:
        return any(name in OF_THE_SOURCE for name in self.scorers)

    def _space(self, parts: Composition) -> str:
        alignments = [name for name, projector in parts.projectors.items() if isinstance(projector, Alignment)]
        if self.space is None and not alignments:
            raise DeclarationError([("evaluation.space", "the recipe has no alignment; add one, or give weights")])
        if self.space is not None and self.space not in alignments:
            hint = did_you_mean(self.space, alignments)
            message = f"expected an alignment, one of {', '.join(alignments) or 'none'}, got '{self.space}'{hint}"
            raise DeclarationError([("evaluation.space", message)])
        return self.space or alignments[-1]

    def _names(self, parts: Composition) -> tuple[str, str, str | None]:
        """Source, target and the projector below, None for the samples."""
        if self.weights is None:
            alignment = parts.projectors[self._space(parts)]
            assert isinstance(alignment, Alignment)
            return alignment.source, alignment.target, alignment.on
        if self.space is not None and self.space not in parts.projectors:
            hint = did_you_mean(self.space, parts.projectors)
            raise DeclarationError([("evaluation.space", f"unknown projector '{self.space}'{hint}")])
        return self.source, self.target, self.space

    def _judged(self, parts: Composition, target: str) -> str:
        """The target's test part, or the target where it has none."""
        return f"{target}{TEST}" if f"{target}{TEST}" in parts.data.sets() else target

    def _features(self, trained: Trained, split: Split, space: str | None) -> torch.Tensor:
        """Features [n, d] in a space, float64."""
        if space is None:
            return double(split.all().values.flatten(1)).cpu()
        parts = trained.parts
        layers = [parts.projectors[name] for name in reversed(parts.lineage(space))]
        return double(
            collect_stacked(split, layers, parts.views, 0, Step(0, trained.seed), trained.engine).values
        ).cpu()

    def _scores(self, adapted: Adapted, rows: dict[str, torch.Tensor], splits: Any, target: str) -> dict[str, float]:
        """Every scorer's number, of the target without its labels."""
        source = None
        if self._needs_source():
            held, labels = rows[self.held_out], splits[self.held_out].labels.cpu()
            source = functions.SourceSide(adapted.aligned.source_map(held), adapted.source_scores(held), labels)
        features = adapted.aligned.target_map(rows[target])
        candidate = functions.Candidate(adapted.scores(rows[target]), rows[target], adapted.predict, features, source)
        return functions.scores(candidate, self.scorers)
