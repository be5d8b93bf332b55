"""A statistic of every class by itself."""

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.statistics.around_statistic import AroundStatistic
from matchzoo.matchers.statistics.statistic import Statistic


def rows_of_classes(samples: Samples, classes: int) -> list[torch.Tensor]:
    """The rows of every class, in their order.

    Args:
        samples: with class indices as labels.
        classes: c.

    Returns:
        c index tensors [k], disjoint, none of them empty.

    Raises:
        DeclarationError: the samples have no labels, or probabilities.
        MatchZooError: a class has no sample.
    """
    if samples.values.is_meta:  # shapes without values, when a run is planned
        return list(torch.arange(len(samples), device="meta").tensor_split(classes))
    if samples.labels is None or samples.labels.ndim == 2:
        has = "no labels" if samples.labels is None else "probabilities as labels (generator.soft_labels)"
        raise DeclarationError([("statistic", f"per-class needs class indices, and this set has {has}")])
    counts = samples.labels.bincount(minlength=classes).tolist()  # of labels on a device, it is waited for
    if 0 in counts:
        raise MatchZooError(
            f"per-class: no sample of class {counts.index(0)} among {len(samples)}; every set of an update needs one "
            f'of each of {classes}. For real samples use data.sampling = "balanced" and a trainer.real_batch of at '
            "least as many; for synthetic ones leave trainer.batch out"
        )
    return list(samples.labels.argsort(stable=True).to(samples.values.device, non_blocking=True).split(counts))


@declare("per-class")
class PerClass(AroundStatistic, Statistic):
    """Another statistic of the samples of every class, one after the other, stacked.

    Under a distance that sums over rows (``row-cosine``, ``squared``) it is the sum over the classes of the distances
    of each: Σ_c D(s(S_c), s(T_c)), where the bare statistic has D(s(S), s(T)).

    Source: the classes of gradient matching, Zhao et al., Dataset condensation with gradient matching, ICLR 2021.
    """

    statistic: Statistic
    """Of the samples of one class."""
    at_once: bool | None = None
    """All classes at once (`torch.vmap`) rather than one after the other, which takes as many samples of each. If not
    given, at once on a GPU, where it is up to seven times as fast, and of one sample a class; one after the other on a
    CPU, where that is faster for more of them."""

    def build(self, spec: Spec) -> None:
        """Build the statistic, and take the number of classes; raises without labels."""
        if spec.classes is None:
            raise DeclarationError([("data", "per-class needs data with labels")])
        if self.at_once and not self.statistic.vectorizes:
            raise DeclarationError([("statistic.at_once", "this statistic cannot be vectorized; use false")])
        self.classes = spec.classes
        self.statistic.build(spec)

    def measure(self, samples: Samples, step: Step) -> torch.Tensor:
        """The statistics [c, …] of the classes; raises for a set that lacks one."""
        rows = rows_of_classes(samples, self.classes)
        counts = {len(own) for own in rows}
        at_once = self.at_once
        if at_once is None:
            few = samples.values.is_cuda or counts == {1}
            at_once = few and self.statistic.vectorizes and len(counts) == 1
        if not at_once:
            return torch.stack([self.statistic.measure(samples.rows(own), step) for own in rows])
        if len(counts) > 1:
            raise MatchZooError(
                f"per-class: classes of {min(counts)} to {max(counts)} samples cannot be measured at once; use a "
                'data.sampling = "balanced" and a trainer.real_batch that is a multiple of the classes, or at_once = '
                "false"
            )
        chosen = torch.stack(rows)
        assert samples.labels is not None
        labels, weights = samples.labels[chosen], samples.weights
        if weights is None:
            one = torch.vmap(lambda x, y: self.statistic.measure(Samples(x, y), step))
            return one(samples.values[chosen], labels)
        several = torch.vmap(lambda x, y, w: self.statistic.measure(Samples(x, y, w), step))
        return several(samples.values[chosen], labels, weights[chosen])
