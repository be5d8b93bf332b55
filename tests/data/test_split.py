"""A split of samples: the moments of its channels."""

import torch

from matchzoo.data import Split


def test_moments_are_those_of_all_pixels():
    values = (torch.rand(700, 3, 4, 5, generator=torch.Generator().manual_seed(0)) * 255).to(torch.uint8)
    values[:, 2] = 7
    rows = torch.arange(10, 700)
    mean, std = Split(values, rows=rows, mapped=True).moments
    flat = values[rows].double().transpose(0, 1).flatten(1) / 255
    torch.testing.assert_close(mean.flatten(), flat.mean(1), rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(std.flatten()[:2], flat.std(1, correction=0)[:2], rtol=1e-5, atol=1e-6)
    assert std[2] == 1
