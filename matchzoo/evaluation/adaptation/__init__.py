"""Shallow domain adaptation: classifiers of a target without labels, by closed forms on features."""

from matchzoo.evaluation.adaptation.adapt import Adapted, adapt, method_of
from matchzoo.evaluation.adaptation.adapted_classifier import AdaptedClassifier

__all__ = ["Adapted", "AdaptedClassifier", "adapt", "method_of"]
