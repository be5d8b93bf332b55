"""How far sets of samples are from matching."""

from matchzoo.matchers.classification import Classification
from matchzoo.matchers.distance import Cosine, Distance, RowCosine, Squared
from matchzoo.matchers.gan import GAN
from matchzoo.matchers.induced_probe import LinearProbe
from matchzoo.matchers.matcher import Matcher
from matchzoo.matchers.mmd import MMD
from matchzoo.matchers.one_sided import OneSided
from matchzoo.matchers.ratio import RatioMatcher
from matchzoo.matchers.reconstruction import Reconstruction
from matchzoo.matchers.reduction import Reduction, ToReference
from matchzoo.matchers.reference import Cache, ClassMeans, Online, Reference
from matchzoo.matchers.statistic import StatisticMatcher

__all__ = [
    "GAN",
    "MMD",
    "Cache",
    "ClassMeans",
    "Classification",
    "Cosine",
    "Distance",
    "LinearProbe",
    "Matcher",
    "OneSided",
    "Online",
    "RatioMatcher",
    "Reconstruction",
    "Reduction",
    "Reference",
    "RowCosine",
    "Squared",
    "StatisticMatcher",
    "ToReference",
]
