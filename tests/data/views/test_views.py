"""Views: a plan, applied by row; the clean and the paper's settings."""

import pytest
import torch
import torch.nn.functional as F
from torchvision.transforms import InterpolationMode
from torchvision.transforms.functional import adjust_contrast, rotate

from matchzoo.core.errors import MatchZooError
from matchzoo.data import Split
from matchzoo.data.views import Augment, Crop, Noise, Views
from matchzoo.data.views.augment import AT_REST, COLUMNS
from matchzoo.data.views.views import _hashed_noise


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
    centers = (torch.arange(16, dtype=torch.float64) + 0.5) / 16 * 8 + 4 - 0.5
    torch.testing.assert_close(found, centers)


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


def test_size_takes_the_center_of_plain_images_and_refuses_small_ones():
    x = images(1, 12)
    assert torch.equal(Views(size=8).plain(x), x[:, :, 2:10, 2:10])
    with pytest.raises(MatchZooError, match=r"views.size: 20 is larger than the images \(12x12\)"):
        Views(size=20).plain(x)


def test_noise_of_a_device_is_a_function_of_its_row():
    seeds, rows = torch.arange(40) * 7919, torch.arange(40) * 2
    added = _hashed_noise(torch.zeros(80, 3, 16, 16), rows, seeds, Noise(mean=0.5, std=0.2))
    assert not added[1::2].any()
    assert added[::2].mean().item() == pytest.approx(0.5, abs=0.004)
    assert added[::2].std().item() == pytest.approx(0.2, abs=0.004)
    other = _hashed_noise(torch.zeros(2, 3, 16, 16), torch.tensor([1]), seeds[33:34], Noise(mean=0.5, std=0.2))
    assert torch.equal(other[1], added[66])


def test_without_noise_keeps_the_rest():
    flip, crop, noise = Views(preset="paper").without_noise().settings()
    assert (flip, crop.inside, noise) == (0.5, False, None)


ALL = Augment(apply="all")
KNOWN = {"mean": (0.4, 0.5, 0.6), "std": (0.2, 0.3, 0.25)}


def drawn(views: Views, n: int = 4000) -> torch.Tensor:
    return views.draw(n, rng())


@pytest.mark.parametrize(
    "options", [{}, {"apply": "all"}, {"operations": ("color",)}, {"operations": ("shift", "rotate")}]
)
def test_augmented_views_are_row_by_row(options):
    views, x = Views(augment=Augment(**options, **KNOWN), flip=0.5), images()
    plan = views.draw(6, rng())
    whole = views.apply(x, plan)
    parts = torch.cat([views.apply(x[i : i + 1], plan[i : i + 1]) for i in range(6)])
    torch.testing.assert_close(whole, parts, rtol=0, atol=1e-15)
    single = views.apply(x.float(), plan)
    torch.testing.assert_close(single.double(), whole, rtol=0, atol=1e-5)


def test_an_augmentation_does_not_change_what_else_is_drawn():
    """Figures of recipes without one stay what they were."""
    torch.testing.assert_close(
        drawn(Views(flip=0.5, crop=Crop(), augment=ALL))[:, :7], drawn(Views(flip=0.5, crop=Crop()))
    )


def test_one_operation_a_view_each_as_often():
    plan = Augment().draw(12_000, rng())
    moved = {name: (plan[:, columns] != AT_REST[columns]).any(1) for name, columns in COLUMNS.items()}
    assert torch.stack(list(moved.values())).sum(0).max() == 1
    for name, there in moved.items():
        share = 1 / 12 if name == "flip" else 1 / 6  # half of the flips leave the image
        assert there.double().mean() == pytest.approx(share, abs=0.015)


def test_ranges_of_an_augmentation():
    plan = ALL.draw(20_000, rng())
    low = torch.tensor([-0.5, 0, 0.5, -0.125, -0.125, 1, 0, 0, -1, 1 / 1.2, 1 / 1.2, -15], dtype=torch.float64)
    high = torch.tensor([0.5, 2, 1.5, 0.125, 0.125, 1, 1, 1, 1, 1.2, 1.2, 15], dtype=torch.float64)
    torch.testing.assert_close(plan.amin(0), low, rtol=0, atol=5e-3)
    torch.testing.assert_close(plan.amax(0), high, rtol=0, atol=5e-3)


def at(x: torch.Tensor, **values: float) -> torch.Tensor:
    """What one row of a plan makes of images."""
    names = (
        "brightness",
        "saturation",
        "contrast",
        "right",
        "down",
        "cut",
        "across",
        "below",
        "flip",
        "sx",
        "sy",
        "angle",
    )
    plan = AT_REST.repeat(len(x), 1)
    for name, value in values.items():
        plan[:, names.index(name)] = value
    return Augment().augment(x, plan)


def test_a_plan_at_rest_changes_nothing():
    torch.testing.assert_close(at(images()), images(), rtol=0, atol=1e-14)


def test_a_shift_is_whole_pixels_and_leaves_black():
    x = images()
    expected = torch.zeros_like(x)
    expected[:, :, 2:, :-1] = x[:, :, :-2, 1:]
    torch.testing.assert_close(at(x, right=-0.1, down=0.15), expected, rtol=0, atol=1e-13)  # -1.2 and 1.8 of 12 pixels


def test_flip_and_quarter_turn_are_torchs():
    torch.testing.assert_close(at(images(), flip=-1), images().flip(3), rtol=0, atol=1e-13)
    turned = at(images(), angle=90)
    torch.testing.assert_close(turned, torch.rot90(images(), 1, (2, 3)), rtol=0, atol=1e-13)


def test_a_rotation_is_torchvisions():
    smooth = F.interpolate(images(2, 4), size=(24, 24), mode="bicubic", align_corners=False)
    expected = rotate(smooth, 10.0, InterpolationMode.BILINEAR)
    torch.testing.assert_close(at(smooth, angle=10), expected, rtol=0, atol=1e-6)


def test_colors_are_torchvisions():
    """Where nothing is clamped: its gray is a weighted mean, ours the papers' plain one, so on gray images."""
    x = 0.3 + 0.2 * images()[:, :1].expand(-1, 3, -1, -1)
    torch.testing.assert_close(at(x, contrast=1.3), adjust_contrast(x, 1.3), rtol=0, atol=1e-4)
    torch.testing.assert_close(at(x, saturation=1.7), x, rtol=0, atol=1e-14)
    torch.testing.assert_close(at(x, brightness=0.1), x + 0.1, rtol=0, atol=1e-14)
    color = images()
    torch.testing.assert_close(at(color, saturation=0), color.mean(1, keepdim=True).expand_as(color))


def test_a_cutout_is_half_as_wide_and_may_leave_the_frame():
    x = torch.ones(1, 1, 12, 12, dtype=torch.float64)
    middle = at(x, cut=1, across=0.5, below=0.5)
    assert (middle < 1e-9).sum() == 36
    assert (middle[0, 0, 3:9, 3:9] < 1e-9).all()
    assert (at(x, cut=1, across=0.0, below=0.0) < 1e-9).sum() == 9


def test_an_augmentation_is_in_standardized_space():
    """What is moved in or cut out is the mean of each channel; brightness counts in its standard deviations."""
    x, known = images(), Augment(**KNOWN)
    mean, std = (torch.tensor(KNOWN[name], dtype=torch.float64)[:, None, None] for name in ("mean", "std"))
    plan = ALL.draw(6, rng())
    torch.testing.assert_close(known.augment(x, plan), Augment().augment((x - mean) / std, plan) * std + mean)

    plan = AT_REST.repeat(6, 1)
    plan[:, COLUMNS["shift"]] = torch.tensor([0.25, 0.0], dtype=torch.float64)
    moved = known.augment(x, plan)
    torch.testing.assert_close(moved[..., :3], mean.expand(6, 3, 12, 3))
    torch.testing.assert_close(moved[..., 3:], x[..., :-3])

    plan = AT_REST.repeat(6, 1)
    plan[:, 0] = 0.5
    torch.testing.assert_close(known.augment(x, plan), x + 0.5 * std)


def test_one_operation_for_a_batch_has_parameters_of_each_image():
    augment, seen = Augment(apply="one-per-batch"), set()
    for seed in range(40):
        plan = augment.draw(5, rng(seed))
        changed = {name: (plan[:, columns] != AT_REST[columns]).any(1) for name, columns in COLUMNS.items()}
        [operation] = {name for name, rows in changed.items() if rows.any()} or {"flip"}  # which may flip none
        assert operation == "flip" or (changed[operation].all() and len(plan.unique(dim=0)) == 5)
        seen.add(operation)
    assert seen == set(COLUMNS)


def test_views_take_mean_and_standard_deviation_of_a_split():
    split = Split(images().float())
    views = Views(augment=ALL).of(split)
    mean, std = split.moments
    assert views.augment.mean == tuple(mean.flatten().tolist())
    assert views.augment.std == tuple(std.flatten().tolist())
    assert Views(flip=0.5).of(split).augment is None
    told = Views(augment=Augment(**KNOWN))
    assert told.of(split) is told


def test_gradients_of_an_augmentation():
    x = images(2, 8).requires_grad_()
    plan = ALL.draw(2, rng(1))
    assert torch.autograd.gradcheck(lambda y: ALL.augment(y, plan), x)


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: Augment(operations=("shift", "shift")), "different ones"),
        (lambda: Augment(operations=()), "operations"),
        (lambda: Augment(scale=0.5), "scale"),
        (lambda: Augment(mean=(0.5,)), "as many of mean and of std"),
        (lambda: Augment(mean=(0.5,), std=(0.0,)), "above 0"),
        (lambda: Augment(mean=(0.5, 0.5), std=(1.0, 1.0)).augment(images(), ALL.draw(6, rng())), "each of 3 channels"),
        (lambda: Views(augment=ALL).apply(images(), torch.zeros(6, 19)), r"augment.mean: missing.*views.of\(split\)"),
        (lambda: Views(shared=True, noise=Noise()), "noise is of a sample"),
        (lambda: Views(shared=True, preset="paper"), "noise is of a sample"),
        (lambda: Views(shared=True, copies=2), "copies = 1, not 2"),
        (lambda: Views(shared=True).of_classes(torch.zeros(2, 7), None), "no labels"),
        (lambda: Views(shared=True).of_classes(torch.zeros(2, 7), torch.zeros(3, 2)), "probabilities"),
    ],
)
def test_bad_augmentations(make, word):
    with pytest.raises(MatchZooError, match=word):
        make()


def test_what_an_evaluation_sees_is_each_images_own():
    views = Views(shared=True, flip=0.5, augment=ALL).without_noise()
    assert not views.shared
    assert views.augment == ALL
