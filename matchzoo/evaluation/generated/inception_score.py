"""How surely a classifier knows the class of generated samples, and how evenly these are of all classes."""

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.structuring import kind_of
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import unweighted
from matchzoo.core.showing.progress import Progress
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained, some_rows
from matchzoo.evaluation.generated.feature_space import FeatureSpace
from matchzoo.evaluation.metrics.inception_score import inception_score
from matchzoo.projectors import Projector
from matchzoo.training.composition import Composition


@declare("inception-score")
class InceptionScore(Evaluation):
    """`inception_score` of generated samples under a classifier, and beside it of training and test samples.

    The classifier is any projector whose features are class scores, most often one that was trained before: ``projector
    = { kind = "model", path = "runs/classifier" }``. On the network of Inception it is the score of the literature;
    here scores of different classifiers do not compare, and those of real samples say what there is to reach.

    Source: Salimans et al., Improved techniques for training GANs, NeurIPS 2016.
    """

    projector: Projector
    """Gives class scores of samples; its softmax is taken."""
    samples: int = attrs.field(default=5000, validator=at_least(2))
    """Samples of each side; fewer where there are fewer."""
    splits: int = attrs.field(default=10, validator=at_least(1))
    """Parts whose scores have the mean and the deviation."""

    def check(self, parts: Composition) -> None:
        """There must be a generator, and samples for each split."""
        generator = parts.require_generator()
        if self.projector.on is not None:
            raise MatchZooError("evaluation: inception-score: the projector takes samples; leave its `on` out")
        fewest = min(self.samples, len(parts.data.training_set), generator.count or self.samples)
        if self.splits > fewest:
            message = f"expected at most {fewest}, the samples of a side, got {self.splits}"
            raise DeclarationError([("evaluation.splits", message)])

    def evaluate(self, trained: Trained) -> list[Record]:
        """A record for the generator, one for training samples and one for test samples, where there are any."""
        self.check(trained.parts)
        data, generator = trained.parts.data, trained.parts.require_generator()
        space = FeatureSpace.build(self.projector, trained.parts.spec, trained.engine)
        samples = unweighted(generator.sample(generator.count or self.samples), "inception-score")
        splits = {"training data": data.training_set, "test data": data.test_set}
        sets = {trained.method: (samples.rows, torch.arange(len(samples)))}
        for name, split in splits.items():
            if split is not None and len(split) >= self.splits:
                sets[name] = (split.render, some_rows(split, self.samples))

        records: list[Record] = []
        total = sum(len(rows) for _, rows in sets.values())
        with Progress(total, "class scores", "samples", quiet=trained.quiet) as progress:
            for method, (render, rows) in sets.items():
                scores = space.features(render, rows, progress)
                if scores.shape[1] < 2:
                    raise MatchZooError("evaluation: inception-score: expected scores of at least 2 classes, got 1")
                score = inception_score(scores.double().softmax(1), self.splits)
                about = {"method": method, "classifier": kind_of(self.projector), "samples": len(rows)}
                records.append(about | {"inception_score": score.mean, "deviation": score.deviation})
        return records

    def table(self, records: list[Record]) -> list[list[str]]:
        """Method, score and its deviation over the splits."""
        rows = [["method", "samples", f"Inception score [{records[0]['classifier']}]"]]
        return rows + [
            [r["method"], str(r["samples"]), f"{r['inception_score']:.3f} (sd {r['deviation']:.3f})"] for r in records
        ]
