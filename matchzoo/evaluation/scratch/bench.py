"""What all sets share when networks are trained on them from scratch."""

import copy
import functools
import time
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import torch
import torch.nn.functional as F

from matchzoo.core.declaration.choices import checked
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples, class_indices
from matchzoo.core.showing.progress import Progress
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.data import Data, Split
from matchzoo.data.split import stratified
from matchzoo.evaluation.evaluation import Record
from matchzoo.evaluation.scratch.fitting import Batch, fit_network
from matchzoo.evaluation.scratch.mixing import mixed
from matchzoo.evaluation.scratch.training import RealImages, ScratchTraining
from matchzoo.generators.selectors.random import random_rows
from matchzoo.models.classifiers.classifier_fit import accuracy
from matchzoo.models.classifiers.scoring import Score, summary
from matchzoo.models.networks import Network
from matchzoo.projectors import Projector
from matchzoo.training.engine import Engine

BLOCK = 512
"""Images that are scored at once."""
TEACHER = 10_000
"""Number of the seed of a teacher, which no network of a set has."""


@attrs.frozen(eq=False)
class _Classifier:
    """A trained network as a classifier of the rows of a split."""

    network: Network
    split: Split
    mean: torch.Tensor
    std: torch.Tensor
    engine: Engine

    @torch.no_grad()
    def scores(self, rows: torch.Tensor) -> torch.Tensor:
        """[n] → [n, c]."""
        self.network.eval()
        scores = []
        for some in rows.split(BLOCK):
            images = self.engine.samples(self.split.render(some)).values
            scores.append(self.network((images - self.mean) / self.std).cpu())
        return torch.cat(scores)


class ScratchBench:
    """Networks that are trained from scratch on sets of images of some data, and scored on its test part.

    Images are centered and scaled by the mean and standard deviation of the real training images, channel by channel.

    Args:
        training: how they are trained.
        data: built, with labels and a test part.
        engine: where to compute.
        seed: of the run.
    """

    def __init__(self, training: ScratchTraining, data: Data, engine: Engine, seed: int = 0) -> None:
        check_data(data)
        assert data.test_set is not None
        self.training, self.data, self.engine, self.step = training, data, engine, Step(0, seed)
        self.train, self.test = data.training_set, data.test_set
        self.classes = len(data.class_names)
        self.mean, self.std = (x.to(engine.device, engine.dtype) for x in self.train.moments)
        self.views = None if training.views is None else training.views.of(self.train)

    @functools.cached_property
    def real_labels(self) -> torch.Tensor:
        """Classes [n] of the real training images, on the host."""
        assert self.train.labels is not None
        return self.train.labels.cpu()

    @checked
    def baseline(self, name: RealImages, counts: Sequence[int]) -> list[Split]:
        """The images of a baseline, an entry a network: as many of each class as ``counts`` says, or all."""
        if name == "full":
            return [self.train] * self.training.seeds
        seeds = range(self.training.seeds)
        drawn = [random_rows(self.real_labels, counts, self.step.rng("random", i)) for i in seeds]
        return [Split(self.train.gather(rows), self.real_labels[rows]) for rows in drawn]

    def record(self, splits: Sequence[Split], progress: Progress | None = None) -> Record:
        """Train a network on each of some sets of labeled images, and score it on the test set once.

        Args:
            splits: an entry a network; the same object where they share their images.
            progress: gets 1 for each network.

        Returns:
            `matchzoo.models.classifiers.scoring.summary` of the scores, and ``seconds``.
        """
        began, scores = time.monotonic(), []
        chosen = self.chosen_rate(splits[0])
        assert self.test.labels is not None
        group = None if self.test.group is None else self.test.group.cpu()
        rows = Samples(torch.arange(len(self.test)), self.test.labels.cpu(), group=group)
        for number, split in enumerate(splits):
            network = self.fitted(split, number, chosen.get("lr", self.training.lr))
            classifier = _Classifier(network, self.test, self.mean, self.std, self.engine)
            scores.append(Score.of(classifier, rows, self.classes, chosen))
            if progress is not None:
                progress.update(1, {"top-1": scores[-1].top1})
        return {**summary(scores), "seconds": time.monotonic() - began}

    def chosen_rate(self, split: Split) -> dict[str, float]:
        """The learning rate of the best validation accuracy, the first of equal ones, as ``lr``; nothing where there
        are no candidates. The network of the first seed is trained with each."""
        if not self.training.rates:
            return {}
        fit_rows, held = stratified(self.real_labels, self.training.validation_share, 0, tuple(self.data.class_names))
        if split is self.train:
            split = self.train.part(fit_rows)
        else:
            own = set(map(_pixels, split.all().values.cpu()))
            apart = [_pixels(image) not in own for image in self.train.render(held).values.cpu()]
            held = held[torch.tensor(apart)]
        if not len(held):
            raise MatchZooError("evaluation.rates: the set has all validation images; say lr, or validation_share")
        accuracies = []
        for lr in self.training.rates:
            judge = _Classifier(self.fitted(split, 0, lr), self.train, self.mean, self.std, self.engine)
            accuracies.append(accuracy(judge.scores(held), self.real_labels[held]))
        return {"lr": self.training.rates[max(range(len(accuracies)), key=accuracies.__getitem__)]}

    def fitted(self, split: Split, number: int, lr: float) -> Network:
        """A network trained on labeled images.

        Args:
            split: the images.
            number: of the network, from 0: its start, the order of the images and their views.
            lr: learning rate.
        """
        how = self.training
        network = copy.deepcopy(how.network)
        network.build(self.train.shape, (self.classes,), self.step.rng("from scratch", number))
        self.engine.place(network)
        samples = self.engine.samples(split.all())
        assert samples.labels is not None
        labels = samples.labels.to(self.engine.device)
        if how.labels == "classes":
            labels = class_indices(labels)
        if how.labels == "teacher-once":
            with torch.no_grad():
                blocks = samples.values.split(BLOCK)
                labels = torch.cat([self.teacher((block - self.mean) / self.std) for block in blocks])
        draws, mixing = self.step.rng("views", number), self.step.rng("mixing", number)
        views = self.views

        def see(images: torch.Tensor) -> torch.Tensor:
            seen = images if views is None else views.apply(images, views.draw(len(images), draws))
            return (seen - self.mean) / self.std

        def relabel(seen: torch.Tensor, labels: torch.Tensor) -> Batch:
            if how.mixup or how.cutmix:
                whole = labels if labels.ndim == 2 else F.one_hot(labels, self.classes).to(seen)
                seen, labels = mixed(seen, whole, mixing, how.mixup, how.cutmix)
            if how.labels == "teacher":
                with torch.no_grad():
                    labels = self.teacher(seen)
            return seen, labels

        options: dict[str, Any] = {name: getattr(how, name) for name in ("epochs", "batch", "momentum", "weight_decay")}
        options |= {name: getattr(how, name) for name in ("optimizer", "schedule", "loss", "temperature")}
        with torch.enable_grad():
            order = self.step.rng("order", number)
            fit_network(network, samples.values, labels, order, lr=lr, see=see, relabel=relabel, **options)
        return network

    @functools.cached_property
    def teacher(self) -> Callable[[torch.Tensor], torch.Tensor]:
        """Probabilities [n, c] of standardized images [n, …]: of the declared space, or of a network that is trained on
        all real training images with their classes."""
        if self.training.teacher is None:
            how = self.training.by_classes()
            whole = ScratchBench(how, self.data, self.engine, self.step.seed)
            lr = whole.chosen_rate(self.train).get("lr", how.lr)
            network = whole.fitted(self.train, TEACHER, lr).eval()
            return lambda seen: network(seen).softmax(1)
        projector = copy.deepcopy(self.training.teacher)
        teacher_features(projector, self.data)
        self.engine.place(projector)
        projector.eval()
        return lambda seen: projector.project(seen * self.std + self.mean).to(seen.dtype).softmax(1)


def check_data(data: Data) -> None:
    """There must be labels and a test part."""
    if data.test_set is None:
        raise MatchZooError("evaluation: the data has no test part; its load has to give one")
    if data.training_set.labels is None:
        raise MatchZooError("evaluation: a network is trained from scratch on data with labels")


def teacher_features(projector: Projector, data: Data) -> None:
    """Build a teacher; raises unless it gives a score for every class."""
    classes, shape = len(data.class_names), data.training_set.shape
    names = tuple(data.class_names)
    spec = Spec(shape=shape, classes=classes, class_names=names, count=len(data.training_set), seed=0, space="teacher")
    features = projector.build(spec)
    if features != classes:
        message = f"expected a space of {classes} class scores, got one of {features} features; name a head (part)"
        raise DeclarationError([("teacher", message)])


def _pixels(image: torch.Tensor) -> bytes:
    """An image as it is stored in bytes, by which a copy is known."""
    return (image.clamp(0, 1) * 255).round().to(torch.uint8).numpy().tobytes()
