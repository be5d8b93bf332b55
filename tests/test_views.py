"""Views: a plan, applied by row; the clean and the paper's settings."""

import pytest
import torch

from matchzoo.errors import MatchZooError
from matchzoo.views import Crop, Noise, Views


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(n: int = 6, size: int = 12) -> torch.Tensor:
    return torch.rand(n, 3, size, size, generator=rng(9), dtype=torch.float64)


FULL = Views(flip=0.5, crop=Crop(scale=(0.3, 1.0)), noise=Noise(std=0.1))


@pytest.mark.parametrize("views", [Views(), FULL, Views(preset="paper"), Views(size=8, crop=Crop())])
def test_views_are_row_by_row(views):
    x = images()
    plan = views.draw(6, rng())
    whole = views.apply(x, plan)
    parts = torch.cat([views.apply(x[i : i + 1], plan[i : i + 1]) for i in range(6)])
    torch.testing.assert_close(whole, parts, rtol=0, atol=0)
    torch.testing.assert_close(views.apply(x, plan), whole, rtol=0, atol=0)


def test_nothing_declared_is_nothing_done():
    x = images()
    assert torch.equal(Views().apply(x, Views().draw(6, rng())), x)


def test_flip():
    x = images()
    always = Views(flip=1.0)
    assert torch.equal(always.apply(x, always.draw(6, rng())), x.flip(3))
    cropped = Views(flip=1.0, crop=Crop(scale=(1.0, 1.0), ratio=(1.0, 1.0)))
    torch.testing.assert_close(cropped.apply(x, cropped.draw(6, rng())), x.flip(3), rtol=0, atol=1e-12)


def test_a_crop_of_a_quarter_is_that_quarter_enlarged():
    """A linear ramp: bilinear resampling of a crop is exact inside the frame."""
    ramp = torch.arange(16, dtype=torch.float64).expand(1, 1, 16, 16).clone()
    views = Views(crop=Crop())
    plan = torch.tensor([[0.25, 0.25, 0.5, 0.5, 0, 0, 0]], dtype=torch.float64)
    found = views.apply(ramp, plan)[0, 0, 5]
    centres = (torch.arange(16, dtype=torch.float64) + 0.5) / 16 * 8 + 4 - 0.5
    torch.testing.assert_close(found, centres)


def test_clean_crops_stay_inside_the_frame_and_have_the_declared_area():
    plan = Views(crop=Crop(scale=(0.2, 0.6))).draw(20_000, rng())
    left, top, width, height = plan[:, :4].unbind(1)
    assert (left >= 0).all()
    assert (top >= 0).all()
    assert (left + width <= 1 + 1e-12).all()
    assert (top + height <= 1 + 1e-12).all()
    assert (width * height).mean().item() == pytest.approx(0.4, abs=0.01)
    assert (width / height).log().mean().item() == pytest.approx(0, abs=0.01)


def test_paper_preset_is_the_published_augmentation():
    """14.3 % of the crops exceed the frame, half of the views are flipped and noisy, with mean 0.5 and std 0.2."""
    views = Views(preset="paper")
    flip, crop, noise = views.settings()
    assert (flip, crop.scale, crop.inside) == (0.5, (0.08, 1.0), False)
    assert (noise.mean, noise.std, noise.probability) == (0.5, 0.2, 0.5)
    plan = views.draw(100_000, rng())
    exceeds = (plan[:, 2:4] > 1).any(1).double()
    assert exceeds.mean().item() == pytest.approx(0.143, abs=0.004)
    excess = plan[:, 2:4].amax(1)[exceeds.bool()] - 1
    assert excess.mean().item() == pytest.approx(0.05, abs=0.01)
    for column in (4, 5):
        assert plan[:, column].mean().item() == pytest.approx(0.5, abs=0.01)
    dark = torch.zeros(400, 3, 8, 8)
    seen = views.apply(dark, views.draw(400, rng()))
    noisy = seen.flatten(1).abs().amax(1) > 0
    assert noisy.double().mean().item() == pytest.approx(0.5, abs=0.1)
    assert seen[noisy].mean().item() == pytest.approx(0.5, abs=0.01)
    assert seen[noisy].std().item() == pytest.approx(0.2, abs=0.01)


def test_black_border_only_where_a_crop_may_leave_the_frame():
    white = torch.ones(500, 1, 16, 16)
    for inside, expected in ((True, 1.0), (False, 0.0)):
        views = Views(crop=Crop(scale=(0.9, 1.0), inside=inside))
        assert views.apply(white, views.draw(500, rng())).min().item() == pytest.approx(expected, abs=0.2)


def test_gradients_reach_the_pixels():
    x = images(2, 6).requires_grad_()
    plan = FULL.draw(2, rng())
    assert torch.autograd.gradcheck(lambda a: FULL.apply(a, plan), x)


def test_size_takes_the_centre_of_plain_images_and_refuses_small_ones():
    x = images(1, 12)
    assert torch.equal(Views(size=8).plain(x), x[:, :, 2:10, 2:10])
    with pytest.raises(MatchZooError, match=r"views.size: 20 is larger than the images \(12x12\)"):
        Views(size=20).plain(x)


def test_without_noise_keeps_the_rest():
    flip, crop, noise = Views(preset="paper").without_noise().settings()
    assert (flip, crop.inside, noise) == (0.5, False, None)
