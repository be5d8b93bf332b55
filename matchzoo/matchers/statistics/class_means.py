"""The center of every class in feature space."""

from typing import Literal

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.statistics.statistic import Statistic

BLOCK = 2**22
"""Numbers of the features that are taken at once (16 MiB in float32)."""


def class_means(
    features: torch.Tensor, labels: torch.Tensor, classes: int, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """Weighted means of the features of every class: μ_c = Σ_i w_i y_ic z_i / Σ_i w_i y_ic.

    So the class means of a set, each weighing what its class does, have the centers of the whole set. Half-precision
    features are taken to float32 first. Where no gradient is wanted, rows go in blocks.

    Args:
        features: Z, [n, d].
        labels: class indices [n], or probabilities Y [n, c].
        classes: c.
        weights: w, [n] non-negative; None for equal ones.

    Returns:
        [c, d], differentiable in the features, the weights and the probabilities.

    Raises:
        MatchZooError: a class has no sample. Only where the labels are on a CPU: to look at those of an accelerator
            would make it wait, so the center of such a class is not finite there (which the trainer refuses).
    """
    kind = torch.float32 if features.dtype in (torch.float16, torch.bfloat16) else features.dtype
    mass = torch.zeros(classes, dtype=kind, device=features.device)
    sums = torch.zeros(classes, features.shape[1], dtype=kind, device=features.device)
    graph = any(x is not None and x.requires_grad for x in (features, labels, weights))
    rows = len(features) if graph else max(BLOCK // features.shape[1], 1)
    for start in range(0, len(features), max(rows, 1)):
        some = slice(start, start + rows)
        values, own = features[some].to(kind), labels[some].to(features.device)
        row_weights = None if weights is None else weights[some].to(values)
        if labels.ndim == 2:
            shares = own.to(kind) if row_weights is None else own.to(kind) * row_weights[:, None]
            mass, sums = mass + shares.sum(0), sums + shares.T @ values
        else:
            mass = mass.index_add(0, own, values.new_ones(len(values)) if row_weights is None else row_weights)
            sums = sums.index_add(0, own, values if row_weights is None else values * row_weights[:, None])
    if mass.device.type == "cpu" and not bool((mass > 0).all()):
        empty = (mass <= 0).nonzero().flatten().tolist()
        shown = ", ".join(map(str, empty[:8])) + (", …" if len(empty) > 8 else "")
        raise MatchZooError(
            f"class centers: no sample of class {shown} among {len(features)}; every set of a step needs one of each "
            f'of {classes}. For real samples use reference = "class-means", or data.sampling = "balanced" and as many '
            "views a step as there are classes; for synthetic ones leave trainer.batch out"
        )
    return sums / mass[:, None]


def other_means(centers: torch.Tensor) -> torch.Tensor:
    """For every class the mean of the centers of all other classes: (C μ̄ − μ_c) / (C − 1); [c, d] → [c, d], c ≥ 2."""
    return (centers.sum(0) - centers) / (len(centers) - 1)


def means_of(samples: Samples, classes: int, name: str) -> torch.Tensor:
    """`class_means` [c, d] of a set; raises, in the name of a statistic, for one without labels."""
    if samples.labels is None:
        raise DeclarationError([("statistic", f"{name} needs labels, and this set has none")])
    return class_means(samples.values, samples.labels, classes, samples.weights)


def classes_of(spec: Spec, name: str) -> int:
    """The number of classes; raises, in the name of a statistic, for fewer than two."""
    if spec.classes is None or spec.classes < 2:
        raise DeclarationError([("data", f"{name} needs at least 2 classes, got {spec.classes or 'none'}")])
    return spec.classes


@declare("class-means")
class ClassMeans(Statistic):
    """`class_means` of a set, or for every class the mean of the centers of the others.

    Under the distance ``squared`` it is what the decoupled variant of statistical flow matching compares: its loss
    α · MSE of own centers + (1 − α) · MSE of the others' is, up to the constant factor C · d, a term of ``own`` with
    weight α and one of ``others`` with weight 1 − α. In the space of random networks it is distribution matching.

    Every set must have a sample of every class.

    Source: the decoupled variant of arXiv 2602.05391, with α = 1 in its released code; Zhao and Bilen, Dataset
    condensation with distribution matching, WACV 2023.
    """

    of: Literal["own", "others"] = "own"
    """own: the mean of a class's own samples; others: the mean of the centers of all other classes."""

    @property
    def supports_float16(self) -> bool:
        """Yes: centers are taken block by block."""
        return True

    def build(self, spec: Spec) -> None:
        """Take the number of classes; raises for fewer than two."""
        self.classes = classes_of(spec, "class-means")

    def measure(self, samples: Samples, step: Step) -> torch.Tensor:
        """The centers [c, d]; raises for a set without labels or, on a CPU, without a sample of a class."""
        centers = means_of(samples, self.classes, "class-means")
        return centers if self.of == "own" else other_means(centers)
