"""Raw pixels: what they start from and become, in chunks as well, and the set that is saved of them."""

import copy

import pytest
import torch
from helpers.condensation import TABLE
from helpers.room import training

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.step import Step
from matchzoo.recipes.recipe import Recipe

RAW = copy.deepcopy(TABLE)
RAW["generator"] = {"kind": "pixels", "squash": False, "images_per_class": 2}
RAW["projectors"]["images"] = "standardized"
RAW["players"]["generator"]["optimizer"] = {"kind": "sgd", "lr": 0.1, "momentum": 0.5}
del RAW["views"]


@pytest.mark.parametrize("initial", ["noise", "zero", "real"])
def test_raw_pixels_start_as_given(initial):
    made = training(RAW, **{"generator.initial": initial})
    parts = made.parts
    mean, std = parts.data.training_set.moments
    images = parts.generator.sample()
    assert images.labels.tolist() == [label for label in range(10) for _ in range(2)]
    if initial == "real":
        every = parts.data.training_set.all()
        for image, label in zip(images.values.flatten(1), images.labels, strict=True):
            assert (every.values[every.labels == label].flatten(1) - image).abs().amax(1).min() < 1e-12
    else:
        rngs = [Step(0, 0).rng("pixels", i) for i in range(20)]
        noise = torch.stack([torch.randn(3, 8, 8, generator=rng) for rng in rngs]) * (initial == "noise")
        torch.testing.assert_close(images.values, mean + std * noise.double(), rtol=0, atol=1e-12)


def test_sgd_moves_standardized_pixels_as_a_plain_loop_does():
    """What networks see of an image is the parameter itself; momentum as torch has it."""
    made = training(RAW)
    generator, velocity = made.parts.generator, 0.0
    for number in (1, 2):
        step = Step(number, 0)
        made.before_step(step)
        made._let_move({"generator"})
        pixels = generator.pixels.detach().clone().requires_grad_()
        sets = made.sets(("generator",), step, 0)
        seen = sets["synthetic"].features()["images"]
        torch.testing.assert_close(seen.values, generator.pixels.flatten(1), rtol=0, atol=1e-12)
        real, few = sets["real"].features()["images"], seen.with_values(pixels.flatten(1))
        value = made.parts.players["generator"].terms[0].discrepancy([real, few], step).value
        velocity = 0.5 * velocity + torch.autograd.grad(value, pixels)[0]
        made.step(number)
        torch.testing.assert_close(generator.pixels, pixels - 0.1 * velocity, rtol=1e-9, atol=1e-9)


def test_chunks_are_exact():
    ends = []
    for chunk in ("auto", 7):
        made = training(RAW, **{"trainer.chunk": chunk})
        for number in (1, 2):
            made.step(number)
        ends.append(made.parts.generator.pixels)
    torch.testing.assert_close(*ends, rtol=0, atol=1e-9)


def test_the_saved_set_is_clipped_and_then_has_no_scores(tmp_path):
    scratch = {"kind": "from-scratch", "network": {"kind": "mlp", "widths": []}, "epochs": 1, "seeds": 1}
    recipe = structure({**copy.deepcopy(RAW), "evaluation": [{**scratch, "baselines": []}]}, Recipe)
    run = recipe.replace(**{"trainer.steps": 1}).run(tmp_path / "run", quiet=True)
    values = run.generator.sample().values
    assert values.min() < 0 < 1 < values.max()
    assert torch.equal(run.distilled.images, values.clamp(0, 1).float())
    assert run.metrics["results"]
    assert run.distilled.scores == ()
