"""How far sets of samples are from matching."""

from matchzoo.matchers.distance import Cosine, Distance, Squared
from matchzoo.matchers.matcher import Matcher
from matchzoo.matchers.mmd import MMD
from matchzoo.matchers.ratio import RatioMatcher
from matchzoo.matchers.reduction import Reduction, ToReference
from matchzoo.matchers.reference import Cache, Online, Reference
from matchzoo.matchers.statistic import StatisticMatcher

__all__ = [
    "MMD",
    "Cache",
    "Cosine",
    "Distance",
    "Matcher",
    "Online",
    "RatioMatcher",
    "Reduction",
    "Reference",
    "Squared",
    "StatisticMatcher",
    "ToReference",
]
