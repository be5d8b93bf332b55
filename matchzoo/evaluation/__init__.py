"""What is measured at the end of a run."""

from matchzoo.evaluation.converged import Converged
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained
from matchzoo.evaluation.feature_distances import FeatureDistances
from matchzoo.evaluation.from_scratch import FromScratch
from matchzoo.evaluation.k_nn import NearestNeighbors
from matchzoo.evaluation.linear_probe import LinearProbe
from matchzoo.evaluation.mode_coverage import ModeCoverage
from matchzoo.evaluation.nearest_centroid import NearestCentroid
from matchzoo.evaluation.paper import Paper
from matchzoo.evaluation.protocol import Protocol
from matchzoo.evaluation.ridge import Ridge
from matchzoo.evaluation.two_sample import TwoSample

__all__ = [
    "Converged",
    "Evaluation",
    "FeatureDistances",
    "FromScratch",
    "LinearProbe",
    "ModeCoverage",
    "NearestCentroid",
    "NearestNeighbors",
    "Paper",
    "Protocol",
    "Record",
    "Ridge",
    "Trained",
    "TwoSample",
]
