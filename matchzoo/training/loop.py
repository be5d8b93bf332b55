"""The only loop: what each step of any method does, players over parts, and the state that a checkpoint holds."""

import functools
import os
from collections.abc import Mapping

import attrs
import torch

from matchzoo.core.errors import DeclarationError
from matchzoo.core.memory import in_words
from matchzoo.core.samples import Samples
from matchzoo.core.schedule import value_at
from matchzoo.core.showing.progress import Progress
from matchzoo.core.step import Step
from matchzoo.core.storage.cache import cache_folder
from matchzoo.data import Split
from matchzoo.data.pool import Pool
from matchzoo.generators import Generator
from matchzoo.matchers import Cache, Matcher
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.projectors import Projector
from matchzoo.training.checkpoint import load_optimizer, optimizer_tensors
from matchzoo.training.checks import check_parts, check_processes, check_sizes, undivided
from matchzoo.training.composition import Composition, in_order
from matchzoo.training.engine import Engine
from matchzoo.training.features import collect_stacked
from matchzoo.training.optimizers import as_laid_out, follow_schedules
from matchzoo.training.players import Player
from matchzoo.training.sets import DrawnSet, Features, draw_sets
from matchzoo.training.stored import StoredReferences
from matchzoo.training.trainer import Group, Trainer
from matchzoo.training.updates.chunking import Gradients, automatic
from matchzoo.training.updates.finite_check import FiniteCheck, NotFiniteError
from matchzoo.training.updates.gradients import Values, at_once, in_chunks
from matchzoo.training.updates.sharpness import uphill, without_trace


class Training:
    """A composition under training: what each step does, and the state that a checkpoint holds."""

    @in_words()
    def __init__(self, composition: Composition, trainer: Trainer, engine: Engine) -> None:
        self.parts, self.trainer, self.engine = composition, trainer, engine
        self.groups = trainer.groups(composition.players)
        self.labels = {name: player.labels for name, player in composition.players.items()}
        self.wanted = functools.cache(self._wanted)
        self.compared = functools.cache(self._compared)
        self.fixed = {
            name for name, part in composition.names.items() if not any(p.requires_grad for p in part.parameters())
        }
        self.frozen = sorted(
            name
            for name, projector in composition.projectors.items()
            if name in self.fixed and not projector.keeps_state and next(projector.parameters(), None) is not None
        )
        """Projectors that are networks and never move."""
        if trainer.compile and not self.frozen:
            raise DeclarationError([("trainer.compile", "no projector is a frozen network; use false")])
        check_parts(composition, self.fixed)
        check_sizes(composition, trainer, engine)

        self.parameters: dict[str, list[torch.nn.Parameter]] = {}
        self.optimizers: dict[str, torch.optim.Optimizer] = {}
        for name in composition.players:
            self._equip(name)
        self.moving: set[str] | None = None
        self.stored = StoredReferences(composition, engine, trainer.seed)
        self.finite = FiniteCheck(waits=engine.device.type == "cpu" or trainer.nonfinite == "skip")
        self.skipped = torch.zeros((), dtype=torch.int64)
        self.begun = False
        self.last: dict[tuple[str, str], Discrepancy] = {}
        """What every term said of its last sets, without a graph."""

        self.rows = self._synthetic_rows()
        """Of the synthetic samples of an update, counting views; 0 without a generator."""
        self.real_rows = self._real_rows()
        """Of every set of real samples of an update that says no other number; 0 where no term draws any."""
        self.longest = max(self.rows, trainer.most_rows(self.real_rows), 1)
        self.chunk = self._chunk_size()

    def _synthetic_rows(self) -> int:
        generator, views = self.parts.generator, self.parts.views
        if generator is None:
            return 0
        drawn = generator.draw(self.trainer.batch, Step(0, self.trainer.seed).rng("check"))  # refuses what it has not
        return len(drawn) * (1 if views is None else views.copies)

    def _real_rows(self) -> int:
        draws = any(self.wanted(tuple(self.parts.players), real=True))
        rows = self.trainer.real_batch or self.rows or self.trainer.batch or 0
        if draws and not rows:
            message = "missing: the recipe has no generator; say how many real samples an update draws of each set"
            raise DeclarationError([("trainer.real_batch", message)])
        return rows if draws else 0

    def _chunk_size(self) -> int:
        """Rows that are computed at once with a graph; all rows where nothing asks for less."""
        check_processes(self.engine, self.rows, self.trainer.fewest_rows(self.real_rows))
        if undivided(self.parts, self.trainer, self.engine, self.longest):
            return self.longest
        if self.trainer.chunk != "auto":
            return min(self.trainer.chunk, self.longest)
        return self._automatic() if self.parts.players else self.longest

    def _automatic(self) -> int:
        moved = {part for player in self.parts.players.values() for part in player.moves}
        self._let_move(moved)
        spaces = tuple(self.parts.projectors)
        wanted = self.wanted(tuple(self.parts.players))
        first = "synthetic" if self.rows else max(wanted, key=self.rows_of)
        drawn = self._draw({first: spaces}, Step(1, self.trainer.seed), 0)[first]
        others = self.trainer.most_rows(self.real_rows) if self.rows else 0
        return self.engine.all_reduce_min(automatic(drawn, self.engine, others, bool(moved - {"generator"})))

    def _equip(self, name: str) -> None:
        """A fresh optimizer of the parameters that a player's parts have now."""
        player = self.parts.players[name]
        self.parameters[name] = [p for part in player.moves for p in self.parts.names[part].parameters()]
        self.optimizers[name] = player.optimizer.make(self.parameters[name])

    @in_words()
    def prepare(self, quiet: bool = False) -> None:
        """Let parts that are new look at the real samples, and compute what the terms want stored of them."""
        pool = self._pool(quiet)
        if not self.begun:
            with torch.no_grad():
                for name in in_order(self.parts.projectors):
                    self.parts.projectors[name].prepare(pool)
        self.stored.compute(quiet)
        if self.trainer.compile:
            os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(cache_folder() / "compiled"))
            for name in self.frozen:
                self.parts.projectors[name].compile()
        if not self.begun:
            with torch.no_grad():
                if self.parts.generator is not None:
                    self.parts.generator.prepare(pool)
                for _, _, term in self.parts.terms():
                    term.prepare(pool)
            self.begun = True

    def finish(self, quiet: bool = False) -> None:
        """Let the parts look at the real samples after the last step."""
        pool = self._pool(quiet)
        with torch.no_grad():
            for part in (*self.parts.names.values(), *(term for _, _, term in self.parts.terms())):
                part.finish(pool)

    def _pool(self, quiet: bool) -> Pool:
        data, project = self.parts.data, functools.partial(self._plain, quiet)
        return Pool(data.sets(), data.class_names, project, Step(0, self.trainer.seed), data.weights())

    def _plain(self, quiet: bool, split: Split, space: str | None = None) -> Samples:
        """Features of samples that are not augmented, in the first space if none is named."""
        space = space or next(iter(self.parts.projectors))
        plain = self.stored.features.get((space, Cache().key))
        if split is self.parts.data.training_set and plain is not None:
            return attrs.evolve(plain, weights=None)  # which are of the term's average, not of the samples
        layers = [self.parts.projectors[name] for name in reversed(self.parts.lineage(space))]
        step = Step(0, self.trainer.seed)
        with Progress(len(split), "features", "samples", quiet=quiet) as progress:
            return collect_stacked(split, layers, self.parts.views, 0, step, self.engine, progress.update)

    def before_step(self, step: Step) -> None:
        """Let the parts do what is due before a step; players of changed parts get a fresh optimizer."""
        changed = {name for name, part in self.parts.names.items() if part.before_step(step)}
        for _, _, term in self.parts.terms():
            term.before_step(step)
        for name, player in self.parts.players.items():
            if changed & set(player.moves) or any(schedule.resets(step.number) for schedule in player.schedules):
                self._equip(name)
        if changed:
            self.moving = None

    @in_words()
    def step(self, number: int) -> dict[str, torch.Tensor]:
        """Play the schedule once; returns the value of every term, by player and label, of its last update."""
        step = Step(number, self.trainer.seed)
        self.before_step(step)
        values: dict[str, torch.Tensor] = {}
        for turn, group in enumerate(self.groups):
            values |= self._update(group, step, turn)
        for part in self.parts.names.values():
            part.follow()
        return values

    def _update(self, group: Group, step: Step, turn: int) -> dict[str, torch.Tensor]:
        """One forward pass; all gradients are taken before any player of the group steps."""
        players = {name: self.parts.players[name] for name in group}
        self._let_move({part for player in players.values() for part in player.moves})
        sets = self.sets(group, step, turn)
        values, gradients = self.gradients(players, sets, step)
        gradients |= self._uphill(players, sets, step, gradients)
        succeeded = self._finite(players, values, gradients, step)
        for name in succeeded:
            for parameter, gradient in zip(self.parameters[name], gradients[name], strict=True):
                parameter.grad = gradient if gradient is None else as_laid_out(gradient, parameter)
            follow_schedules(self.optimizers[name], players[name].optimizer, step.number)
            self.optimizers[name].step()
            for parameter in self.parameters[name]:
                parameter.grad = None
        for part in {part for player in players.values() for part in player.moves}:
            self.parts.names[part].after_step()
        for name in succeeded:
            for term in players[name].terms:
                term.after_step()
        resting = {name: player.resting(step.number) for name, player in players.items()}
        return {
            f"{name}/{label}": value.detach()
            for name in players
            for place, (label, value) in enumerate(zip(self.labels[name], values[name], strict=True))
            if place not in resting[name]
        }

    def gradients(
        self, players: Mapping[str, Player], sets: Mapping[str, DrawnSet], step: Step
    ) -> tuple[Values, Gradients]:
        """Values [] of all terms and gradients […] of all players, in chunks where the recipe wants them."""
        evaluate = functools.partial(self.evaluate, players, step)
        if self.engine.world_size == 1 and self.chunk >= self.longest:
            return at_once(players, self.parameters, sets, evaluate, step.number)
        engine, chunk = self.engine, self.chunk
        return in_chunks(players, self.parameters, sets, evaluate, step.number, engine, chunk)

    def _uphill(
        self, players: Mapping[str, Player], sets: Mapping[str, DrawnSet], step: Step, gradients: Gradients
    ) -> Gradients:
        """The gradients of players with sharpness, of the same sets, each where its own parameters are uphill and those
        of others where they were."""
        taken: Gradients = {}
        for name, player in players.items():
            radius = value_at(player.sharpness, step.number)
            if not radius:
                continue
            own = {drawn: sets[drawn] for drawn in self.wanted((name,))}
            parts = [part for other, part in self.parts.names.items() if other not in self.frozen]
            said = dict(self.last)
            with uphill(self.parameters[name], gradients[name], radius), without_trace(parts, player.terms):
                taken[name] = self.gradients({name: player}, own, step)[1][name]
            self.last = said
        return taken

    def _finite(self, players: dict[str, Player], values: Values, gradients: Gradients, step: Step) -> list[str]:
        """Players whose values and gradients are finite; raises if others are not to be skipped."""
        observed: dict[str, list[torch.Tensor]] = {}
        for name in players:
            observed |= {f"{name}/{label}": [x] for label, x in zip(self.labels[name], values[name], strict=True)}
            observed[f"{name}/gradient"] = [gradient for gradient in gradients[name] if gradient is not None]
        wrong = self.finite.observe(step.number, observed)
        if wrong and self.trainer.nonfinite == "stop":
            raise NotFiniteError(step.number, wrong)
        fine = [name for name in players if not any(label.startswith(f"{name}/") for label in wrong)]
        self.skipped += len(players) - len(fine)
        return fine

    def _compared(self, term: Matcher) -> tuple[tuple[str, str], ...]:
        """The names of the sets of a term, each with the space that it is compared in."""
        return self.parts.inputs_of(term)

    def _wanted(self, group: Group, real: bool = False) -> Mapping[str, tuple[str, ...]]:
        """The sets that the terms of a group ask for and that are not stored, each with the spaces that it is wanted
        in; with ``real`` those of real samples only."""
        spaces: dict[str, dict[str, None]] = {}
        for name in group:
            for term in self.parts.players[name].terms:
                for drawn, space in self.compared(term):
                    stored = drawn == "real" and term.reference.views is not None
                    made = drawn.rstrip("'") in ("synthetic", "source")
                    if not stored and not (real and made):
                        spaces.setdefault(drawn, {})[space] = None
        first = sorted(spaces, key=lambda drawn: not drawn.startswith("synthetic"))  # the order of sums of gradients
        return {drawn: tuple(spaces[drawn]) for drawn in first}

    def sets(self, group: Group, step: Step, turn: int) -> dict[str, DrawnSet]:
        """What the update of a group draws: no set that none of its terms asks for."""
        return self._draw(self.wanted(group), step, turn)

    def _draw(self, wanted: Mapping[str, tuple[str, ...]], step: Step, turn: int) -> dict[str, DrawnSet]:
        return draw_sets(self.parts, self.engine, wanted, self.trainer.batch, self.rows_of, step, turn)

    def rows_of(self, name: str) -> int:
        """Rows of a set of real samples of an update."""
        return self.trainer.rows_of(name, self.real_rows)

    def evaluate(
        self, players: Mapping[str, Player], step: Step, features: Mapping[str, Features], *, rest: bool = True
    ) -> Values:
        """The value (a scalar) of every term of some players, from the features of every set; 0 of those that rest in
        the step, unless ``rest`` is false."""
        widen = functools.cache(self.stored.widened)

        def value(owner: str, label: str, term: Matcher, rests: bool) -> torch.Tensor:
            self.last.pop((owner, label), None)  # what is behind it need not be there beside the new one
            if rests:
                return torch.zeros((), dtype=self.engine.dtype, device=self.engine.device)
            compared = self.compared(term)
            live = next(((name, space) for name, space in compared if space in features.get(name, ())), None)
            dtype = self.engine.dtype if live is None else features[live[0]][live[1]].values.dtype
            stored = term.reference.views is not None
            sets = [
                self.stored.of(term, dtype, widen) if stored and name == "real" else features[name][space]
                for name, space in compared
            ]
            discrepancy = term.discrepancy(sets, step)
            self.last[owner, label] = discrepancy.detached()
            return discrepancy.value

        values: Values = {}
        for name, player in players.items():
            resting = player.resting(step.number) if rest else set()
            terms = enumerate(zip(player.labels, player.terms, strict=True))
            values[name] = [value(name, label, term, place in resting) for place, (label, term) in terms]
        return values

    @torch.no_grad()
    def discrepancies(self, number: int) -> dict[str, Discrepancy]:
        """What every term says of the sets that it would draw in a step, by player and label; nothing moves."""
        step = Step(number, self.trainer.seed)
        for turn, group in enumerate(self.groups):
            players = {name: self.parts.players[name] for name in group}
            self._let_move({part for player in players.values() for part in player.moves})
            features = {name: drawn.features() for name, drawn in self.sets(group, step, turn).items()}
            self.evaluate(players, step, features, rest=False)
        return {f"{name}/{label}": self.last[name, label] for name, label, _ in self.parts.terms()}

    def _let_move(self, moving: set[str]) -> None:
        """Gradients for the parts that this group moves, and for no other."""
        if moving == self.moving:
            return
        for name, part in self.parts.names.items():
            if name not in self.fixed:
                part.requires_grad_(name in moving)
        self.moving = moving

    def check(self, values: dict[str, torch.Tensor], number: int) -> dict[str, float]:
        """The values as numbers, and how many updates were skipped; raises if something was not finite on the way."""
        self.finite.check(number)
        numbers = {label: value.item() for label, value in values.items()}
        return numbers if self.trainer.nonfinite == "stop" else {**numbers, "skipped": float(self.skipped)}

    def diagnostics(self, thorough: bool = False) -> dict[str, float]:
        """What the terms say of their last update (`Discrepancy.diagnostics`), by player, label and name."""
        return {
            f"{name}/{label}/{key}": value
            for name, label, _ in self.parts.terms()
            if (name, label) in self.last
            for key, value in self.last[name, label].diagnostics(thorough).items()
        }

    def state(self) -> dict[str, torch.Tensor]:
        """All that is needed to go on: parts that can move or keep state, the buffers of terms, and the optimizers."""
        tensors = self.results()
        for name, label, term in self.parts.terms():
            tensors |= {f"terms/{name}/{label}/{key}": value for key, value in term.state_dict().items()}
        for name, optimizer in self.optimizers.items():
            tensors |= optimizer_tensors(f"optimizers/{name}", optimizer)
        return tensors if self.trainer.nonfinite == "stop" else {**tensors, "skipped": self.skipped.clone()}

    def results(self) -> dict[str, torch.Tensor]:
        """Parameters and buffers of the parts that can move or keep state, as ``part/name``."""
        return {
            f"{name}/{key}": value
            for name, part in self.parts.names.items()
            if self._kept(name, part)
            for key, value in part.state_dict().items()
        }

    def _kept(self, name: str, part: Generator | Projector) -> bool:
        """Whether a part's values are state: a frozen projector's come from its card, a generator's from nowhere."""
        return isinstance(part, Generator) or name not in self.fixed or part.keeps_state

    def load_results(self, number: int, tensors: dict[str, torch.Tensor]) -> None:
        """Put back the parts as they were after step ``number``, from what `results` gave."""
        self.before_step(Step(number, self.trainer.seed))  # first the shapes, then what is in them
        self.begun = True
        for name, part in self.parts.names.items():
            if self._kept(name, part):
                load_part(part, name, tensors)

    def load(self, number: int, tensors: dict[str, torch.Tensor]) -> None:
        """Put back the state after step ``number``."""
        self.load_results(number, tensors)
        for name, label, term in self.parts.terms():
            load_part(term, f"terms/{name}/{label}", tensors)
        for name, optimizer in self.optimizers.items():
            load_optimizer(f"optimizers/{name}", optimizer, tensors)
        self.skipped = tensors.get("skipped", self.skipped)


def load_part(part: torch.nn.Module, name: str, tensors: dict[str, torch.Tensor]) -> None:
    """Load the tensors ``name/…`` into a part."""
    part.load_state_dict({k.removeprefix(f"{name}/"): v for k, v in tensors.items() if k.startswith(f"{name}/")})
