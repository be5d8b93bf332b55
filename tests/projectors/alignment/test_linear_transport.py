"""The linear map of optimal transport against golden values, and what it promises."""

import numpy as np
import torch

from matchzoo.projectors import linear_transport, recolor


def test_golden_values(golden):
    values = golden("alignment.npz")
    source, target = (torch.from_numpy(values[name]) for name in ("map_Xs", "map_Xt"))
    matrix, shift = linear_transport(source, target, ridge=1e-8)
    np.testing.assert_allclose(matrix, values["linot_A"], atol=1e-7)
    np.testing.assert_allclose(shift, values["linot_b"], atol=1e-7)
    np.testing.assert_allclose(source @ matrix + shift, values["linot_mapped"], atol=1e-7)


def test_moments_are_those_of_the_target_and_samples_move_less_than_by_recoloring():
    rng = torch.Generator().manual_seed(0)
    source = torch.randn(50, 3, generator=rng).double() @ torch.randn(3, 3, generator=rng).double() + 2
    target = torch.randn(40, 3, generator=rng).double() @ torch.randn(3, 3, generator=rng).double() - 1
    matrix, shift = linear_transport(source, target, ridge=0)
    mapped = source @ matrix + shift
    torch.testing.assert_close(matrix, matrix.T)
    torch.testing.assert_close(mapped.mean(0), target.mean(0))
    torch.testing.assert_close(torch.cov(mapped.T, correction=0), torch.cov(target.T, correction=0))
    other, other_shift = recolor(source, target, ridge=0)
    assert (mapped - source).square().sum() < (source @ other + other_shift - source).square().sum()
    back, _ = linear_transport(target, source, ridge=0)
    torch.testing.assert_close(matrix @ back, torch.eye(3, dtype=torch.float64))


def test_one_feature():
    matrix, shift = linear_transport(torch.tensor([[0.0], [2.0]]), torch.tensor([[1.0], [7.0]]), ridge=0)
    torch.testing.assert_close(torch.tensor([[0.0], [2.0]]) @ matrix + shift, torch.tensor([[1.0], [7.0]]))
