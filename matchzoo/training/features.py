"""Features of a whole split, in blocks; those of a data set under a frozen projector are computed once and kept."""

import functools
import sys
from collections.abc import Callable, Sequence

import attrs
import numpy as np
import torch

from matchzoo.core.declaration.structuring import to_table
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.data.reading.store import CacheError, Stored, budget, key_of
from matchzoo.data.split import Split
from matchzoo.data.views import Views
from matchzoo.projectors.projector import Projector
from matchzoo.training.engine import Engine

BLOCK = 256
"""Rows that are projected at once."""
KEPT = 4 * BLOCK
"""Rows of a block on disk, the unit of resuming."""


def collect(
    split: Split,
    projector: Projector,
    views: Views | None,
    copies: int,
    step: Step,
    engine: Engine,
    done: Callable[[int], object] = lambda rows: None,
) -> Samples:
    """`collect_stacked` of one projector."""
    return collect_stacked(split, [projector], views, copies, step, engine, done)


def collect_stacked(
    split: Split,
    layers: Sequence[Projector],
    views: Views | None,
    copies: int,
    step: Step,
    engine: Engine,
    done: Callable[[int], object] = lambda rows: None,
) -> Samples:
    """Features of every sample under some views.

    Those of a part of a data set, in the space of a projector that says what it is (`Projector.identity`), are kept
    in the cache on disk, and computed once for all runs, seeds and evaluations that ask for the same ones: the key is
    of the samples, the projector, the views and their draws, the precision and the type of device. A build that was
    killed goes on after its last block. Where the cache cannot be written, they are computed and not kept.

    Args:
        split: n samples.
        layers: projectors, built and placed, each of which takes the features of the one before it.
        views: how views are drawn and applied; None leaves samples as they are.
        copies: views of every sample; 0 for one that is not augmented (`Views.plain`).
        step: whose randomness draws the views.
        engine: where to compute.
        done: called with the number of rows after each block.

    Returns:
        Features [n · max(copies, 1), d], all views of a sample in a row, with labels, groups and the sample's index.
        Beyond the budget of memory (`matchzoo.data.reading.store.budget`) and on a CPU they stay on disk, mapped.
    """
    index = torch.arange(len(split)).repeat_interleave(max(copies, 1))
    blocks = _Blocks(split, layers, views, copies, step, engine, index)
    identity = layers[0].identity() if split.lasting and len(layers) == 1 else None
    if identity is None:
        features = blocks.make(range(len(index)), done)
    else:
        features = _kept(blocks, *identity, done)
    index = index.to(engine.device)
    labels, group = (None if x is None else x.to(engine.device)[index] for x in (split.labels, split.group))
    return Samples(features.to(engine.device), labels, index=index, group=group)


@attrs.frozen(eq=False)
class _Blocks:
    """Makes features by rows."""

    split: Split
    layers: Sequence[Projector]
    views: Views | None
    copies: int
    step: Step
    engine: Engine
    index: torch.Tensor

    @functools.cached_property
    def plan(self) -> torch.Tensor | None:
        """Of all views; None for plain ones."""
        if self.views is None or not self.copies:
            return None
        return self.views.draw(len(self.index), self.step.rng("views"))

    @torch.no_grad()
    def make(self, rows: range, done: Callable[[int], object]) -> torch.Tensor:
        """Features [len(rows), d], where the engine computes."""
        features = []
        for start in range(rows.start, rows.stop, BLOCK):
            some = slice(start, min(start + BLOCK, rows.stop))
            values = self.engine.samples(self.split.render(self.index[some].to(self.engine.device))).values
            if self.views is not None:
                values = self.views.plain(values) if self.plan is None else self.views.apply(values, self.plan[some])
            with self.engine.projecting():
                for layer in self.layers:
                    values = layer.project(values)
            features.append(values.to(self.engine.dtype))
            done(some.stop - some.start)
        return torch.cat(features)

    def key(self, identity: object) -> str:
        """Of all that decides the features."""
        views: object = None
        if self.views is not None:
            drawn: list[object] = []
            if self.copies:
                drawn = [*self.views.settings(), self.copies, self.step.seed, self.step.number]
                drawn += [] if self.views.augment is None else [self.views.augment]
            views = [self.views.size, *map(to_table, drawn)]
        precision = "bfloat16 weights" if self.engine.autocast else str(self.engine.dtype)
        return key_of(self.split.fingerprint, identity, views, precision, self.engine.device.type)


def _kept(blocks: _Blocks, width: int, identity: object, done: Callable[[int], object]) -> torch.Tensor:
    """Features out of the cache on disk, which is filled first where they are not there."""
    stored = Stored(
        blocks.key(identity),
        len(blocks.index),
        (width,),
        lambda rows, told: blocks.make(rows, told).cpu().numpy(),
        title="features",
        dtype=np.float64 if blocks.engine.dtype == torch.float64 else np.float32,
        kind="features",
        block=KEPT,
    )
    told = [0]

    def tell(rows: int) -> None:
        told[0] += rows
        done(rows)

    try:
        mapped = stored.open(tell)
    except CacheError as error:
        print(f"features are not kept: {error}", file=sys.stderr)
        done(-told[0])
        return blocks.make(range(len(blocks.index)), done)
    return mapped if stored.row * stored.count > budget() else mapped.clone()
