"""Source and target after a method of shallow adaptation: features in which they are alike, or weights."""

from collections.abc import Callable

import attrs
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.core.numerics.kernels import Gaussian
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.evaluation.adaptation.label_propagation import LabelPropagation
from matchzoo.evaluation.adaptation.methods import Method, method_of
from matchzoo.matchers import squared_mmd
from matchzoo.projectors import Alignment
from matchzoo.ratios import RatioEstimator

Map = Callable[[torch.Tensor], torch.Tensor]
"""Rows [r, d] → features [r, k]."""


@attrs.frozen(eq=False, kw_only=True)
class AlignedSets:
    """Two sets after a method of shallow adaptation.

    Attributes:
        source: features [n, k] of the source, and its weights where the method has such.
        target: features [m, k] of the target.
        inputs: both sets as they were aligned, [n, d] and [m, d]: standardized if that was asked for.
        source_map: from rows [r, d] of the source to features [r, k].
        target_map: the same of the target, [r, d] to [r, k].
    """

    source: Samples
    target: Samples
    inputs: tuple[torch.Tensor, torch.Tensor]
    source_map: Map = attrs.field(repr=False)
    target_map: Map = attrs.field(repr=False)

    @property
    def shares(self) -> torch.Tensor:
        """Weights [n] of the source's rows that sum to 1: equal ones where the method has none."""
        weights = self.source.weights
        if weights is None:
            return torch.full((len(self.source),), 1 / len(self.source), dtype=torch.float64)
        return double(weights) / double(weights).sum()

    @torch.no_grad()
    def diagnostics(self) -> dict[str, float]:
        """``mmd2_before`` and ``mmd2_after``: squared MMD of the sets, in inputs and in aligned features (weighted
        where the method weights), under a Gaussian kernel of the median distance there; not below 0, near 0 if alike.
        ``effective_sample_size``: (Σw)² / Σw² of weights, out of n.
        """
        before = tuple(Samples(values) for values in self.inputs)
        measured = {"mmd2_before": _mmd2(*before), "mmd2_after": _mmd2(self.source, self.target)}
        if self.source.weights is not None:
            measured["effective_sample_size"] = (1 / self.shares.square().sum()).item()
        return measured


@torch.no_grad()
def align(
    source: torch.Tensor,
    target: torch.Tensor,
    method: str | Method = "coral",
    *,
    standardize: bool = True,
    seed: int = 0,
) -> AlignedSets:
    """Apply a method of shallow adaptation to two sets of rows.

    Examples:
        >>> aligned = align(source, target, "linear-transport")
        >>> aligned.source.values, aligned.target.values  # features that are alike
        >>> aligned.target_map(new_rows)

    Args:
        source: [n, d].
        target: [m, d].
        method: an alignment or a ratio estimator, or what `method_of` takes; None for neither.
        standardize: shift and scale every input by mean and standard deviation of both sets pooled first.
        seed: of what a ratio estimator draws.

    Raises:
        MatchZooError: sets of other shapes, values that are not finite, before or after the map, or label propagation,
            which aligns nothing.
    """
    if not source.ndim == target.ndim == 2 or source.shape[1:] != target.shape[1:] or min(len(source), len(target)) < 2:
        got = f"{list(source.shape)} and {list(target.shape)}"
        raise MatchZooError(f"adapt: expected source [n, d] and target [m, d] of 2 rows or more, got {got}")
    if not bool(source.isfinite().all() and target.isfinite().all()):
        raise MatchZooError("adapt: source and target must be finite")
    chosen = method_of(method, source.shape[1]) if isinstance(method, str) else method
    if isinstance(chosen, LabelPropagation):
        raise MatchZooError("label propagation aligns nothing, it gives labels to the target; use it with adapt")

    center, spread = source.new_zeros(()), source.new_ones(())
    if standardize:
        pooled = torch.cat([source, target])
        center, spread = pooled.mean(0), pooled.std(0, correction=0)
        spread = torch.where(spread <= 8 * torch.finfo(spread.dtype).eps * pooled.abs().amax(0), 1.0, spread)
    inputs = ((source - center) / spread, (target - center) / spread)

    of_source, of_target = chosen.maps(*inputs) if isinstance(chosen, Alignment) else (None, None)
    weights = None
    if isinstance(chosen, RatioEstimator):
        ratio = chosen.fit(Samples(inputs[1]), Samples(inputs[0]), Step(0, seed))
        weights = ratio.denominator.clamp_min(0)

    def mapped(by: Map | None) -> Map:
        def features(rows: torch.Tensor) -> torch.Tensor:
            scaled = (rows.to(center) - center) / spread
            return scaled if by is None else by(scaled)

        return features

    features = inputs[0] if of_source is None else of_source(inputs[0])
    target_map = mapped(of_target)
    target_features = target_map(target)
    if not bool(features.isfinite().all() and target_features.isfinite().all()):
        raise MatchZooError(
            "adapt: the map is not finite: a covariance is singular, or numbers are too large; raise ridge"
        )
    return AlignedSets(
        source=Samples(features, weights=weights),
        target=Samples(target_features),
        inputs=inputs,
        source_map=mapped(of_source),
        target_map=target_map,
    )


def _mmd2(x: Samples, y: Samples) -> float:
    return squared_mmd(x, y, Gaussian(bandwidths=("median",))).item()
