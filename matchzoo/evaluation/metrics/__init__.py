"""Distances between sets of features, and shares of them, as plain functions."""

from matchzoo.evaluation.metrics.frechet import frechet_distance
from matchzoo.evaluation.metrics.kernel_distance import kernel_distance
from matchzoo.evaluation.metrics.manifold import precision_recall_density_coverage

__all__ = ["frechet_distance", "kernel_distance", "precision_recall_density_coverage"]
