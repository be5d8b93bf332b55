"""Which real samples stand for all of them: selectors, and the methods as functions on features."""

from matchzoo.generators.selectors.all import All
from matchzoo.generators.selectors.centroid import Centroid
from matchzoo.generators.selectors.frechet_search import FrechetSearch, Search, frechet_search
from matchzoo.generators.selectors.herding import Herding, herding
from matchzoo.generators.selectors.k_center import KCenter, k_center
from matchzoo.generators.selectors.k_means import KMeans, nearest_to_centers
from matchzoo.generators.selectors.k_medoids import KMedoids, k_medoids
from matchzoo.generators.selectors.nearest import Nearest, nearest_rows
from matchzoo.generators.selectors.random import Random
from matchzoo.generators.selectors.selector import Selector

__all__ = [
    "All",
    "Centroid",
    "FrechetSearch",
    "Herding",
    "KCenter",
    "KMeans",
    "KMedoids",
    "Nearest",
    "Random",
    "Search",
    "Selector",
    "frechet_search",
    "herding",
    "k_center",
    "k_medoids",
    "nearest_rows",
    "nearest_to_centers",
]
