"""Fields of networks: what they know of time and class, and their average."""

import math

import pytest
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.models.fields import Velocity, time_features
from matchzoo.models.networks import MLP


def field(**words) -> Velocity:
    return Velocity(MLP(widths=[8], activation="silu"), (2,), rng=torch.Generator().manual_seed(0), **words)


def test_features_of_the_time():
    features = time_features(torch.tensor([0.0, 0.5]), 2)
    expected = torch.tensor([[0.0, 0, 1, 1], [1, math.sin(math.pi), math.cos(math.pi / 2), -1]])
    torch.testing.assert_close(features, expected)
    assert time_features(torch.tensor([0.3]), 0).equal(torch.tensor([[0.3]]))


def test_one_time_for_all_points_and_one_for_each():
    made, x = field(), torch.randn(5, 2)
    torch.testing.assert_close(made(x, torch.tensor(0.3)), made(x, torch.full((5,), 0.3)))
    assert not made(x, torch.tensor(0.3)).allclose(made(x, torch.tensor(0.6)))


def test_classes():
    made, x, time = field(classes=3), torch.randn(4, 2), torch.tensor(0.5)
    free = made(x, time)
    assert made.network.condition == 2 * 8 + 4
    torch.testing.assert_close(made(x, time, torch.full((4,), -1)), free)
    given = made(x, time, torch.tensor([0, 1, 2, 0]))
    assert not given.allclose(free)
    torch.testing.assert_close(made.guided(x, time, torch.tensor([0, 1, 2, 0]), 1.5), free + 1.5 * (given - free))
    assert made.guided(x, time, None, 1.5).equal(free)
    with pytest.raises(MatchZooError, match="it knows no classes"):
        field()(x, time, torch.zeros(4, dtype=torch.int64))


def test_the_average_follows():
    made, x, time = field(averaged=True), torch.randn(4, 2), torch.tensor(0.5)
    torch.testing.assert_close(made.average(x, time), made(x, time))
    before = [p.detach().clone() for p in made.network.parameters()]
    with torch.no_grad():
        for p in made.network.parameters():
            p.add_(1)
    made.follow(0.75)
    with torch.no_grad():
        after = made.average(x, time)
        for p, old in zip(made.network.parameters(), before, strict=True):
            p.copy_(old + 0.25)
    torch.testing.assert_close(after, made(x, time))


def test_another_condition_is_refused():
    with pytest.raises(DeclarationError, match="has 16 numbers, got 3; leave it out"):
        Velocity(MLP(widths=[8], condition=3), (2,))
