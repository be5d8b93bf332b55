"""What can be said of a trained classifier on samples without labels, beside its accuracy where labels are known."""

from typing import Any

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import not_empty
from matchzoo.core.numerics.float64 import double
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.data import Split
from matchzoo.data.domains.held_out import TEST
from matchzoo.evaluation import scorers as functions
from matchzoo.evaluation.classifiers.class_scores import labeled_split, named_split, scoring_space
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained
from matchzoo.evaluation.scorers import OF_THE_SOURCE, Scorer
from matchzoo.ratios import Classifier, RatioEstimator
from matchzoo.training.composition import Composition
from matchzoo.training.features import collect_stacked


@declare("unlabeled")
class Unlabeled(Evaluation):
    """Scorers without labels of a trained classifier on a split, so that choices by them can be compared with choices
    by labels. Nothing of the network is trained here.

    Of every scorer, *larger is better*: entropies and risks are reported as negative numbers.

    - ``entropy``, ``mutual-information``, ``soft-neighborhood-density``, ``mano`` see class scores only
      (`matchzoo.evaluation.scorers`);
    - ``mixval`` classifies mixtures of two samples;
    - ``importance-weighted`` and ``dev`` are the cross-entropy of the source, weighted by ``ratio``, estimated on
      features;
    - ``circular`` fits a softmax regression to the split as it is classified, on features, and is its balanced accuracy
      on the source. The features stay as they are; a method would train again in the opposite direction.

    Features are those of the projector that the head stands on, or the samples where it stands on none. The accuracy is
    that of the split's labels, which no scorer sees, or of its test part (``target-test`` for ``target``) where it has
    none.
    """

    split: str = attrs.field(default="target", validator=not_empty())
    """Name of the split."""
    scorers: tuple[Scorer, ...] = attrs.field(
        default=("entropy", "mutual-information", "soft-neighborhood-density", "mano", "mixval"), validator=not_empty()
    )
    """Which to report."""
    space: str | None = attrs.field(default=None, validator=not_empty())
    """Name of the projector whose features are class scores; the last one that has a feature for every class if not
    given."""
    source: str = attrs.field(default="test", validator=not_empty())
    """Name of a labeled split of the source that nothing was trained on, for the scorers that need one."""
    ratio: RatioEstimator = attrs.field(factory=lambda: Classifier(features="linear"))
    """Estimates p_target / p_source of the features, for importance-weighted and dev."""

    def check(self, parts: Composition) -> None:
        """Raises where there is no such split, the source has no labels, or no projector gives class scores."""
        named_split(parts, "split", self.split)
        if self._needs_source():
            labeled_split(parts, "source", self.source)
        scoring_space(parts, self.space)

    def evaluate(self, trained: Trained) -> list[Record]:
        """One record: ``scores`` by name, and ``top1`` in percent with the split that it is of, ``top1_split``."""
        parts = trained.parts
        space = scoring_space(parts, self.space)
        network = _Network(trained, parts.lineage(space))
        split = named_split(parts, "split", self.split)
        logits = double(network.scores(split).values)

        record: dict[str, Any] = {"method": trained.method, "space": space, "split": self.split, "samples": len(split)}
        record["scores"] = self._scores(network, split, logits)
        splits = parts.data.sets()
        for name in (self.split, f"{self.split}{TEST}"):
            if name in splits and splits[name].labels is not None:
                scores = network.scores(splits[name])
                assert scores.labels is not None
                top1 = 100 * (scores.values.argmax(1) == scores.labels).double().mean().item()
                return [record | {"top1": top1, "top1_split": name}]
        return [record]

    def table(self, records: list[Record]) -> list[list[str]]:
        """The scores, and the accuracy."""
        rows = [["method", "split", "samples", *self.scorers, "top-1 %"]]
        for record in records:
            scores = [f"{record['scores'][name]:.4f}" for name in self.scorers]
            top1 = f"{record['top1']:.1f}" if "top1" in record else ""
            rows.append([record["method"], record["split"], str(record["samples"]), *scores, top1])
        return rows

    def _needs_source(self) -> bool:
        return any(name in OF_THE_SOURCE for name in self.scorers)

    def _scores(self, network: "_Network", split: Split, logits: torch.Tensor) -> dict[str, float]:
        """Every scorer's number, larger for better."""
        source = None
        if self._needs_source():
            labeled = labeled_split(network.trained.parts, "source", self.source)
            scores = network.scores(labeled)
            assert scores.labels is not None
            source = functions.SourceSide(network.features(labeled), scores.values, scores.labels)
        features = network.features(split) if source is not None else None
        candidate = functions.Candidate(logits, split.all().values.cpu(), network.classes, features, source)
        return functions.scores(candidate, self.scorers, self.ratio, network.trained.seed)


@attrs.frozen(eq=False)
class _Network:
    """A trained network with its head.

    Attributes:
        trained: of which it is.
        lineage: names of its projectors, the head's first.
    """

    trained: Trained
    lineage: tuple[str, ...]

    def scores(self, split: Split) -> Samples:
        """Class scores [n, c] of all samples, with their labels."""
        return self._through(split, self.lineage)

    def features(self, split: Split) -> torch.Tensor:
        """What the head stands on [n, d]."""
        if len(self.lineage) == 1:
            return split.all().values.flatten(1).to(self.trained.engine.device)
        return self._through(split, self.lineage[1:]).values

    def classes(self, samples: torch.Tensor) -> torch.Tensor:
        """The predicted class [n] of samples [n, …]."""
        return self.scores(Split(samples)).values.argmax(1).to(samples.device)

    def _through(self, split: Split, lineage: tuple[str, ...]) -> Samples:
        parts, engine = self.trained.parts, self.trained.engine
        layers = [parts.projectors[name] for name in reversed(lineage)]
        return collect_stacked(split, layers, parts.views, 0, Step(0, self.trained.seed), engine)
