"""What holds for every shift: shape, range, labels untouched, the same for a sample wherever it is read."""

import pytest
import torch

from matchzoo.core.declaration.declare import FAMILIES
from matchzoo.core.errors import DeclarationError
from matchzoo.data.shifts import (
    Affine,
    Background,
    Blurred,
    Contrast,
    Inverted,
    Noisy,
    Rotated,
    Salt,
    Shift,
    Thick,
    Translated,
    Viewed,
    sample_keys,
    shifted,
)
from matchzoo.data.views import Augment, Crop, Noise, Views

IMAGES = [
    Rotated(degrees=25),
    Contrast(),
    Noisy(),
    Background(),
    Background(color=True),
    Blurred(),
    Thick(),
    Inverted(),
    Viewed(
        views=Views(
            flip=0.5, crop=Crop(scale=(0.5, 1.0)), augment=Augment(mean=(0.5,), std=(0.25,)), noise=Noise(std=0.1)
        )
    ),
    Salt(share=0.2),
    Translated(),
]
POINTS = [Rotated(degrees=35), Contrast(), Noisy(), Affine(strength=0.3)]


def samples(kind: str) -> torch.Tensor:
    rng = torch.Generator().manual_seed(0)
    if kind == "points":
        return torch.randn(6, 2, generator=rng)
    return torch.randint(0, 256, (6, 3, 12, 12), generator=rng) / 255


CASES = [("images", shift) for shift in IMAGES] + [("points", shift) for shift in POINTS]


def test_every_kind_is_here() -> None:
    assert {FAMILIES[Shift].kind_of(type(shift)) for _, shift in CASES} == set(FAMILIES[Shift].names())


@pytest.mark.parametrize(("kind", "shift"), CASES, ids=repr)
def test_a_sample_changes_the_same_way_wherever_it_is_read(kind: str, shift: Shift) -> None:
    x = samples(kind)
    changed, order = shift(x), torch.tensor([4, 1, 5])
    assert changed.shape == x.shape
    assert not torch.allclose(changed, x)
    torch.testing.assert_close(shift(x[order]), changed[order], rtol=0, atol=1e-6)  # in sums of another order
    assert shift(x[:0]).shape == x[:0].shape
    if kind == "images":
        assert 0 <= float(changed.min()) <= float(changed.max()) <= 1


@pytest.mark.parametrize(
    "shift", [Noisy(), Background(), Salt(share=0.3), Viewed(views=Views(noise=Noise(probability=1.0)))], ids=repr
)
def test_what_is_random_depends_on_seed_place_and_sample(shift: Shift) -> None:
    x = samples("images")
    assert torch.equal(shift(x, seed=3), shift(x, seed=3))
    assert not torch.equal(shift(x, seed=3), shift(x, seed=4))
    gray = torch.full((2, 3, 12, 12), 0.5)
    gray[1, 0, 0, 0] = 0.6
    first, second = shift(gray)[:, :, 1:]
    assert not torch.equal(first, second)
    assert not torch.equal(sample_keys(x, 0, 0), sample_keys(x, 0, 1))
    assert torch.equal(sample_keys(x, 0), sample_keys((x * 255).round() / 255 + 1e-4, 0))  # of an image as bytes


def test_several_are_done_in_their_order_and_clipped_between() -> None:
    x = samples("images")
    bright = [Contrast(scale=1.0, offset=0.8), Inverted()]
    assert torch.equal(shifted(x, bright), 1 - (x + 0.8).clamp(0, 1))
    assert torch.equal(shifted(x, bright[::-1]), (1 - x + 0.8).clamp(0, 1))


def test_noise_has_the_standard_deviation_that_it_says() -> None:
    points = torch.zeros(4000, 2) + torch.arange(4000)[:, None]
    noise = Noisy(std=0.5)(points) - points
    assert noise.std().item() == pytest.approx(0.5, abs=0.02)
    assert abs(noise.mean().item()) < 0.02


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Thick()(samples("points")), r"expected images \[c, h, w\], got samples of shape \[2\]"),
        (lambda: Noisy()(torch.zeros(3, 2, 4)), r"expected images \[c, h, w\] or points \[d\], got .* \[2, 4\]"),
        (lambda: Rotated(degrees=1)(torch.zeros(2, 3)), "images or points of 2 coordinates, got 3"),
        (
            lambda: Inverted()(torch.zeros(2, 1, 4, 4, dtype=torch.uint8)),
            r"floating-point samples, .* got torch\.uint8",
        ),
        (lambda: Background(color=True)(torch.zeros(2, 1, 4, 4)), "color: expected images of 3 channels, got 1"),
        (lambda: Background(strength=2.0), "strength: expected a number between 0 and 1"),
        (lambda: Thick(pixels=0), "pixels: expected a number above 0 for thicker"),
        (lambda: Blurred(std=0.0), "std: expected a number above 0"),
        (lambda: Affine(), "matrix: missing; say matrix, offset or both, or a strength"),
        (lambda: Affine(strength=0.1, offset=(1.0,)), "strength: in place of matrix and offset"),
        (
            lambda: Affine(matrix=((1.0, 0.0),))(samples("points")),
            "matrix: expected 2 rows of 2 numbers, got 1 rows of 2",
        ),
        (lambda: Affine(offset=(1.0,))(samples("points")), "offset: expected 2 numbers, got 1"),
    ],
)
def test_refused(call, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        call()
