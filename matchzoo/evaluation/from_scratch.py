"""Networks trained from scratch on few images: what dataset condensation is for."""

import copy

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import between
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import unweighted
from matchzoo.core.showing.progress import Progress
from matchzoo.core.showing.text import mean_and_spread, with_spread
from matchzoo.core.step import Step
from matchzoo.data import Data, Split
from matchzoo.evaluation.baselines import class_counts, counts_as_record, gain, gain_cells
from matchzoo.evaluation.evaluation import Record, Trained
from matchzoo.evaluation.scratch.bench import ScratchBench, check_data, teacher_features
from matchzoo.evaluation.scratch.robust_scores import robust_scores
from matchzoo.evaluation.scratch.training import RealImages, ScratchTraining
from matchzoo.models.networks import Architecture, Network, Shape
from matchzoo.training.composition import Composition
from matchzoo.training.engine import Engine

ROBUST = {"label_robust": "label-robust %", "augmentation_robust": "augmentation-robust %"}
"""Scores of a record beside its accuracy, and what tables call them."""


def network_name(network: Network) -> str:
    """What records call a network: its class, or the library and the architecture."""
    return network.name if isinstance(network, Architecture) else type(network).__name__.lower()


@declare("from-scratch")
class FromScratch(ScratchTraining):
    """Test accuracy of networks that are trained from scratch on the synthetic images, and on baselines.

    Images are centered and scaled by the mean and standard deviation of the real training images, channel by channel. A
    seed is a start of the network, an order of the images and a draw of their views. Nothing is ever
    chosen on test data: a learning rate among several is chosen on real training images.

    Source: the protocol of Zhao et al., Dataset condensation with gradient matching, ICLR 2021, as released: SGD with
    momentum 0.9, a rate of 0.01 that falls to a tenth after half of 300 epochs, weight decay 5e-4, batches of 256.
    Where images are augmented (DC on MNIST, DSA and DM everywhere) it has 1000 epochs; say so with ``epochs`` and
    ``views``.
    """

    baselines: tuple[RealImages, ...] = ("random",)
    """Real images beside the synthetic ones: as many of every class, drawn at random, or all there are, which takes
    long. Where a class has fewer, the record has a ``note`` in place of a gain."""

    scores: bool = False
    """Add the label-robust score of the set, and the augmentation-robust one where there is augmentation: three to five
    times as many networks, one of them of all real images."""
    weight: float = attrs.field(default=0.5, validator=between(0, 1))
    """w of the scores."""

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
        """There must be labels and a test part, and a teacher must know the classes."""
        check_data(data)
        if self.teacher is not None:
            teacher_features(copy.deepcopy(self.teacher), data)

    def check_shape(self, shape: Shape, classes: int) -> None:
        """The network and the views must take images of a shape (c, h, w)."""
        if self.views is not None and self.views.size not in (None, *set(shape[1:])):
            message = f"expected {shape[1]}, the side of the images, or none, got {self.views.size}"
            raise DeclarationError([("evaluation.views.size", message)])
        copy.deepcopy(self.network).build(shape, (classes,), Step(0, 0).rng("check"))

    def bench(self, data: Data, engine: Engine, seed: int = 0) -> ScratchBench:
        """What trains and scores the networks: on data that are built, by the seed of a run."""
        return ScratchBench(self, data, engine, seed)

    def record(self, bench: ScratchBench, splits: list[Split], progress: Progress, *, own: bool) -> Record:
        """The scores of some sets of images, an entry a network; of the set itself (``own``) the robust ones too, if
        they are asked for."""
        record = bench.record(splits, progress)
        return record | robust_scores(bench, splits, record, self.weight) if own and self.scores else record

    def evaluate(self, trained: Trained) -> list[Record]:
        """Records of the synthetic set and of the baselines, accuracies in percent."""
        parts, quiet = trained.parts, trained.quiet
        self.check(parts)
        distilled = unweighted(parts.require_generator().sample(), "from-scratch")
        assert distilled.labels is not None
        sets = [(trained.method, [Split(distilled.values.float().cpu(), distilled.labels.cpu())] * self.seeds)]
        names = parts.spec.class_names
        counts = class_counts(distilled.labels, len(names))
        bench = self.bench(parts.data, trained.engine, trained.seed)
        sets += [(name, bench.baseline(name, counts)) for name in self.baselines]
        records: list[Record] = []
        with Progress(len(sets) * self.seeds, "from scratch", "networks", quiet=quiet) as progress:
            for method, splits in sets:
                about = {"method": method, "network": network_name(self.network), "images": len(splits[0])}
                about |= counts_as_record(splits[0], len(names))
                records.append(about | self.record(bench, splits, progress, own=not records))
        for record in records[1:]:
            record |= gain(records[0], record, names, paired=False)
        return records

    def table(self, records: list[Record]) -> list[list[str]]:
        """Method, network, images, accuracies, how far the synthetic set is above, and its robust scores."""
        names = [name for name in ROBUST if any(name in record for record in records)]
        rows = [["method", "network", "images", "top-1 %", "gain of the set", "networks", "seconds"]]
        rows[0] += [ROBUST[name] for name in names]
        for r, above in zip(records, gain_cells(records), strict=True):
            about = [r["method"], r["network"], str(r["images"]), mean_and_spread(r, "top1")]
            rows.append([*about, above, str(r["seeds"]), f"{r['seconds']:.1f}", *(robust_cell(r, n) for n in names)])
        return rows


def robust_cell(record: Record, name: str) -> str:
    """A robust score of a record, with its standard error; empty where there is none."""
    score = record.get(name)
    return with_spread(score["score"], score["standard_error"], kind="se") if score else ""
