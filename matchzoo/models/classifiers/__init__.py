"""Classifiers that are fitted on features: of a set, with the penalty chosen on real ones."""

from matchzoo.models.classifiers.classifier_fit import ClassifierFit, Fitted, TrainingSet
from matchzoo.models.classifiers.classifiers import Classifier, LinearClassifier
from matchzoo.models.classifiers.converged import Converged
from matchzoo.models.classifiers.k_nn import NearestNeighbors
from matchzoo.models.classifiers.nearest_centroid import NearestCentroid
from matchzoo.models.classifiers.paper import Paper
from matchzoo.models.classifiers.ridge import Ridge

__all__ = [
    "Classifier",
    "ClassifierFit",
    "Converged",
    "Fitted",
    "LinearClassifier",
    "NearestCentroid",
    "NearestNeighbors",
    "Paper",
    "Ridge",
    "TrainingSet",
]
