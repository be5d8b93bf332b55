"""The sets of samples that one update compares: what is drawn of each, and the features of any of its rows."""

import functools
from collections.abc import Callable, Mapping, Sequence

import attrs
import torch

from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.data import Split
from matchzoo.data.data import ENVIRONMENT, IN_TURN, Place
from matchzoo.generators import Generator
from matchzoo.training.composition import Composition
from matchzoo.training.derived_sets import DerivedSet
from matchzoo.training.engine import Engine
from matchzoo.training.updates.sharpness import without_trace

Features = dict[str, Samples]
"""Samples in every space that an update compares them in, by the projector's name."""


@attrs.frozen(eq=False)
class Held:
    """Samples that are made already, and whose rows are handed out."""

    samples: Samples

    def render(self, rows: torch.Tensor) -> Samples:
        """The samples of some rows [k]."""
        return self.samples.rows(rows)


@attrs.frozen(eq=False)
class DrawnSet:
    """One set of an update, drawn but not made: any of its rows can be, at any time, the same.

    Attributes:
        name: of the set.
        source: what renders the draws.
        draws: [m, …] on the device.
        plan: [m · copies, …] of the views, or [classes, …] where they are shared; None where there are none.
        copies: views of a sample, which are neighboring rows.
        spaces: the projectors whose features are wanted.
    """

    name: str
    parts: Composition
    engine: Engine
    source: Generator | Split | Held
    draws: torch.Tensor
    plan: torch.Tensor | None
    copies: int
    spaces: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.draws) * self.copies

    @property
    def is_generated(self) -> bool:
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
        samples = self.samples(rows, rendered)
        embedded: Features = {}
        return {space: self.embed(space, samples, embedded) for space in self.spaces}

    def samples(self, rows: range | None = None, rendered: Samples | None = None) -> Samples:
        """The samples themselves of some rows, under their views; as `features`."""
        rows = range(len(self)) if rows is None else rows
        drawn = self.drawn(rows)
        if rendered is None:
            chosen = self.draws if len(drawn) == len(self.draws) else self.draws[drawn.start : drawn.stop]
            rendered = self.source.render(chosen)
        samples = rendered if self.is_generated else self.engine.samples(rendered)

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
        return samples

    def embed(self, space: str, samples: Samples, embedded: Features) -> Samples:
        """The features of samples in a space, through the spaces that it stands on; each is computed once, and kept in
        ``embedded``."""
        if space not in embedded:
            projector = self.parts.projectors[space]
            inputs = samples if projector.base is None else self.embed(projector.base, samples, embedded)
            with self.engine.projecting():
                features = projector.embed(inputs)
            if features.values.dtype != self.engine.dtype:
                features.values = features.values.to(self.engine.dtype)
            embedded[space] = features
        return embedded[space]


def draw_sets(
    parts: Composition,
    engine: Engine,
    wanted: Mapping[str, tuple[str, ...]],
    batch: int | None,
    rows_of: Callable[[str], int],
    step: Step,
    turn: int,
) -> dict[str, DrawnSet]:
    """What an update draws.

    Args:
        parts: of the recipe.
        engine: where.
        wanted: the spaces of every set, by its name.
        batch: synthetic samples; all there are for None.
        rows_of: rows of a set of real samples, by its name.
        step: whose randomness draws.
        turn: number of the update in its step.
    """
    return {name: draw_set(parts, engine, name, spaces, batch, rows_of, step, turn) for name, spaces in wanted.items()}


def draw_set(
    parts: Composition,
    engine: Engine,
    name: str,
    spaces: tuple[str, ...],
    batch: int | None,
    rows_of: Callable[[str], int],
    step: Step,
    turn: int,
) -> DrawnSet:
    """One of the sets of `draw_sets`: synthetic ones with all views of every sample, others with one view of each.

    Rows are drawn by the set's name without apostrophes, views by its whole name: ``real'`` is a second view of the
    rows of ``real``; a split that is aligned with the training samples has their rows, and views of its own. What a map
    generator maps (``source``) has the rows and views of the synthetic samples.
    ``environment`` is one of the environments: over the updates of a step each in turn, in the step's random order.
    One of the recipe's own ``sets`` is made here, of one that is drawn here.
    """
    base, views = name.rstrip("'"), parts.views
    if base in parts.sets:
        marks = name[len(base) :]
        sources = [
            draw_set(parts, engine, made_of + marks, (), batch, rows_of, step, turn)
            for made_of in parts.sets[base].made_of
        ]
        held = Held(derived(parts, sources, parts.sets[base], step, step.rng(f"{name} set", turn)))
        rows = engine.move(torch.arange(len(held.samples)))
        return DrawnSet(name, parts, engine, held, rows, None, 1, spaces)

    marks = name[len(base) :]
    source: Generator | Split
    if base in ("synthetic", "source"):
        generator = parts.generator
        assert generator is not None  # as was checked when the terms were built
        draws = generator.draw(batch, step.rng("generator", turn))
        split = generator.source_split
        if base == "source":
            assert split is not None
            source = split
        else:
            source = generator
        copies = 1 if views is None else views.copies
        seeds = f"views{marks}"
    else:
        if base == IN_TURN:
            order = torch.randperm(len(parts.data.environment_rows), generator=step.rng("environments"))
            base = f"{ENVIRONMENT}{order[turn % len(order)]}"
        with_real = base in ("real", *parts.data.aligned_splits)
        names: tuple[str | int, ...] = ("data", turn) if with_real else ("data", turn, base)
        count, of_pass = rows_of(base), functools.partial(Step(0, step.seed).rng, *names, "pass")
        place = Place((step.number - 1) * count, of_pass)
        source, draws = parts.data.draw_of(base, count, step.rng(*names), place)
        copies, seeds = 1, f"{name} views"

    draws = engine.move(draws)
    plan = plan_of(parts, engine, len(draws) * copies, step, seeds, turn)
    return DrawnSet(name, parts, engine, source, draws, plan, copies, spaces)


def derived(
    parts: Composition, sources: Sequence[DrawnSet], declared: DerivedSet, step: Step, rng: torch.Generator
) -> Samples:
    """What a recipe's own set makes of those that are drawn: all of its rows, in every process the same. Buffers of
    parts and the state of terms are left as they are."""
    with torch.no_grad():
        samples = [source.samples() for source in sources]

    def embed(given: Samples, space: str | None) -> Samples:
        return sources[0].embed(space or first, given, {})

    first = next(iter(parts.projectors))
    behind = {name for space in declared.spaces.values() for name in parts.depends(space or first)}
    layers = [parts.projectors[name] for name in parts.projectors if name in behind]
    parameters = [parameter for layer in layers for parameter in layer.parameters()]
    with without_trace(layers, declared.terms):
        return declared.derive(samples, embed, parameters, step, rng)


def plan_of(parts: Composition, engine: Engine, rows: int, step: Step, seeds: str, turn: int) -> torch.Tensor | None:
    """The views of a set of so many rows: [rows, …], or [classes, …] that all sets share."""
    views = parts.views
    if views is None:
        return None
    if views.shared:
        plan = views.draw(parts.spec.classes or 1, step.rng("shared views", turn))
        return engine.move(plan.to(engine.dtype))
    return views.draw(rows, step.rng(seeds, turn))


def check_name(parts: Composition, name: str) -> str:
    """Why there is no set of a name; empty if there is one."""
    base = name.rstrip("'")
    if base in parts.sets:
        return ""
    if base in ("synthetic", "source") and parts.generator is None:
        return f"the set '{name}' needs a generator, and the recipe has none"
    if base == "source" and parts.generator is not None and parts.generator.source_split is None:
        return "the set 'source' is what a generator of kind \"map\" maps, and this one maps nothing"
    if base in ("synthetic", "source") or base.startswith(ENVIRONMENT):
        return ""
    if base == IN_TURN:
        return "" if parts.data.environment_rows else "the training samples have no groups, which would be environments"
    known = [
        "real",
        "synthetic",
        "source",
        "environments",
        IN_TURN,
        *parts.sets,
        *(n for n in parts.data.sets() if n not in ("real", "train")),
    ]
    return "" if base in parts.data.sets() else f"unknown set '{name}'; expected one of {', '.join(known)}"
