"""Distances of generated from real samples in the feature space of any network."""

import attrs
import torch

from matchzoo import zoo
from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.structuring import kind_of
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import unweighted
from matchzoo.core.showing.progress import Progress
from matchzoo.core.spec import Spec
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained, some_rows
from matchzoo.evaluation.generated.feature_space import FeatureSpace
from matchzoo.evaluation.metrics.frechet import (
    frechet_distance,
    memorization_distance,
    memorization_informed_frechet_distance,
)
from matchzoo.evaluation.metrics.kernel_distance import kernel_distance, kernel_distance_of_subsets
from matchzoo.evaluation.metrics.manifold import precision_recall_density_coverage
from matchzoo.projectors import Backbone, Projector
from matchzoo.training.composition import Composition


@declare("feature-distances")
class FeatureDistances(Evaluation):
    """Fréchet distance, kernel distance, precision, recall, density and coverage of generated against test samples.

    They are `frechet_distance`, `kernel_distance` and `precision_recall_density_coverage`, of images with 8 bits a
    color, as they would be saved, or of any samples that a projector takes; where there are more than ``samples`` real
    ones, of some drawn with a fixed seed. What the literature calls FID and KID are the first two on the features of
    one Inception network (card ``inception-fid``); here the network is part of the name, and numbers on different
    networks do not compare. A row of training samples says what real ones get at that number.

    Source: Heusel et al., NeurIPS 2017 (Fréchet); Bińkowski et al., Demystifying MMD GANs, ICLR 2018 (kernel).
    """

    card: str = "efficientnet-lite0"
    """Backbone of the features."""
    projector: Projector | None = None
    """What gives the features in place of a backbone: any projector that needs no other, such as a trained model, or
    identity for points."""
    size: int | None = attrs.field(default=None, validator=at_least(8))
    """Pixels a side that images are resized to for it; as they are if not given (inception-fid resizes by itself)."""
    samples: int = attrs.field(default=5000, validator=at_least(2))
    """Images of each side; fewer where there are fewer test images."""
    neighbors: int = attrs.field(default=5, validator=at_least(1))
    """For precision, recall, density and coverage."""
    subsets: int = attrs.field(default=0, validator=at_least(0))
    """Random subsets for the mean and deviation of `kernel_distance_of_subsets`, as publications give KID (100); none
    of these if 0."""
    subset_samples: int = attrs.field(default=1000, validator=at_least(2))
    """Samples of each side in a subset, at most as many as there are."""
    memorization: bool = False
    """Whether the features of all training samples are computed as well, for `memorization_distance` and
    `memorization_informed_frechet_distance` (MiFID)."""

    def check(self, parts: Composition) -> None:
        """The data must have a test part, and be images of a size that the backbone takes, whose weights must be here
        or come now: not to be found missing after the training."""
        if self.projector is None and not parts.spec.is_images:
            raise MatchZooError("evaluation: feature-distances are of images; use two-sample for points")
        if parts.data.test_set is None:
            raise MatchZooError("evaluation: the data has no test part to compare with")
        sides = [self.samples, len(parts.data.test_set), len(parts.data.training_set)]
        fewest = min([*sides, parts.require_generator().count or self.samples])
        if self.neighbors >= fewest:
            raise MatchZooError(
                f"evaluation: feature-distances: expected neighbors below {fewest}, the images of a side, got "
                f"{self.neighbors}"
            )
        if self.projector is not None:
            if self.projector.on is not None:
                raise MatchZooError("evaluation: feature-distances: the projector takes samples; leave its `on` out")
            return
        card = zoo.load(self.card, zoo.BackboneCard)
        problem = card.refuses(*self._side(parts.spec))
        if problem:
            raise MatchZooError(f"evaluation: {self.card} {problem}; set size = {card.size} of feature-distances")
        try:
            card.weights.fetch()
            missing = card.needs()
        except MatchZooError as error:
            missing = f"{error}; or: {card.bring(self.card)}"
        if missing:
            raise MatchZooError(f"evaluation: backbone {self.card}: {missing}")

    def evaluate(self, trained: Trained) -> list[Record]:
        """A record for the generator and one for training images."""
        self.check(trained.parts)
        data, generator, spec = trained.parts.data, trained.parts.require_generator(), trained.parts.spec
        assert data.test_set is not None
        if self.projector is None:
            space = FeatureSpace.build(Backbone(card=self.card), spec, trained.engine, self.size, 3)
        else:
            space = FeatureSpace.build(self.projector, spec, trained.engine, self.size)
        training_set = data.training_set
        count = min(self.samples, len(data.test_set), len(training_set))
        samples = unweighted(generator.sample(generator.count or count), "feature-distances")
        beside = some_rows(training_set, min(len(samples), len(training_set)))
        everything = torch.arange(len(training_set) if self.memorization else 0)
        sets = (
            (data.test_set.render, some_rows(data.test_set, count)),
            (training_set.render, beside),
            (samples.rows, torch.arange(len(samples))),
            *([(training_set.render, everything)] if self.memorization else []),
        )
        total = sum(len(rows) for _, rows in sets)
        with Progress(total, f"features of {self._name(spec)}", "samples", quiet=trained.quiet) as progress:
            test, train, own, *whole = (space.features(render, rows, progress) for render, rows in sets)

        records = []
        for method, values in ((trained.method, own), ("training data", train)):
            record = {
                "method": method,
                "features": self._name(spec),
                "samples": len(values),
                "frechet": frechet_distance(test, values),
                "kernel": kernel_distance(test, values),
            } | precision_recall_density_coverage(test, values, self.neighbors)
            if self.subsets:
                size = min(self.subset_samples, len(test), len(values))
                kernel = kernel_distance_of_subsets(test, values, self.subsets, size)
                record |= {"kernel_mean": kernel.mean, "kernel_deviation": kernel.deviation, "subset_samples": size}
            if self.memorization:
                record["memorization_distance"] = memorization_distance(values, whole[0])
                record["mifid"] = memorization_informed_frechet_distance(values, test, whole[0])
            records.append(record)
        return records

    def _side(self, spec: Spec) -> tuple[int, int]:
        return (self.size, self.size) if self.size is not None else (spec.shape[1], spec.shape[2])

    def _name(self, spec: Spec) -> str:
        """What results call the features: the network, and the size of its images where it is not the network's own."""
        if self.projector is not None:
            kind = kind_of(self.projector)
            path = getattr(self.projector, "path", None) or getattr(self.projector, "card", None)
            return kind if path is None else f"{kind} {path}"
        if self.size is None and zoo.load(self.card, zoo.BackboneCard).resizes:
            return self.card
        height, width = self._side(spec)
        return f"{self.card} at {height if height == width else f'{height}x{width}'} px"

    def table(self, records: list[Record]) -> list[list[str]]:
        """Method and every distance, the features' name in the heading."""
        space = records[0]["features"]
        columns = [f"Fréchet [{space}]", f"kernel [{space}]", "precision", "recall", "density", "coverage"]
        by_subsets, memorized = "kernel_mean" in records[0], "mifid" in records[0]
        by_subset = [f"kernel of {records[0]['subset_samples']}"] if by_subsets else []
        copied = ["memorization distance", f"MiFID [{space}]"] if memorized else []
        rows = [["method", "samples", *columns, *by_subset, *copied]]
        for r in records:
            cells = [f"{r['frechet']:.2f}", f"{r['kernel']:.5f}"]
            cells += [f"{r[name]:.3f}" for name in ("precision", "recall", "density", "coverage")]
            if by_subsets:
                cells.append(f"{r['kernel_mean']:.5f} (sd {r['kernel_deviation']:.5f})")
            if memorized:
                cells += [f"{r['memorization_distance']:.4f}", f"{r['mifid']:.2f}"]
            rows.append([r["method"], str(r["samples"]), *cells])
        return rows
