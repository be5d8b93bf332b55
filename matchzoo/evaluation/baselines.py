"""Real images that stand for a data set: what a distilled set must beat. The functions are those of the selectors."""

from matchzoo.selectors.centroid import centroid_rows
from matchzoo.selectors.nearest import nearest_rows
from matchzoo.selectors.random import random_rows
from matchzoo.selectors.selector import class_rows

__all__ = ["centroid_rows", "class_rows", "nearest_rows", "random_rows"]
