"""Generators without a recipe: built from a spec, sampled, and trained in a plain loop."""

import pytest
import torch

from matchzoo.core.spec import Spec
from matchzoo.generators import NoiseGenerator, PixelImages, PyramidImages
from matchzoo.matchers import MMD
from matchzoo.models.networks import MLP


def test_noise_is_built_from_a_shape():
    generator = NoiseGenerator(dimension=2, network=MLP(widths=[8]))
    generator.build(Spec(shape=(3,)))
    assert generator.sample(5).values.shape == (5, 3)
    assert torch.equal(generator.sample(5, seed=1).values, generator.sample(5, seed=1).values)
    assert not generator.sample(5).values.requires_grad


@pytest.mark.parametrize(
    ("generator", "spec", "n"),
    [
        (NoiseGenerator(dimension=8, network=MLP(widths=[32])), Spec(shape=(3,)), 130),
        (PyramidImages(images_per_class=43), Spec(shape=(3, 8, 8), classes=3), None),
    ],
)
def test_samples_are_rendered_a_part_at_a_time_as_at_once(generator, spec, n, monkeypatch):
    generator.build(spec)
    whole = generator.sample(n)
    rendered, render = [], type(generator).render

    def counted(self, draws):
        rendered.append(len(draws))
        return render(self, draws)

    monkeypatch.setattr(type(generator), "render", counted)
    monkeypatch.setattr("matchzoo.generators.generator.NUMBERS", 1)
    parts = generator.sample(n)
    assert rendered[0] == 1  # which tells how large a sample is
    assert max(rendered) <= 64
    assert sum(rendered[1:]) == len(whole) == len(parts)
    for name in ("values", "labels", "index"):
        expected = getattr(whole, name)
        assert getattr(parts, name) is None if expected is None else torch.equal(getattr(parts, name), expected)


def test_draws_need_no_random_generator():
    generator = NoiseGenerator(dimension=2, network=MLP(widths=[8]))
    generator.build(Spec(shape=(3,)))
    torch.manual_seed(0)
    first = generator.draw(4)
    torch.manual_seed(0)
    assert torch.equal(first, generator.draw(4))
    images = PixelImages(images_per_class=2)
    images.build(Spec(shape=(1, 4, 4), classes=3))
    assert sorted(images.draw(6).tolist()) == list(range(6))
    assert len(images.draw(2)) == 2


def test_images_are_built_from_shape_and_classes():
    for images in (PixelImages(images_per_class=2), PyramidImages(images_per_class=2)):
        images.build(Spec(shape=(3, 8, 8), classes=3))
        samples = images.sample()
        assert samples.values.shape == (6, 3, 8, 8)
        assert samples.labels.tolist() == [0, 0, 1, 1, 2, 2]


def test_a_plain_loop_trains_a_generator():
    generator = NoiseGenerator(dimension=2, network=MLP(widths=[16]))
    generator.build(Spec(shape=(2,)))
    real = torch.randn(200, 2, generator=torch.Generator().manual_seed(0)) + 2
    matcher, adam = MMD(bandwidths=[1.0, 2.0]), torch.optim.Adam(generator.parameters(), lr=0.01)
    rng, losses = torch.Generator().manual_seed(0), []
    for _ in range(60):
        loss = matcher(real, generator(generator.draw(100, rng)))
        adam.zero_grad()
        loss.backward()
        adam.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]
