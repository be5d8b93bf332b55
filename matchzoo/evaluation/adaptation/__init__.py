"""Shallow domain adaptation: models of a target without labels, by closed forms on features."""

from matchzoo.evaluation.adaptation.adapt import Adapted, adapt
from matchzoo.evaluation.adaptation.adapted_classifier import AdaptedClassifier
from matchzoo.evaluation.adaptation.aligned import AlignedSets, align
from matchzoo.evaluation.adaptation.label_propagation import LabelPropagation, propagate_labels
from matchzoo.evaluation.adaptation.methods import method_of

__all__ = [
    "Adapted",
    "AdaptedClassifier",
    "AlignedSets",
    "LabelPropagation",
    "adapt",
    "align",
    "method_of",
    "propagate_labels",
]
