"""Whether two views of the same samples are recognized as graphs: by their vertices, and by the edges between them."""

from collections.abc import Sequence
from typing import ClassVar

import attrs
import torch
import torch.nn.functional as F

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, positive
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.distances import squared_distances
from matchzoo.core.samples import Samples, unweighted
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher
from matchzoo.models.transport import perturbed_assignment


def graph_affinities(
    x: torch.Tensor, y: torch.Tensor, neighbors: int = 4, edges: float = 0.5
) -> tuple[torch.Tensor, torch.Tensor]:
    """Scores of pairing vertices, and edges, of the graphs of nearest neighbors within two sets of features.

    v_ia = cos(x_i, y_a), and e_iajb = edges / neighbors · cos(x_i − x_j, y_a − y_b) where j is among the nearest
    neighbors of i, and b among those of a; else 0. So a pairing scores, on average over vertices, at most 1 + edges.

    Args:
        x: [n, d].
        y: [n, d].
        neighbors: edges from each vertex; all others where there are fewer.
        edges: weight of edges beside vertices, ≥ 0.

    Returns:
        v [n, n] and e [n, n, n, n], as `quadratic_assignment` takes them; differentiable, neighbors held fixed.

    Source: Nguyen et al., LVM-Med, NeurIPS 2023, section 3.2, without its message passing over the graphs.
    """
    if neighbors < 0 or not edges >= 0:
        raise MatchZooError(f"graph matching: expected neighbors and edges of at least 0, got {neighbors} and {edges}")
    if x.shape != y.shape or x.ndim != 2:
        got = f"{tuple(x.shape)} and {tuple(y.shape)}"
        raise MatchZooError(f"graph matching: expected two sets of features of one shape [n, d], got {got}")
    n = len(x)
    vertices = F.normalize(x, dim=1) @ F.normalize(y, dim=1).T
    pairs = vertices.new_zeros(n, n, n, n)
    count = min(neighbors, n - 1)
    if not count or not edges:
        return vertices, pairs

    tail = torch.arange(n, device=x.device).repeat_interleave(count)
    heads, directions = [], []
    for z in (x, y):
        distances = squared_distances(z.detach(), z.detach()).fill_diagonal_(torch.inf)
        heads.append(distances.topk(count, largest=False).indices.flatten())
        directions.append(F.normalize(z[tail] - z[heads[-1]], dim=1))
    affinity = edges / neighbors * directions[0] @ directions[1].T
    return vertices, pairs.index_put((tail[:, None], tail[None], heads[0][:, None], heads[1][None]), affinity)


@declare("graph-matching")
class GraphMatching(Matcher):
    """The share of rows that are not paired with their own counterpart, when two views of the same samples (``real``
    and ``real'``) are matched as graphs: by `graph_affinities`, `perturbed_assignment`, and its gradient.

    With ``edges = 0`` it is a linear assignment of the features. A batch is one graph, and time grows with the fourth
    power of its rows: 16 take 5 milliseconds a pairing. Needs SciPy.

    Examples:
        >>> GraphMatching(edges=0.0)(features, features_of_other_views)  # [n, d] each; in [0, 1]

    Source: Nguyen et al., LVM-Med: learning large-scale self-supervised vision models for medical imaging via
    second-order graph matching, NeurIPS 2023; gradients of Niepert et al., Implicit MLE, NeurIPS 2021.
    """

    default_sets: ClassVar[tuple[str, ...]] = ("real", "real'")
    neighbors: int = attrs.field(default=4, validator=at_least(1))
    """Edges from each vertex."""
    edges: float = attrs.field(default=0.5, validator=at_least(0))
    """Weight of edges beside vertices; none at 0."""
    noise: float = attrs.field(default=0.1, validator=at_least(0))
    """Factor of the Gumbel noise on scores of vertices, which are cosines."""
    step: float = attrs.field(default=0.4, validator=positive())
    """Of the difference quotient that stands for a gradient: how far scores of vertices move."""
    draws: int = attrs.field(default=1, validator=at_least(1))
    """Of the noise, in each update."""

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The share, in [0, 1]; raises for sets of different shapes."""
        first, second = (unweighted(samples, "graph-matching") for samples in sets)
        vertices, edges = graph_affinities(first.values, second.values, self.neighbors, self.edges)
        rng = step.rng("graph-matching")
        pairing = perturbed_assignment(vertices, edges, self.noise, self.step, self.draws, rng=rng)
        return Discrepancy(1 - pairing.diagonal().mean())
