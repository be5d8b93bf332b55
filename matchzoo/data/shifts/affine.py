"""Affine maps of points."""

from collections.abc import Sequence
from typing import ClassVar

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import DeclarationError
from matchzoo.core.step import Step
from matchzoo.data.shifts.shift import POINT, Shift


def random_affine(dimension: int, strength: float, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A matrix A = I + strength · G / √d [d, d] and an offset b = strength · g [d], float64, of standard normal G and
    g: close to the identity for a small ``strength``."""
    rng = Step(0, seed).rng("affine")
    noise = torch.randn(dimension + 1, dimension, generator=rng, dtype=torch.float64)
    identity = torch.eye(dimension, dtype=torch.float64)
    return identity + strength * noise[1:] / dimension**0.5, strength * noise[0]


@declare("affine")
class Affine(Shift):
    """Points x A + b, with a matrix and an offset that are given or drawn.

    All that linear maps between domains can undo.
    """

    takes: ClassVar[tuple[int, ...]] = (POINT,)

    matrix: tuple[tuple[float, ...], ...] | None = None
    """A [d, d], which acts from the right; the identity if not given."""
    offset: tuple[float, ...] | None = None
    """b [d]; 0 if not given."""
    strength: float | None = attrs.field(default=None, validator=at_least(0))
    """In place of both: draw them (`random_affine`)."""
    draw_seed: int = attrs.field(default=0, validator=at_least(0))
    """Seed of that draw, which does not depend on the samples."""

    def __attrs_post_init__(self) -> None:
        if self.strength is not None and (self.matrix is not None or self.offset is not None):
            raise DeclarationError([("strength", "in place of matrix and offset, not beside them")])
        if self.matrix is None and self.offset is None and self.strength is None:
            raise DeclarationError([("matrix", "missing; say matrix, offset or both, or a strength")])

    def check(self, shape: Sequence[int]) -> None:
        """Matrix and offset must be of the points' dimension."""
        super().check(shape)
        d = shape[0]
        rows = self.matrix if self.matrix is not None else ()
        if self.matrix is not None and (len(rows) != d or any(len(row) != d for row in rows)):
            sizes = f"{len(rows)} rows of {', '.join(sorted({str(len(row)) for row in rows}))}"
            raise DeclarationError([("matrix", f"expected {d} rows of {d} numbers, got {sizes}")])
        if self.offset is not None and len(self.offset) != d:
            raise DeclarationError([("offset", f"expected {d} numbers, got {len(self.offset)}")])

    def change(self, samples: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """The same for all."""
        if self.strength is not None:
            matrix, offset = random_affine(samples.shape[1], self.strength, self.draw_seed)
            return samples @ matrix.to(samples) + offset.to(samples)
        mapped = samples if self.matrix is None else samples @ samples.new_tensor(self.matrix)
        return mapped if self.offset is None else mapped + samples.new_tensor(self.offset)
