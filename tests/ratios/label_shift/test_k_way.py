"""Ratios of several densities: Gaussians whose ratios are known, and folds."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.ratios.label_shift import KWay

CENTERS = torch.tensor([[0.0, 0.0], [1.5, 0.0], [0.0, 1.0]]).double()
SIZES = (300, 200, 150)


@pytest.fixture(scope="module")
def sets():
    rng = torch.Generator().manual_seed(0)
    return [
        center + torch.randn(size, 2, generator=rng, dtype=torch.float64)
        for center, size in zip(CENTERS, SIZES, strict=True)
    ]


@pytest.mark.parametrize(("features", "error"), [("linear", 0.3), ("random-fourier", 0.6)])
def test_gaussians(sets, features, error):
    """log N(μ_a, 1)/N(μ_b, 1) is linear in x."""
    ratio = KWay(features=features, count=30, penalties=(0.01,), folds=2).fit(sets)
    x = torch.cat(sets)
    truth = (torch.cdist(x, CENTERS[1:2]).square() - torch.cdist(x, CENTERS[:1]).square()).flatten() / 2
    assert (ratio.between(x, 0, 1).log() - truth).abs().mean() < error
    assert ratio.shares.tolist() == pytest.approx([6 / 13, 4 / 13, 3 / 13])
    torch.testing.assert_close(ratio.relative(x) @ ratio.shares, torch.ones(650).double())
    torch.testing.assert_close(ratio.out_of_fold.sum(1), torch.ones(650).double())
    torch.testing.assert_close(ratio.between(x, 0, 1) * ratio.between(x, 1, 2), ratio.between(x, 0, 2))


def test_no_sample_teaches_its_own_prediction(sets):
    """Noise in 40 dimensions: what is seen looks told apart, what is held out does not."""
    rng = torch.Generator().manual_seed(1)
    noise = [torch.randn(40, 40, generator=rng) for _ in range(2)]
    ratio = KWay(features="linear", penalties=(1e-3,)).fit(noise)
    seen = ratio.probabilities(torch.cat(noise))

    def right(rows):
        return (rows.argmax(1) == ratio.domains).double().mean().item()

    assert right(seen) > 0.9
    assert right(ratio.out_of_fold) < 0.65


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([torch.zeros(9, 2)], r"expected at least 2 sets \[n, d\] of one dimension, got \[9, 2\]"),
        ([torch.zeros(9, 2), torch.zeros(9, 3)], r"got \[9, 2\], \[9, 3\]"),
        ([], "got none"),
        ([torch.zeros(9, 2), torch.zeros(4, 2)], "at least 5 samples in every set"),
    ],
)
def test_what_is_refused(given, message):
    with pytest.raises(MatchZooError, match=message):
        KWay().fit(given)
