"""Digits on black and on photographs."""

import torch

from matchzoo.data.images.digits import Digits, textures


def test_a_background_is_behind_the_digits_and_always_the_same():
    plain, busy, again = (Digits(size=16, background=b).load() for b in (0.0, 0.65, 0.65))
    assert torch.equal(busy.train.values, again.train.values)
    assert torch.equal(busy.train.labels, plain.train.labels)
    digit, seen = plain.train.values.double() / 255, busy.train.values.double() / 255
    behind = (seen - digit) / (1 - digit).clamp_min(1e-9) / 0.65
    assert (seen >= digit - 1 / 255).all()
    empty = digit == 0
    assert behind[empty].amin() >= -0.01
    assert behind[empty].amax() <= 1.01
    assert torch.equal(seen[digit == 1], digit[digit == 1])


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
