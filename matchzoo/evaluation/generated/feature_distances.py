"""Distances of generated from real images in the feature space of any network."""

from collections.abc import Callable

import attrs
import torch
import torch.nn.functional as F

from matchzoo import zoo
from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import Samples, unweighted
from matchzoo.core.showing.progress import Progress
from matchzoo.core.spec import Spec
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained, some_rows
from matchzoo.evaluation.metrics.frechet import frechet_distance
from matchzoo.evaluation.metrics.kernel_distance import kernel_distance
from matchzoo.evaluation.metrics.manifold import precision_recall_density_coverage
from matchzoo.projectors import Backbone
from matchzoo.training.composition import Composition
from matchzoo.training.engine import Engine
from matchzoo.training.features import BLOCK


@declare("feature-distances")
class FeatureDistances(Evaluation):
    """Fréchet distance, kernel distance, precision, recall, density and coverage of generated against test images.

    They are `frechet_distance`, `kernel_distance` and `precision_recall_density_coverage`, of images with 8 bits a
    color, as they would be saved; where there are more than ``samples`` real ones, of some drawn with a fixed seed.
    What the literature calls FID and KID are the first two on the features of one
    Inception network (card ``inception-fid``); here the network is part of the name, and numbers on different networks
    do not compare. A row of training images says what real images get at that number of samples.

    Source: Heusel et al., NeurIPS 2017 (Fréchet); Bińkowski et al., Demystifying MMD GANs, ICLR 2018 (kernel).
    """

    card: str = "efficientnet-lite0"
    """Backbone of the features."""
    size: int | None = attrs.field(default=None, validator=at_least(8))
    """Pixels a side that images are resized to for it; as they are if not given (inception-fid resizes by itself)."""
    samples: int = attrs.field(default=5000, validator=at_least(2))
    """Images of each side; fewer where there are fewer test images."""
    neighbors: int = attrs.field(default=5, validator=at_least(1))
    """For precision, recall, density and coverage."""

    def check(self, parts: Composition) -> None:
        """The data must be images with a test part, of a size that the backbone takes, and its weights must be here or
        come now: not to be found missing after the training."""
        if not parts.spec.is_images:
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
        projector = Backbone(card=self.card)
        projector.build(attrs.evolve(spec, shape=(3, *self._side(spec))))
        trained.engine.place(projector)
        count = min(self.samples, len(data.test_set), len(data.training_set))
        samples = unweighted(generator.sample(generator.count or count), "feature-distances")
        beside = min(len(samples), len(data.training_set))
        with Progress(
            count + beside + len(samples), f"features of {self.card}", "images", quiet=trained.quiet
        ) as progress:
            test, train, own = (
                self._features(render, rows, projector, trained.engine, progress)
                for render, rows in (
                    (data.test_set.render, some_rows(data.test_set, count)),
                    (data.training_set.render, some_rows(data.training_set, beside)),
                    (samples.rows, torch.arange(len(samples))),
                )
            )
        return [
            {
                "method": method,
                "features": self._space(spec),
                "samples": len(values),
                "frechet": frechet_distance(test, values),
                "kernel": kernel_distance(test, values),
            }
            | precision_recall_density_coverage(test, values, self.neighbors)
            for method, values in ((trained.method, own), ("training data", train))
        ]

    def _side(self, spec: Spec) -> tuple[int, int]:
        return (self.size, self.size) if self.size is not None else (spec.shape[1], spec.shape[2])

    def _space(self, spec: Spec) -> str:
        """What results call the features: the network, and the size of its images where it is not the network's own."""
        if self.size is None and zoo.load(self.card, zoo.BackboneCard).resizes:
            return self.card
        height, width = self._side(spec)
        return f"{self.card} at {height if height == width else f'{height}x{width}'} px"

    @torch.no_grad()
    def _features(
        self,
        render: Callable[[torch.Tensor], Samples],
        chosen: torch.Tensor,
        projector: Backbone,
        engine: Engine,
        progress: Progress,
    ) -> torch.Tensor:
        """Features [n, d] of the chosen rows [n]."""
        features = []
        for rows in chosen.split(BLOCK):
            images = (engine.samples(render(rows)).values.clamp(0, 1) * 255).round() / 255
            if self.size is not None and images.shape[2:] != (self.size, self.size):
                images = F.interpolate(images, (self.size, self.size), mode="bilinear", antialias=True).clamp(0, 1)
            features.append(projector.project(images.expand(-1, 3, -1, -1)))  # gray images are repeated
            progress.update(len(rows))
        return torch.cat(features)

    def table(self, records: list[Record]) -> list[list[str]]:
        """Method and every distance, the features' name in the heading."""
        space = records[0]["features"]
        rows = [
            [
                "method",
                "samples",
                f"Fréchet [{space}]",
                f"kernel [{space}]",
                "precision",
                "recall",
                "density",
                "coverage",
            ]
        ]
        for r in records:
            shares = [f"{r[name]:.3f}" for name in ("precision", "recall", "density", "coverage")]
            rows.append([r["method"], str(r["samples"]), f"{r['frechet']:.2f}", f"{r['kernel']:.5f}", *shares])
        return rows
