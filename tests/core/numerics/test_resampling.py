"""Bilinear resampling by matrix products against torch's own kernels, in float64."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from matchzoo.core.numerics.resampling import enlarge, frames, places, sampled, stretched


def images(n: int, height: int, width: int) -> torch.Tensor:
    rng = torch.Generator().manual_seed(height * 1000 + width)
    return torch.rand(n, 3, height, width, generator=rng, dtype=torch.float64)


@pytest.mark.parametrize("side", [1, 2, 3, 8, 15, 16])
@pytest.mark.parametrize("size", [16, 17, 24])
def test_enlarging(side, size):
    x = images(2, side, side)
    wanted = F.interpolate(x, size=(size, size), mode="bilinear", align_corners=False)
    assert torch.allclose(stretched(x, size), wanted, atol=1e-12)
    assert torch.equal(enlarge(x, size), wanted)


@settings(max_examples=50, deadline=None)
@given(
    plan=st.lists(st.tuples(*[st.floats(-0.3, 1.0)] * 2, *[st.floats(0.05, 1.3)] * 2, st.booleans()), min_size=1),
    sides=st.tuples(*[st.integers(2, 12)] * 4),
)
def test_frames(plan, sides):
    plan = torch.tensor([[float(v) for v in row] for row in plan], dtype=torch.float64)
    left, top, width, height, flipped = plan.unbind(1)
    x, size = images(len(plan), *sides[:2]), sides[2:]
    across, down = width * (1 - 2 * flipped), height
    rows = places(down, 2 * top + height - 1, size[0], sides[0])
    columns = places(across, 2 * left + width - 1, size[1], sides[1])
    wanted = frames(x, left, top, width, height, flipped, size)
    assert torch.allclose(sampled(x, rows, columns), wanted, atol=1e-10)


def test_the_whole_frame_is_the_image():
    x = images(2, 5, 7)
    zero, one = torch.zeros(2, dtype=torch.float64), torch.ones(2, dtype=torch.float64)
    rows, columns = (places(one, zero, side, side) for side in (5, 7))
    assert torch.allclose(sampled(x, rows, columns), x, atol=1e-12)
    assert torch.allclose(sampled(x, rows, columns.flip(1)), x.flip(3), atol=1e-12)


def test_the_way_back():
    x = images(2, 4, 5).requires_grad_()
    rows = torch.tensor([[0.3, 1.7, 2.9], [-0.4, 0.0, 3.2]], dtype=torch.float64)
    columns = torch.tensor([[0.0, 4.6], [2.5, 1.1]], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: sampled(x, rows, columns), x)
    assert torch.autograd.gradcheck(lambda x: stretched(x, 6), x)
