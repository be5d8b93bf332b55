"""Random numbers that are a function of a row's own seed: the same in any batch, chunk or process."""

import math

import torch

_GOLDEN = 0x9E3779B97F4A7C15 - 2**64
_FIRST, _SECOND = 0xBF58476D1CE4E5B9 - 2**64, 0x94D049BB133111EB - 2**64
_BITS = 52
"""Of a uniform number; the middle of each of its intervals has a float64 of its own."""


def row_uniform(seeds: torch.Tensor, stream: int, count: int = 1) -> torch.Tensor:
    """Numbers [n, count] float64 from U(0, 1), neither end among them, row by row a function of its seed.

    Examples:
        >>> row_uniform(torch.arange(5), stream=0, count=2).shape
        torch.Size([5, 2])

    Args:
        seeds: [n] int64, one of each row; equal seeds have equal numbers.
        stream: which numbers, such as the number of a step: others for another.
        count: numbers of a row.

    Source: Steele et al., Fast splittable pseudorandom number generators, OOPSLA 2014 (the finalizer of SplitMix64, as
    a hash of seed, stream and column).
    """
    rows = _mixed(_mixed(seeds.long() * _GOLDEN + _signed(stream)))
    columns = torch.arange(1, count + 1, device=seeds.device) * _GOLDEN
    bits = _shifted(_mixed(rows[:, None] + columns), 64 - _BITS)
    return (bits.double() + 0.5) / 2**_BITS


def row_normal(seeds: torch.Tensor, stream: int, shape: tuple[int, ...]) -> torch.Tensor:
    """Numbers [n, *shape] float64 from N(0, 1), row by row a function of its seed; arguments as `row_uniform`.

    Examples:
        >>> row_normal(torch.arange(5), stream=0, shape=(2,)).shape
        torch.Size([5, 2])
    """
    uniform = row_uniform(seeds, stream, math.prod(shape))
    return torch.special.ndtri(uniform).reshape(len(seeds), *shape)


def _mixed(x: torch.Tensor) -> torch.Tensor:
    """SplitMix64's finalizer of integers; products are modulo 2⁶⁴."""
    x = (x ^ _shifted(x, 30)) * _FIRST
    x = (x ^ _shifted(x, 27)) * _SECOND
    return x ^ _shifted(x, 31)


def _shifted(x: torch.Tensor, by: int) -> torch.Tensor:
    """Bits moved to the right, zeros moving in."""
    return (x >> by) & ((1 << (64 - by)) - 1)


def _signed(number: int) -> int:
    """A number modulo 2⁶⁴ as int64 holds it."""
    number %= 2**64
    return number - 2**64 if number >= 2**63 else number
