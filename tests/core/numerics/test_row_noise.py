"""Noise of rows: functions of their seeds, as uniform, normal and independent as they should be."""

import torch

from matchzoo.core.numerics.row_noise import row_normal, row_uniform


def test_a_row_is_the_same_in_any_batch():
    seeds = torch.tensor([3, 2**62, -5, 3])
    whole = row_normal(seeds, 7, (2, 3))
    assert whole.shape == (4, 2, 3)
    assert whole[[1]].equal(row_normal(seeds[[1]], 7, (2, 3)))
    assert whole[0].equal(whole[3])
    assert not whole[0].equal(whole[1])
    assert not whole.equal(row_normal(seeds, 8, (2, 3)))
    assert whole.flatten(1)[:, :4].equal(row_normal(seeds, 7, (4,)))  # of its column, not of how many there are
    assert row_uniform(seeds, 2**64 + 1).equal(row_uniform(seeds, 1))


def test_numbers_are_uniform_and_independent():
    seeds = torch.arange(20_000)
    uniform = row_uniform(seeds, 0, 5)
    assert uniform.min() > 0
    assert uniform.max() < 1
    ranks = (torch.arange(20_000, dtype=torch.float64) + 0.5) / 20_000
    assert (uniform.sort(0).values - ranks[:, None]).abs().max() < 1.63 / 20_000**0.5  # Kolmogorov and Smirnov, 1 %

    normal = torch.cat([row_normal(seeds, stream, (5,)) for stream in (0, 1)], 1)
    following = torch.cat([normal[:-1], normal[1:]], 1)  # with the row after
    covariance = torch.cov(following.T)
    assert (covariance - torch.eye(20)).abs().max() < 0.04
    assert normal.mean(0).abs().max() < 0.03
    assert (normal**4).mean(0).sub(3).abs().max() < 0.3
