"""Networks trained from scratch on few images: what dataset condensation is for."""

import copy
import time
from collections.abc import Callable, Sequence
from typing import Literal

import attrs
import torch
import torch.nn.functional as F

from matchzoo.core.declaration.choices import checked
from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, between, positive
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples, unweighted
from matchzoo.core.showing.progress import Progress
from matchzoo.core.showing.text import mean_and_spread
from matchzoo.core.step import Step
from matchzoo.data import Data, Split
from matchzoo.data.views import Views
from matchzoo.evaluation.baselines import class_counts, counts_as_record, gain, gain_cells
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained
from matchzoo.generators.selectors.random import random_rows
from matchzoo.models.classifiers.scoring import Score, summary
from matchzoo.models.networks import Architecture, ConvNet, Network, Shape
from matchzoo.training.composition import Composition
from matchzoo.training.engine import Engine

BLOCK = 512
"""Images that are scored at once."""
RealImages = Literal["random", "full"]
"""Baselines: real training images at random, as many of every class, or all there are."""


def fit_network(
    network: torch.nn.Module,
    images: torch.Tensor,
    labels: torch.Tensor,
    rng: torch.Generator,
    *,
    epochs: int = 300,
    batch: int = 256,
    lr: float = 0.01,
    momentum: float = 0.9,
    weight_decay: float = 5e-4,
    see: Callable[[torch.Tensor], torch.Tensor] = lambda images: images,
) -> None:
    """Minimize the mean cross-entropy of batches by SGD, with a tenth of the rate in the second half of the epochs.

    Args:
        network: what ``see`` gives [n, …] → scores [n, c]; trained in place.
        images: [n, …].
        labels: class indices [n], or probabilities [n, c].
        rng: of the order of the samples, resampled each epoch.
        see: what the network gets of the images of a batch; the images themselves if not given.
    """
    network.train()
    optimizer = torch.optim.SGD(network.parameters(), lr=lr, momentum=momentum, weight_decay=weight_decay)
    for epoch in range(epochs):
        if epoch == (epochs + 1) // 2:
            optimizer.param_groups[0]["lr"] = lr / 10
        for rows in torch.randperm(len(images), generator=rng).to(images.device).split(batch):
            loss = F.cross_entropy(network(see(images[rows])), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


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


def network_name(network: Network) -> str:
    """What records call a network: its class, or the library and the architecture."""
    return network.name if isinstance(network, Architecture) else type(network).__name__.lower()


@declare("from-scratch")
class FromScratch(Evaluation):
    """Test accuracy of networks that are trained from scratch on the synthetic images, and on baselines.

    Images are centered and scaled by the mean and standard deviation of the real training images, channel by channel. A
    seed is a start of the network, an order of the images and a draw of their views. Nothing is chosen, so no
    validation set is needed; the test set is looked at once for each trained network.

    Source: the protocol of Zhao et al., Dataset condensation with gradient matching, ICLR 2021, as released: SGD with
    momentum 0.9, a rate of 0.01 that falls to a tenth after half of 300 epochs, weight decay 5e-4, batches of 256.
    Where images are augmented (DC on MNIST, DSA and DM everywhere) it has 1000 epochs; say so with ``epochs`` and
    ``views``.
    """

    network: Network = attrs.Factory(ConvNet)
    """What is trained; another one than that of the recipe measures how far the images carry over."""
    epochs: int = attrs.field(default=300, validator=at_least(1))
    """Passes over the images."""
    batch: int = attrs.field(default=256, validator=at_least(1))
    """Images a step."""
    lr: float = attrs.field(default=0.01, validator=positive())
    """Learning rate; a tenth in the second half."""
    momentum: float = attrs.field(default=0.9, validator=between(0, 1, open_high=True))
    """Of SGD."""
    weight_decay: float = attrs.field(default=5e-4, validator=at_least(0))
    """L2 penalty."""
    seeds: int = attrs.field(default=5, validator=at_least(1))
    """Networks that are trained on each set; the random baseline has new images for each."""
    views: Views | None = None
    """Views of the training images, resampled each epoch for each of them; none if not given. Those of the recipe are
    for matching only."""
    baselines: tuple[RealImages, ...] = ("random",)
    """Real images beside the synthetic ones: as many of every class, drawn at random, or all there are, which takes
    long. Where a class has fewer, the record has a ``note`` in place of a gain."""

    def check(self, parts: Composition) -> None:
        """There must be labels, a test part, and a finite set of images of the size of the data."""
        generator = parts.require_generator()
        self.check_data(parts.data)
        if generator.count is None:
            raise MatchZooError("evaluation: training from scratch needs a finite set, not a noise generator")
        with torch.no_grad():
            shape = tuple(generator.render(generator.draw(None, Step(0, 0).rng("check"))).values.shape[1:])
        if shape != parts.spec.shape or len(shape) != 3:
            made, real = ("x".join(map(str, s)) for s in (shape, parts.spec.shape))
            message = f"from-scratch needs images of the shape of the data, {real}, got {made}; see data.size"
            raise DeclarationError([("evaluation", message)])
        self.check_shape(shape, parts.spec.classes or 1)

    def check_data(self, data: Data) -> None:
        """There must be labels and a test part."""
        if data.test_set is None:
            raise MatchZooError("evaluation: the data has no test part; its load has to give one")
        if data.training_set.labels is None:
            raise MatchZooError("evaluation: a network is trained from scratch on data with labels")

    def check_shape(self, shape: Shape, classes: int) -> None:
        """The network and the views must take images of a shape (c, h, w)."""
        if self.views is not None and self.views.size not in (None, *set(shape[1:])):
            message = f"expected {shape[1]}, the side of the images, or none, got {self.views.size}"
            raise DeclarationError([("evaluation.views.size", message)])
        copy.deepcopy(self.network).build(shape, (classes,), Step(0, 0).rng("check"))

    def evaluate(self, trained: Trained) -> list[Record]:
        """Records of the synthetic set and of the baselines, accuracies in percent."""
        parts, quiet = trained.parts, trained.quiet
        self.check(parts)
        train = parts.data.training_set
        assert train.labels is not None
        distilled = unweighted(parts.require_generator().sample(), "from-scratch")
        assert distilled.labels is not None
        sets = [(trained.method, [Split(distilled.values.float().cpu(), distilled.labels.cpu())] * self.seeds)]
        names = parts.spec.class_names
        counts = class_counts(distilled.labels, len(names))
        sets += [(name, self.baseline(name, parts.data, counts, trained.seed)) for name in self.baselines]
        records: list[Record] = []
        with Progress(len(sets) * self.seeds, "from scratch", "networks", quiet=quiet) as progress:
            for method, splits in sets:
                about = {"method": method, "network": network_name(self.network), "images": len(splits[0])}
                about |= counts_as_record(splits[0], len(names))
                records.append(about | self.record(splits, parts.data, trained.engine, trained.seed, progress))
        for record in records[1:]:
            record |= gain(records[0], record, names, paired=False)
        return records

    @checked
    def baseline(self, name: RealImages, data: Data, counts: Sequence[int], seed: int = 0) -> list[Split]:
        """The images of a baseline, an entry a network: as many of each class as ``counts`` says, or all."""
        train = data.training_set
        if name == "full":
            return [train] * self.seeds
        assert train.labels is not None
        labels = train.labels.cpu()
        drawn = [random_rows(labels, counts, Step(0, seed).rng("random", i)) for i in range(self.seeds)]
        return [Split(train.gather(rows), labels[rows]) for rows in drawn]

    def record(self, splits: Sequence[Split], data: Data, engine: Engine, seed: int, progress: Progress) -> Record:
        """Train a network on each of some sets of labeled images, and score it on the test set once.

        Args:
            splits: an entry a network; the same object where they share their images.
            data: built, with labels and a test part.
            engine: where to compute.
            seed: of the run.
            progress: gets 1 for each network.

        Returns:
            `matchzoo.models.classifiers.scoring.summary` of the scores, and ``seconds``.
        """
        began, scores = time.monotonic(), []
        for number, split in enumerate(splits):
            scores.append(self._score(split, data, number, engine, seed))
            progress.update(1, {"top-1": scores[-1].top1})
        return {**summary(scores), "seconds": time.monotonic() - began}

    def _score(self, split: Split, data: Data, seed: int, engine: Engine, run_seed: int) -> Score:
        """Of one network."""
        step, moments = Step(0, run_seed), data.training_set.moments
        network, test = copy.deepcopy(self.network), data.test_set
        assert test is not None
        assert test.labels is not None
        views = None if self.views is None else self.views.of(data.training_set)
        classes = len(data.class_names)
        network.build(data.training_set.shape, (classes,), step.rng("from scratch", seed))
        engine.place(network)
        mean, std = (x.to(engine.device, engine.dtype) for x in moments)
        samples = engine.samples(split.all())
        assert samples.labels is not None
        labels = samples.labels.to(engine.device)
        draws = step.rng("views", seed)

        def see(images: torch.Tensor) -> torch.Tensor:
            seen = images if views is None else views.apply(images, views.draw(len(images), draws))
            return (seen - mean) / std

        with torch.enable_grad():
            fit_network(
                network,
                samples.values,
                labels,
                step.rng("order", seed),
                epochs=self.epochs,
                batch=self.batch,
                lr=self.lr,
                momentum=self.momentum,
                weight_decay=self.weight_decay,
                see=see,
            )
        group = None if test.group is None else test.group.cpu()
        rows = Samples(torch.arange(len(test)), test.labels.cpu(), group=group)
        return Score.of(_Classifier(network, test, mean, std, engine), rows, classes)

    def table(self, records: list[Record]) -> list[list[str]]:
        """Method, network, images, accuracies, and how far the synthetic set is above."""
        rows = [["method", "network", "images", "top-1 %", "gain of the set", "networks", "seconds"]]
        for r, above in zip(records, gain_cells(records), strict=True):
            about = [r["method"], r["network"], str(r["images"]), mean_and_spread(r, "top1")]
            rows.append([*about, above, str(r["seeds"]), f"{r['seconds']:.1f}"])
        return rows
