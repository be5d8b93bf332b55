"""How one domain differs from another: a change of every sample that keeps its label."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar, final

import torch

from matchzoo.core.declaration.declare import family
from matchzoo.core.errors import DeclarationError

IMAGE, POINT = 3, 1
"""Dimensions of a sample: an image [c, h, w], a point [d]."""
SAMPLES = {IMAGE: "images [c, h, w]", POINT: "points [d]"}


@family("shift")
class Shift(ABC):
    """A change of every sample by itself: a function of the sample and a seed, whatever else is changed and in what
    order.

    Examples:
        >>> images = torch.rand(16, 3, 32, 32)
        >>> Rotated(degrees=25)(images).shape
        torch.Size([16, 3, 32, 32])
    """

    takes: ClassVar[tuple[int, ...]] = (IMAGE,)
    """Dimensions of the samples that can be changed so."""

    @abstractmethod
    def change(self, samples: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """The changed samples, of the same shape.

        Args:
            samples: [n, …] floating-point, n > 0; images in [0, 1].
            keys: [n] int64, seeds of what is random, one a sample.
        """

    def check(self, shape: Sequence[int]) -> None:
        """Raise a `DeclarationError` unless samples of a shape can be changed so."""
        if len(shape) not in self.takes:
            expected = " or ".join(SAMPLES[dimensions] for dimensions in self.takes)
            raise DeclarationError([("", f"expected {expected}, got samples of shape {list(shape)}")])

    @final
    def __call__(self, samples: torch.Tensor, seed: int = 0) -> torch.Tensor:
        """The changed samples [n, …] of samples [n, …]; images in [0, 1] stay there, clipped."""
        return shifted(samples, [self], seed)


def shifted(samples: torch.Tensor, shifts: Sequence[Shift], seed: int = 0) -> torch.Tensor:
    """Samples changed in several ways, one after the other.

    Args:
        samples: [n, …] floating-point; images [n, c, h, w] in [0, 1], which are clipped to that after every change.
        shifts: the first is done first.
        seed: of what is random: the same sample, seed and place in the list give the same change, in any batch.

    Raises:
        DeclarationError: samples of that shape cannot be changed so.
    """
    if not samples.is_floating_point():
        raise DeclarationError([("", f"expected floating-point samples, images in [0, 1], got {samples.dtype}")])
    changed = samples
    for place, shift in enumerate(shifts):
        shift.check(samples.shape[1:])
        if not len(samples):
            continue
        changed = shift.change(changed, sample_keys(samples, seed, place))
        if samples.ndim == IMAGE + 1:
            changed = changed.clamp(0, 1)
    return changed


def sample_keys(samples: torch.Tensor, *names: str | int) -> torch.Tensor:
    """Keys [n] int64 of samples [n, …], each a hash of the sample (of an image, as bytes) and of the names, such as a
    seed: equal samples have equal keys, wherever they are read from."""
    values = samples.detach().cpu()
    values = (values * 255).round().to(torch.uint8) if values.ndim == IMAGE + 1 else values.float()
    prefix = "".join(f"{name}\0" for name in names).encode()
    rows = values.contiguous().flatten(1).numpy()
    digests = (hashlib.blake2b(prefix + row.tobytes(), digest_size=8).digest() for row in rows)
    return torch.tensor([int.from_bytes(digest, "little") >> 1 for digest in digests], dtype=torch.int64)


def generators(keys: torch.Tensor) -> Iterator[torch.Generator]:
    """A fresh generator on the CPU for every key [n]."""
    return (torch.Generator().manual_seed(key) for key in keys.tolist())
