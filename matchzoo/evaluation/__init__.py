"""What is measured at the end of a run."""

from matchzoo.evaluation.adapted_accuracy import AdaptedAccuracy
from matchzoo.evaluation.classifiers.accuracy import Accuracy
from matchzoo.evaluation.classifiers.calibration import Calibration
from matchzoo.evaluation.classifiers.clustering import Clustering
from matchzoo.evaluation.classifiers.memorization import Memorization
from matchzoo.evaluation.classifiers.operation_similarity import OperationSimilarity
from matchzoo.evaluation.encoders.few_labels import FewLabels
from matchzoo.evaluation.encoders.rank_one import RankOne
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained
from matchzoo.evaluation.from_scratch import FromScratch
from matchzoo.evaluation.generated.feature_distances import FeatureDistances
from matchzoo.evaluation.generated.flow_steps import FlowSteps
from matchzoo.evaluation.generated.inception_score import InceptionScore
from matchzoo.evaluation.generated.map_error import MapError
from matchzoo.evaluation.generated.mode_coverage import ModeCoverage
from matchzoo.evaluation.generated.prox_error import ProxError
from matchzoo.evaluation.generated.restoration import RestorationQuality
from matchzoo.evaluation.generated.retrieval import Retrieval
from matchzoo.evaluation.generated.score_error import ScoreError
from matchzoo.evaluation.generated.two_sample import TwoSample
from matchzoo.evaluation.linear_probe import LinearProbe
from matchzoo.evaluation.unlabeled import Unlabeled
from matchzoo.evaluation.validation import Validation

__all__ = [
    "Accuracy",
    "AdaptedAccuracy",
    "Calibration",
    "Clustering",
    "Evaluation",
    "FeatureDistances",
    "FewLabels",
    "FlowSteps",
    "FromScratch",
    "InceptionScore",
    "LinearProbe",
    "MapError",
    "Memorization",
    "ModeCoverage",
    "OperationSimilarity",
    "ProxError",
    "RankOne",
    "Record",
    "RestorationQuality",
    "Retrieval",
    "ScoreError",
    "Trained",
    "TwoSample",
    "Unlabeled",
    "Validation",
]
