"""A recipe: a composition plus its players, as one declared object."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.structuring import structure, to_table
from matchzoo.core.declaration.toml import read_toml, write_toml
from matchzoo.core.errors import DeclarationError, MatchZooError, did_you_mean
from matchzoo.core.memory import in_words, of_memory
from matchzoo.data import Data
from matchzoo.data.domains.held_out import TAKEN
from matchzoo.data.views import Views
from matchzoo.evaluation import Evaluation
from matchzoo.evaluation.figures import evaluation_of
from matchzoo.generators import Generator
from matchzoo.hub import model_projector, predicted_data  # registers their kinds  # noqa: F401
from matchzoo.hub.initialization import start, start_from_set
from matchzoo.projectors import Identity, Projector
from matchzoo.recipes.upgrade import SCHEMA, check_format, upgraded
from matchzoo.training.composition import Composition, Declared, in_order
from matchzoo.training.derived_sets import DerivedSet
from matchzoo.training.engine import Engine
from matchzoo.training.players import Player
from matchzoo.training.trainer import Trainer

if TYPE_CHECKING:
    from matchzoo.runs.run import Run

NAME = r"[A-Za-z][A-Za-z0-9_-]*"
"""Of players and projectors."""
RESERVED = ("generator", "projector", "optimizers")
"""What else a checkpoint holds, by name; and what a single projector is called."""


@declare
class Recipe:
    """What is matched to what, in which space, and who moves.

    Recipes are equal when their tables are. A run is built on a fresh copy, so a recipe never changes.
    """

    schema: int = SCHEMA
    """Version of the recipe's format."""
    data: Data
    """Where real samples come from."""
    generator: Generator | None = None
    """Where synthetic samples come from; none where only projectors move."""
    projector: Projector | None = None
    """In which space they are compared; as they are (``identity``) if not given."""
    projectors: dict[str, Projector] = attrs.Factory(dict)
    """Several spaces by name, in place of one; every term then says its ``space``. What is distilled in several spaces
    at once serves in all of them."""
    views: Views | None = None
    """Random views of images, before they are projected; none if not given."""
    sets: dict[str, DerivedSet] = attrs.Factory(dict)
    """Sets that are made of others in every update, by name, for terms to take."""
    players: dict[str, Player] = attrs.Factory(dict)
    """Who moves, by name; nobody where real samples are only chosen, and ``trainer.steps`` is 0."""
    trainer: Trainer
    """How long, in which order and where."""
    evaluation: tuple[Evaluation, ...] = ()
    """What is measured at the end."""

    def __attrs_post_init__(self) -> None:
        check_format({"schema": self.schema})
        odd = [name for name in self.players if not re.fullmatch(NAME, name)]
        if odd:
            raise DeclarationError([("players", f"expected names of letters, digits, - and _, got {odd[0]!r}")])
        if self.trainer.steps and not self.players:
            message = (
                f"missing: nobody would move in {self.trainer.steps} steps; name a player, or set trainer.steps = 0"
            )
            raise DeclarationError([("players", message)])
        if self.players and not self.trainer.steps:
            raise DeclarationError([("trainer.steps", "expected at least 1, got 0: without steps nobody plays")])
        self._check_spaces()
        if self.trainer.best is not None:
            evaluation_of(self.trainer.best.by, self.evaluation)
        try:
            self.trainer.groups(self.players)
        except DeclarationError as error:
            raise error.under("trainer") from None

    def _check_spaces(self) -> None:
        """Raise unless every term is in a space that there is, and names are free."""
        problems = []
        if self.projectors and self.projector is not None:
            problems.append(("projectors", "expected either projector or projectors, got both"))
        for name in self.projectors:
            if name in RESERVED or not re.fullmatch(NAME, name):
                known = ", ".join(RESERVED)
                problems.append((f"projectors.{name}", f"expected a name of letters, digits, - and _, but not {known}"))
        spaces = [
            (f"players.{name}.{label}.space", space)
            for name, player in self.players.items()
            for label, term in zip(player.labels, player.terms, strict=True)
            for space in term.spaces
        ]
        for name, derived in self.sets.items():
            if name in TAKEN or not re.fullmatch(NAME, name):
                known = ", ".join(sorted(TAKEN))
                problems.append((f"sets.{name}", f"expected a name of letters, digits, - and _, and none of {known}"))
            spaces += [(f"sets.{name}.{field}", space) for field, space in derived.spaces.items()]
        for path, space in spaces:
            if space is None and len(self.projectors) > 1:
                problems.append((path, f"missing; expected one of {', '.join(self.projectors)}"))
            elif space is not None and space not in self.spaces:
                hint = did_you_mean(space, self.spaces)
                problems.append((path, f"unknown projector '{space}'{hint}"))
        if problems:
            raise DeclarationError(problems)
        in_order(self.spaces)

    @property
    def spaces(self) -> dict[str, Projector]:
        """The projectors by name; a single one is called ``projector``."""
        return self.projectors or {"projector": self.projector or Identity()}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recipe) and self.table() == other.table()

    def __hash__(self) -> int:
        return hash(self.to_toml())

    @classmethod
    def read(cls, path: Path) -> "Recipe":
        """The recipe of a TOML file; a `DeclarationError` lists all that is wrong with it."""
        return cls.of(read_toml(path))

    @classmethod
    def of(cls, table: dict[str, Any]) -> "Recipe":
        """The recipe of a table; a `DeclarationError` lists all that is wrong with it."""
        check_format(table)  # first, since its other keys may be new ones
        return structure(upgraded(table) if table.get("schema") == 1 else table, cls)

    def table(self) -> dict[str, Any]:
        """The recipe as a table, defaults written out."""
        table: dict[str, Any] = to_table(self)
        return table if self.projectors else {key: value for key, value in table.items() if key != "projectors"}

    def to_toml(self) -> str:
        """The recipe as TOML, defaults written out; structuring it gives an equal recipe."""
        return write_toml(self.table())

    def copy(self) -> "Recipe":
        """A fresh, unbuilt recipe of the same table."""
        return Recipe.of(self.table())

    def replace(self, **changes: Any) -> "Recipe":
        """A recipe with some dotted fields changed: ``recipe.replace(**{"trainer.steps": 10})``; raises as `read`."""
        from matchzoo.core.declaration.overrides import put

        table = self.table()
        for path, value in changes.items():
            put(table, path, value)
        return Recipe.of(table)

    def declared(self) -> Declared:
        """The parts, not built yet; what builds them changes them, so it is for a `copy`."""
        players, seed = self.players, self.trainer.seed
        return Declared(self.data, self.spaces, self.generator, self.views, players, seed, self.sets)

    def engine(self) -> Engine:
        """The engine that the trainer's fields ask for."""
        return Engine.start(self.trainer.device, self.trainer.precision)

    @in_words()
    def build(self, engine: Engine | None = None) -> Composition:
        """Load the data and weights and build every part, on a fresh copy of this recipe."""
        fresh = self.copy()
        names = {id(projector): name for name, projector in fresh.spaces.items()}
        names[id(fresh.generator)] = "generator"
        started: dict[str, dict[str, Any]] = {}

        @contextlib.contextmanager
        def starting(part: Projector | Generator) -> Iterator[None]:
            yield
            if part.init is not None:  # before a copy of it is made
                name = names[id(part)]
                named = self.projectors and part is not fresh.generator
                started[name] = start(part, name, f"projectors.{name}" if named else name)

        try:
            parts = Composition.build(fresh.declared(), engine or self.engine(), around=starting)
            if parts.generator is not None and parts.generator.initial_set and parts.generator.init is None:
                started["generator"] = start_from_set(parts.generator, parts.spec)
            return attrs.evolve(parts, started=started)
        except (RuntimeError, ValueError) as error:
            if isinstance(error, MatchZooError) or of_memory(error):
                raise
            raise MatchZooError(f"the parts of the recipe do not fit together: {error}") from error

    def run(
        self,
        output: str | Path,
        *,
        quiet: bool = False,
        name: str = "",
        declared: str = "",
        tracker: str | None = None,
        data_changed: bool = False,
        extend: bool = False,
    ) -> "Run":
        """Train (resuming what is there), evaluate, write pictures and a page; a finished run is only opened.

        Args:
            output: the folder of the run; made if it does not exist.
            quiet: show no progress.
            name: what results call the method; the name of the folder if not given.
            declared: the recipe's own name, for the environment and the page; they do not say it if not given.
            tracker: tensorboard, wandb, trackio, mlflow, comet_ml, aim, clearml, dvclive or swanlab, which gets every
                record of ``metrics.jsonl``, the recipe and the results as well; it is not part of the recipe and may be
                another one in every session.
            data_changed: resume although the samples of the data are not those that the run began with, where names
                and shapes agree; the environment says what changed.
            extend: let a finished run of the same recipe but with fewer steps go on to these: what comes of it is that
                of one run of so many steps, bit for bit.

        Raises:
            MatchZooError: the folder holds another recipe or no run, the recipe cannot be built here, or the tracker's
                library is not installed; or data or weights have changed since a run that is resumed began; or a
                schedule of a run that is to be extended was made for its end.
        """
        from matchzoo.runs.execution import execute

        folder, about = Path(output), {"name": name, "declared": declared}
        return execute(self, folder, quiet=quiet, tracker=tracker, data_changed=data_changed, extended=extend, **about)
