"""What a run will take here, before it is run: memory, operations and time, and what would change them.

``matchzoo plan NAME``, or ``plan(recipes.load("lgm/quickstart"))``. Nothing is trained, downloaded, decoded or kept:
parts are built small (`stand_ins`), a few rows are measured (`costs`, `terms`), and both are scaled to the recipe
(`estimator`).
"""

from matchzoo.recipes.planning.estimate import Estimate
from matchzoo.recipes.planning.plans import Plan, plan

__all__ = ["Estimate", "Plan", "plan"]
