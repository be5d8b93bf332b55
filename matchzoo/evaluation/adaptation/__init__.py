"""Shallow domain adaptation: models of a target without labels, by closed forms on features."""

from typing import TYPE_CHECKING

from matchzoo.core.lazy import lazily
from matchzoo.evaluation.adaptation.adapt import Adapted, adapt
from matchzoo.evaluation.adaptation.adapt_regression import AdaptedRegression, adapt_regression
from matchzoo.evaluation.adaptation.aligned import AlignedSets, align
from matchzoo.evaluation.adaptation.label_propagation import LabelPropagation, propagate_labels
from matchzoo.evaluation.adaptation.methods import method_of

if TYPE_CHECKING:
    from matchzoo.evaluation.adaptation.adapted_classifier import AdaptedClassifier
    from matchzoo.evaluation.adaptation.adapted_regressor import AdaptedRegressor
    from matchzoo.evaluation.adaptation.unlabeled_scorer import UnlabeledScorer

__all__ = [
    "Adapted",
    "AdaptedClassifier",
    "AdaptedRegression",
    "AdaptedRegressor",
    "AlignedSets",
    "LabelPropagation",
    "UnlabeledScorer",
    "adapt",
    "adapt_regression",
    "align",
    "method_of",
    "propagate_labels",
]
_OF_SCIKIT_LEARN = {
    "AdaptedClassifier": "adapted_classifier",
    "AdaptedRegressor": "adapted_regressor",
    "UnlabeledScorer": "unlabeled_scorer",
}
_MODULES = {name: f"matchzoo.evaluation.adaptation.{module}" for name, module in _OF_SCIKIT_LEARN.items()}
__getattr__, __dir__ = lazily(__name__, _MODULES, globals())
