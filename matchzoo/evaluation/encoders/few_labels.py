"""How much a classifier of few labeled samples gains by the features of a trained encoder."""

import time
from collections.abc import Sequence
from typing import Literal

import attrs
import torch

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least, not_empty, positive
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.showing.progress import Progress
from matchzoo.core.showing.text import mean_and_spread
from matchzoo.core.step import Step
from matchzoo.data.split import Split, stratified
from matchzoo.data.views import Views
from matchzoo.evaluation.classifiers.class_scores import named_space
from matchzoo.evaluation.encoders.untrained import fit_supervised, linear_head, moved_parts, untrained
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained
from matchzoo.evaluation.linear_probe import named
from matchzoo.generators.selectors.random import random_rows
from matchzoo.models.classifiers.classifier_fit import ClassifierFit, TrainingSet
from matchzoo.models.classifiers.converged import Converged
from matchzoo.models.classifiers.scoring import Score, probe, summary
from matchzoo.projectors import Identity, Projector
from matchzoo.training.composition import Composition
from matchzoo.training.features import collect_stacked

EncoderBaseline = Literal["untrained", "pixels", "supervised"]


def draw_labeled(labels: torch.Tensor, count: int, classes: int, rng: torch.Generator) -> torch.Tensor:
    """Rows of ``count`` random samples, of every class as many as of any other, but for one more of some where the
    classes do not divide them; all of a class that has no more.

    Args:
        labels: [n] int64, on the CPU.
        count: how many rows, at least one of every class.
        classes: how many classes there are.
        rng: of the choice, on the CPU.

    Returns:
        Rows, int64.
    """
    more = torch.randperm(classes, generator=rng)[: count % classes]
    counts = torch.full((classes,), count // classes).index_add_(0, more, torch.ones_like(more))
    return random_rows(labels, counts.tolist(), rng)


@declare("few-labels")
class FewLabels(Evaluation):
    """Test accuracy of classifiers of few labeled real samples, on the frozen features of a space, and on baselines.

    With ``protocol = "k-nn"`` and as many labels as there should be neighbors to choose of, it is the accuracy of the
    nearest neighbors. What a protocol leaves open is chosen on training rows that no classifier is trained on. Samples
    are not augmented, but for the baseline ``supervised``.

    - ``untrained``: the same features before any step.
    - ``pixels``: the samples themselves.
    - ``supervised``: the untrained network with a linear head, all of it trained on the same labels, under the views of
      the recipe.
    """

    space: str | None = attrs.field(default=None, validator=not_empty())
    """Name of the projector whose features are judged; the first one if not given."""
    labels: Several[int] = attrs.field(default=(20, 100, 1000), validator=[at_least(1), not_empty()])
    """Labeled samples, in all: as many of each class, as far as classes divide them."""
    per_class: bool = False
    """Whether these are numbers of each class."""
    draws: int = attrs.field(default=5, validator=at_least(1))
    """Draws of the labeled samples, the same for all baselines."""
    protocol: ClassifierFit = attrs.field(default=attrs.Factory(Converged), converter=named)
    """How the classifier is trained; in Python its kind may stand for its defaults."""
    validation: int = attrs.field(default=1000, validator=at_least(1))
    """Training rows that choose what the protocol leaves open, at most a third of all; none of them is ever among the
    labeled samples."""
    baselines: tuple[EncoderBaseline, ...] = ("untrained", "pixels", "supervised")
    """What is evaluated beside the trained features."""
    supervised_steps: int = attrs.field(default=300, validator=at_least(1))
    """Steps of the supervised network, by Adam."""
    supervised_batch: int = attrs.field(default=128, validator=at_least(1))
    """Samples of such a step, with replacement; at most as many as have labels."""
    supervised_lr: float = attrs.field(default=2e-3, validator=positive())
    """Learning rate of such a step."""

    def check(self, parts: Composition) -> None:
        """The data must have labels, a test part, and as many training samples as are asked for."""
        if parts.data.test_set is None:
            raise MatchZooError("evaluation: the data has no test part; its load has to give one")
        if parts.data.training_set.labels is None:
            raise MatchZooError("evaluation: few labels need data with labels")
        named_space(parts, self.space)
        rows, _ = self._split(parts)
        classes = len(parts.spec.class_names)
        counts = self._counts(classes)
        if min(counts) < classes:
            message = f"expected one of each of {classes} classes at least, got {min(counts)} in all"
            raise DeclarationError([("evaluation.labels", message)])
        if max(counts) > len(rows):
            message = f"expected at most {len(rows)}, the training samples that do not choose, got {max(counts)}"
            raise DeclarationError([("evaluation.labels", message)])
        space = self._space(parts)
        if set(self.baselines) - {"pixels"} and not moved_parts(parts, space):
            message = f"nobody moves '{space}', so that trained and untrained are one; expected at most pixels"
            raise DeclarationError([("evaluation.baselines", message)])

    def evaluate(self, trained: Trained) -> list[Record]:
        """A record for every method and number of labels: ``top1_mean`` and ``top1_std`` over draws, in percent."""
        self.check(trained.parts)
        judge = _Judge.of(self, trained)
        parts, space = trained.parts, self._space(trained.parts)
        layers = {trained.method: [parts.projectors[name] for name in reversed(parts.lineage(space))]}
        for name in self.baselines:
            if name == "untrained":
                layers[name] = untrained(parts, space)
            elif name == "pixels":
                layers[name] = [Identity()]

        records: list[Record] = []
        methods = [*layers, *(name for name in self.baselines if name == "supervised")]
        with Progress(len(methods), "few labels", "methods", quiet=trained.quiet) as progress:
            for method in methods:
                scored = judge.frozen(layers[method]) if method in layers else judge.supervised(space)
                protocol = self.protocol.kind if method in layers else method
                for count, scores, seconds in scored:
                    about = {"method": method, "space": space, "labels": count, "protocol": protocol}
                    records.append({**about, **summary(scores), "seconds": seconds})
                progress.update(1, {"top-1": records[-1]["top1_mean"]})
        return records

    def table(self, records: list[Record]) -> list[list[str]]:
        """A row for each method, a column for each number of labels."""
        counts = list(dict.fromkeys(record["labels"] for record in records))
        rows = [["method", "space", "protocol", *(f"{count} labels, top-1 %" for count in counts), "draws"]]
        for method in dict.fromkeys(record["method"] for record in records):
            by_count = {record["labels"]: record for record in records if record["method"] == method}
            first = next(iter(by_count.values()))
            cells = [mean_and_spread(by_count[count], "top1") if count in by_count else "" for count in counts]
            rows.append([method, first["space"], first["protocol"], *cells, str(first["seeds"])])
        return rows

    def _space(self, parts: Composition) -> str:
        return self.space or next(iter(parts.projectors))

    def _counts(self, classes: int) -> list[int]:
        """Labeled samples in all."""
        return [count * classes for count in self.labels] if self.per_class else list(self.labels)

    def _split(self, parts: Composition) -> tuple[torch.Tensor, torch.Tensor]:
        """Training rows of which the labeled ones are drawn, and those that choose."""
        labels = parts.data.training_set.labels
        assert labels is not None
        share = min(self.validation, len(labels) // 3) / len(labels)
        return stratified(labels.cpu(), share, 0, parts.spec.class_names)


Scored = list[tuple[int, list[Score], float]]
"""For each number of labels, the scores of its draws and the seconds that they took."""


@attrs.frozen(eq=False)
class _Judge:
    """The labeled samples of every draw, and how features of them are scored.

    Attributes:
        draws: by the number of labels, rows of the training set.
        choosing: rows of the training set.
    """

    evaluation: FewLabels
    trained: Trained
    draws: dict[int, list[torch.Tensor]]
    choosing: torch.Tensor

    @classmethod
    def of(cls, evaluation: FewLabels, trained: Trained) -> "_Judge":
        """Draw the labeled samples."""
        parts = trained.parts
        rows, choosing = evaluation._split(parts)
        labels, classes = parts.data.training_set.labels, len(parts.spec.class_names)
        assert labels is not None
        step, drawn = Step(0, trained.seed), {}
        for count in evaluation._counts(classes):
            rngs = [step.rng("few-labels", count, number) for number in range(evaluation.draws)]
            drawn[count] = [rows[draw_labeled(labels.cpu()[rows], count, classes, rng)] for rng in rngs]
        return cls(evaluation, trained, drawn, choosing)

    @property
    def views(self) -> Views | None:
        """Of the recipe; None of samples that are no images."""
        return self.trained.parts.views

    def frozen(self, layers: Sequence[Projector]) -> Scored:
        """Of the protocol's classifiers on features of some layers."""
        data, engine, names = self.trained.parts.data, self.trained.engine, self.trained.parts.spec.class_names
        for layer in layers:
            engine.place(layer)
            layer.eval()
        wanted = torch.cat([self.choosing, *(rows for draws in self.draws.values() for rows in draws)]).unique()
        features, test = (self._features(split, layers) for split in (data.training_set.part(wanted), self._test))

        def of(rows: torch.Tensor) -> Samples:
            return features.rows(torch.searchsorted(wanted, rows).to(engine.device))

        scored: Scored = []
        for count, draws in self.draws.items():
            began = time.monotonic()
            sets = [TrainingSet(features=of(rows), views=1, seed=seed) for seed, rows in enumerate(draws)]
            scores = probe(self.evaluation.protocol, sets, of(self.choosing), test, len(names), names)
            scored.append((count, scores, time.monotonic() - began))
        return scored

    def supervised(self, space: str) -> Scored:
        """Of networks that are trained on the labeled samples alone."""
        scored: Scored = []
        for count, draws in self.draws.items():
            began = time.monotonic()
            scores = [self._fit(space, rows, count, number) for number, rows in enumerate(draws)]
            scored.append((count, scores, time.monotonic() - began))
        return scored

    def _fit(self, space: str, rows: torch.Tensor, count: int, number: int) -> Score:
        """Of one network."""
        parts, engine, evaluation = self.trained.parts, self.trained.engine, self.evaluation
        training_set, classes = parts.data.training_set, len(parts.spec.class_names)
        layers = [*untrained(parts, space), linear_head(parts, space, classes)]
        for layer in layers:
            engine.place(layer)
        samples, step = engine.samples(training_set.part(rows).all()), Step(0, self.trained.seed)
        batches, drawn = (step.rng("few-labels", name, count, number) for name in ("batches", "views"))
        views = self.views
        if views is not None and views.shared:  # those of a class are for matching
            views = views.without_noise().of(training_set)

        def see(images: torch.Tensor) -> torch.Tensor:
            return images if views is None else views.apply(images, engine.move(views.draw(len(images), drawn)))

        assert samples.labels is not None
        fit_supervised(
            layers,
            samples.values,
            samples.labels,
            batches,
            steps=evaluation.supervised_steps,
            batch=evaluation.supervised_batch,
            lr=evaluation.supervised_lr,
            see=see,
        )
        return Score.of(_AsTheyAre(), self._features(self._test, layers), classes)

    @property
    def _test(self) -> Split:
        test = self.trained.parts.data.test_set
        assert test is not None  # as was checked
        return test

    def _features(self, split: Split, layers: Sequence[Projector]) -> Samples:
        """Features [n, d] of a split, not augmented."""
        return collect_stacked(split, layers, self.views, 0, Step(0, self.trained.seed), self.trained.engine)


class _AsTheyAre:
    """Class scores as a classifier of themselves."""

    def scores(self, features: torch.Tensor) -> torch.Tensor:
        """[n, c], as they are."""
        return features
