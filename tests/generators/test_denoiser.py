"""Denoisers as generators: what the network sees, what it predicts, samples, moments, and resuming."""

from typing import Literal

import pytest
import torch
from helpers.resuming import Stop, assert_same, stop_after

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.data.split import Split
from matchzoo.generators import DenoiserGenerator
from matchzoo.generators.denoiser import moments
from matchzoo.models.fields import CoarseToFine, ReverseDiffusion
from matchzoo.models.networks import MLP, Constant
from matchzoo.recipes.recipe import Recipe

POINTS = Spec(shape=(2,))
RECIPE = {
    "schema": 2,
    "data": {"kind": "ring", "points": 200, "test_points": 50},
    "generator": {
        "kind": "denoiser",
        "network": {"kind": "mlp", "widths": [8]},
        "noise": [0.1, 5.0],
        "average": 0.9,
        "sampler": {"kind": "reverse-diffusion", "steps": 3},
    },
    "players": {"generator": {"moves": ["generator"], "minimize": ["denoising"]}},
    "trainer": {"steps": 6, "batch": 16, "device": "cpu", "checkpoint_every": 2},
}


def denoiser(**words) -> DenoiserGenerator:
    made = DenoiserGenerator(**{"network": MLP(widths=[8]), "noise": (0.1, 5.0), **words})
    made.build(POINTS)
    return made


@pytest.mark.parametrize(
    ("predicts", "blind", "expected"),
    [
        ("data", False, 7 + 2 * 0.5),
        ("noise", False, 3 - 1.0 * 0.5),
        ("noise", True, 3 - 2 * 0.5),
        ("preconditioned", False, 7 + 2 * (-2 / 1.25 + 0.5 / 1.25**0.5 * 0.5)),
    ],
)
def test_what_the_network_says(predicts: Literal["data", "noise", "preconditioned"], blind: bool, expected: float):
    """Of data N(7, 2²) and y = 3 with σ = 1: z is −2, the noise 0.5 in units of the data, and the network says 0.5."""
    made = denoiser(network=Constant(start=0.5), predicts=predicts, blind=blind)
    made.get_buffer("center").fill_(7)
    made.get_buffer("spread").fill_(2)
    denoised = made.denoise(torch.full((1, 2), 3.0), torch.tensor(1.0))
    torch.testing.assert_close(denoised, torch.full((1, 2), expected))


def test_what_the_network_sees():
    """Points of variance 1, and a time from 0 at the largest σ to 1 at the least; nothing of σ where it is blind."""
    made, seen = denoiser(frequencies=0), []
    made.network.layers.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    made.denoise(torch.full((3, 2), 2.0), torch.tensor([0.1, 0.5**0.5, 5.0]))
    torch.testing.assert_close(seen[0][:, 2], torch.tensor([1.0, 0.5, 0.0]))
    torch.testing.assert_close(seen[0][:, 0], 2 / (1 + torch.tensor([0.01, 0.5, 25.0])).sqrt())
    blind, y = denoiser(blind=True, predicts="data"), torch.randn(3, 2)
    assert blind.denoise(y, torch.tensor(0.1)).equal(blind.denoise(y, torch.tensor(2.0)))


def test_samples_are_those_of_the_sampler():
    """Around the mean of the data; the same for the same seed, whoever is beside it."""
    made = denoiser(sampler=ReverseDiffusion(steps=3))
    made.get_buffer("center").fill_(100)
    draws = made.draw(5, torch.Generator().manual_seed(0))
    samples = made.render(draws).values
    torch.testing.assert_close(made.render(draws[3:]).values, samples[3:])
    assert (samples - 100).abs().max() < 50
    samples.sum().backward()
    assert all(p.grad is not None for p in made.parameters())
    assert made.sample(3).values.equal(made.sample(3).values)
    blind = denoiser(blind=True, predicts="noise", sampler=CoarseToFine(most=3))
    assert blind.sample(3).values.isfinite().all()


def test_moments_of_a_split():
    values = torch.rand(1200, 3, 2) * torch.tensor([1.0, 3.0])
    center, spread = moments(Split(values))
    torch.testing.assert_close(center, values.double().mean(0))
    torch.testing.assert_close(spread, (values.double() - center).square().mean().sqrt())


def test_resumed_to_the_bit(tmp_path, monkeypatch):
    whole = Recipe.of(RECIPE).run(tmp_path / "whole", quiet=True)
    stop_after(monkeypatch, 4, "crash")
    with pytest.raises(Stop):
        Recipe.of(RECIPE).run(tmp_path / "stopped", quiet=True)
    monkeypatch.undo()
    Recipe.of(RECIPE).run(tmp_path / "stopped", quiet=True)
    assert_same(tmp_path / "whole", tmp_path / "stopped")
    data = whole.rebuilt().parts.data
    torch.testing.assert_close(whole.generator.get_buffer("center"), data.training_set.all().values.mean(0))


def test_what_is_refused():
    with pytest.raises(DeclarationError, match="cannot mix by σ"):
        DenoiserGenerator(network=MLP(), blind=True)
    with pytest.raises(DeclarationError, match=r"expected \[least, largest\]"):
        DenoiserGenerator(network=MLP(), noise=(1.0, 1.0))
    with pytest.raises(DeclarationError, match=r"expected \[least, largest\]"):
        DenoiserGenerator(network=MLP(), noise=(1.0, float("inf")))
    with pytest.raises(MatchZooError, match="expected points of 2 numbers, got"):
        denoiser().denoise(torch.randn(3, 5), torch.tensor(0.5))
    with pytest.raises(DeclarationError, match="a denoiser has no end"):
        denoiser().draw(None)
