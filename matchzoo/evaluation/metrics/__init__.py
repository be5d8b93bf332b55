"""Distances between sets of features, shares of them, and tests of two samples, as plain functions."""

from matchzoo.evaluation.metrics.clustering import hungarian_accuracy
from matchzoo.evaluation.metrics.frechet import (
    frechet_distance,
    memorization_distance,
    memorization_informed_frechet_distance,
)
from matchzoo.evaluation.metrics.inception_score import inception_score
from matchzoo.evaluation.metrics.kernel_distance import kernel_distance, kernel_distance_of_subsets
from matchzoo.evaluation.metrics.manifold import precision_recall_density_coverage
from matchzoo.evaluation.metrics.moments import Moments
from matchzoo.evaluation.metrics.ranking import rank_one
from matchzoo.evaluation.metrics.resemblance import share_of_a_point
from matchzoo.evaluation.metrics.subset_values import SubsetValues
from matchzoo.evaluation.metrics.two_sample_tests import TwoSampleTest, permutation_test, wild_bootstrap_test

__all__ = [
    "Moments",
    "SubsetValues",
    "TwoSampleTest",
    "frechet_distance",
    "hungarian_accuracy",
    "inception_score",
    "kernel_distance",
    "kernel_distance_of_subsets",
    "memorization_distance",
    "memorization_informed_frechet_distance",
    "permutation_test",
    "precision_recall_density_coverage",
    "rank_one",
    "share_of_a_point",
    "wild_bootstrap_test",
]
