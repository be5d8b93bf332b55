"""What one way of running a recipe takes."""

from typing import Any

import attrs

ACTIVATIONS = "activations of a chunk"
"""What a smaller chunk makes smaller, among the parts of the memory."""
TERMS = "features and terms"
"""What it does not, and is gone when the next step begins."""


@attrs.frozen
class Estimate:
    """What one way of running a recipe takes.

    Attributes:
        change: what differs from the recipe, as the command line takes it; empty for the recipe itself.
        samples: synthetic samples of a step.
        rows: these, counting views.
        real_rows: real samples that are drawn in an update; 0 where all are stored.
        chunk: rows that are computed at once, of either side, and keep a graph where there is one.
        memory: bytes of a step, by what takes them.
        terms: bytes that the terms take at once, features included. Where chunks are computed, only the graph of the
            last one is there at that time.
        held: bytes of the features and their gradients, which stay while chunks are computed.
        flops: operations of a step.
        seconds: of a step.
        cache_flops: operations of the real features that are computed once.
        cache_seconds: of those.
        steps: of the run.
    """

    change: str
    samples: int
    rows: int
    real_rows: int
    chunk: int
    memory: dict[str, int]
    terms: int
    held: int
    flops: int
    seconds: float
    cache_flops: int
    cache_seconds: float
    steps: int

    @property
    def bytes(self) -> int:
        """All memory of a step."""
        return sum(self.memory.values())

    @property
    def fixed(self) -> int:
        """Bytes that are there all the time: networks, images, optimizers, real features."""
        return self.bytes - self.memory[ACTIVATIONS] - self.memory[TERMS]

    @property
    def least(self) -> int:
        """Bytes that no smaller chunk can save."""
        return self.fixed + max(self.terms, self.held)

    @property
    def run_flops(self) -> int:
        """Operations of the run, stored features included and evaluation left out."""
        return self.steps * self.flops + self.cache_flops

    @property
    def run_seconds(self) -> float:
        """Seconds of the run, stored features included and evaluation left out."""
        return self.steps * self.seconds + self.cache_seconds

    def record(self) -> dict[str, Any]:
        """All of it as JSON values."""
        totals = {"bytes": self.bytes, "run_flops": self.run_flops, "run_seconds": self.run_seconds}
        return {**attrs.asdict(self), **totals}
