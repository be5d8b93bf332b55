"""When: the number of a step, and its randomness."""

import hashlib

import attrs
import torch


@attrs.frozen
class Step:
    """One training step: its number (from 1; 0 is before training) and the seed of the run.

    Randomness is a function of (seed, number, names): no random state is stored, and no draw shifts another. Hence a
    resumed run draws what an undisturbed one does, and every process draws the same.
    """

    number: int
    seed: int

    def rng(self, *names: str | int) -> torch.Generator:
        """A fresh generator on the CPU for the draw of that name, seeded by BLAKE2b of (seed, number, names)."""
        text = "\0".join(map(str, (self.seed, self.number, *names)))
        digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
        return torch.Generator().manual_seed(int.from_bytes(digest, "little") >> 1)
