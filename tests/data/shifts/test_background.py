"""Photographs behind images: patches in any size, and pictures of one's own."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from matchzoo.core.errors import MatchZooError
from matchzoo.data.images.digits import Digits
from matchzoo.data.shifts import Background, patches, photographs, place_before, textures


def test_backgrounds_say_nothing_of_the_class():
    """A nearest-centroid rule on backgrounds alone is at chance."""
    patches, loaded = textures(1797, 8).flatten(1), Digits(size=8).load()
    labels = torch.cat([loaded.train.labels, loaded.test.labels])
    first, second = patches[:900], patches[900:]
    centers = torch.stack([first[labels[:900] == c].mean(0) for c in range(10)])
    right = (torch.cdist(second, centers).argmin(1) == labels[900:]).double().mean()
    assert right < 0.15


def test_textures_are_stretched_and_come_in_any_size():
    for size in (8, 64, 300):
        found = textures(5, size)
        assert found.shape == (5, 1, size, size)
        torch.testing.assert_close(found.amin((2, 3)), torch.zeros(5, 1))
        torch.testing.assert_close(found.amax((2, 3)), torch.ones(5, 1), rtol=0, atol=0.02)


def test_what_is_white_hides_the_photograph() -> None:
    images = torch.zeros(3, 1, 8, 8)
    images[:, :, :4] = 1
    changed = Background(strength=0.5)(images)
    assert bool((changed[:, :, :4] == 1).all())
    assert float(changed[:, :, 4:].max()) <= 0.5
    behind = patches(photographs("color"), torch.tensor([[0.0, 0.0, 0.0], [0.99, 0.99, 0.99]]), 8)
    assert behind.shape == (2, 3, 8, 8)
    assert torch.equal(place_before(images[:2, :, 4:], behind[:, :, 4:], 1.0), behind[:, :, 4:])


def test_pictures_of_ones_own(tmp_path: Path) -> None:
    left_to_right = Image.linear_gradient("L").rotate(90).convert("RGB")
    left_to_right.save(tmp_path / "gradient.png")
    behind = Background(strength=1.0, pictures=str(tmp_path))(torch.zeros(4, 1, 16, 16))
    assert bool((behind.diff(dim=3) >= 0).all())
    assert bool((behind.diff(dim=2).abs() < 1e-6).all())
    with pytest.raises(MatchZooError, match=r"pictures: there is no folder .*photos"):
        Background(pictures=str(tmp_path / "photos"))(torch.zeros(1, 1, 8, 8))
