"""Does a map send samples to their own counterparts?"""

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.data import Data
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained
from matchzoo.evaluation.metrics.ranking import rank_one
from matchzoo.generators import MapGenerator
from matchzoo.training.composition import Composition


def retrieval(mapped: torch.Tensor, counterparts: torch.Tensor) -> dict[str, float]:
    """How often row i of what was mapped is nearest to row i of the counterparts.

    Args:
        mapped: T(x) [n, d].
        counterparts: y [n, d], row by row.

    Returns:
        ``top1``: the share in percent; ``chance`` that of a guess; ``relative_error``: the mean of |T(x) − y|² over
        that of |y − ȳ|².
    """
    error = (mapped - counterparts).square().sum(1).mean()
    spread = (counterparts - counterparts.mean(0)).square().sum(1).mean()
    return {
        "top1": rank_one(mapped, counterparts),
        "chance": 100 / len(mapped),
        "relative_error": (error / spread).item(),
    }


@declare("retrieval")
class Retrieval(Evaluation):
    """`retrieval` of the counterparts of samples that a generator of kind ``map`` maps: of the test samples of two data
    sets that belong together row by row, which no term has seen as pairs."""

    source: Data
    """Samples to be mapped: its test part."""
    target: Data
    """Their counterparts, in the same order: its test part."""
    space: str | None = None
    """Name of the projector in whose space the nearest is looked for; the samples themselves if not given."""
    samples: int = attrs.field(default=1000, validator=at_least(2))
    """Pairs, at most."""

    def check(self, parts: Composition) -> None:
        """There must be a map, and a space of that name."""
        if not isinstance(parts.generator, MapGenerator):
            raise MatchZooError('evaluation: retrieval needs a generator of kind "map"')
        if self.space is not None and self.space not in parts.projectors:
            raise DeclarationError([("evaluation.space", f"unknown projector '{self.space}'")])

    @torch.no_grad()
    def evaluate(self, trained: Trained) -> list[Record]:
        """One record."""
        parts = trained.parts
        self.check(parts)
        generator = parts.generator
        assert isinstance(generator, MapGenerator)
        sides = []
        for name, data in (("source", self.source), ("target", self.target)):
            split = data.load().test
            if split is None:
                raise DeclarationError([(f"evaluation.{name}", "has no test part")])
            sides.append(split.render(torch.arange(min(self.samples, len(split)))).values)
        if len(sides[0]) != len(sides[1]):
            message = f"expected as many test samples as the source, {len(sides[0])}, got {len(sides[1])}"
            raise DeclarationError([("evaluation.target", message)])

        like = next(generator.parameters())
        mapped, counterparts = generator.network(sides[0].to(like)), sides[1].to(like)
        if self.space is not None:
            projector = parts.projectors[self.space]
            mapped, counterparts = projector(mapped), projector(counterparts)
        return [
            {"method": trained.method, "samples": len(mapped)} | retrieval(mapped.flatten(1), counterparts.flatten(1))
        ]

    def table(self, records: list[Record]) -> list[list[str]]:
        """Method, share, chance, error."""
        rows = [["method", "pairs", "nearest is its own %", "chance %", "relative error"]]
        for r in records:
            figures = [f"{r['top1']:.1f}", f"{r['chance']:.2f}", f"{r['relative_error']:.3f}"]
            rows.append([r["method"], str(r["samples"]), *figures])
        return rows
