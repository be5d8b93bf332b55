"""Density ratios: known truths, other libraries, gradients and edges."""

import pytest
import torch

from matchzoo.ratios.kernel_mean_matching import KernelMeanMatching, kernel_mean_matching
from matchzoo.samples import Samples
from matchzoo.step import Step


def points(n: int, d: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def test_ratio_of_equal_laws_averages_to_one():
    for seed in range(5):
        ratio = kernel_mean_matching(points(200, 2, seed), points(300, 2, seed + 50), [1.0])
        assert ratio.mean().item() == pytest.approx(1, abs=0.02)


def test_ratio_diagnostics():
    x, y = Samples(points(30, 2)), Samples(points(40, 2, 1))
    ratio = KernelMeanMatching(bandwidths=(1.0,)).fit(numerator=x, denominator=y, step=Step(1, 0))
    found = ratio.diagnostics()
    assert found["mean"] == pytest.approx(ratio.denominator.mean().item())
    assert found["minimum"] == pytest.approx(ratio.denominator.min().item())
    assert 0 < found["effective_sample_size"] <= 40
