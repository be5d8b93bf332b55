"""Two views as graphs: affinities by hand, and a matcher that pairs what belongs together."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.step import Step
from matchzoo.matchers import GraphMatching, graph_affinities


def test_affinities_known_by_hand():
    """On a line of three points each has one nearest neighbor: 0 → 1, 1 → 0, 2 → 1."""
    x = torch.tensor([[1.0, 0.0], [2.0, 0.0], [4.0, 0.0]])
    vertices, pairs = graph_affinities(x, -x, neighbors=1, edges=0.5)
    torch.testing.assert_close(vertices, -torch.ones(3, 3))
    expected = torch.zeros(3, 3, 3, 3)
    directions = {(0, 1): -1.0, (1, 0): 1.0, (2, 1): 1.0}
    for (i, j), own in directions.items():
        for (a, b), other in directions.items():
            expected[i, a, j, b] = -0.5 * own * other
    torch.testing.assert_close(pairs, expected)


def test_edges_decide_where_vertices_cannot():
    """Of shifted points the cosines of vertices say less than the noise; those of edges say all."""
    points = torch.randn(6, 3, generator=Step(0, 0).rng("points"), dtype=torch.float64)
    x, y = points + torch.tensor([100.0, 0.0, 0.0]), points + torch.tensor([0.0, 100.0, 0.0])
    assert GraphMatching(neighbors=5, edges=4.0)(x, y) == 0
    assert GraphMatching(edges=0.0)(x, y) > 0.3


def test_gradients_reach_both_views_and_scale_with_the_loss():
    rng = Step(0, 0).rng("features")
    x, y = (torch.randn(6, 4, generator=rng, requires_grad=True) for _ in range(2))
    matcher = GraphMatching(neighbors=2, draws=3)
    first = torch.autograd.grad(matcher(x, y), (x, y))
    doubled = torch.autograd.grad(2 * matcher(x, y), (x, y))
    for plain, twice in zip(first, doubled, strict=True):
        assert plain.abs().sum() > 0
        torch.testing.assert_close(2 * plain, twice)


def test_one_row_and_sets_of_other_shapes():
    assert GraphMatching()(torch.ones(1, 2), torch.ones(1, 2)) == 0
    with pytest.raises(MatchZooError, match=r"got \(3, 2\) and \(4, 2\)"):
        GraphMatching()(torch.rand(3, 2), torch.rand(4, 2))
