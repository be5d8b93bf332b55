"""What of a set of samples is compared."""

from matchzoo.matchers.statistics.class_means import ClassMeans, class_means, other_means
from matchzoo.matchers.statistics.covariance import (
    Covariance,
    StandardDeviations,
    covariance,
    standard_deviations,
)
from matchzoo.matchers.statistics.cross_correlation import CrossCorrelation, cross_correlation
from matchzoo.matchers.statistics.gradients.head_curvature import LinearHead, scale_gradient
from matchzoo.matchers.statistics.gradients.head_gradient import HeadGradient, head_gradient
from matchzoo.matchers.statistics.gradients.linear_head import LinearHeadStatistic
from matchzoo.matchers.statistics.gradients.network_gradient import NetworkGradient, network_gradient
from matchzoo.matchers.statistics.gradients.past_subspace import PastSubspace, principal_directions
from matchzoo.matchers.statistics.gram import Gram, batch_gram, channel_gram, token_gram
from matchzoo.matchers.statistics.label_marginal import LabelMarginal, label_marginal
from matchzoo.matchers.statistics.moments import Moments, moments
from matchzoo.matchers.statistics.per_class import PerClass, rows_of_classes
from matchzoo.matchers.statistics.prototypes import Prototypes
from matchzoo.matchers.statistics.risk import Risk
from matchzoo.matchers.statistics.statistic import JointStatistic, Statistic
from matchzoo.matchers.statistics.statistical_flow import StatisticalFlow, statistical_flow

__all__ = [
    "ClassMeans",
    "Covariance",
    "CrossCorrelation",
    "Gram",
    "HeadGradient",
    "JointStatistic",
    "LabelMarginal",
    "LinearHead",
    "LinearHeadStatistic",
    "Moments",
    "NetworkGradient",
    "PastSubspace",
    "PerClass",
    "Prototypes",
    "Risk",
    "StandardDeviations",
    "Statistic",
    "StatisticalFlow",
    "batch_gram",
    "channel_gram",
    "class_means",
    "covariance",
    "cross_correlation",
    "head_gradient",
    "label_marginal",
    "moments",
    "network_gradient",
    "other_means",
    "principal_directions",
    "rows_of_classes",
    "scale_gradient",
    "standard_deviations",
    "statistical_flow",
    "token_gram",
]
