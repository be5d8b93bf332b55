"""Labels that a transport plan carries from a source to a target."""

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.models.transport import PlanSolver, Sinkhorn, cost_matrix


def propagate_labels(
    source: torch.Tensor, labels: torch.Tensor, target: torch.Tensor, classes: int, solver: PlanSolver | None = None
) -> torch.Tensor:
    """Class probabilities [m, c] of a target: the shares of the classes that its mass comes from, under a plan for
    squared distances; their largest is the label.

    Args:
        source: [n, d].
        labels: class indices [n].
        target: [m, d].
        classes: c.
        solver: of the plan; entropic with ε = 0.05 of the largest cost if not given.

    Source: Solomon, Rustamov, Guibas and Butscher, Wasserstein propagation for semi-supervised learning, ICML 2014; as
        a method of adaptation, Redko et al., Optimal transport for multi-source domain adaptation, AISTATS 2019.
    """
    plan = (solver or Sinkhorn(epsilon="0.05*max")).solve(cost_matrix(source, target))
    return plan.barycentric_back(torch.nn.functional.one_hot(labels, classes).to(source))


@declare
class LabelPropagation:
    """`propagate_labels`, after which a classifier is fitted to the target itself: nothing is mapped."""

    solver: PlanSolver = attrs.Factory(lambda: Sinkhorn(epsilon="0.05*max"))
    """Of the plan, for squared distances."""
