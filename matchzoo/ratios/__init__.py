"""Density ratios from samples."""

from matchzoo.ratios.classifier import Classifier
from matchzoo.ratios.kernel_mean_matching import KernelMeanMatching
from matchzoo.ratios.kliep import KLIEP
from matchzoo.ratios.ratio_estimator import Ratio, RatioEstimator
from matchzoo.ratios.rulsif import RuLSIF
from matchzoo.ratios.ulsif import ULSIF

__all__ = ["KLIEP", "ULSIF", "Classifier", "KernelMeanMatching", "Ratio", "RatioEstimator", "RuLSIF"]
