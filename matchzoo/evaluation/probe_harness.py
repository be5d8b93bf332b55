"""The bench: what all methods share when they are compared in one feature space."""

import time
from collections.abc import Sequence
from typing import Literal

import torch

from matchzoo.core.declaration.choices import checked
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.distances import squared_distances
from matchzoo.core.samples import Samples
from matchzoo.core.showing.progress import Progress
from matchzoo.core.step import Step
from matchzoo.data import Data, Split
from matchzoo.data.split import stratified
from matchzoo.data.views import Views
from matchzoo.evaluation.evaluation import Record
from matchzoo.generators.selectors.centroid import centroid_rows
from matchzoo.generators.selectors.random import random_rows
from matchzoo.models.classifiers.classifier_fit import ClassifierFit, TrainingSet
from matchzoo.models.classifiers.scoring import probe, summary
from matchzoo.projectors import Projector
from matchzoo.training.engine import Engine
from matchzoo.training.features import collect

Baseline = Literal["random", "centroid", "full"]
SAME = 0.02
"""Distance of the features of two images up to which they are one image, as a share of the standard deviation."""
BLOCK = 1024


class ProbeHarness:
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
        protocol: ClassifierFit,
        *,
        name: str,
        enough: tuple[int, int] = (20, 2000),
        validation_share: float = 0.3,
        quiet: bool = False,
    ) -> None:
        if data.test_set is None or data.training_set.labels is None:
            raise MatchZooError("evaluation: a probe needs data with labels and a test part")
        self.data, self.projector, self.engine, self.protocol = data, projector, engine, protocol
        self.views = views.without_noise().of(data.training_set) if views is not None else None
        self.name, self.enough = name, enough
        self.labels = data.training_set.labels.cpu()
        self.classes = len(data.class_names)
        total = len(data.test_set) + len(data.training_set)
        with Progress(total, "probe features", "images", quiet=quiet) as progress:
            self.test = self._collect(data.test_set, 0, 0, progress)
            self.train = self._collect(data.training_set, 0, 0, progress)
        _, self.validation_rows = stratified(self.labels, validation_share, 0, data.class_names)
        self.validation = self.train.rows(self.validation_rows.to(engine.device))
        self.rows: dict[Split, torch.Tensor] = {data.training_set: torch.arange(len(self.labels))}
        """Rows [m] of the training set that some images are, where that is known."""

    def _collect(self, split: Split, copies: int, seed: int, progress: Progress | None = None) -> Samples:
        done = progress.update if progress is not None else lambda rows: None
        return collect(split, self.projector, self.views, copies, Step(seed, 0), self.engine, done)

    def record(self, method: str, sets: Sequence[Split], *, full: bool = False) -> Record:
        """The record of a method: `scoring.summary` of its scores, and what it is a record of.

        Args:
            method: what the record calls it.
            sets: labeled images, one entry a seed; the same object where seeds share their images.
            full: they are all training images, for which some protocols train differently.
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

        Where it trains on un-augmented images nothing depends on a seed, so every set is taken once. Images that the
        validation set has too do not choose for the set (`_apart`).
        """
        views, rows = self.enough
        made: list[TrainingSet] = []
        passes: dict[Split, Samples] = {}
        apart: dict[Split, tuple[torch.Tensor | None, torch.Tensor | None]] = {}
        if self.protocol.views(1, full) == 0:
            sets = list(dict.fromkeys(sets))
        for seed, images in enumerate(sets):
            count = self.protocol.views(max(1, min(views, rows // max(len(images), 1))), full)
            if not (self.protocol.shares_views and images in passes):
                passes[images] = self._collect(images, count, seed)
            features = passes[images]
            if images not in apart:
                apart[images] = self._apart(images) if self.protocol.chooses else (None, None)
            held, judges = apart[images]
            assert features.index is not None
            held_out = None if held is None else held.to(features.index.device)[features.index]
            known = {"held_out": held_out, "judges": judges}
            made.append(TrainingSet(features=features, views=max(count, 1), seed=seed, full=full, **known))
        return made

    def _apart(self, images: Split) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """Which images [m] (bool) are left out while something is chosen, and which validation images [n] choose.

        Images of the set do not judge it. They are left out of the validation set where at least half of every class
        stays there; else (for all training images, say) they are left out of the set for the choice.
        """
        own, known = self._shared(images)
        labels = self.validation.labels
        assert labels is not None
        if not known.any():
            return None, None
        whole, left = labels.bincount(minlength=self.classes), labels[~known].bincount(minlength=self.classes)
        if bool((2 * left >= whole).all()):
            return None, ~known
        if images.labels is not None and images.labels.ndim == 1:
            rest = images.labels.cpu()[~own].bincount(minlength=self.classes)
            if bool((rest > 0).all()):
                return own, None
        return None, ~known if bool(left.any()) else None

    def _shared(self, images: Split) -> tuple[torch.Tensor, torch.Tensor]:
        """Which images [m] (bool, on the host) the validation set has, and which of its own [n] these are.

        Where their rows are not known, as of a set that was loaded, features tell: those of an image and of a copy that
        was rounded to bytes are within `SAME` of each other.
        """
        if images in self.rows:
            rows = self.rows[images]
            inside = torch.isin(self.validation_rows, rows)
            return torch.isin(rows, self.validation_rows), inside.to(self.validation.values.device)
        features, values = self._collect(images, 0, 0).values, self.validation.values
        limit = SAME**2 * (values - values.mean(0)).square().sum(1).mean()
        copied = torch.zeros(len(features), dtype=torch.bool, device=values.device)
        known = []
        for block in values.split(BLOCK):
            near = squared_distances(block, features) <= limit
            copied |= near.any(0)
            known.append(near.any(1))
        return copied.cpu(), torch.cat(known)

    @checked
    def baseline(
        self, name: Baseline, per_class: int | Sequence[int], seeds: int, draws: int, seed: int
    ) -> list[Split]:
        """The images of a baseline, one entry a seed: real ones, drawn at random with ``seed`` or by their features.

        Args:
            name: of the baseline.
            per_class: how many of every class, or of each; all of a class that has no more.
            seeds: entries of a baseline that draws nothing.
            draws: entries of the random one.
            seed: of its draws.
        """
        training = self.data.training_set
        if name == "full":
            return [training] * seeds
        if name == "centroid":
            return [self._images(centroid_rows(self.train, per_class))] * seeds
        chosen = [random_rows(self.labels, per_class, Step(0, seed).rng("random", i)) for i in range(draws)]
        return [self._images(rows) for rows in chosen]

    def _images(self, rows: torch.Tensor) -> Split:
        """Some training images."""
        images = Split(self.data.training_set.gather(rows), self.labels[rows])
        self.rows[images] = rows.cpu()
        return images
