"""Does a sample find its partner among all others, in a space that was trained for it?"""

import statistics

import attrs
import torch
import torch.nn.functional as F

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, not_empty
from matchzoo.core.errors import DeclarationError
from matchzoo.core.step import Step
from matchzoo.data import Split
from matchzoo.evaluation.classifiers.class_scores import named_space, named_split
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained
from matchzoo.evaluation.metrics.ranking import rank_one
from matchzoo.training.composition import Composition
from matchzoo.training.features import collect_stacked


@declare("rank-one")
class RankOne(Evaluation):
    """Rank-1 retrieval by cosine: the share of samples of one split whose nearest sample of another is the partner of
    the same row (`rank_one`).

    Each sample is seen under one of the recipe's random views, in the gallery under another than among the queries:
    the same in every run. Without views samples are as they are. `Retrieval` asks the same of a generator that maps.
    """

    space: str | None = attrs.field(default=None, validator=not_empty())
    """Name of the projector; the last one if not given."""
    queries: str = attrs.field(default="test", validator=not_empty())
    """Name of the split of those that look for their partner."""
    gallery: str = attrs.field(default="test", validator=not_empty())
    """Name of the split among which they look: that of the queries, of which it is a second view, or one whose rows
    belong to them."""
    draws: int = attrs.field(default=5, validator=at_least(1))
    """Draws of the views, over which the share is averaged; one where there are none."""

    def check(self, parts: Composition) -> None:
        """Raises where there is no such split or space, rows are not as many, or there is but one view of them."""
        named_space(parts, self.space)
        queries, gallery = (named_split(parts, name, getattr(self, name)) for name in ("queries", "gallery"))
        if len(queries) != len(gallery):
            message = f"expected as many rows as '{self.queries}', {len(queries)}, got {len(gallery)}"
            raise DeclarationError([("evaluation.gallery", message)])
        if queries is gallery and parts.views is None:
            message = f"there are no views, so that '{self.gallery}' is what it looks for; name another split"
            raise DeclarationError([("evaluation.gallery", message)])

    def evaluate(self, trained: Trained) -> list[Record]:
        """One record: ``top1`` and ``chance`` in percent, ``samples`` and ``draws``."""
        parts, space = trained.parts, named_space(trained.parts, self.space)
        splits = [parts.data.sets()[name] for name in (self.queries, self.gallery)]
        draws = 1 if parts.views is None else self.draws
        layers = [parts.projectors[name] for name in reversed(parts.lineage(space))]

        def unit_rows(split: Split, number: int) -> torch.Tensor:
            features = collect_stacked(split, layers, parts.views, 1, Step(number, 0), trained.engine)
            return F.normalize(features.values, dim=1)

        shares = [rank_one(unit_rows(splits[0], 2 * draw), unit_rows(splits[1], 2 * draw + 1)) for draw in range(draws)]
        record: Record = {"method": trained.method, "space": space, "queries": self.queries, "gallery": self.gallery}
        record |= {"samples": len(splits[0]), "draws": draws, "top1": statistics.mean(shares)}
        return [record | {"chance": 100 / len(splits[0])}]

    def table(self, records: list[Record]) -> list[list[str]]:
        """What looks where, the share and that of a guess."""
        rows = [["method", "queries", "gallery", "samples", "rank-1 %", "chance %"]]
        for r in records:
            figures = [str(r["samples"]), f"{r['top1']:.1f}", f"{r['chance']:.2f}"]
            rows.append([r["method"], r["queries"], r["gallery"], *figures])
        return rows
