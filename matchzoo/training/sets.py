"""One turn of a schedule: what is drawn for it, and the features of any of its rows."""

import attrs
import torch

from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.data import Data
from matchzoo.generators import Generator
from matchzoo.training.composition import Composition
from matchzoo.training.engine import Engine

Features = dict[str, Samples]
"""Samples in every space that a turn compares them in, by the projector's name."""


@attrs.frozen(eq=False)
class Side:
    """The synthetic or the real samples of a turn, drawn but not made: any of its rows can be, at any time, the same.

    Attributes:
        source: what renders the draws.
        draws: [m, …] on the device.
        plan: [m · copies, …] of the views, or [classes, …] where they are shared; None where there are none.
        copies: views of a sample, which are neighbouring rows.
        spaces: the projectors whose features are wanted.
    """

    parts: Composition
    engine: Engine
    source: Generator | Data
    draws: torch.Tensor
    plan: torch.Tensor | None
    copies: int
    spaces: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.draws) * self.copies

    @property
    def synthetic(self) -> bool:
        """Whether a generator makes it."""
        return isinstance(self.source, Generator)

    def drawn(self, rows: range) -> range:
        """The draws whose views these rows are."""
        return range(rows.start // self.copies, -(-rows.stop // self.copies))

    def features(self, rows: range | None = None, rendered: Samples | None = None) -> Features:
        """The features of some rows (all if not given), with a graph where gradients are enabled.

        Args:
            rows: consecutive ones.
            rendered: the samples of their `drawn`, if they are made already.
        """
        rows = range(len(self)) if rows is None else rows
        drawn = self.drawn(rows)
        if rendered is None:
            own = self.draws if len(drawn) == len(self.draws) else self.draws[drawn.start : drawn.stop]
            rendered = self.source.render(own)
        samples = rendered if self.synthetic else self.engine.samples(rendered)
        if self.plan is not None:
            views = self.parts.views
            assert views is not None  # whose plan it is
            if self.copies > 1 or len(drawn) != len(rows):
                index = torch.arange(rows.start, rows.stop, device=self.engine.device) // self.copies - drawn.start
                samples = samples.rows(index)
            if views.shared:
                plan = views.of_classes(self.plan, samples.labels)
            else:
                plan = self.plan if len(rows) == len(self) else self.plan[rows.start : rows.stop]
            samples = samples.with_values(views.apply(samples.values, plan))
        return {space: self._embed(space, samples) for space in self.spaces}

    def _embed(self, space: str, samples: Samples) -> Samples:
        with self.engine.projecting():
            features = self.parts.projectors[space].embed(samples)
        if features.values.dtype != self.engine.dtype:
            features.values = features.values.to(self.engine.dtype)
        return features


def synthetic_side(parts: Composition, engine: Engine, batch: int | None, step: Step, turn: int, spaces: tuple) -> Side:
    """What a turn draws of the generator, with all views of every sample."""
    generator, views = parts.generator, parts.views
    draws = engine.move(generator.draw(batch, step.rng("generator", turn)))
    copies = 1 if views is None else views.copies
    plan = views_of(parts, engine, len(draws) * copies, step, "views", turn)
    return Side(parts, engine, generator, draws, plan, copies, spaces)


def real_side(parts: Composition, engine: Engine, count: int, step: Step, turn: int, spaces: tuple) -> Side:
    """What a turn draws of the data, one view of every sample."""
    draws = engine.move(parts.data.draw(count, step.rng("data", turn)))
    plan = views_of(parts, engine, count, step, "real views", turn)
    return Side(parts, engine, parts.data, draws, plan, 1, spaces)


def views_of(parts: Composition, engine: Engine, rows: int, step: Step, side: str, turn: int) -> torch.Tensor | None:
    """What a turn draws of the views for a side of so many rows: [rows, …], or what both sides share."""
    views = parts.views
    if views is None:
        return None
    if views.shared:
        plan = views.draw(parts.facts.classes or 1, step.rng("shared views", turn))
        return engine.move(plan.to(engine.dtype))
    return views.draw(rows, step.rng(side, turn))
