"""The only loop: what each step of any method does, players over parts, and the state that a checkpoint holds."""

import functools
import itertools
import math

import attrs
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError, did_you_mean
from matchzoo.core.memory import in_words, require
from matchzoo.core.samples import Samples
from matchzoo.core.showing.progress import Progress
from matchzoo.core.step import Step
from matchzoo.data import Split
from matchzoo.generators.pool import Pool
from matchzoo.matchers import Cache, ClassMeans, Matcher, Reference
from matchzoo.training.checkpoint import load_optimizer, optimizer_tensors
from matchzoo.training.chunking import (
    Gradients,
    Graph,
    Leaf,
    automatic,
    couples_rows,
    features_of,
    leaves_of,
    pull_back,
)
from matchzoo.training.composition import Composition
from matchzoo.training.engine import Engine
from matchzoo.training.features import collect
from matchzoo.training.finite_check import NotFiniteError, Watch
from matchzoo.training.optimizers import as_laid_out
from matchzoo.training.players import Player
from matchzoo.training.sets import Features, Side, real_side, synthetic_side
from matchzoo.training.trainer import Group, Trainer


class Training:
    """A composition under training: what each step does, and the state that a checkpoint holds."""

    @in_words()
    def __init__(self, composition: Composition, trainer: Trainer, engine: Engine) -> None:
        self.parts, self.trainer, self.engine = composition, trainer, engine
        self.groups = trainer.groups(composition.players)
        self.labels = {name: player.labels for name, player in composition.players.items()}
        self.fixed = {
            name for name, part in composition.names.items() if not any(p.requires_grad for p in part.parameters())
        }
        self.frozen = sorted(
            name for name in self.fixed - {"generator"} if next(composition.names[name].parameters(), None) is not None
        )
        """Projectors that are networks and never move."""
        if trainer.compile and not self.frozen:
            raise DeclarationError([("trainer.compile", "no projector is a frozen network; use false")])
        self._check_moves()
        self.parameters: dict[str, list[torch.nn.Parameter]] = {}
        self.optimizers: dict[str, torch.optim.Optimizer] = {}
        for name in composition.players:
            self._equip(name)
        self.moving: set[str] | None = None
        self.stored: dict[tuple[str, str], Samples] = {}
        self.watch = Watch(waits=engine.device.type == "cpu" or trainer.nonfinite == "skip")
        self.skipped = torch.zeros((), dtype=torch.int64)
        self.begun = False
        self._check_sizes()
        drawn = composition.generator.draw(trainer.batch, Step(0, trainer.seed).rng("check"))  # refuses what it has not
        self.rows = len(drawn) * (1 if composition.views is None else composition.views.copies)
        """Of the synthetic side in one turn, counting views."""
        online = any(term.online for player in composition.players.values() for term in player.terms)
        self.real_rows = (trainer.real_batch or self.rows) if online else 0
        """Of the real side in one turn; 0 where no term draws real samples anew."""
        self.longest = max(self.rows, self.real_rows)
        self.chunk = self._chunk_size()

    def _check_sizes(self) -> None:
        """Raise where the samples of a step, by themselves, are more than there is memory for."""
        facts, views, trainer = self.parts.facts, self.parts.views, self.trainer
        each = math.prod(facts.shape) * self.engine.dtype.itemsize
        made = self.parts.generator.count if trainer.batch is None else trainer.batch
        if trainer.batch is not None:
            require("trainer.batch", f"{trainer.batch} samples a step", each * trainer.batch)
        if views is not None and made is not None:  # of each its plan and a few features at least
            require("views.copies", f"{views.copies} views of {made} samples a step", 64 * made * views.copies)
        if trainer.real_batch is not None:
            require("trainer.real_batch", f"{trainer.real_batch} real samples a turn", each * trainer.real_batch)

    def _chunk_size(self) -> int:
        """Rows that are computed at once with a graph; all rows where nothing asks for less."""
        asked, world = self.trainer.chunk, self.engine.world
        if world > self.rows:
            raise MatchZooError(f"expected at most {self.rows} processes, one a synthetic sample, got {world}")
        if world > (self.real_rows or world):
            raise MatchZooError(f"trainer.real_batch: {world} processes need at least a real sample each")
        coupled = [name for name, part in self.parts.names.items() if couples_rows(part)]
        behind = [
            f"players.{name}.{label}"
            for name, player in self.parts.players.items()
            for label, term in zip(self.labels[name], player.terms, strict=True)
            if term.beyond_features
        ]
        if not coupled and not behind:
            return self._automatic() if asked == "auto" else min(asked, self.longest)
        if world > 1 or (asked != "auto" and asked < self.longest):
            reason = f"the {coupled[0]} has batch norm" if coupled else f"{behind[0]} looks behind the features"
            path, remedy = ("trainer.chunk", 'use "auto"') if world == 1 else ("trainer", "use one process")
            raise DeclarationError([(path, f"a batch cannot be computed in parts, since {reason}; {remedy}")])
        return self.longest

    def _automatic(self) -> int:
        if not self.parts.players:
            return self.longest
        moved = {part for player in self.parts.players.values() for part in player.moves}
        self._let_move(moved)
        step = Step(1, self.trainer.seed)
        side = synthetic_side(self.parts, self.engine, self.trainer.batch, step, 0, tuple(self.parts.projectors))
        twice = bool(moved - {"generator"})
        return self.engine.least(automatic(side, self.engine, self.real_rows, twice))

    def _check_moves(self) -> None:
        problems = []
        moved = {part for player in self.parts.players.values() for part in player.moves}
        for name, player in self.parts.players.items():
            for part in player.moves:
                if part not in self.parts.names:
                    hint = did_you_mean(part, self.parts.names)
                    problems.append((f"players.{name}.moves", f"unknown part '{part}'{hint}"))
                elif part in self.fixed:
                    problems.append((f"players.{name}.moves", f"the {part} has no parameters to move"))
                    moved.discard(part)
            for term, label in zip(player.terms, player.labels, strict=True):
                space = self.parts.space(term)
                if term.reference.views is not None and (space in moved or self.parts.projectors[space].changes):
                    why = "moves" if space in moved else "is drawn anew"
                    message = f'the real side cannot be computed once: the {space} {why}; use reference = "online"'
                    problems.append((f"players.{name}.{label}", message))
                if term.reference.views is not None and self.parts.views is not None and self.parts.views.shared:
                    message = 'views that both sides share are drawn each step; use reference = "online"'
                    problems.append((f"players.{name}.{label}", message))
                weighted = self.parts.data.sampling == "balanced" or isinstance(term.reference, ClassMeans)
                if term.reference.views is not None and weighted and not term.weighs:
                    message = 'takes no weights, which balanced classes of a cache need; use reference = "online"'
                    problems.append((f"players.{name}.{label}", message))
        if problems:
            raise DeclarationError(problems)

    def _equip(self, name: str) -> None:
        """A fresh optimizer of the parameters that a player's parts have now."""
        player = self.parts.players[name]
        self.parameters[name] = [p for part in player.moves for p in self.parts.names[part].parameters()]
        self.optimizers[name] = player.optimizer.make(self.parameters[name])

    @in_words()
    def prepare(self, quiet: bool = False) -> None:
        """Compute what the terms want stored of the real side, and let a generator that is new look at it."""
        split, weights = self.parts.data.training_set, self.parts.data.weights()
        terms = [term for player in self.parts.players.values() for term in player.terms]
        wanted: dict[tuple[str, int], list[Reference]] = {}
        for term in terms:
            if term.reference.views is not None:
                wanted.setdefault((self.parts.space(term), term.reference.views), []).append(term.reference)
        for (space, copies), references in wanted.items():
            bar = Progress(len(split) * max(copies, 1), "real features", "images", quiet=quiet)
            with self.engine.first_goes_ahead(), bar as progress:
                step, projector = Step(0, self.trainer.seed), self.parts.projectors[space]
                found = collect(split, projector, self.parts.views, copies, step, self.engine, progress.update)
            if weights is not None:
                found.weights = weights.to(found.values)[found.index]
            for reference in references:
                if (space, reference.key) not in self.stored:
                    self.stored[space, reference.key] = reference.keep(found, self.parts.facts.classes)
        if self.trainer.compile:
            for name in self.frozen:
                self.parts.projectors[name].compile()
        if not self.begun:
            with torch.no_grad():
                self.parts.generator.look(self._pool(quiet))
            self.begun = True

    def settle(self, quiet: bool = False) -> None:
        """Let the generator look at the real side after the last step."""
        with torch.no_grad():
            self.parts.generator.settle(self._pool(quiet))

    def _pool(self, quiet: bool) -> Pool:
        data, project = self.parts.data, functools.partial(self._plain, quiet)
        return Pool(data.training_set, data.class_names, project, Step(0, self.trainer.seed))

    def _plain(self, quiet: bool, split: Split) -> Samples:
        """Features of samples that are not augmented."""
        plain = self.stored.get((next(iter(self.parts.projectors)), Cache().key))
        if split is self.parts.data.training_set and plain is not None:
            return plain
        projector, views, engine = self.parts.projector, self.parts.views, self.engine
        with Progress(len(split), "features", "samples", quiet=quiet) as progress:
            return collect(split, projector, views, 0, Step(0, self.trainer.seed), engine, progress.update)

    def advance(self, step: Step) -> None:
        """Let the parts do what is due before a step; players of changed parts get a fresh optimizer."""
        changed = {name for name, part in self.parts.names.items() if part.advance(step)}
        for name, player in self.parts.players.items():
            if changed & set(player.moves):
                self._equip(name)
        if changed:
            self.moving = None

    @in_words()
    def step(self, number: int) -> dict[str, torch.Tensor]:
        """Play the schedule once; returns the value of every term, by player and label, of its last turn."""
        step = Step(number, self.trainer.seed)
        self.advance(step)
        values: dict[str, torch.Tensor] = {}
        for turn, group in enumerate(self.groups):
            values |= self._play(group, step, turn)
        return values

    def _play(self, group: Group, step: Step, turn: int) -> dict[str, torch.Tensor]:
        """One forward pass; all gradients are taken before any player of the group steps."""
        players = {name: self.parts.players[name] for name in group}
        self._let_move({part for player in players.values() for part in player.moves})
        synthetic, real = self.sides(group, step, turn)
        if self.engine.world == 1 and self.chunk >= self.longest:
            values, gradients = self._at_once(players, synthetic, real, step)
        else:
            values, gradients = self._in_chunks(players, synthetic, real, step)
        for name in self._finite(players, values, gradients, step):
            for parameter, gradient in zip(self.parameters[name], gradients[name], strict=True):
                parameter.grad = gradient if gradient is None else as_laid_out(gradient, parameter)
            self.optimizers[name].step()
            for parameter in self.parameters[name]:
                parameter.grad = None
        for part in {part for player in players.values() for part in player.moves}:
            self.parts.names[part].constrain()
        return {
            f"{name}/{label}": value.detach()
            for name in players
            for label, value in zip(self.labels[name], values[name], strict=True)
        }

    def _finite(
        self, players: dict[str, Player], values: dict[str, list[torch.Tensor]], gradients: Gradients, step: Step
    ) -> list[str]:
        """Players whose values and gradients are finite; raises if others are not to be skipped."""
        found: dict[str, list[torch.Tensor]] = {}
        for name in players:
            found |= {f"{name}/{label}": [x] for label, x in zip(self.labels[name], values[name], strict=True)}
            found[f"{name}/gradient"] = [gradient for gradient in gradients[name] if gradient is not None]
        wrong = self.watch.look(step.number, found)
        if wrong and self.trainer.nonfinite == "stop":
            raise NotFiniteError(step.number, wrong)
        fine = [name for name in players if not any(one.startswith(f"{name}/") for one in wrong)]
        self.skipped += len(players) - len(fine)
        return fine

    def sides(self, group: Group, step: Step, turn: int) -> tuple[Side, Side | None]:
        """What the turn of a group draws of the generator and, where a term is online, of the data."""
        terms = [term for name in group for term in self.parts.players[name].terms]
        spaces = tuple(dict.fromkeys(self.parts.space(term) for term in terms))
        online = tuple(dict.fromkeys(self.parts.space(term) for term in terms if term.online))
        synthetic = synthetic_side(self.parts, self.engine, self.trainer.batch, step, turn, spaces)
        return synthetic, real_side(self.parts, self.engine, self.real_rows, step, turn, online) if online else None

    def discrepancies(
        self, players: dict[str, Player], synthetic: Features, real: Features, step: Step
    ) -> dict[str, list[torch.Tensor]]:
        """The value (a scalar) of every term of some players, from the features of both sides."""

        @functools.cache
        def widened(space: str, key: str) -> Samples:
            one = self.stored[space, key]
            return attrs.evolve(one, values=one.values.to(synthetic[space].values.dtype))

        def value(term: Matcher) -> torch.Tensor:
            space = self.parts.space(term)
            if term.reference.views is not None:
                held = self.stored[space, term.reference.key]
                if held.values.dtype == torch.float16 and not term.takes_half:
                    held = widened(space, term.reference.key)
                return term.discrepancy((held, synthetic[space]), step)
            return term.discrepancy((real[space] if term.online else synthetic[space], synthetic[space]), step)

        return {name: [value(term) for term in player.terms] for name, player in players.items()}

    def _at_once(
        self, players: dict[str, Player], synthetic: Side, real: Side | None, step: Step
    ) -> tuple[dict[str, list[torch.Tensor]], Gradients]:
        """Values of all terms and gradients of all players from one graph."""
        values = self.discrepancies(players, synthetic.features(), real.features() if real else {}, step)
        objectives = {name: player.objective(values[name]) for name, player in players.items()}
        gradients: Gradients = {}
        for position, name in enumerate(players):
            last = position == len(players) - 1
            gradients[name] = list(
                torch.autograd.grad(objectives[name], self.parameters[name], retain_graph=not last, allow_unused=True)
            )
        return values, gradients

    def _in_chunks(
        self, players: dict[str, Player], synthetic: Side, real: Side | None, step: Step
    ) -> tuple[dict[str, list[torch.Tensor]], Gradients]:
        """The same with the graph of one chunk at a time, of this process's rows."""
        sides = [synthetic] if real is None else [synthetic, real]
        kept: list[Graph] = []
        features = [features_of(s, self.engine, self.chunk, kept if s.synthetic else None) for s in sides]
        leaves = [leaf for side, own in zip(sides, features, strict=True) for leaf in leaves_of(side, own)]
        values = self.discrepancies(players, features[0], features[1] if real else {}, step)
        arrived: dict[str, list[tuple[Leaf, torch.Tensor]]] = {}
        for position, (name, player) in enumerate(players.items()):
            reached = [
                leaf
                for leaf in leaves
                if leaf.space in player.moves or (leaf.side.synthetic and "generator" in player.moves)
            ]
            found = torch.autograd.grad(
                player.objective(values[name]),
                [leaf.tensor for leaf in reached],
                retain_graph=position < len(players) - 1,
                allow_unused=True,
            )
            arrived[name] = [(leaf, g) for leaf, g in zip(reached, found, strict=True) if g is not None]
        gradients: Gradients = {name: [None] * len(self.parameters[name]) for name in players}
        for side in sides:
            own = {name: [pair for pair in pairs if pair[0].side is side] for name, pairs in arrived.items()}
            last = kept if side.synthetic else None
            pull_back(side, own, self.parameters, gradients, self.engine, self.chunk, last)
        if self.engine.world > 1:
            slots = [(name, i) for name in players for i in range(len(gradients[name]))]
            anywhere = self.engine.any_of([gradients[name][i] is not None for name, i in slots])
            for name, i in itertools.compress(slots, anywhere):  # the others have none, as in one process
                ours = gradients[name][i]
                gradients[name][i] = total = torch.zeros_like(self.parameters[name][i]) if ours is None else ours
                self.engine.add_up([total])
        return values, gradients

    def _let_move(self, moving: set[str]) -> None:
        """Gradients for the parts that this group moves, and for no other."""
        if moving == self.moving:
            return
        for name, part in self.parts.names.items():
            if name not in self.fixed:
                part.requires_grad_(name in moving)
        self.moving = moving

    def check(self, values: dict[str, torch.Tensor], number: int) -> dict[str, float]:
        """The values as numbers, and how many turns were skipped; raises if something was not finite on the way."""
        self.watch.check(number)
        numbers = {label: value.item() for label, value in values.items()}
        return numbers if self.trainer.nonfinite == "stop" else {**numbers, "skipped": float(self.skipped)}

    def diagnostics(self, thorough: bool = False) -> dict[str, float]:
        """What the terms say of their last turn (`Matcher.diagnostics`), by player, label and name."""
        return {
            f"{name}/{label}/{key}": value
            for name, player in self.parts.players.items()
            for label, term in zip(self.labels[name], player.terms, strict=True)
            for key, value in term.diagnostics(thorough).items()
        }

    def state(self) -> dict[str, torch.Tensor]:
        """Parameters and buffers of the generator and of other parts that can move, and the optimizers' state."""
        tensors: dict[str, torch.Tensor] = {}
        for name, part in self.parts.names.items():
            if self._kept(name):
                tensors |= {f"{name}/{key}": value for key, value in part.state_dict().items()}
        for name, optimizer in self.optimizers.items():
            tensors |= optimizer_tensors(f"optimizers/{name}", optimizer)
        return tensors if self.trainer.nonfinite == "stop" else {**tensors, "skipped": self.skipped.clone()}

    def _kept(self, name: str) -> bool:
        """Whether a part's values are state: a frozen projector's come from its card, a generator's from nowhere."""
        return name == "generator" or name not in self.fixed

    def load(self, number: int, tensors: dict[str, torch.Tensor]) -> None:
        """Put back the state after step ``number``."""
        self.advance(Step(number, self.trainer.seed))  # first the shapes, then what is in them
        self.begun = True
        for name, part in self.parts.names.items():
            if self._kept(name):
                load_part(part, name, tensors)
        for name, optimizer in self.optimizers.items():
            load_optimizer(f"optimizers/{name}", optimizer, tensors)
        self.skipped = tensors.get("skipped", self.skipped)


def load_part(part: torch.nn.Module, name: str, tensors: dict[str, torch.Tensor]) -> None:
    """Load the tensors ``name/…`` into a part."""
    part.load_state_dict({k.removeprefix(f"{name}/"): v for k, v in tensors.items() if k.startswith(f"{name}/")})
