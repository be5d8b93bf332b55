"""A regression on a source with numbers, made fit for a target without: aligned features, or weights of samples."""

import attrs
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.evaluation.adaptation.aligned import AlignedSets, align
from matchzoo.evaluation.adaptation.methods import Method
from matchzoo.models.linear_regression import LinearRegression, fit_linear_regression


@attrs.frozen(eq=False, kw_only=True)
class AdaptedRegression:
    """A linear regression for the target's samples.

    Attributes:
        regression: on aligned features.
        aligned: both sets, the maps of new rows, and the weights where the method has such.
        values: numbers [n] of the source, float64.
        penalty: λ that the regression was fitted with.
    """

    regression: LinearRegression
    aligned: AlignedSets
    values: torch.Tensor
    penalty: float

    def predict(self, rows: torch.Tensor) -> torch.Tensor:
        """Numbers [r] of rows [r, d] of the target."""
        return self.regression.predict(self.aligned.target_map(rows))

    def source_predict(self, rows: torch.Tensor) -> torch.Tensor:
        """The same of rows [r, d] of the source, which have a map of their own."""
        return self.regression.predict(self.aligned.source_map(rows))

    @torch.no_grad()
    def diagnostics(self) -> dict[str, float]:
        """What can be said without numbers of the target; none of it tells whether the predictions are right.

        - ``mmd2_before``, ``mmd2_after`` and ``effective_sample_size``: as `AlignedSets.diagnostics`.
        - ``source_error``: root mean squared error at the source's own rows, weighted where the method weights, and
          ``source_r2``, 1 less its square over the (weighted) variance there. An alignment that lowers the latter has
          lost what the numbers depend on.
        - ``change``: root mean squared difference of the predictions from those without adaptation.
        - ``mean`` and ``spread`` (standard deviation) of the predictions, ``source_mean`` and ``source_spread`` of the
          source's numbers: far apart means shifted numbers, or failure.
        """
        predicted, inputs = self.regression.predict(self.aligned.target.values), self.aligned.inputs
        shares, values = self.aligned.shares, self.values
        square = shares @ (self.regression.predict(self.aligned.source.values) - values).square()
        variance = shares @ (values - shares @ values).square()
        plain = fit_linear_regression(inputs[0], values, self.penalty)
        return {
            **self.aligned.diagnostics(),
            "source_error": square.sqrt().item(),
            "source_r2": (1 - square / variance.clamp_min(torch.finfo(variance.dtype).tiny)).item(),
            "change": (plain.predict(inputs[1]) - predicted).square().mean().sqrt().item(),
            "mean": predicted.mean().item(),
            "spread": predicted.std(correction=0).item(),
            "source_mean": values.mean().item(),
            "source_spread": values.std(correction=0).item(),
        }


@torch.no_grad()
def adapt_regression(
    source: torch.Tensor,
    values: torch.Tensor,
    target: torch.Tensor,
    method: str | Method = "coral",
    *,
    standardize: bool = True,
    penalty: float | None = None,
    seed: int = 0,
) -> AdaptedRegression:
    """Fit a linear regression to a source with numbers, such that it holds on a target without: as `adapt`.

    Examples:
        >>> adapted = adapt_regression(source, prices, target, "kliep", penalty=0)
        >>> adapted.predict(target)  # numbers [m]

    Args:
        source: [n, d].
        values: [n], finite.
        target: [m, d].
        method: an alignment or a ratio estimator, or what `method_of` takes; None for the source alone.
        standardize: shift and scale every input by mean and standard deviation of both sets pooled first.
        penalty: λ ≥ 0 of mean squared error + λ ‖β‖² on aligned features; 1/n if not given, which is scikit-learn's
            ``Ridge(alpha=1)``. 0 is least squares.
        seed: of what a ratio estimator draws.

    Raises:
        MatchZooError: sets of other shapes, values that are not finite, or weights that are all 0.
    """
    if values.shape != source.shape[:1] or not bool(values.isfinite().all()):
        got = f"{list(source.shape)} and {list(values.shape)}"
        raise MatchZooError(f"adapt: expected source [n, d] and finite values [n], got {got}")
    penalty = 1 / len(source) if penalty is None else penalty
    aligned = align(source, target, method, standardize=standardize, seed=seed)
    numbers = double(values)
    fitted = fit_linear_regression(aligned.source.values, numbers, penalty, aligned.source.weights)
    return AdaptedRegression(regression=fitted, aligned=aligned, values=numbers, penalty=penalty)
