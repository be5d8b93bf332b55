"""What a recipe takes, from what a few rows of its parts take.

A step is rows of the synthetic side forward and back (in chunks, forward twice but for the last), rows of the real side
where that is online, and the terms between them; every update of the schedule counts. Memory is what is there all the
time and the graph of a chunk.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.step import Step
from matchzoo.data.reading.store import budget
from matchzoo.generators.images import pick
from matchzoo.matchers import Cache, ClassMeans, Matcher, Reference
from matchzoo.recipes.planning.costs import RowCosts, product_rate, row_costs
from matchzoo.recipes.planning.estimate import ACTIVATIONS, TERMS, Estimate
from matchzoo.recipes.planning.stand_ins import Known, Size, built, generator_size
from matchzoo.recipes.planning.terms import Made, Sets, TermCosts, term_costs
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.engine import Engine
from matchzoo.training.features import BLOCK
from matchzoo.training.loop import Training
from matchzoo.training.players import Player
from matchzoo.training.sets import DrawnSet, draw_set, plan_of
from matchzoo.training.trainer import Group
from matchzoo.training.updates.chunking import couples_rows, rows_that_fit

AT_ONCE = 256
"""Rows that are timed at once, at most."""


MADE = ("synthetic", "source")
"""Sets that have as many rows as the generator makes; others have those that the trainer says."""


@attrs.frozen
class SetCosts:
    """What the rows of one set of an update cost.

    Attributes:
        rows: costs of a row.
        has_graph: a player moves what its features depend on, so that they have a backward pass.
    """

    rows: RowCosts
    has_graph: bool


@attrs.frozen
class Turn:
    """An update of the schedule, measured.

    Attributes:
        group: the players.
        times: how often a step evaluates it.
        sets: the costs of every set that is drawn for it, by name.
    """

    group: Group
    times: int
    sets: Mapping[str, SetCosts]


def state_share(player: Player) -> float:
    """Numbers of optimizer state for each number that is moved: 2 for Adam."""
    tried = torch.nn.Parameter(torch.zeros(8))
    tried.grad = torch.zeros(8)
    optimizer = player.optimizer.make([tried])
    optimizer.step()
    return sum(t.numel() for t in optimizer.state[tried].values() if isinstance(t, torch.Tensor) and t.ndim) / 8


class Estimator:
    """A recipe that was built small and measured.

    Args:
        recipe: whose costs are asked for.
        light: the same with backbones that can be built here.
        data: what is known of the real samples.
        engine: where it would run.
        room: bytes that a chunk may take.
    """

    def __init__(self, recipe: Recipe, light: Recipe, data: Known, engine: Engine, room: int) -> None:
        self.recipe, self.light, self.data, self.room = recipe, light, data, room
        self.spec, self.world = data.spec, engine.world_size
        self.engine = attrs.evolve(engine, world_size=1, rank=0)
        self.parts = built(light, self.spec, self.engine)
        generator = recipe.generator
        self.per_sample_parameters = generator is not None and generator.per_sample_parameters
        changes: dict[str, Any] = {"trainer.chunk": 10**9}  # what cannot be computed in parts is found out below
        if self.per_sample_parameters:
            changes["trainer.batch"] = None
        self.training = Training(self.parts, recipe.replace(**changes).trainer, self.engine)
        self.count, self.rows = self.samples(recipe, generator_size(recipe, self.spec))
        self.terms = [term for player in self.parts.players.values() for term in player.terms]
        self.widths = {name: int(spec.features or 0) for name, spec in self.parts.specs.items()}
        self.priced: dict[Any, TermCosts] = {}
        self.rate: float | None = None
        self.whole = self._whole()
        self.turns = self.measured(self.engine)

    def _whole(self) -> str:
        """Why a batch cannot be computed in parts; empty if it can."""
        coupled = [f"the {name} {why}" for name, part in self.parts.names.items() if (why := couples_rows(part))]
        behind = [
            f"players.{name}.{label} looks behind the features"
            for name, player in self.parts.players.items()
            for label, term in zip(player.labels, player.terms, strict=True)
            if term.needs_inputs
        ]
        return next(iter([*coupled, *behind]), "")

    # measuring

    def measured(self, engine: Engine) -> list[Turn]:
        """Every update that differs from the others."""
        asked = self.recipe.trainer.chunk
        most = AT_ONCE if asked == "auto" or self.whole else min(asked, AT_ONCE)
        return [self._turn(group, engine, most) for group in dict.fromkeys(self._evaluated())]

    def _evaluated(self) -> list[Group]:
        """The groups of a step, and each player with sharpness by itself once more."""
        groups = self.training.groups
        again = [(name,) for group in groups for name in group if self.parts.players[name].evaluations > 1]
        return [*groups, *again]

    def _turn(self, group: Group, engine: Engine, most: int) -> Turn:
        players = self._let_play(group)
        own = {name: self.training.parameters[name] for name in players}
        costs: dict[str, SetCosts] = {}
        for name, spaces in self.training.wanted(group).items():
            learners = {
                owner: own[owner]
                for owner, player in players.items()
                if self._depends(name, spaces) & set(player.moves)
            }
            ours = costs.get("synthetic")
            if ours is not None and not learners and self.per_sample_parameters:
                costs[name] = SetCosts(ours.rows.without_gradients(), False)  # rendering is nothing beside a network
            else:
                costs[name] = SetCosts(row_costs(self._drawn(name, spaces, engine), learners, most), bool(learners))
        return Turn(group, self._evaluated().count(group), costs)

    def _depends(self, name: str, spaces: Sequence[str]) -> set[str]:
        """The parts that the features of a set depend on."""
        parts = {part for space in spaces for part in self.parts.depends(space)}
        return parts | {"generator"} if name.startswith("synthetic") else parts

    def _let_play(self, group: Group) -> dict[str, Player]:
        """The players of a group, and gradients for what they move."""
        players = {name: self.parts.players[name] for name in group}
        self.training._let_move({part for player in players.values() for part in player.moves})
        return players

    def _drawn(self, name: str, spaces: tuple[str, ...], engine: Engine) -> DrawnSet:
        """A set of an update with all its rows; images that are not built are stood for by those that are."""
        step, batch = Step(1, self.spec.seed), self.training.trainer.batch
        count = self.real_rows(self.recipe, self.rows)
        rows_of = functools.partial(self.recipe.trainer.rows_of, real_rows=count)
        drawn = draw_set(self.parts, engine, name, spaces, batch, rows_of, step, 0)
        if not self.per_sample_parameters or not drawn.is_generated:
            return drawn
        draws = engine.move(torch.arange(self.count) % len(drawn.draws))
        return attrs.evolve(drawn, draws=draws, plan=plan_of(self.parts, engine, self.rows, step, "views", 0))

    # scaling

    def samples(self, recipe: Recipe, size: Size) -> tuple[int, int]:
        """Synthetic samples of a step, and rows, counting views."""
        batch, views = recipe.trainer.batch, recipe.views
        if self.per_sample_parameters:
            batch = len(pick(size.samples, batch, torch.Generator()))
        return int(batch or 0), int(batch or 0) * (1 if views is None else views.copies)

    def real_rows(self, recipe: Recipe, rows: int) -> int:
        """Rows of every set of real samples of an update that says no other number, for so many synthetic ones; 0
        where all are stored."""
        drawn = any(name.rstrip("'") not in MADE for name in self._wanted(recipe, tuple(recipe.players)))
        return (recipe.trainer.real_batch or rows or recipe.trainer.batch or 0) if drawn else 0

    def _wanted(self, recipe: Recipe, group: Group) -> set[str]:
        """Names of the sets that an update of a recipe draws."""
        wanted = set()
        for term in (term for name in group for term in recipe.players[name].terms):
            for name in term.names(len(self.parts.data.environment_rows)):
                if name != "real" or term.reference.views is None:
                    wanted.add(name)
        return wanted

    def _rows_of(self, recipe: Recipe, name: str, rows: int, real_rows: int) -> int:
        """Rows of a set; one of the recipe's own has those of what it is made of."""
        base = name.rstrip("'")
        base = self.parts.sets[base].made_of[0] if base in self.parts.sets else base
        return rows if base in MADE else recipe.trainer.rows_of(base, real_rows)

    def chunk(self, recipe: Recipe, rows: int, turns: Sequence[Turn]) -> int:
        """Rows of a chunk, as the trainer will choose them."""
        asked, real = recipe.trainer.chunk, recipe.trainer.most_rows(self.real_rows(recipe, rows))
        longest = max(rows, real)
        if self.whole:
            if asked != "auto" and asked < longest:
                message = f'a batch cannot be computed in parts, since {self.whole}; use "auto"'
                raise DeclarationError([("trainer.chunk", message)])
            return longest
        if asked != "auto":
            return min(asked, longest)
        if 0 < rows <= 4:
            return longest
        moved = {part for player in self.parts.players.values() for part in player.moves}
        twice = bool(moved - {"generator"})
        return rows_that_fit(rows or real, real if rows else 0, twice, self.each(turns), self.room)

    @property
    def timed(self) -> int:
        """The most rows that were timed at once."""
        return max(costs.rows.timed for turn in self.turns for costs in turn.sets.values())

    def each(self, turns: Sequence[Turn]) -> int:
        """Bytes that a row of a chunk keeps."""
        return max(costs.rows.kept for turn in turns for costs in turn.sets.values())

    def largest(self, estimate: Estimate, room: int) -> int:
        """Rows of the largest chunk, at most an estimate's, that keeps its memory within ``room``; 0 for none."""
        left = room - estimate.fixed - max(estimate.terms, estimate.held)
        graphs = [costs.rows for turn in self.turns for costs in turn.sets.values() if costs.has_graph]
        fitting = min(((left - rows.constant) // max(rows.kept, 1) for rows in graphs), default=estimate.chunk)
        return 0 if self.whole or estimate.least > room else max(0, min(fitting, estimate.chunk))

    def estimate(self, recipe: Recipe, change: str = "", turns: Sequence[Turn] | None = None) -> Estimate:
        """What this recipe takes, or another that differs in images, views, chunks, references or precision only.

        Args:
            recipe: which.
            change: what differs.
            turns: measured in its precision; those of this recipe if not given.

        Raises:
            MatchZooError: the recipe cannot be run.
        """
        turns = self.turns if turns is None else turns
        size = generator_size(recipe, self.spec)
        samples, rows = self.samples(recipe, size)
        chunk, real_rows = self.chunk(recipe, rows, turns), self.real_rows(recipe, rows)
        most = recipe.trainer.most_rows(real_rows)
        chunked = chunk < max(rows, most) or self.world > 1
        own, own_real = (-(-count // self.world) for count in (rows, most))
        chunk = max(min(chunk, max(own, own_real)), 1)
        last = own - (own - 1) // chunk * chunk if own else 0
        flops, seconds, graph, ends, peak, held = 0, 0.0, 0, 0, 0, 0
        for turn in turns:
            terms = self._terms(recipe, turn.group, rows)
            flops += turn.times * terms.flops
            seconds += turn.times * self._seconds(terms)
            peak, held = max(peak, terms.peak), max(held, terms.held)
            kept = []
            wanted = self._wanted(recipe, turn.group)
            for name, costs in turn.sets.items():
                if name not in wanted:
                    continue
                made = name.startswith("synthetic")
                count, side = -(-self._rows_of(recipe, name, rows, real_rows) // self.world), costs.rows
                again = 0
                if chunked and costs.has_graph:
                    again = own - last if made else count
                flops += turn.times * (count * (side.forward + side.backward) + again * side.forward)
                seconds += turn.times * side.both.of_rows(count, min(chunk, count))
                seconds += turn.times * side.ahead.of_rows(again, chunk)
                kept.append(side.graph(min(chunk, count)) if costs.has_graph else 0)
                if made:
                    ends = max(ends, side.graph(last))
            graph = max(graph, max(kept, default=0) if chunked else sum(kept))
        moved = {name: self._moved(name, recipe, size) for name in recipe.players}
        held_aside = {name: 3 if player.evaluations > 1 else 1 for name, player in recipe.players.items()}  # two, and θ
        itemsize = self.engine.dtype.itemsize
        views, built_rows = self._stored(recipe)
        ahead = next(iter(turns[0].sets.values())).rows
        memory = {
            "networks": self._networks(),
            "generator": (size.parameters + size.rest) * itemsize,
            "optimizer state": sum(
                round(state_share(player) * moved[name] * itemsize) for name, player in recipe.players.items()
            ),
            "gradients": max(sum(held_aside[name] * moved[name] for name in turn.group) for turn in turns) * itemsize,
            "real samples": self.data.bytes,
            "stored real features": views,
            ACTIVATIONS: graph,
            TERMS: max(peak + ends - graph, held) if chunked else peak,
        }
        return Estimate(
            change=change,
            samples=samples,
            rows=rows,
            real_rows=real_rows,
            chunk=chunk,
            memory=memory,
            terms=peak,
            held=held,
            flops=flops,
            seconds=seconds,
            cache_flops=built_rows * ahead.forward,
            cache_seconds=ahead.ahead.of_rows(built_rows, BLOCK),
            steps=recipe.trainer.steps,
        )

    def _networks(self) -> int:
        """Bytes of projectors and terms."""
        parts = [*self.parts.projectors.values(), *self.terms]
        return sum(t.nbytes for part in parts for t in (*part.parameters(), *part.buffers()))

    def _moved(self, name: str, recipe: Recipe, size: Size) -> int:
        """Numbers that a player moves."""
        held = {
            part: sum(p.numel() for p in projector.parameters()) for part, projector in self.parts.projectors.items()
        }
        held["generator"] = size.parameters
        return sum(held[part] for part in recipe.players[name].moves)

    def _references(self, recipe: Recipe) -> dict[int, Reference]:
        """The references of a recipe, by the ``id`` of the built term."""
        theirs = [term.reference for player in recipe.players.values() for term in player.terms]
        return {id(term): reference for term, reference in zip(self.terms, theirs, strict=True)}

    def _stored(self, recipe: Recipe) -> tuple[int, int]:
        """Bytes of the real features that are stored, and rows that are projected for them, once."""
        sizes: dict[tuple[str, str], int] = {}
        projected: dict[tuple[str, int], int] = {}
        references = self._references(recipe)
        for term in self.terms:
            reference, space = references[id(term)], self.parts.space(term)
            if reference.views is None:
                continue
            made = self._stored_set(reference, space)
            size = made.count * made.features * made.dtype.itemsize
            mapped = isinstance(reference, Cache) and not reference.float16 and self.engine.device.type == "cpu"
            sizes[space, reference.key] = 0 if mapped and size > budget() else size
            projected[space, reference.views] = self._count() * max(reference.views, 1)
        return sum(sizes.values()), sum(projected.values())

    def _count(self) -> int:
        if not self.spec.count:
            message = "missing; the real side is stored, and it is not known how many training samples there are"
            raise MatchZooError(f"--samples: {message}")
        return self.spec.count

    def _stored_set(self, reference: Reference, space: str) -> Made:
        """What a reference stores."""
        classes, dtype = self.spec.classes, self.engine.dtype
        count, weighted = self._count() * max(reference.views or 0, 1), self.parts.data.sampling == "balanced"
        if isinstance(reference, ClassMeans):
            if classes is None:
                raise DeclarationError([("reference", "class means need data with labels; use 'cache' or 'online'")])
            count, weighted = classes, True
        elif isinstance(reference, Cache) and reference.float16:
            dtype = torch.float16
        features, parts = self.widths[space], self.parts.lineage(space)
        return Made("real", space, parts, count, features, dtype, classes, weighted=weighted, stored=True)

    def _terms(self, recipe: Recipe, group: Group, rows: int) -> TermCosts:
        """What the terms of an update take."""
        references, players = self._references(recipe), self._let_play(group)
        moving = {part for player in players.values() for part in player.moves}
        sets: dict[int, Sets] = {}
        for term in (term for player in players.values() for term in player.terms):
            sets[id(term)] = tuple(
                self._made(recipe, term, references[id(term)], compared, rows, moving)
                for compared in self.parts.inputs_of(term)
            )
        key = (group, tuple(sets.items()))
        if key not in self.priced:
            own = {name: self.training.parameters[name] for name in players}
            self.priced[key] = term_costs(players, sets, own, self.engine)
        return self.priced[key]

    def _made(
        self,
        recipe: Recipe,
        term: Matcher,
        reference: Reference,
        compared: tuple[str, str],
        rows: int,
        moving: set[str],
    ) -> Made:
        """What stands for a set of a term, in one of its spaces."""
        name, space = compared
        if name == "real" and reference.views is not None:
            return self._stored_set(reference, space)
        behind: dict[str, Any] = {}
        if term.needs_inputs:
            behind = {"origin": self.spec.shape, "decode": self.parts.projectors[space].decode}
        depends = self._depends(name, (space,))
        made = name.startswith("synthetic")
        return Made(
            name=name,
            space=space,
            parts=tuple(sorted(depends)),
            count=self._rows_of(recipe, name, rows, self.real_rows(recipe, rows)),
            features=self.widths[space],
            dtype=self.engine.dtype,
            classes=self.spec.classes if not made or self.per_sample_parameters else None,
            soft=made and getattr(recipe.generator, "soft_labels", None) is not None,
            moves=bool(depends & moving),
            **behind,
        )

    def _seconds(self, terms: TermCosts) -> float:
        """Of terms; those that are too large to try, at the speed of a product of matrices."""
        if terms.seconds is not None:
            return terms.seconds
        if self.rate is None:
            self.rate = product_rate(self.engine.device, self.engine.dtype)
        return terms.flops / self.rate
