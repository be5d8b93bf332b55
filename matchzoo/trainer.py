"""The one trainer: every method is players over parts, and this is the only loop."""

import functools
import math
import re
from typing import Literal

import attrs
import torch

from matchzoo.checkpoint import load_optimizer, optimizer_tensors
from matchzoo.composition import Composition
from matchzoo.data import Split
from matchzoo.data.features import collect
from matchzoo.declare import at_least, declare, not_empty
from matchzoo.engine import Engine
from matchzoo.errors import DeclarationError, MatchZooError, did_you_mean
from matchzoo.matchers import Matcher
from matchzoo.players import Player
from matchzoo.pool import Pool
from matchzoo.progress import Progress
from matchzoo.samples import Samples
from matchzoo.step import Step

Group = tuple[str, ...]


@declare
class Trainer:
    """How long, in which order and where the players step."""

    steps: int = attrs.field(validator=at_least(0))
    """Steps of training; each plays the whole schedule. 0 where nothing moves."""
    batch: int | None = attrs.field(default=None, validator=at_least(1))
    """Synthetic samples a step; all the generator has if not given. As many real ones are drawn as views are made."""
    seed: int = attrs.field(default=0, validator=at_least(0))
    """Everything random in training is a function of it and the step's number."""
    schedule: tuple[tuple[str, ...] | str, ...] | None = attrs.field(default=None, validator=not_empty())
    """Groups of players, in order: those of one group step at once, from one forward pass. "5*critic" is a group of
    one, five times in a row. All players in one group if not given."""
    log_every: int = attrs.field(default=10, validator=at_least(1))
    """Steps between records of metrics.jsonl."""
    checkpoint_every: int = attrs.field(default=100, validator=at_least(1))
    """Steps between checkpoints."""
    keep: int = attrs.field(default=2, validator=at_least(1))
    """Checkpoints that are kept."""
    snapshot_every: int | None = attrs.field(default=None, validator=at_least(1))
    """Steps between pictures of the synthetic samples; none if not given."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, mps."""
    precision: Literal["float32", "float64"] = "float32"
    """Of parameters and features."""

    def __attrs_post_init__(self) -> None:
        if self.precision == "float64" and self.device == "mps":
            raise DeclarationError([("precision", "mps has no float64; use float32 or another device")])

    def groups(self, players: dict[str, Player]) -> list[Group]:
        """The schedule with repetitions written out; raises if it does not fit the players."""
        if self.schedule is None:
            return [tuple(players)]
        groups: list[Group] = []
        problems = []
        for position, entry in enumerate(self.schedule):
            count, names = 1, entry
            if isinstance(entry, str):
                parsed = re.fullmatch(r"(?:([1-9][0-9]{0,3})\s*\*\s*)?([^*]+)", entry)
                if parsed is None:
                    message = f"expected a player's name, or 'k*name' with k from 1 to 9999, got '{entry}'"
                    problems.append((f"schedule[{position}]", message))
                    continue
                count, names = int(parsed[1] or 1), (parsed[2].strip(),)
            for name in names:
                if name not in players:
                    hint = did_you_mean(name, players)
                    problems.append((f"schedule[{position}]", f"unknown player '{name}'{hint}"))
            if len(set(names)) < len(names) or not names:
                problems.append((f"schedule[{position}]", "expected different players, at least one"))
            groups += [tuple(names)] * count
        idle = sorted(set(players) - {name for group in groups for name in group})
        if idle and not problems:
            problems.append(("schedule", f"never plays {', '.join(idle)}"))
        if problems:
            raise DeclarationError(problems)
        return groups


class Training:
    """A composition under training: what each step does, and the state that a checkpoint holds."""

    def __init__(self, composition: Composition, trainer: Trainer, engine: Engine) -> None:
        self.parts, self.trainer, self.engine = composition, trainer, engine
        self.groups = trainer.groups(composition.players)
        self.labels = {name: term_labels(player) for name, player in composition.players.items()}
        self.fixed = {
            name for name, part in composition.names.items() if not any(p.requires_grad for p in part.parameters())
        }
        self._check_moves()
        self.parameters: dict[str, list[torch.nn.Parameter]] = {}
        self.optimizers: dict[str, torch.optim.Optimizer] = {}
        for name in composition.players:
            self._equip(name)
        self.moving: set[str] | None = None
        self.stored: dict[int, Samples] = {}
        self.begun = False
        composition.generator.draw(trainer.batch, Step(0, trainer.seed).rng("check"))  # refuses a batch it cannot give

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
            for term, label in zip(player.terms, term_labels(player), strict=True):
                if term.reference.views is not None and "projector" in moved:
                    message = 'the real side cannot be computed once: the projector moves; use reference = "online"'
                    problems.append((f"players.{name}.{label}", message))
                if term.reference.views is not None and self.parts.data.sampling == "balanced" and not term.weighs:
                    message = 'takes no weights, which balanced classes of a cache need; use reference = "online"'
                    problems.append((f"players.{name}.{label}", message))
        if problems:
            raise DeclarationError(problems)

    def _equip(self, name: str) -> None:
        """A fresh optimizer of the parameters that a player's parts have now."""
        player = self.parts.players[name]
        self.parameters[name] = [p for part in player.moves for p in self.parts.names[part].parameters()]
        self.optimizers[name] = player.optimizer.make(self.parameters[name])

    def prepare(self, quiet: bool = False) -> None:
        """Compute what the terms want stored of the real side, and let a generator that is new look at it."""
        split = self.parts.data.training_set
        terms = [term for player in self.parts.players.values() for term in player.terms]
        for copies in sorted({t.reference.views for t in terms if t.reference.views is not None}):
            with Progress(len(split) * max(copies, 1), "real features", "images", quiet=quiet) as progress:
                step = Step(0, self.trainer.seed)
                self.stored[copies] = collect(
                    split, self.parts.projector, self.parts.views, copies, step, self.engine, progress.update
                )
            weights = self.parts.data.weights()
            if weights is not None:
                stored = self.stored[copies]
                stored.weights = weights.to(stored.values)[stored.index]
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
        if split is self.parts.data.training_set and 0 in self.stored:
            return self.stored[0]
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
        synthetic = self._synthetic(step, turn)
        terms = {name: player.terms for name, player in players.items()}
        real = self._real(len(synthetic), step, turn, [t for some in terms.values() for t in some])
        values = {
            name: [term.discrepancy((real[term.reference.views], synthetic), step) for term in some]
            for name, some in terms.items()
        }
        objectives = {name: player.objective(values[name]) for name, player in players.items()}
        gradients = {}
        for position, name in enumerate(players):
            last = position == len(players) - 1
            gradients[name] = torch.autograd.grad(
                objectives[name], self.parameters[name], retain_graph=not last, allow_unused=True
            )
        for name in players:
            for parameter, gradient in zip(self.parameters[name], gradients[name], strict=True):
                parameter.grad = gradient
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

    def _let_move(self, moving: set[str]) -> None:
        """Gradients for the parts that this group moves, and for no other."""
        if moving == self.moving:
            return
        for name, part in self.parts.names.items():
            if name not in self.fixed:
                part.requires_grad_(name in moving)
        self.moving = moving

    def _synthetic(self, step: Step, turn: int) -> Samples:
        """Features of the views of this turn's synthetic samples."""
        generator, views = self.parts.generator, self.parts.views
        draws = generator.draw(self.trainer.batch, step.rng("generator", turn))
        samples = generator.render(draws.to(self.engine.device))
        if views is not None:
            rows = torch.arange(len(samples), device=self.engine.device).repeat_interleave(views.copies)
            samples = samples.rows(rows)
            plan = views.draw(len(samples), step.rng("views", turn))
            samples = samples.with_values(views.apply(samples.values, plan))
        return self.parts.projector.embed(samples)

    def _real(self, count: int, step: Step, turn: int, terms: list[Matcher]) -> dict[int | None, Samples]:
        """The real side by what a term's reference asks for: None drawn now, else stored."""
        real: dict[int | None, Samples] = dict(self.stored.items())
        if any(term.reference.views is None for term in terms):
            data, views = self.parts.data, self.parts.views
            draws = data.draw(count, step.rng("data", turn))
            samples = self.engine.samples(data.render(draws.to(self.engine.device)))
            if views is not None:
                plan = views.draw(count, step.rng("real views", turn))
                samples = samples.with_values(views.apply(samples.values, plan))
            real[None] = self.parts.projector.embed(samples)
        return real

    def check(self, values: dict[str, torch.Tensor], number: int) -> dict[str, float]:
        """The values as numbers; raises if one is not finite, before it can reach a checkpoint."""
        numbers = {label: value.item() for label, value in values.items()}
        wrong = [label for label, value in numbers.items() if not math.isfinite(value)]
        if wrong:
            raise MatchZooError(
                f"step {number}: {', '.join(wrong)} is not finite; the last checkpoint is intact. Lower the learning "
                "rate of the player, or raise the ridge or the bandwidths of its terms"
            )
        return numbers

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
        return tensors

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


def load_part(part: torch.nn.Module, name: str, tensors: dict[str, torch.Tensor]) -> None:
    """Load the tensors ``name/…`` into a part."""
    part.load_state_dict({k.removeprefix(f"{name}/"): v for k, v in tensors.items() if k.startswith(f"{name}/")})


def term_labels(player: Player) -> list[str]:
    """A label for each term of a player: ``minimize[0]``, ``maximize[1]``."""
    return [f"minimize[{i}]" for i in range(len(player.minimize))] + [
        f"maximize[{i}]" for i in range(len(player.maximize))
    ]
