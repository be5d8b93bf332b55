"""The linear probe: how well a classifier trained on the features of few images does on the test set."""

from collections.abc import Mapping

import attrs

from matchzoo.core.declaration.declare import FAMILIES, declare
from matchzoo.core.declaration.validators import at_least, between, positive
from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import unweighted
from matchzoo.core.showing.progress import Progress
from matchzoo.core.showing.text import mean_and_spread
from matchzoo.data import Split
from matchzoo.data.split import stratified
from matchzoo.data.views import Views
from matchzoo.evaluation.baselines import class_counts, counts_as_record, gain, gain_cells
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained
from matchzoo.evaluation.probe_harness import Baseline, ProbeHarness
from matchzoo.models.classifiers.classifier_fit import ClassifierFit
from matchzoo.models.classifiers.converged import Converged
from matchzoo.projectors import Backbone, Projector
from matchzoo.training.composition import Composition


def named(protocol: "ClassifierFit | str") -> ClassifierFit:
    """A protocol with its defaults, by its kind; or the protocol itself."""
    return FAMILIES[ClassifierFit][protocol]() if isinstance(protocol, str) else protocol


@declare("linear-probe")
class LinearProbe(Evaluation):
    """A classifier trained on the frozen features of few images, and the same on baselines.

    Where the recipe has several spaces, in each of them: as many groups of records, each with its own baselines. What
    it trains on are views of every image (the recipe's, without noise). What a protocol leaves open is chosen on
    ``validation_share`` of the real training images, for every method alike, but for those that a method trains on: an
    image never judges a classifier that saw it. The test set is looked at once for each trained classifier.
    """

    protocol: ClassifierFit = attrs.field(default=attrs.Factory(Converged), converter=named)
    """How the classifier is trained; in Python its kind may stand for its defaults."""
    views: int = attrs.field(default=20, validator=at_least(1))
    """Views of every image, fewer where that would pass ``rows``; a protocol may ask for more, or for none."""
    rows: int = attrs.field(default=2000, validator=at_least(1))
    """Rows of features that are enough; each image gets at least one view."""
    seeds: int = attrs.field(default=5, validator=at_least(1))
    """Draws of the views, and of whatever else a protocol draws."""
    random_draws: int = attrs.field(default=10, validator=at_least(1))
    """Draws of the random baseline."""
    baselines: tuple[Baseline, ...] = ("random", "centroid", "full")
    """What is evaluated beside the distilled set: real images, as many of every class as the set has (``random``,
    ``centroid``), or all there are (``full``). Where a class has fewer, a ``note`` stands in place of a gain."""
    validation_share: float = attrs.field(default=0.3, validator=[positive(), between(0, 1, open_high=True)])
    """Share of the real training images that choose what the protocol leaves open."""

    def check(self, parts: Composition) -> None:
        """The data must have labels, a test part and two training samples a class; the generator labels and an end."""
        if parts.data.test_set is None:
            raise MatchZooError("evaluation: the data has no test part; its load has to give one")
        if parts.data.training_set.labels is None:
            raise MatchZooError("evaluation: a linear probe needs data with labels")
        stratified(parts.data.training_set.labels.cpu(), self.validation_share, 0, parts.spec.class_names)
        if parts.require_generator().count is None:
            raise MatchZooError("evaluation: a linear probe needs a finite set of images, not a noise generator")

    def evaluate(self, trained: Trained) -> list[Record]:
        """Records of the distilled set and of the baselines, with top-1 and top-5 accuracy in percent.

        Those of several spaces come one space after the other, and say which in ``space``.
        """
        parts = trained.parts
        self.check(parts)
        names = space_names(parts.projectors)
        records = []
        for space, projector in parts.projectors.items():
            bench = ProbeHarness(
                parts.data,
                projector,
                (parts.views or Views()) if parts.spec.is_images else None,
                trained.engine,
                self.protocol,
                name=names[space],
                enough=(self.views, self.rows),
                validation_share=self.validation_share,
                quiet=trained.quiet,
            )
            measured = self._records(bench, trained)
            records += [{**record, "space": space} for record in measured] if len(names) > 1 else measured
        return records

    def _records(self, bench: ProbeHarness, trained: Trained) -> list[Record]:
        """Those of one space."""
        parts = trained.parts
        distilled = unweighted(parts.require_generator().sample(), "linear-probe")
        assert distilled.labels is not None
        names = parts.spec.class_names
        counts = class_counts(distilled.labels, len(names))
        synthetic = Split(distilled.values.float().cpu(), distilled.labels.cpu())
        sets = [(trained.method, [synthetic] * self.seeds)]
        for name in self.baselines:
            sets.append((name, bench.baseline(name, counts, self.seeds, self.random_draws, trained.seed)))
        records = []
        with Progress(len(sets), f"linear probe, {bench.name}", "methods", quiet=trained.quiet) as progress:
            for method, images in sets:
                record = bench.record(method, images, full=images[0] is parts.data.training_set)
                records.append(record | counts_as_record(images[0], len(names)))
                progress.update(1, {"top-1": records[-1]["top1_mean"]})
        for record in records[1:]:
            record |= gain(records[0], record, names, paired=record["method"] != "random", drawn=self.protocol.draws)
        return records

    def table(self, records: list[Record]) -> list[list[str]]:
        """Method, backbone, protocol, accuracies, the worst group where there are groups, and how far the
        distilled set is above."""
        groups = any("worst_group_mean" in r for r in records)
        scores = ["top-1 %", "top-5 %", *(["worst group %"] if groups else [])]
        rows = [["method", "backbone", "protocol", "images", *scores, "gain of the set", "draws", "seconds"]]
        for r, above in zip(records, gain_cells(records), strict=True):
            numbers = [mean_and_spread(r, "top1"), f"{r['top5_mean']:.1f}"]
            if groups:
                numbers.append(mean_and_spread(r, "worst_group"))
            names = [r["method"], r["backbone"], r["protocol"], str(r["images"])]
            rows.append([*names, *numbers, above, str(r["seeds"]), f"{r['seconds']:.1f}"])
        return rows


def space_names(projectors: Mapping[str, Projector]) -> dict[str, str]:
    """What results call each space: the backbone's card, or the projector's class; and its own name after it where
    several would be called the same."""
    plain = {
        space: projector.card if isinstance(projector, Backbone) else type(projector).__name__.lower()
        for space, projector in projectors.items()
    }
    called = list(plain.values())
    return {space: f"{name} ({space})" if called.count(name) > 1 else name for space, name in plain.items()}
