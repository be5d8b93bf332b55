"""Features of a whole split, computed once, in blocks."""

from collections.abc import Callable

import torch

from matchzoo.data.data import Split
from matchzoo.engine import Engine
from matchzoo.projectors.projector import Projector
from matchzoo.samples import Samples
from matchzoo.step import Step
from matchzoo.views import Views

BLOCK = 256


@torch.no_grad()
def collect(
    split: Split,
    projector: Projector,
    views: Views | None,
    copies: int,
    step: Step,
    engine: Engine,
    done: Callable[[int], object] = lambda rows: None,
) -> Samples:
    """Features of every sample under some views.

    Args:
        split: n samples.
        projector: built and placed.
        views: how views are drawn and applied; None leaves samples as they are.
        copies: views of every sample; 0 for one that is not augmented (`Views.plain`).
        step: whose randomness draws the views.
        engine: where to compute.
        done: called with the number of rows after each block.

    Returns:
        Features [n · max(copies, 1), d], all views of a sample in a row, with labels, groups and the sample's index.
    """
    index = torch.arange(len(split)).repeat_interleave(max(copies, 1))
    plan = views.draw(len(index), step.rng("views")) if views is not None and copies else None
    features = []
    for start in range(0, len(index), BLOCK):
        rows = slice(start, start + BLOCK)
        values = engine.samples(split.render(index[rows].to(engine.device))).values
        if views is not None:
            values = views.plain(values) if plan is None else views.apply(values, plan[rows])
        features.append(projector.project(values))
        done(len(values))
    index = index.to(engine.device)
    labels, group = (None if x is None else x.to(engine.device)[index] for x in (split.labels, split.group))
    return Samples(torch.cat(features), labels, index=index, group=group)
