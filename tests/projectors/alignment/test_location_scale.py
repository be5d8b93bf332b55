"""Means and standard deviations, feature by feature."""

import torch

from matchzoo.projectors import match_locations


def test_means_and_deviations_become_those_of_the_target_and_constants_are_moved():
    source = torch.tensor([[0.0, 0.3, 5.0], [2.0, 0.3, 6.0], [4.0, 0.3, 7.0]])
    target = torch.tensor([[1.0, 2.0, 3.0], [5.0, 4.0, 3.0]])
    factor, shift = match_locations(source, target)
    assert factor.tolist() == [1, 1, 1]
    torch.testing.assert_close((source + shift).mean(0), target.mean(0))
    factor, shift = match_locations(source, target, scale=True)
    mapped = source * factor + shift
    torch.testing.assert_close(mapped.mean(0), target.mean(0))
    torch.testing.assert_close(mapped.std(0)[[0, 2]], target.std(0)[[0, 2]])
    assert factor[1] == 1
