"""Which real samples stand for all of them."""

from matchzoo.generators.selectors.all import All
from matchzoo.generators.selectors.centroid import Centroid
from matchzoo.generators.selectors.herding import Herding
from matchzoo.generators.selectors.k_center import KCenter
from matchzoo.generators.selectors.k_medoids import KMedoids
from matchzoo.generators.selectors.nearest import Nearest
from matchzoo.generators.selectors.random import Random
from matchzoo.generators.selectors.selector import Selector

__all__ = ["All", "Centroid", "Herding", "KCenter", "KMedoids", "Nearest", "Random", "Selector"]
