"""What of a set of samples is compared."""

from matchzoo.statistics.head_gradient import HeadGradient
from matchzoo.statistics.statistic import Statistic

__all__ = ["HeadGradient", "Statistic"]
