"""Affine maps of points: given, and drawn."""

import torch

from matchzoo.data.shifts import Affine, random_affine


def test_a_matrix_acts_from_the_right() -> None:
    points = torch.tensor([[1.0, 2.0], [0.0, 1.0]])
    mapped = Affine(matrix=((0.0, 1.0), (2.0, 0.0)), offset=(10.0, 0.0))(points)
    torch.testing.assert_close(mapped, torch.tensor([[14.0, 1.0], [12.0, 0.0]]))


def test_a_drawn_map_depends_on_its_seed_alone() -> None:
    points = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    matrix, offset = (tensor.float() for tensor in random_affine(3, 0.4, 7))
    mapped = Affine(strength=0.4, draw_seed=7)(points)
    torch.testing.assert_close(mapped, points @ matrix + offset)
    assert torch.equal(mapped[2:], Affine(strength=0.4, draw_seed=7)(points[2:], seed=5))
    assert torch.equal(random_affine(3, 0.0, 1)[0], torch.eye(3, dtype=torch.float64))
