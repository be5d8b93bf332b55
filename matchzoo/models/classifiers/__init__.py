"""Classifiers that are fitted on features: of a set, with the penalty chosen on real ones; `linear_probe` is one call
for plain tensors."""

from matchzoo.models.classifiers.classifier_fit import ClassifierFit, Fitted, TrainingSet
from matchzoo.models.classifiers.classifiers import Classifier, FeatureClassifier, LinearClassifier, accuracy
from matchzoo.models.classifiers.converged import Converged
from matchzoo.models.classifiers.k_nn import NearestNeighbors
from matchzoo.models.classifiers.linear_probe import linear_probe
from matchzoo.models.classifiers.nearest_centroid import NearestCentroid
from matchzoo.models.classifiers.paper import Paper
from matchzoo.models.classifiers.ridge import Ridge, fit_ridge
from matchzoo.models.classifiers.scoring import Score, probe
from matchzoo.models.classifiers.softmax_regression import fit_softmax_regression

__all__ = [
    "Classifier",
    "ClassifierFit",
    "Converged",
    "FeatureClassifier",
    "Fitted",
    "LinearClassifier",
    "NearestCentroid",
    "NearestNeighbors",
    "Paper",
    "Ridge",
    "Score",
    "TrainingSet",
    "accuracy",
    "fit_ridge",
    "fit_softmax_regression",
    "linear_probe",
    "probe",
]
