"""Comparing what has been made: sets of images across backbones, and runs with each other."""

from matchzoo.recipes.comparison.choice import Choice, choose
from matchzoo.recipes.comparison.evaluated_set import EvaluatedSet
from matchzoo.recipes.comparison.matrix import Matrix
from matchzoo.recipes.comparison.measured import Measured, measure
from matchzoo.recipes.comparison.on_backbones import evaluate
from matchzoo.recipes.comparison.runs import RunReport, report

__all__ = ["Choice", "EvaluatedSet", "Matrix", "Measured", "RunReport", "choose", "evaluate", "measure", "report"]
