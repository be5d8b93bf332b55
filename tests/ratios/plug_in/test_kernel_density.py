"""Kernel density estimates: scikit-learn's, leave-one-out by hand, tiles."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import KernelDensity

from matchzoo.ratios import KernelDensityRatio
from matchzoo.ratios.plug_in import kernel_density
from matchzoo.ratios.plug_in.kernel_density import kernel_log_density


def points(n: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def theirs(x: torch.Tensor, samples: torch.Tensor, s: float) -> np.ndarray:
    return KernelDensity(bandwidth=s).fit(samples.numpy()).score_samples(x.numpy())


@pytest.mark.parametrize("block", [4, 100])
def test_ratios_are_those_of_scikit_learns_densities(monkeypatch, block):
    monkeypatch.setattr(kernel_density, "BLOCK", block)
    p, q = 0.8 * points(30) + 0.4, points(25, 1)
    ratio = KernelDensityRatio(numerator_bandwidths=(0.6,), denominator_bandwidths=(0.9,)).fit(p, q)
    for x in (q, p, points(7, 2)):
        expected = np.exp(theirs(x, p, 0.6) - theirs(x, q, 0.9))
        np.testing.assert_allclose(ratio.at(x).numpy(), expected, rtol=1e-10)


def test_bandwidths_are_those_of_most_leave_one_out_likelihood(monkeypatch):
    monkeypatch.setattr(kernel_density, "BLOCK", 7)
    p, q, widths = 0.8 * points(30) + 0.4, points(25, 1), (0.1, 0.4, 0.9, 2.5)
    chosen = []
    for x in (p, q):
        scores = []
        for s in widths:
            rest = [torch.cat([x[:i], x[i + 1 :]]) for i in range(len(x))]
            expected = [theirs(x[i : i + 1], some, s)[0] for i, some in enumerate(rest)]
            found = kernel_log_density(x, x, s, within=True)
            np.testing.assert_allclose(found.numpy(), expected, rtol=1e-10)
            scores.append(np.mean(expected))
        chosen.append(widths[int(np.argmax(scores))])
    ratio = KernelDensityRatio(numerator_bandwidths=widths, denominator_bandwidths=widths).fit(p, q)
    assert list(ratio.chosen.values()) == chosen
