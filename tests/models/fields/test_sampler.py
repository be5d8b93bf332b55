"""Samplers: levels, seeds, and what all of them make of a ring whose denoiser is known."""

import pytest
import torch
from helpers.fields import CENTERS, STD

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.gaussian_mixtures import SmoothedMixture
from matchzoo.models.fields import (
    AnnealedLangevin,
    CoarseToFine,
    Midpoint,
    ProbabilityFlow,
    ReverseDiffusion,
    Sampler,
    noise_levels,
)
from matchzoo.models.fields.sampler import draw_seeds, noise_of

RING = SmoothedMixture(CENTERS.float(), STD**2 * torch.eye(2))
SAMPLERS = [
    AnnealedLangevin(levels=12, steps=12),
    CoarseToFine(step=0.2, share=0.2, most=300),
    ProbabilityFlow(solver=Midpoint(steps=20)),
    ReverseDiffusion(),
    ReverseDiffusion(process="variance-preserving"),
]


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda sampler: type(sampler).__name__)
def test_the_ring_is_sampled(sampler: Sampler):
    """Coarse-to-fine ascent guesses σ from two numbers here, and stops too early now and then."""
    samples = sampler.draw(RING.denoised, 400, (2,), (0.02, 5.0))
    distances = torch.cdist(samples, CENTERS.float())
    nearest, mode = distances.min(1)
    assert (nearest < 3 * STD).float().mean() > (0.8 if isinstance(sampler, CoarseToFine) else 0.93)
    assert mode.bincount(minlength=8).min() > 20
    assert samples.equal(sampler.draw(RING.denoised, 400, (2,), (0.02, 5.0)))
    assert not samples.equal(sampler.draw(RING.denoised, 400, (2,), (0.02, 5.0), seed=1))


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda sampler: type(sampler).__name__)
def test_a_sample_is_the_same_in_any_batch(sampler: Sampler):
    seeds = draw_seeds(4, torch.Generator().manual_seed(0))
    whole, part = (sampler.sample(RING.denoised, noise_of(s, (2,)), (0.1, 5.0)) for s in (seeds, seeds[[2]]))
    torch.testing.assert_close(whole[[2]], part)


def test_levels_are_geometric():
    assert noise_levels(0.01, 1.0, 3) == pytest.approx([1.0, 0.1, 0.01])
    assert noise_levels(0.01, 1.0, 1) == [0.01]


def test_the_last_step_leaves_no_noise():
    """Of one point every sampler gives that point."""
    point = torch.tensor([1.0, -2.0])
    for sampler in SAMPLERS:
        assert sampler.draw(lambda y, sigma: point.expand_as(y), 3, (2,), (0.1, 5.0)).equal(point.expand(3, 2))


def test_levels_are_in_order():
    for levels in ((5.0, 0.1), (0.0, 5.0)):
        with pytest.raises(MatchZooError, match=r"levels \(least, largest\) above 0"):
            ReverseDiffusion().draw(RING.denoised, 4, (2,), levels)
