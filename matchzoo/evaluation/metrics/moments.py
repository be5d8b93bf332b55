"""Mean and covariance of features that come batch by batch."""

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.evaluation.metrics.checking import BLOCK, check_features


class Moments:
    """Number, mean and covariance of features, gathered in float64 and never held as rows.

    Batches are merged by their means and their scatter about them, so that nothing cancels where the mean is large, as
    it does in sums of squares. Order and size of batches change the result by rounding only. Memory is O(d²): of a
    large batch some rows at a time are in float64.

    Examples:
        >>> moments = Moments()
        >>> for images in batches:
        ...     moments.update(backbone(images))
        >>> frechet_distance(moments, other)

    Attributes:
        count: n.
        mean: [d], None before the first batch.
        scatter: Σ (x − mean)(x − mean)ᵀ [d, d], None before the first batch.

    Source: Chan, Golub and LeVeque, Algorithms for computing the sample variance, 1983, equation 2.1.
    """

    def __init__(self) -> None:
        self.count = 0
        self.mean: torch.Tensor | None = None
        self.scatter: torch.Tensor | None = None

    def update(self, features: torch.Tensor) -> "Moments":
        """These and the moments of more features [b, d], b at least 1; itself.

        Raises:
            MatchZooError: they are no matrix, of another dimension, or not finite.
        """
        check_features("moments", 1, features=features)
        for rows in features.detach().split(BLOCK):
            x = double(rows)
            mean = x.mean(0)
            centered = x - mean
            self._add(len(x), mean, centered.T @ centered)
        return self

    def merge(self, other: "Moments") -> "Moments":
        """These and what another has gathered, such as one of another process; itself.

        Raises:
            MatchZooError: the dimensions differ.
        """
        if other.mean is None or other.scatter is None:
            return self
        return self._add(other.count, other.mean, other.scatter)

    def compute(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean [d] and unbiased covariance [d, d], float64.

        Raises:
            MatchZooError: there were fewer than 2 rows.
        """
        if self.mean is None or self.scatter is None or self.count < 2:
            raise MatchZooError(f"moments: expected at least 2 rows of features, got {self.count}")
        return self.mean, self.scatter / (self.count - 1)

    def _add(self, count: int, mean: torch.Tensor, scatter: torch.Tensor) -> "Moments":
        if self.mean is None or self.scatter is None:
            self.count, self.mean, self.scatter = count, mean.clone(), scatter.clone()
            return self
        if mean.shape != self.mean.shape:
            raise MatchZooError(f"moments: expected features of {len(self.mean)} dimensions, got {len(mean)}")

        total = self.count + count
        shift = mean.to(self.mean) - self.mean
        self.scatter += scatter.to(self.scatter) + torch.outer(shift, shift) * (self.count * count / total)
        self.mean += shift * (count / total)
        self.count = total
        return self

    def __repr__(self) -> str:
        dimensions = "no" if self.mean is None else len(self.mean)
        return f"<Moments of {self.count} samples of {dimensions} features>"
