"""Comparing what has been made: sets of images across backbones, and runs with each other."""

from matchzoo.comparison.contender import Contender
from matchzoo.comparison.matrix import Matrix, evaluate
from matchzoo.comparison.runs import RunReport, report

__all__ = ["Contender", "Matrix", "RunReport", "evaluate", "report"]
