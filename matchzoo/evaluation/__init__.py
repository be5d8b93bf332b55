"""What is measured at the end of a run."""

from matchzoo.evaluation.evaluation import Evaluation, Record, Trained
from matchzoo.evaluation.linear_probe import LinearProbe
from matchzoo.evaluation.mode_coverage import ModeCoverage

__all__ = ["Evaluation", "LinearProbe", "ModeCoverage", "Record", "Trained"]
