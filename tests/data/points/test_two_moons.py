"""Two moons: where they lie, and what they say."""

import torch

from matchzoo.data import TwoMoons
from matchzoo.data.points.two_moons import two_moons


def test_points_lie_on_two_half_circles_about_the_origin() -> None:
    points, labels = two_moons(4000, 0.0, torch.Generator().manual_seed(0))
    upper, lower = points[labels == 0], points[labels == 1]
    center = torch.tensor([-0.5, -0.25], dtype=torch.float64)
    torch.testing.assert_close((upper - center).norm(dim=1), torch.ones(2000, dtype=torch.float64))
    torch.testing.assert_close((lower + center).norm(dim=1), torch.ones(2000, dtype=torch.float64))
    assert float((upper - center)[:, 1].min()) >= 0 >= float((lower + center)[:, 1].max())
    assert points.mean(0).abs().max() < 0.05


def test_data() -> None:
    data = TwoMoons(points=20, test_points=10, noise=0.1)
    spec = data.build(0)
    assert (spec.shape, spec.class_names, spec.count) == ((2,), ("upper", "lower"), 20)
    assert torch.equal(data.training_set.values, TwoMoons(points=20, noise=0.1).load().train.values)
    assert data.test_set.labels.bincount().tolist() == [5, 5]
