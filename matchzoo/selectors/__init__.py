"""Which real samples stand for all of them."""

from matchzoo.selectors.all import All
from matchzoo.selectors.centroid import Centroid
from matchzoo.selectors.herding import Herding
from matchzoo.selectors.k_center import KCenter
from matchzoo.selectors.k_medoids import KMedoids
from matchzoo.selectors.nearest import Nearest
from matchzoo.selectors.random import Random
from matchzoo.selectors.selector import Selector

__all__ = ["All", "Centroid", "Herding", "KCenter", "KMedoids", "Nearest", "Random", "Selector"]
