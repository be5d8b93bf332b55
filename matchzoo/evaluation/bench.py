"""The bench: what all methods share when they are compared in one feature space."""

import time
from collections.abc import Sequence
from typing import Literal

import torch

from matchzoo.data import Data, Split
from matchzoo.data.data import stratified
from matchzoo.data.features import collect
from matchzoo.engine import Engine
from matchzoo.errors import MatchZooError
from matchzoo.evaluation.baselines import centroid_rows, random_rows
from matchzoo.evaluation.evaluation import Record
from matchzoo.evaluation.probe import probe, summary
from matchzoo.evaluation.protocol import Protocol, TrainingSet
from matchzoo.progress import Progress
from matchzoo.projectors import Projector
from matchzoo.samples import Samples
from matchzoo.step import Step
from matchzoo.views import Views

Baseline = Literal["random", "centroid", "full"]


class Bench:
    """Test and validation features of real data in one space, computed once, and every set's score there.

    Args:
        data: built, with labels and a test part.
        projector: built and placed.
        views: what training images are augmented by, noise left out; None for none (or for points).
        engine: where to compute.
        protocol: how classifiers are trained.
        name: what records call the space.
        enough: views of every image, and rows of features, that are enough where a protocol trains on a fixed set.
        validation_share: share of the real training images that choose hyper-parameters.
        quiet: show no progress.
    """

    def __init__(
        self,
        data: Data,
        projector: Projector,
        views: Views | None,
        engine: Engine,
        protocol: Protocol,
        *,
        name: str,
        enough: tuple[int, int] = (20, 2000),
        validation_share: float = 0.3,
        quiet: bool = False,
    ) -> None:
        if data.test_set is None or data.training_set.labels is None:
            raise MatchZooError("evaluation: a probe needs data with labels and a test part")
        self.data, self.projector, self.engine, self.protocol = data, projector, engine, protocol
        self.views = views.without_noise() if views is not None else None
        self.name, self.enough = name, enough
        self.labels = data.training_set.labels.cpu()
        self.classes = len(data.class_names)
        total = len(data.test_set) + len(data.training_set)
        with Progress(total, "probe features", "images", quiet=quiet) as progress:
            self.test = self._collect(data.test_set, 0, 0, progress)
            self.train = self._collect(data.training_set, 0, 0, progress)
        self.fit_rows, validation_rows = stratified(self.labels, validation_share, 0, data.class_names)
        self.validation = self.train.rows(validation_rows.to(engine.device))

    def _collect(self, split: Split, copies: int, seed: int, progress: Progress | None = None) -> Samples:
        done = progress.update if progress is not None else lambda rows: None
        return collect(split, self.projector, self.views, copies, Step(seed, 0), self.engine, done)

    def record(self, method: str, sets: Sequence[Split], *, full: bool = False) -> Record:
        """The record of a method: `matchzoo.evaluation.probe.summary` of its scores, and what it is a record of.

        Args:
            method: what the record calls it.
            sets: labelled images, one entry a seed; the same object where seeds share their images.
            full: they are all training images: those that also validate are left out while something is chosen.
        """
        began = time.monotonic()
        training = self.training_sets(sets, full)
        names = self.data.class_names
        scores = probe(self.protocol, training, self.validation, self.test, self.classes, names)
        return {
            "method": method,
            "backbone": self.name,
            "images": len(sets[0]),
            "protocol": self.protocol.kind,
            **summary(scores),
            "seconds": time.monotonic() - began,
        }

    def training_sets(self, sets: Sequence[Split], full: bool = False) -> list[TrainingSet]:
        """Features of the views that the protocol trains on, for each seed; one pass serves all where it allows.

        Where it trains on un-augmented images nothing depends on a seed, so every set is taken once.
        """
        views, rows = self.enough
        made: list[TrainingSet] = []
        passes: dict[Split, Samples] = {}
        if self.protocol.views(1, full) == 0:
            sets = list(dict.fromkeys(sets))
        for seed, images in enumerate(sets):
            count = self.protocol.views(max(1, min(views, rows // max(len(images), 1))), full)
            if not (self.protocol.shares_views and images in passes):
                passes[images] = self._collect(images, count, seed)
            features = passes[images]
            assert features.index is not None
            held_out = ~torch.isin(features.index, self.fit_rows.to(features.index.device)) if full else None
            made.append(TrainingSet(features=features, views=max(count, 1), seed=seed, held_out=held_out, full=full))
        return made

    def baseline(self, name: Baseline, per_class: int, seeds: int, draws: int, seed: int) -> list[Split]:
        """The images of a baseline, one entry a seed: real ones, drawn at random with ``seed`` or by their features."""
        training = self.data.training_set
        if name == "full":
            return [training] * seeds
        if name == "centroid":
            rows = centroid_rows(self.train, per_class)
            return [Split(training.gather(rows), self.labels[rows])] * seeds
        chosen = [random_rows(self.labels, per_class, Step(0, seed).rng("random", i)) for i in range(draws)]
        return [Split(training.gather(rows), self.labels[rows]) for rows in chosen]


def difference(own: Record, other: Record, paired: bool) -> Record:
    """How far the first record is above the second, ``above``, with its ``above_standard_error``.

    Args:
        paired: seed by seed (the same views); else the error comes from both variances.
    """
    a, b = (torch.tensor(r["top1"], dtype=torch.float64) for r in (own, other))
    if paired and len(a) == len(b):
        error = (a - b).std() / len(a) ** 0.5 if len(a) > 1 else torch.zeros(())
    else:
        variances = [x.var() / len(x) if len(x) > 1 else torch.zeros(()) for x in (a, b)]
        error = torch.stack(variances).sum().sqrt()
    return {"above": (a.mean() - b.mean()).item(), "above_standard_error": error.item()}
