"""What of a set of samples is compared."""

from matchzoo.statistics.class_centres import ClassCentres
from matchzoo.statistics.head_gradient import HeadGradient
from matchzoo.statistics.network_gradient import NetworkGradient
from matchzoo.statistics.per_group import PerGroup
from matchzoo.statistics.statistic import Statistic
from matchzoo.statistics.statistical_flow import StatisticalFlow

__all__ = ["ClassCentres", "HeadGradient", "NetworkGradient", "PerGroup", "Statistic", "StatisticalFlow"]
