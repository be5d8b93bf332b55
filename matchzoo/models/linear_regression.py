"""Linear regression with weights and a penalty, in closed form."""

import attrs
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.models.sample_weights import of_mean_one


@attrs.frozen(eq=False)
class LinearRegression:
    """Predictions z · β + b.

    Attributes:
        weight: β [d], for raw features.
        bias: b, a scalar.
    """

    weight: torch.Tensor
    bias: torch.Tensor

    def predict(self, features: torch.Tensor) -> torch.Tensor:
        """[n, d] → [n], in the precision of the weights."""
        return features.to(self.weight) @ self.weight + self.bias


def fit_linear_regression(
    features: torch.Tensor, values: torch.Tensor, penalty: float = 0.0, weights: torch.Tensor | None = None
) -> LinearRegression:
    """Minimize Σ w_i (z_i · β + b − y_i)² / Σ w_i + λ ‖β‖², with a free bias b; computed in float64.

    It is scikit-learn's ``Ridge(alpha=λ · Σ w)``. With λ = 0 it is least squares, and of several solutions the one of
    smallest ‖β‖.

    Examples:
        >>> line = fit_linear_regression(x, y, weights=ULSIF()(target_x, x))
        >>> line.predict(target_x)

    Args:
        features: z [n, d].
        values: y [n].
        penalty: λ ≥ 0.
        weights: w [n] finite, not negative and not all 0; equal if not given.

    Returns:
        β and b in float64.

    Raises:
        MatchZooError: other numbers of features and values, a negative penalty, or weights that are not such.
    """
    z, y = double(features), double(values)
    if z.ndim != 2 or y.shape != z.shape[:1] or not len(z):
        got = f"{list(features.shape)} and {list(values.shape)}"
        raise MatchZooError(f"linear regression: expected features [n, d] and values [n], got {got}")
    if not penalty >= 0:
        raise MatchZooError(f"linear regression: expected a penalty of at least 0, got {penalty}")

    shares = torch.ones_like(y) if weights is None else of_mean_one(weights, z)
    shares = shares / len(y)
    center, mean = shares @ z, shares @ y
    root = shares.sqrt()[:, None]
    left, scales, right = torch.linalg.svd(root * (z - center), full_matrices=False)
    smallest = torch.finfo(scales.dtype).eps * max(z.shape) * scales.max()
    inverse = torch.where(scales > smallest, scales / (scales.square() + penalty), 0)
    weight = right.T @ (inverse * (left.T @ (root[:, 0] * (y - mean))))
    return LinearRegression(weight, mean - center @ weight)
