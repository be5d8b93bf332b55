"""Means of kernels by tiles: those of the whole Gram matrix, with its gradients, and never its memory."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from matchzoo.core.numerics import kernel_means, kernel_tiles
from matchzoo.core.numerics.kernel_means import LIMIT, mean_of_pairs
from matchzoo.core.numerics.kernels import Energy, Gaussian, Kernel, Linear, Polynomial, RationalQuadratic
from matchzoo.core.samples import Samples
from matchzoo.matchers.mmd import mmd2, squared_mmd

KERNELS: list[Kernel] = [Gaussian(bandwidths=(0.5, 2.0)), RationalQuadratic(), Energy(), Linear(), Polynomial()]


@pytest.fixture
def tiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_means, "LIMIT", 0)
    monkeypatch.setattr(kernel_tiles, "SIDE", 7)


def points(n: int, d: int = 3, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=dtype).requires_grad_()


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: type(kernel).__name__)
@pytest.mark.parametrize("estimator", ["biased", "unbiased"])
@pytest.mark.parametrize("d", [3, 40])
def test_tiles_give_what_the_whole_gives(kernel, estimator, d, monkeypatch):
    x, y = points(20, d), points(33, d, 1)
    whole = squared_mmd(x, y, kernel, estimator)
    expected = torch.autograd.grad(whole, (x, y))
    monkeypatch.setattr(kernel_means, "LIMIT", 0)
    monkeypatch.setattr(kernel_tiles, "SIDE", 7)
    tiles = squared_mmd(x, y, kernel, estimator)
    assert abs(tiles - whole) <= 1e-10 * max(1, abs(whole))
    for found, gradient in zip(torch.autograd.grad(tiles, (x, y)), expected, strict=True):
        torch.testing.assert_close(found, gradient, rtol=1e-10, atol=1e-10)
    with torch.no_grad():
        torch.testing.assert_close(squared_mmd(x, y, kernel, estimator), whole, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("estimator", ["biased", "unbiased"])
@pytest.mark.parametrize("sides", [(True, True), (True, False), (False, True)])
def test_tiles_of_weighted_samples(estimator, sides, monkeypatch):
    inputs = [points(9), points(16, 3, 1), points(9, 1, 2).flatten().detach().square()]
    inputs.append(points(16, 1, 3).flatten().detach().square())
    moved = [z.requires_grad_() for z, used in zip(inputs, (True, True, *sides), strict=True) if used]

    def value() -> torch.Tensor:
        x, y, v, w = inputs
        first, second = Samples(x, weights=v if sides[0] else None), Samples(y, weights=w if sides[1] else None)
        return squared_mmd(first, second, Energy(exponent=1.5), estimator)

    whole = value()
    expected = torch.autograd.grad(whole, moved)
    monkeypatch.setattr(kernel_means, "LIMIT", 0)
    monkeypatch.setattr(kernel_tiles, "SIDE", 7)
    torch.testing.assert_close(value(), whole, rtol=1e-10, atol=1e-10)
    for create_graph in (False, True):
        found = torch.autograd.grad(value(), moved, create_graph=create_graph)
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)


def test_tiles_where_one_side_moves(tiled):
    x, y = points(8, 1), points(10, 1, 1)
    kernel = Gaussian(bandwidths=(1.0,))
    for still, moved in ((x.detach(), y), (x, y.detach())):
        assert torch.autograd.gradcheck(lambda a, b: squared_mmd(a, b, kernel), (still, moved))


@pytest.mark.parametrize("estimator", ["biased", "unbiased"])
def test_tiles_have_second_derivatives(estimator, tiled):
    x, y = points(8, 1), points(3, 1, 1)
    assert torch.autograd.gradgradcheck(lambda a, b: mmd2(a, b, [1.0], estimator), (x, y))
    assert torch.autograd.gradgradcheck(lambda a: mmd2(a, y.detach(), [1.0], estimator), (x,))


def test_a_mean_and_its_gradient_in_float32(tiled):
    x, y = points(50, 5, dtype=torch.float32), points(30, 5, 1, torch.float32)
    tiles = mmd2(x, y, [2.0])
    exact = mmd2(x.detach().double(), y.detach().double(), [2.0])
    assert tiles.dtype == torch.float32
    assert tiles.item() == pytest.approx(exact.item(), abs=1e-6)
    with torch.no_grad():
        assert mean_of_pairs(Linear(), Samples(x), Samples(y)).dtype == torch.float32


class Largest(TorchDispatchMode):
    """The number of entries of the largest tensor that any operation gives."""

    entries = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if isinstance(result, torch.Tensor):
            self.entries = max(self.entries, result.numel())
        return result


def test_no_tensor_is_larger_than_a_tile_or_a_set(tiled):
    x, y = points(60), points(50, 3, 1)
    with Largest() as largest:
        mmd2(x, y, [1.0]).backward()
    assert largest.entries <= 60 * 3


def test_the_limit_is_met_by_sizes_and_changes_nothing():
    """Just above `LIMIT`, with the tiles that users get; below it the Gram matrix stays with the samples."""
    n = int(LIMIT**0.5) + 2
    x, y = points(n, 1).detach(), points(n - 100, 1, 1).detach()
    kernel = Gaussian(bandwidths=(1.0,))
    whole = Samples(x)
    tiles = mean_of_pairs(kernel, whole, whole, itself=False)
    assert not whole._kept
    expected = (torch.exp(-(x - x.T).square() / 2).sum() - n) / (n * (n - 1))
    assert abs(tiles - expected) < 1e-12
    few = Samples(y[:10])
    mean_of_pairs(kernel, few, few)
    assert few._kept
