"""The linear probe: how well a linear classifier trained on few images does on the test set."""

import time
from typing import Literal

import attrs
import torch

from matchzoo.composition import Composition
from matchzoo.data import Split
from matchzoo.data.data import stratified
from matchzoo.data.features import collect
from matchzoo.declare import at_least, between, declare, not_empty, positive
from matchzoo.engine import Engine
from matchzoo.errors import MatchZooError
from matchzoo.evaluation.baselines import centroid_rows, random_rows
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained
from matchzoo.evaluation.softmax_regression import SoftmaxRegression, fit_softmax_regression, top_k
from matchzoo.progress import Progress
from matchzoo.projectors import Backbone
from matchzoo.samples import Samples
from matchzoo.step import Step
from matchzoo.views import Views

Baseline = Literal["random", "centroid", "full"]


@declare("linear-probe")
class LinearProbe(Evaluation):
    """Softmax regression on frozen features, to convergence, and the same on baselines.

    The features of ``views`` views of every image (the recipe's, without noise) are computed once for each seed. The
    penalty is the one with the highest accuracy on ``validation_share`` of the real training images, for every method
    alike; ``full`` is fitted without them for that choice and with them for the result. The test set is looked at
    once for each fitted probe.
    """

    views: int = attrs.field(default=20, validator=at_least(1))
    """Views of every image, fewer where that would pass ``rows``."""
    rows: int = attrs.field(default=2000, validator=at_least(1))
    """Rows of features that are enough; each image gets at least one view."""
    seeds: int = attrs.field(default=5, validator=at_least(1))
    """Draws of the views."""
    random_draws: int = attrs.field(default=10, validator=at_least(1))
    """Draws of the random baseline."""
    baselines: tuple[Baseline, ...] = ("random", "centroid", "full")
    """What is evaluated beside the distilled set."""
    penalties: tuple[float, ...] = attrs.field(
        default=(10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001), validator=[positive(), not_empty()]
    )
    """Candidates for the L2 penalty, on features of unit scale; best in descending order."""
    validation_share: float = attrs.field(default=0.3, validator=[positive(), between(0, 1, open_high=True)])
    """Share of the real training images that choose the penalty."""

    def check(self, parts: Composition) -> None:
        """The data must have labels, a test part and two training samples a class; the generator labels and an end."""
        if parts.data.test_set is None:
            raise MatchZooError("evaluation: the data has no test part; give it one, or a share with data.test_share")
        if parts.data.training_set.labels is None:
            raise MatchZooError("evaluation: a linear probe needs data with labels")
        stratified(parts.data.training_set.labels.cpu(), self.validation_share, 0, parts.facts.class_names)
        if parts.generator.count is None:
            raise MatchZooError("evaluation: a linear probe needs a finite set of images, not a noise generator")

    def evaluate(self, trained: Trained) -> list[Record]:
        """Records of the distilled set and of the baselines, with top-1 and top-5 accuracy in percent."""
        parts = trained.parts
        self.check(parts)
        bench = _Bench(self, trained)
        distilled = parts.generator.sample()
        assert distilled.labels is not None
        per_class = len(distilled) // (parts.facts.classes or 1)
        own = Split((distilled.values.float()).cpu(), distilled.labels.cpu())
        with Progress(bench.planned(own), "linear probe", "fits", quiet=trained.quiet) as progress:
            records = [bench.record(trained.method, [own] * self.seeds, progress)]
            for baseline in self.baselines:
                sets = bench.baseline(baseline, per_class)
                records.append(bench.record(baseline, sets, progress, full=baseline == "full"))
        for record in records[1:]:
            record |= _difference(records[0], record)
        return records

    def table(self, records: list[Record]) -> list[list[str]]:
        """Method, backbone, accuracies, and how far the distilled set is above."""
        rows = [["method", "backbone", "images", "top-1 %", "top-5 %", "above it by", "seeds", "seconds"]]
        for r in records:
            above = f"{r['above']:+.1f} ± {r['above_standard_error']:.1f}" if "above" in r else ""
            top1 = f"{r['top1_mean']:.1f} ± {r['top1_std']:.1f}"
            tail = [f"{r['top5_mean']:.1f}", above, str(r["seeds"]), f"{r['seconds']:.1f}"]
            rows.append([r["method"], r["backbone"], str(r["images"]), top1, *tail])
        return rows


class _Bench:
    """What all methods share: test features, validation features, and the protocol."""

    def __init__(self, probe: LinearProbe, trained: Trained) -> None:
        self.probe, self.trained = probe, trained
        self.engine: Engine = trained.engine
        parts = trained.parts
        self.data, self.projector = parts.data, parts.projector
        self.views = (parts.views or Views()).without_noise() if parts.facts.is_images else None
        assert self.data.test_set is not None  # LinearProbe.check has seen to both
        assert self.data.training_set.labels is not None
        self.classes = int(parts.facts.classes or 0)
        total = len(self.data.test_set) + len(self.data.training_set)
        with Progress(total, "probe features", "images", quiet=trained.quiet) as progress:
            self.test = self._plain(self.data.test_set, progress)
            self.train = self._plain(self.data.training_set, progress)
        self.fit_rows, self.validation_rows = stratified(self.data.training_set.labels.cpu(), probe.validation_share, 0)

    def _plain(self, split: Split, progress: Progress) -> Samples:
        return collect(split, self.projector, self.views, 0, Step(0, 0), self.engine, progress.update)

    def planned(self, own: Split) -> int:
        probe = self.probe
        fits = {"random": probe.random_draws, "centroid": probe.seeds, "full": probe.seeds}
        return probe.seeds + sum(fits[name] for name in probe.baselines)

    def baseline(self, name: Baseline, per_class: int) -> list[Split]:
        """The sets of images of a baseline, one a seed."""
        training = self.data.training_set
        assert training.labels is not None  # checked when the bench was made
        labels = training.labels.cpu()
        if name == "full":
            return [training] * self.probe.seeds
        if name == "centroid":
            rows = [centroid_rows(self.train, per_class)] * self.probe.seeds
        else:
            draws = range(self.probe.random_draws)
            rows = [random_rows(labels, per_class, Step(0, self.trained.seed).rng("random", i)) for i in draws]
        return [Split(training.gather(r), labels[r]) for r in rows]

    def record(self, method: str, sets: list[Split], progress: Progress, full: bool = False) -> Record:
        """Evaluate one set of images a seed."""
        began = time.monotonic()
        top1, top5, penalties = [], [], []
        for seed, images in enumerate(sets):
            probe, penalty = self._probe(images, seed, full)
            logits = probe.logits(self.test.values)
            assert self.test.labels is not None
            top1.append(100 * top_k(logits, self.test.labels, 1))
            top5.append(100 * top_k(logits, self.test.labels, 5))
            penalties.append(penalty)
            progress.update(1, {"top-1": top1[-1]})
        scores = torch.tensor(top1, dtype=torch.float64)
        return {
            "method": method,
            "backbone": backbone_name(self.trained),
            "images": len(sets[0]),
            "top1_mean": scores.mean().item(),
            "top1_std": scores.std().item() if len(sets) > 1 else 0.0,
            "top5_mean": sum(top5) / len(top5),
            "seeds": len(sets),
            "seconds": time.monotonic() - began,
            "top1": top1,
            "penalties": penalties,
            "protocol": "converged",
        }

    def _probe(self, images: Split, seed: int, full: bool) -> tuple[SoftmaxRegression, float]:
        """Fit for every penalty, choose one by validation accuracy; for full data, fit again on all of it."""
        probe = self.probe
        copies = max(1, min(probe.views, probe.rows // max(len(images), 1)))
        features = collect(images, self.projector, self.views, copies, Step(seed, 0), self.engine)
        assert features.labels is not None
        assert features.index is not None
        values, labels = features.values, features.labels
        kept = torch.isin(features.index.cpu(), self.fit_rows).to(values.device) if full else slice(None)
        candidates = fit_softmax_regression(values[kept], labels[kept], self.classes, probe.penalties)
        held_out = self.validation_rows.to(values.device)
        assert self.train.labels is not None
        scores = [top_k(c.logits(self.train.values[held_out]), self.train.labels[held_out], 1) for c in candidates]
        best = scores.index(max(scores))  # the first, so the largest penalty, of those that are equal
        if not full:
            return candidates[best], probe.penalties[best]
        return fit_softmax_regression(values, labels, self.classes, (probe.penalties[best],))[0], probe.penalties[best]


def backbone_name(trained: Trained) -> str:
    """What results call the feature space: the backbone's card, or the projector's class."""
    projector = trained.parts.projector
    return projector.card if isinstance(projector, Backbone) else type(projector).__name__.lower()


def _difference(own: Record, other: Record) -> Record:
    """How far the first record is above the second, with its standard error: paired where both have the same seeds and
    the same views, else from both variances."""
    a, b = (torch.tensor(r["top1"], dtype=torch.float64) for r in (own, other))
    if len(a) == len(b) and other["method"] != "random":
        error = (a - b).std() / len(a) ** 0.5 if len(a) > 1 else torch.zeros(())
    else:
        variances = [x.var() / len(x) if len(x) > 1 else torch.zeros(()) for x in (a, b)]
        error = torch.stack(variances).sum().sqrt()
    return {"above": (a.mean() - b.mean()).item(), "above_standard_error": error.item()}
