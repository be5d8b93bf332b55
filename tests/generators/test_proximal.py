"""Learned proximal operators: what they denoise, know and refuse, how they are trained, and their samples."""

import pytest
import torch
from helpers.resuming import Stop, assert_same, stop_after

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.generators import LearnedProximal
from matchzoo.models.networks import ICNN, MLP
from matchzoo.models.proximal import LinearOperator, admm, potential_gradient, prior_at
from matchzoo.recipes.recipe import Recipe

RECIPE = {
    "schema": 2,
    "data": {"kind": "laplace", "points": 200, "test_points": 50},
    "generator": {"kind": "proximal", "network": {"kind": "icnn", "widths": [8, 8]}, "noise": 0.5, "chain": 2},
    "players": {
        "generator": {
            "moves": ["generator"],
            "minimize": [{"kind": "denoising", "kernel": {"kind": "proximal", "gamma": 0.5, "warm_up": 3}}],
        }
    },
    "trainer": {"steps": 6, "batch": 16, "device": "cpu", "checkpoint_every": 2},
}


def operator(**words) -> LearnedProximal:
    built = LearnedProximal(network=ICNN(widths=[8, 8]), noise=0.5, **words)
    built.build(Spec(shape=(2,)))
    return built


def test_it_is_the_gradient_of_its_network():
    f = operator()
    y = torch.randn(5, 2)
    torch.testing.assert_close(f.denoise(y, torch.tensor(0.5)), potential_gradient(f.network, y)[1])
    f.denoise(y).square().sum().backward()
    assert all(p.grad is not None for p in f.parameters() if p is not f.network.direct[-1].bias)
    with torch.no_grad():
        assert not f.denoise(y).requires_grad
    assert (f.noise_range, f.fixed_strength) == ((0.5, 0.5), 0.25)


def test_its_prior_is_that_of_its_inverse():
    f = operator()
    y = torch.randn(5, 2, dtype=torch.float64)
    double = f._potential()
    _, x = potential_gradient(double, y)
    torch.testing.assert_close(f.inverse(x.detach()).points, y, rtol=0, atol=1e-4)
    torch.testing.assert_close(f.prior(x.detach()), prior_at(double, y).detach() / 0.25, rtol=0, atol=1e-6)
    with pytest.raises(MatchZooError, match="are no image of this operator"):
        f.prior(torch.full((1, 2), 1e6), iterations=5)


def test_it_knows_one_strength():
    f = operator()
    y = torch.randn(5, 2)
    identity = LinearOperator(lambda x: x, (2,))
    restored = admm(y, identity, f, 0.25, iterations=500, tolerance=1e-6)
    torch.testing.assert_close(restored.samples, f.denoise(y).detach(), rtol=0, atol=1e-4)
    with pytest.raises(MatchZooError, match=r"its strength is 0\.25, the square of the noise"):
        f.prox(y, 1.0)
    with pytest.raises(DeclarationError, match='the gradient of a network of kind "icnn"'):
        LearnedProximal(network=MLP(), noise=0.5)


def test_samples_are_chains():
    f = operator(chain=2)
    draws = f.draw(4, torch.Generator().manual_seed(0))
    assert draws.shape == (4, 6)
    x = f.denoise(draws[:, :2]) + 2**0.5 * 0.5 * draws[:, 2:4]
    x = f.denoise(x) + 2**0.5 * 0.5 * draws[:, 4:]
    torch.testing.assert_close(f(draws), f.denoise(x))
    with pytest.raises(DeclarationError, match="a prior generates any number of samples"):
        f.draw(None)


def test_training_keeps_it_convex_and_resumes_to_the_bit(tmp_path, monkeypatch):
    whole = Recipe.of(RECIPE).run(tmp_path / "whole", quiet=True)
    network = whole.generator.network
    assert all(weight.min() >= 0 for weight in network.convex.parameters())
    assert whole.generator.get_buffer("spread") > 1
    stop_after(monkeypatch, 4, "crash")
    with pytest.raises(Stop):
        Recipe.of(RECIPE).run(tmp_path / "stopped", quiet=True)
    monkeypatch.undo()
    Recipe.of(RECIPE).run(tmp_path / "stopped", quiet=True)
    assert_same(tmp_path / "whole", tmp_path / "stopped")
