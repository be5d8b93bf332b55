"""Density ratios from samples: estimators, and the functions behind them."""

from matchzoo.ratios.classifier import Classifier, logistic_regression
from matchzoo.ratios.kernel_mean_matching import KernelMeanMatching, kernel_mean_matching
from matchzoo.ratios.kliep import KLIEP, likeliest
from matchzoo.ratios.least_squares import coefficients, leave_one_out
from matchzoo.ratios.of_tables import balance, estimate, held_out
from matchzoo.ratios.plug_in.gaussian_ratio import GaussianRatio
from matchzoo.ratios.plug_in.kernel_density import KernelDensityRatio
from matchzoo.ratios.plug_in.nearest_neighbors import NearestNeighborRatio
from matchzoo.ratios.ratio import Ratio
from matchzoo.ratios.ratio_estimator import RatioEstimator
from matchzoo.ratios.rulsif import RuLSIF
from matchzoo.ratios.solving.mixture import mixture_weights
from matchzoo.ratios.solving.quadratic_program import minimize_in_box
from matchzoo.ratios.trust import Verdict, verdict
from matchzoo.ratios.ulsif import ULSIF

__all__ = [
    "KLIEP",
    "ULSIF",
    "Classifier",
    "GaussianRatio",
    "KernelDensityRatio",
    "KernelMeanMatching",
    "NearestNeighborRatio",
    "Ratio",
    "RatioEstimator",
    "RuLSIF",
    "Verdict",
    "balance",
    "coefficients",
    "estimate",
    "held_out",
    "kernel_mean_matching",
    "leave_one_out",
    "likeliest",
    "logistic_regression",
    "minimize_in_box",
    "mixture_weights",
    "verdict",
]
