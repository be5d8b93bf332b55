"""Density ratios from samples."""

from matchzoo.ratios.kernel_mean_matching import KernelMeanMatching
from matchzoo.ratios.ratio_estimator import Ratio, RatioEstimator

__all__ = ["KernelMeanMatching", "Ratio", "RatioEstimator"]
