"""Comparing what has been made: sets of images across backbones, and runs with each other."""

from matchzoo.comparison.contender import Contender
from matchzoo.comparison.matrix import Matrix, evaluate

__all__ = ["Contender", "Matrix", "evaluate"]
