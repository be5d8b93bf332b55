"""What a recipe takes, from what a few rows of its parts take.

A step is rows of the synthetic side forward and back (in chunks, forward twice but for the last), rows of the real side
where that is online, and the terms between them; every turn of the schedule counts. Memory is what is there all the
time and the graph of a chunk.
"""

from collections.abc import Sequence
from typing import Any

import attrs
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.step import Step
from matchzoo.data.reading.store import budget
from matchzoo.generators.images import pick
from matchzoo.matchers import Cache, ClassMeans, Reference
from matchzoo.recipes.planning.costs import RowCosts, product_rate, row_costs
from matchzoo.recipes.planning.estimate import ACTIVATIONS, TERMS, Estimate
from matchzoo.recipes.planning.stand_ins import Known, Size, built, generator_size
from matchzoo.recipes.planning.terms import Made, Sets, TermCosts, term_costs
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.chunking import couples_rows, rows_that_fit
from matchzoo.training.engine import Engine
from matchzoo.training.features import BLOCK
from matchzoo.training.loop import Training
from matchzoo.training.players import Player
from matchzoo.training.sets import Side, real_side, synthetic_side, views_of
from matchzoo.training.trainer import Group

AT_ONCE = 256
"""Rows that are timed at once, at most."""


@attrs.frozen
class Turn:
    """A turn of the schedule, measured.

    Attributes:
        group: the players.
        times: how often a step has it.
        learns: a player moves a space in which real samples are drawn anew, so that these have a graph as well.
        synthetic: costs of a row.
        real: costs of a row; None where nothing is online.
    """

    group: Group
    times: int
    learns: bool
    synthetic: RowCosts
    real: RowCosts | None


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
        self.facts, self.world = data.facts, engine.world
        self.engine = attrs.evolve(engine, world=1, rank=0)
        self.parts = built(light, self.facts, self.engine)
        self.owned = type(recipe.generator).owned
        changes: dict[str, Any] = {"trainer.chunk": 10**9}  # what cannot be computed in parts is found out below
        if self.owned:
            changes["trainer.batch"] = None
        self.training = Training(self.parts, recipe.replace(**changes).trainer, self.engine)
        self.count, self.rows = self.samples(recipe, generator_size(recipe, self.facts))
        self.terms = [term for player in self.parts.players.values() for term in player.terms]
        self.widths = {space: self._width(space) for space in self.parts.projectors}
        self.priced: dict[Any, TermCosts] = {}
        self.rate: float | None = None
        self.whole = self._whole()
        self.turns = self.measured(self.engine)

    def _whole(self) -> str:
        """Why a batch cannot be computed in parts; empty if it can."""
        coupled = [f"the {name} has batch norm" for name, part in self.parts.names.items() if couples_rows(part)]
        behind = [
            f"players.{name}.{label} looks behind the features"
            for name, player in self.parts.players.items()
            for label, term in zip(player.labels, player.terms, strict=True)
            if term.beyond_features
        ]
        return next(iter([*coupled, *behind]), "")

    # measuring

    def measured(self, engine: Engine) -> list[Turn]:
        """Every turn that differs from the others."""
        asked = self.recipe.trainer.chunk
        most = AT_ONCE if asked == "auto" or self.whole else min(asked, AT_ONCE)
        return [self._turn(group, engine, most) for group in dict.fromkeys(self.training.groups)]

    def _turn(self, group: Group, engine: Engine, most: int) -> Turn:
        players = self._let_play(group)
        moving = {part for player in players.values() for part in player.moves}
        terms = [term for player in players.values() for term in player.terms]
        spaces = tuple(dict.fromkeys(self.parts.space(term) for term in terms))
        online = tuple(dict.fromkeys(self.parts.space(term) for term in terms if term.online))
        own = {name: self.training.parameters[name] for name in players}
        synthetic, real = row_costs(self._side(spaces, engine), own, most), None
        learns = bool(moving & set(online))
        if online and self.owned and not learns:  # rendering is nothing beside a network
            real = synthetic.without_gradients()
        elif online:
            learners = {name: own[name] for name, player in players.items() if set(player.moves) & set(online)}
            real = row_costs(self._real_side(online, engine), learners, most)
        return Turn(group, self.training.groups.count(group), learns, synthetic, real)

    def _let_play(self, group: Group) -> dict[str, Player]:
        """The players of a group, and gradients for what they move."""
        players = {name: self.parts.players[name] for name in group}
        self.training._let_move({part for player in players.values() for part in player.moves})
        return players

    def _side(self, spaces: tuple[str, ...], engine: Engine) -> Side:
        """The synthetic side of a turn with all its rows; images that are not built are stood for by those that are."""
        step = Step(1, self.facts.seed)
        side = synthetic_side(self.parts, engine, self.training.trainer.batch, step, 0, spaces)
        if not self.owned:
            return side
        draws = engine.move(torch.arange(self.count) % len(side.draws))
        plan = views_of(self.parts, engine, self.rows, step, "views", 0)
        return attrs.evolve(side, draws=draws, plan=plan)

    def _real_side(self, spaces: tuple[str, ...], engine: Engine) -> Side:
        """A real side, of stand-ins."""
        count = self.real_rows(self.recipe, self.rows)
        return real_side(self.parts, engine, count, Step(1, self.facts.seed), 0, spaces)

    @torch.no_grad()
    def _width(self, space: str) -> int:
        """Dimension of the features of a space."""
        return self._side((space,), self.engine).features(range(min(2, self.rows)))[space].values.shape[1]

    # scaling

    def samples(self, recipe: Recipe, size: Size) -> tuple[int, int]:
        """Synthetic samples of a step, and rows, counting views."""
        batch, views = recipe.trainer.batch, recipe.views
        if self.owned:
            batch = len(pick(size.samples, batch, torch.Generator()))
        return int(batch or 0), int(batch or 0) * (1 if views is None else views.copies)

    def real_rows(self, recipe: Recipe, rows: int) -> int:
        """Rows of the real side of a turn, for so many of the synthetic one; 0 where all terms have stored ones."""
        terms = [term for player in recipe.players.values() for term in player.terms]
        return (recipe.trainer.real_batch or rows) if any(term.online for term in terms) else 0

    def chunk(self, recipe: Recipe, rows: int, turns: Sequence[Turn]) -> int:
        """Rows of a chunk, as the trainer will choose them."""
        asked, real = recipe.trainer.chunk, self.real_rows(recipe, rows)
        longest = max(rows, real)
        if self.whole:
            if asked != "auto" and asked < longest:
                message = f'a batch cannot be computed in parts, since {self.whole}; use "auto"'
                raise DeclarationError([("trainer.chunk", message)])
            return longest
        if asked != "auto":
            return min(asked, longest)
        if rows <= 4:
            return longest
        moved = {part for player in self.parts.players.values() for part in player.moves}
        return rows_that_fit(rows, real, bool(moved - {"generator"}), self.each(turns), self.room)

    def each(self, turns: Sequence[Turn]) -> int:
        """Bytes that a row of a chunk keeps."""
        return max(turn.synthetic.kept for turn in turns)

    def largest(self, estimate: Estimate, room: int) -> int:
        """Rows of the largest chunk, at most an estimate's, that keeps its memory within ``room``; 0 for none."""
        left = room - estimate.fixed - max(estimate.terms, estimate.held)
        sides = [turn.synthetic for turn in self.turns]
        sides += [turn.real for turn in self.turns if turn.real is not None and turn.learns]
        fitting = min((left - side.constant) // max(side.kept, 1) for side in sides)
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
        size = generator_size(recipe, self.facts)
        samples, rows = self.samples(recipe, size)
        chunk, real_rows = self.chunk(recipe, rows, turns), self.real_rows(recipe, rows)
        chunked = chunk < max(rows, real_rows) or self.world > 1
        own, own_real = (-(-count // self.world) for count in (rows, real_rows))
        chunk = min(chunk, max(own, own_real))
        last = own - (own - 1) // chunk * chunk
        flops, seconds, graph, ends, peak, held = 0, 0.0, 0, 0, 0, 0
        for turn in turns:
            terms = self._terms(recipe, turn.group, rows)
            flops += turn.times * terms.flops
            seconds += turn.times * self._seconds(terms)
            peak, held = max(peak, terms.peak), max(held, terms.held)
            kept = []
            players = (recipe.players[name] for name in turn.group)
            online = any(term.online for player in players for term in player.terms)
            real = turn.real if online else None
            for side, count, back in ((turn.synthetic, own, True), (real, own_real, turn.learns)):
                if side is None:
                    continue
                again = 0
                if chunked and back:
                    again = own - last if side is turn.synthetic else own_real
                flops += turn.times * (count * (side.forward + side.backward) + again * side.forward)
                seconds += turn.times * side.both.of_rows(count, min(chunk, count))
                seconds += turn.times * side.ahead.of_rows(again, chunk)
                kept.append(side.graph(min(chunk, count)) if back else 0)
            graph = max(graph, max(kept) if chunked else sum(kept))
            ends = max(ends, turn.synthetic.graph(last))
        moved = {name: self._moved(name, recipe, size) for name in recipe.players}
        itemsize = self.engine.dtype.itemsize
        views, built_rows = self._stored(recipe)
        ahead = turns[0].synthetic
        memory = {
            "networks": self._networks(),
            "generator": (size.parameters + size.rest) * itemsize,
            "optimizer state": sum(
                round(state_share(player) * moved[name] * itemsize) for name, player in recipe.players.items()
            ),
            "gradients": max(sum(moved[name] for name in turn.group) for turn in turns) * itemsize,
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
            mapped = isinstance(reference, Cache) and not reference.half and self.engine.device.type == "cpu"
            sizes[space, reference.key] = 0 if mapped and size > budget() else size
            projected[space, reference.views] = self._count() * max(reference.views, 1)
        return sum(sizes.values()), sum(projected.values())

    def _count(self) -> int:
        if not self.facts.count:
            message = "missing; the real side is stored, and it is not known how many training samples there are"
            raise MatchZooError(f"--samples: {message}")
        return self.facts.count

    def _stored_set(self, reference: Reference, space: str) -> Made:
        """What a reference stores."""
        classes, dtype = self.facts.classes, self.engine.dtype
        count, weighted = self._count() * max(reference.views or 0, 1), self.parts.data.sampling == "balanced"
        if isinstance(reference, ClassMeans):
            if classes is None:
                raise DeclarationError([("reference", "class means need data with labels; use 'cache' or 'online'")])
            count, weighted = classes, True
        elif isinstance(reference, Cache) and reference.half:
            dtype = torch.float16
        return Made(space, count, self.widths[space], dtype, classes, real=True, weighted=weighted, stored=True)

    def _terms(self, recipe: Recipe, group: Group, rows: int) -> TermCosts:
        """What the terms of a turn take."""
        references, players = self._references(recipe), self._let_play(group)
        moving = {part for player in players.values() for part in player.moves}
        soft = getattr(recipe.generator, "soft_labels", None) is not None
        sets: dict[int, Sets] = {}
        for term in (term for player in players.values() for term in player.terms):
            space, reference = self.parts.space(term), references[id(term)]
            way = {}
            if term.beyond_features:
                way = {"origin": self.facts.shape, "decode": self.parts.projectors[space].decode}
            common: dict[str, Any] = {
                "space": space, "count": rows, "features": self.widths[space], "dtype": self.engine.dtype, **way
            }  # fmt: skip
            ours = Made(**common, classes=self.facts.classes if self.owned else None, soft=soft, moves=True)
            if reference.views is None and not term.online:
                theirs = ours
            elif reference.views is None:
                common["count"] = self.real_rows(recipe, rows)
                theirs = Made(**common, classes=self.facts.classes, real=True, moves=space in moving)
            else:
                theirs = self._stored_set(reference, space)
            sets[id(term)] = theirs, ours
        key = (group, tuple(sets.items()))
        if key not in self.priced:
            own = {name: self.training.parameters[name] for name in players}
            self.priced[key] = term_costs(players, sets, own, self.engine)
        return self.priced[key]

    def _seconds(self, terms: TermCosts) -> float:
        """Of terms; those that are too large to try, at the speed of a product of matrices."""
        if terms.seconds is not None:
            return terms.seconds
        if self.rate is None:
            self.rate = product_rate(self.engine.device, self.engine.dtype)
        return terms.flops / self.rate
