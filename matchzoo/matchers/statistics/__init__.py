"""What of a set of samples is compared."""

from matchzoo.matchers.statistics.class_means import ClassCentres
from matchzoo.matchers.statistics.head_gradient import HeadGradient
from matchzoo.matchers.statistics.network_gradient import NetworkGradient
from matchzoo.matchers.statistics.per_class import PerGroup
from matchzoo.matchers.statistics.statistic import Statistic
from matchzoo.matchers.statistics.statistical_flow import StatisticalFlow

__all__ = ["ClassCentres", "HeadGradient", "NetworkGradient", "PerGroup", "Statistic", "StatisticalFlow"]
