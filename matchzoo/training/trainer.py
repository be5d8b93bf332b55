"""How long, in which order and where the players of a recipe step. What a step does is in training.py."""

import re
from typing import Literal

import attrs

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, not_empty, numbers_only
from matchzoo.core.errors import DeclarationError, did_you_mean
from matchzoo.training.best import Best
from matchzoo.training.players import Player

Group = tuple[str, ...]


@declare
class Trainer:
    """How long, in which order and where the players step."""

    steps: int = attrs.field(validator=at_least(0))
    """Steps of training; each plays the whole schedule. 0 where nothing moves."""
    batch: int | None = attrs.field(default=None, validator=at_least(1))
    """Synthetic samples a step; all the generator has if not given."""
    real_batch: int | None = attrs.field(default=None, validator=at_least(1))
    """Real samples of each set in an update, where a term draws them; as many as views are made of synthetic ones if
    not given. With data.sampling = "balanced" every class has its share of them."""
    split_batch: dict[str, int] = attrs.field(factory=dict, validator=at_least(1))
    """Real samples of further splits in an update, by their names, where they are not ``real_batch``: 96 unlabeled ones
    beside 32 with labels."""
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
    best: Best | None = None
    """Take the best of some steps by validation for the result, in place of the last one."""
    snapshot_every: int | None = attrs.field(default=None, validator=at_least(1))
    """Steps between pictures of the synthetic samples; none if not given."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, mps."""
    precision: Literal["float32", "float64", "bfloat16"] = "float32"
    """Of parameters, features and losses; with bfloat16 projectors compute in bfloat16, all else is float32."""
    chunk: int | Literal["auto"] = attrs.field(default="auto", validator=numbers_only(at_least(1)))
    """Samples of either side, counting views, that are computed at once and keep a graph. Smaller ones take less memory
    and up to half as much time again, for the same gradient. "auto": all of them where they fit into free memory, else
    as many as do, a number that is stored with the run."""
    nonfinite: Literal["stop", "skip"] = "stop"
    """What a NaN or infinite value of a term, or gradient, does: end the run before a player moves by it (on a GPU at
    the next record, so that no step waits for the device), or leave out the update of that player, which the records
    count as ``skipped``."""
    compile: bool = False
    """Compile frozen backbones with torch.compile before the first step, which takes from 20 seconds to minutes. A
    ViT-B/16's step in bfloat16 on an H200 took about three quarters of the time, a ViT-Tiny's on one CPU thread 0.73,
    an EfficientNet-Lite0's there 1.6 times as much."""

    def __attrs_post_init__(self) -> None:
        if self.precision == "float64" and self.device == "mps":
            raise DeclarationError([("precision", "mps has no float64; use float32 or another device")])

    def rows_of(self, name: str, real_rows: int) -> int:
        """Rows of a set of real samples, whose name may have apostrophes, where those of others are ``real_rows``."""
        return self.split_batch.get(name.rstrip("'"), real_rows)

    def fewest_rows(self, real_rows: int) -> int:
        """Rows of the smallest set of real samples; 0 where none is drawn."""
        return min([real_rows, *self.split_batch.values()])

    def most_rows(self, real_rows: int) -> int:
        """Rows of the largest set of real samples; 0 where none is drawn."""
        return max([real_rows, *self.split_batch.values()]) if real_rows else 0

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
