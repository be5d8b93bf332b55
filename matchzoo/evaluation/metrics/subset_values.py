"""A number that is taken of several subsets of samples, with how far these are apart."""

import attrs
import torch


@attrs.frozen(eq=False)
class SubsetValues:
    """Values of s subsets, with their mean and deviation.

    The deviation is that of the values, √(mean of (v − mean)²), as publications print it after a ±. Subsets share
    samples, and all come of the same trained network, so it is no standard error of the mean.

    Attributes:
        values: [s], float64.
    """

    values: torch.Tensor

    @property
    def mean(self) -> float:
        """Of the values."""
        return self.values.mean().item()

    @property
    def deviation(self) -> float:
        """Standard deviation of the values, about their mean."""
        return self.values.std(correction=0).item()

    def __repr__(self) -> str:
        return f"<SubsetValues: {len(self.values)} of mean {self.mean:.6g}, deviation {self.deviation:.3g}>"
