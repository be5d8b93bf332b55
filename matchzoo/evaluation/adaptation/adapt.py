"""A classifier of a source with labels, made fit for a target without: aligned features, or weights of samples."""

from collections.abc import Callable
from typing import Any

import attrs
import torch

from matchzoo.core.declaration.declare import FAMILIES
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError, MatchZooError, did_you_mean
from matchzoo.core.numerics.float64 import double
from matchzoo.core.numerics.kernels import Gaussian
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.matchers import squared_mmd
from matchzoo.models.classifiers import LinearClassifier, fit_softmax_regression
from matchzoo.models.classifiers.classifiers import standardize as center_and_scale
from matchzoo.projectors import Alignment, Projector
from matchzoo.ratios import RatioEstimator
from matchzoo.ratios.of_tables import declared

Method = Alignment | RatioEstimator | None
SHORT = {"coral": "recoloring", "means": "location-scale", "reweight": "ulsif"}
"""Other names of kinds."""
NONE = "none"


def method_of(method: str, width: int) -> Method:
    """A method by its kind or TOML table: an alignment, a ratio estimator for weights, or nothing for ``none``.

    ``coral`` is the alignment ``recoloring``, ``means`` is ``location-scale``, ``reweight`` is the estimator ``ulsif``.
    An alignment whose ``features`` are not said has half as many as inputs.

    Args:
        method: such as ``linear-transport`` or ``{ kind = "transfer-components", features = 3, penalty = 10.0 }``.
        width: how many inputs there are.
    """
    table = declared(method)
    table = dict(table) if isinstance(table, dict) else {"kind": table}
    kind = SHORT.get(str(table.get("kind")), str(table.get("kind")))
    if kind == NONE:
        return None

    projectors, estimators = FAMILIES[Projector], FAMILIES[RatioEstimator]
    alignments = {name for name in projectors.names() if issubclass(projectors[name], Alignment)}
    known = [*sorted(alignments), *estimators.names(), *SHORT, NONE]
    if kind not in known:
        raise MatchZooError(f"--method: unknown kind '{kind}'{did_you_mean(kind, known)}; known: {', '.join(known)}")
    if kind in alignments and "features" in (field.name for field in attrs.fields(projectors[kind])):
        table = {"features": max(width // 2, 1), **table}
    abstract: Any = Projector if kind in alignments else RatioEstimator
    try:
        made: Method = structure({**table, "kind": kind}, abstract)
    except DeclarationError as error:
        raise error.under("--method") from None
    return made


@attrs.frozen(eq=False, kw_only=True)
class Adapted:
    """A classifier of the target's samples.

    Attributes:
        classifier: of aligned features.
        source: aligned features [n, k] of the source, with its labels, and its weights where the method has such.
        target: aligned features [m, k] of the target.
        inputs: both sets as they were aligned, [n, d] and [m, d]: standardized if that was asked for.
        classes: how many there are.
        penalty: λ that the classifier was fitted with.
        prepared: from the target's rows [r, d] to aligned features [r, k].
    """

    classifier: LinearClassifier
    source: Samples
    target: Samples
    inputs: tuple[torch.Tensor, torch.Tensor]
    classes: int
    penalty: float
    prepared: Callable[[torch.Tensor], torch.Tensor] = attrs.field(repr=False)

    def probabilities(self, rows: torch.Tensor) -> torch.Tensor:
        """Class probabilities [r, c] of rows [r, d] of the target."""
        return self.classifier.scores(self.prepared(rows)).softmax(1)

    def predict(self, rows: torch.Tensor) -> torch.Tensor:
        """Class indices [r] of rows [r, d] of the target."""
        return self.probabilities(rows).argmax(1)

    @torch.no_grad()
    def diagnostics(self) -> dict[str, Any]:
        """What can be said without labels of the target; none of it tells whether the predictions are right.

        - ``mmd2_before`` and ``mmd2_after``: squared MMD of the sets, in inputs and in aligned features (weighted where
          the method weights), under a Gaussian kernel of the median distance there; not below 0, near 0 if alike.
        - ``source_accuracy``: of the classifier at the source's own rows, weighted where the method weights. An
          alignment that lowers it has lost what tells classes apart.
        - ``agreement``: share of the target's rows that a classifier without adaptation gives the same class.
        - ``entropy``: mean entropy of the predictions in nats, of ``log c`` at most.
        - ``class_shares`` of the predictions and ``source_class_shares``: far apart means shifted classes, or failure.
        - ``effective_sample_size``: (Σw)² / Σw² of weights, out of n.
        """
        scores = self.classifier.scores(self.target.values)
        chances, labels = scores.softmax(1), _labels(self.source)
        weights = self.source.weights
        shares = torch.full_like(labels, 1 / len(labels), dtype=torch.float64)
        shares = shares if weights is None else double(weights) / double(weights).sum()
        right = double(self.classifier.predict(self.source.values) == labels)
        before = tuple(Samples(values) for values in self.inputs)
        plain = fitted_classifier(self.inputs[0], labels, self.classes, self.penalty)
        measured: dict[str, Any] = {
            "mmd2_before": _mmd2(*before),
            "mmd2_after": _mmd2(self.source, self.target),
            "source_accuracy": (shares * right).sum().item(),
            "agreement": double(plain.predict(self.inputs[1]) == scores.argmax(1)).mean().item(),
            "entropy": -(chances * scores.log_softmax(1)).sum(1).mean().item(),
            "class_shares": _shares(scores.argmax(1), self.classes),
            "source_class_shares": _shares(labels, self.classes),
        }
        if weights is not None:
            measured["effective_sample_size"] = (1 / shares.square().sum()).item()
        return measured


@torch.no_grad()
def adapt(
    source: torch.Tensor,
    labels: torch.Tensor,
    target: torch.Tensor,
    method: str | Alignment | RatioEstimator | None = "coral",
    *,
    standardize: bool = True,
    penalty: float | None = None,
    classes: int | None = None,
    seed: int = 0,
) -> Adapted:
    """Fit softmax regression to a source with labels, such that it holds on a target without.

    An alignment gives both sets features in which they are alike. A ratio estimator gives weights p_target / p_source
    to the source's rows, which is right where the target's support lies in the source's and p(y | x) is the same.

    Examples:
        >>> adapted = adapt(source, labels, target, "linear-transport")
        >>> adapted.predict(target)  # class indices [m]
        >>> adapt(source, labels, target, KLIEP()).diagnostics()["effective_sample_size"]

    Args:
        source: [n, d].
        labels: class indices [n].
        target: [m, d].
        method: an alignment or a ratio estimator, or what `method_of` takes; None for the source alone.
        standardize: shift and scale every input by mean and standard deviation of both sets pooled first.
        penalty: λ > 0 of mean cross-entropy + λ/2 ‖W‖² on aligned features; 1/n if not given, which is scikit-learn's
            C = 1.
        classes: how many there are; one more than the largest label if not given.
        seed: of what a ratio estimator draws.

    Raises:
        MatchZooError: sets of other shapes, values that are not finite, or weights that are all 0.
    """
    shapes = source.ndim == target.ndim == 2 and source.shape[1:] == target.shape[1:] and len(labels) == len(source)
    if not shapes or min(len(source), len(target)) < 2:
        got = f"{list(source.shape)}, {list(labels.shape)} and {list(target.shape)}"
        raise MatchZooError(f"adapt: expected source [n, d], labels [n] and target [m, d] of 2 rows or more, got {got}")
    if not bool(source.isfinite().all() and target.isfinite().all()):
        raise MatchZooError("adapt: source and target must be finite")
    made = method_of(method, source.shape[1]) if isinstance(method, str) else method
    classes = classes or int(labels.max()) + 1
    penalty = 1 / len(source) if penalty is None else penalty
    if not penalty > 0 or int(labels.min()) < 0:
        raise MatchZooError(
            f"adapt: expected a penalty above 0 and labels from 0 on, got {penalty}, {int(labels.min())}"
        )

    center, spread = source.new_zeros(()), source.new_ones(())
    if standardize:
        pooled = torch.cat([source, target])
        center, spread = pooled.mean(0), pooled.std(0, correction=0)
        spread = torch.where(spread <= 8 * torch.finfo(spread.dtype).eps * pooled.abs().amax(0), 1.0, spread)
    inputs = ((source - center) / spread, (target - center) / spread)

    of_source, of_target = made.maps(*inputs) if isinstance(made, Alignment) else (None, None)
    weights = None
    if isinstance(made, RatioEstimator):
        ratio = made.fit(Samples(inputs[1]), Samples(inputs[0]), Step(0, seed))
        weights = ratio.denominator.clamp_min(0)

    def prepared(rows: torch.Tensor) -> torch.Tensor:
        scaled = (rows - center) / spread
        return scaled if of_target is None else of_target(scaled)

    features = inputs[0] if of_source is None else of_source(inputs[0])
    if not bool(features.isfinite().all()):
        raise MatchZooError(
            "adapt: the map is not finite: a covariance is singular, or numbers are too large; raise ridge"
        )

    return Adapted(
        classifier=fitted_classifier(features, labels, classes, penalty, weights),
        source=Samples(features, labels, weights),
        target=Samples(prepared(target)),
        inputs=inputs,
        classes=classes,
        penalty=penalty,
        prepared=prepared,
    )


def fitted_classifier(
    features: torch.Tensor, labels: torch.Tensor, classes: int, penalty: float, weights: torch.Tensor | None = None
) -> LinearClassifier:
    """Softmax regression to its optimum, of mean cross-entropy + λ/2 ‖W‖² with W on the features as they are.

    Args:
        features: [n, k].
        labels: class indices [n].
        classes: c.
        penalty: λ > 0.
        weights: [n], not negative; equal if not given.
    """
    _, scale = center_and_scale(double(features))  # the solver's penalty is on features of unit scale
    scaled = max(penalty / scale.item() ** 2, torch.finfo(torch.float64).tiny)
    [fitted] = fit_softmax_regression(features, labels, classes, [scaled], weights=weights)
    return fitted


def _labels(samples: Samples) -> torch.Tensor:
    if samples.labels is None:
        raise MatchZooError("adapt: the source has no labels")
    return samples.labels


def _mmd2(x: Samples, y: Samples) -> float:
    return squared_mmd(x, y, Gaussian(bandwidths=("median",))).item()


def _shares(labels: torch.Tensor, classes: int) -> list[float]:
    counts = double(torch.bincount(labels, minlength=classes))
    shares: list[float] = (counts / counts.sum()).tolist()
    return shares
