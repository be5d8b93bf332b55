"""Numbers that rate a classifier on samples without labels, as plain functions."""

from matchzoo.evaluation.scorers.consistency import MixedAgreement, circular_accuracy, mixed_agreement
from matchzoo.evaluation.scorers.importance import deep_embedded_risk, importance_weighted_risk
from matchzoo.evaluation.scorers.predictions import (
    matrix_norm,
    mutual_information,
    prediction_entropy,
    soft_neighborhood_density,
)
from matchzoo.evaluation.scorers.scoring import OF_THE_SOURCE, Candidate, Scorer, SourceSide, scores

__all__ = [
    "OF_THE_SOURCE",
    "Candidate",
    "MixedAgreement",
    "Scorer",
    "SourceSide",
    "circular_accuracy",
    "deep_embedded_risk",
    "importance_weighted_risk",
    "matrix_norm",
    "mixed_agreement",
    "mutual_information",
    "prediction_entropy",
    "scores",
    "soft_neighborhood_density",
]
