"""The pyramid: decoding, growth and labels."""

import attrs
import pytest
import torch
import torch.nn.functional as F

from matchzoo.core.errors import DeclarationError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.data.pool import Pool
from matchzoo.data.split import Split
from matchzoo.generators import PixelImages, PyramidImages
from matchzoo.generators.images import COLORS, DARKEST, decode, encode, split_levels
from matchzoo.generators.selectors import All, Herding, Random


def spec(size: int = 8, classes: int = 3, seed: int = 5) -> Spec:
    return Spec(shape=(3, size, size), classes=classes, seed=seed)


def built(**fields) -> PyramidImages:
    generator = PyramidImages(**fields)
    generator.build(spec(fields.pop("size", 8)))
    return generator


def test_decode_is_the_formula_pixel_by_pixel():
    """Against an explicit bilinear resampling, color product and tanh form of the sigmoid."""
    coarse, fine = torch.randn(1, 3, 2, 2, dtype=torch.float64), torch.randn(1, 3, 4, 4, dtype=torch.float64)
    up = torch.zeros(1, 3, 4, 4, dtype=torch.float64)
    for i in range(4):
        for j in range(4):
            y, x = (i + 0.5) / 2 - 0.5, (j + 0.5) / 2 - 0.5
            y0, x0 = int(max(y, 0)), int(max(x, 0))
            y1, x1 = min(y0 + 1, 1), min(x0 + 1, 1)
            fy, fx = max(y, 0) - y0, max(x, 0) - x0
            top = coarse[..., y0, x0] * (1 - fx) + coarse[..., y0, x1] * fx
            bottom = coarse[..., y1, x0] * (1 - fx) + coarse[..., y1, x1] * fx
            up[..., i, j] = top * (1 - fy) + bottom * fy
    matrix = torch.tensor(COLORS, dtype=torch.float64)
    matrix = matrix / max(matrix[:, c].norm() for c in range(3))
    total = up + fine
    expected = torch.stack([matrix @ total[0, :, i, j] for i in range(4) for j in range(4)], 1).reshape(3, 4, 4)
    torch.testing.assert_close(decode([fine, coarse], 4)[0], (1 + torch.tanh(expected)) / 2)
    torch.testing.assert_close(decode([fine, coarse], 4, decorrelate=False)[0], (1 + torch.tanh(total[0])) / 2)


def test_decode_does_not_depend_on_the_order_of_levels():
    levels = [torch.randn(2, 3, s, s, dtype=torch.float64) for s in (1, 3, 6)]
    torch.testing.assert_close(decode(levels, 6), decode(levels[::-1], 6))


def test_zero_is_gray():
    assert (decode([torch.zeros(1, 3, 1, 1)], 4) == 0.5).all()


@pytest.mark.parametrize(
    ("size", "start", "sizes"),
    [
        (8, 1, (1, 2, 4, 8)),
        (64, 1, (1, 2, 4, 8, 16, 32, 64)),
        (12, 1, (1, 2, 4, 8, 12)),
        (8, 3, (3, 6, 8)),
        (8, 8, (8,)),
    ],
)
def test_sizes_double_up_to_any_size(size, start, sizes):
    assert built(size=size, start=start).sizes == sizes


def test_growth_is_due_before_steps_1_plus_multiples_of_the_interval():
    generator = built(grow_every=200, size=8)
    grown = [n for n in range(1, 1001) if generator.before_step(Step(n, 0))]
    assert grown == [201, 401, 601]
    assert [level.shape[-1] for level in generator.levels] == [1, 2, 4, 8]


def test_growth_scales_old_levels_and_adds_scaled_noise():
    generator = built(grow_every=10)
    before = generator.levels[0].detach().clone()
    assert generator.before_step(Step(11, 0))
    torch.testing.assert_close(generator.levels[0], before / 2)
    generator.before_step(Step(21, 0))
    torch.testing.assert_close(generator.levels[0], before / 3)
    large = PyramidImages(images_per_class=60, grow_every=1, size=32)
    large.build(spec(32))
    large.before_step(Step(6, 0))
    assert large.levels[5].std().item() == pytest.approx(1 / 6, rel=0.01)
    assert all(p.requires_grad for p in large.levels)


def test_zero_initialization_keeps_the_picture_up_to_interpolation():
    """A constant image stays as it is, exactly; the new level holds the mean of the old ones."""
    generator = built(initial="zero", grow_every=1)
    before = generator.sample().values
    generator.before_step(Step(2, 0))
    torch.testing.assert_close(generator.sample().values, before)
    old = generator.levels[0].detach() * 2
    torch.testing.assert_close(generator.levels[1], F.interpolate(old / 2, size=2, mode="bilinear"))


def test_levels_are_a_function_of_seed_and_image_and_not_of_how_growth_was_reached():
    slow, fast = built(grow_every=2), built(grow_every=2)
    for n in range(1, 8):
        slow.before_step(Step(n, 5))
    fast.before_step(Step(7, 5))
    for a, b in zip(slow.levels, fast.levels, strict=True):
        torch.testing.assert_close(a, b)
    more = PyramidImages(images_per_class=2)
    more.build(spec())
    torch.testing.assert_close(more.levels[0][0], built().levels[0][0])


@pytest.mark.parametrize("cls", [PyramidImages, PixelImages])
def test_labels_and_rows(cls):
    generator = cls(images_per_class=2)
    generator.build(spec())
    samples = generator.sample()
    assert samples.labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert generator.count == 6
    assert samples.values.min() >= 0
    assert samples.values.max() <= 1
    some = generator.render(torch.tensor([4, 1]))
    torch.testing.assert_close(some.values, samples.values[[4, 1]])
    assert some.labels.tolist() == [2, 0]
    drawn = generator.draw(4, torch.Generator().manual_seed(0))
    assert len(set(drawn.tolist())) == 4


def pool(values: torch.Tensor, labels: torch.Tensor) -> Pool:
    names = tuple(map(str, range(int(labels.max()) + 1)))
    return Pool(
        {"real": Split(values, labels)}, names, lambda split, space: Samples(split.values, split.labels), Step(0, 1)
    )


def test_encode_is_the_inverse_of_decode():
    images = 0.05 + 0.9 * torch.rand(4, 3, 8, 8, dtype=torch.float64)
    for decorrelate in (True, False):
        torch.testing.assert_close(decode([encode(images, 8, decorrelate)], 8, decorrelate), images)
    assert decode([encode(torch.zeros(1, 1, 4, 4), 4)], 4).sub(DARKEST).abs().max() < 1e-6


def test_levels_hold_what_coarser_ones_leave():
    whole = torch.randn(2, 3, 12, 12, dtype=torch.float64)
    levels = split_levels(whole, (1, 2, 4, 8, 12))
    assert [level.shape[-1] for level in levels] == [1, 2, 4, 8, 12]
    torch.testing.assert_close(sum(F.interpolate(level, (12, 12), mode="bilinear") for level in levels), whole)
    torch.testing.assert_close(levels[0][..., 0, 0], whole.mean((2, 3)))


@pytest.mark.parametrize("kind", [PyramidImages, PixelImages])
def test_images_start_from_real_ones(kind):
    values, labels = 0.1 + 0.8 * torch.rand(12, 3, 8, 8), torch.arange(12) % 3
    generator = kind(images_per_class=2, initial="real", selector=Herding())
    generator.build(spec())
    seen = attrs.evolve(
        pool(values, labels), collect=lambda split, space: Samples(split.values.flatten(1), split.labels)
    )
    with torch.no_grad():
        generator.prepare(seen)
    rows = Herding().select(seen, 2)
    torch.testing.assert_close(generator.sample().values, values[rows])
    assert torch.equal(generator.sample().labels, labels[rows])
    assert not generator.before_step(Step(10_000, 0))


def test_what_a_start_from_real_images_refuses():
    for fields, match in (
        ({"initial": "noise", "selector": Random()}, 'is of initial = "real"'),
        ({"initial": "real", "selector": All()}, "'all' takes as many as the data has"),
    ):
        with pytest.raises(DeclarationError, match=match):
            PyramidImages(**fields).build(attrs.evolve(spec(), count=50))
    generator = PixelImages(images_per_class=5, initial="real")
    generator.build(spec())
    with pytest.raises(DeclarationError, match="class '0' has 4 training samples, got 5"):
        generator.prepare(pool(torch.rand(12, 3, 8, 8), torch.arange(12) % 3))
