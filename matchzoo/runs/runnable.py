"""What a run needs of a recipe: the parts that it declares, its table, and how another one is read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, Self

from matchzoo.data import Data
from matchzoo.data.views import Views
from matchzoo.evaluation import Evaluation
from matchzoo.generators import Generator
from matchzoo.projectors import Projector
from matchzoo.training.composition import Composition
from matchzoo.training.engine import Engine
from matchzoo.training.players import Player
from matchzoo.training.trainer import Trainer


class Runnable(Protocol):
    """A recipe, as `matchzoo.recipes.Recipe` is one."""

    @property
    def data(self) -> Data:
        """Where real samples come from."""

    @property
    def generator(self) -> Generator | None:
        """Where synthetic samples come from; None where there are none."""

    @property
    def projectors(self) -> Mapping[str, Projector]:
        """Several spaces by name; empty where there is a single one."""

    @property
    def spaces(self) -> Mapping[str, Projector]:
        """All spaces by name; a single one is called ``projector``."""

    @property
    def views(self) -> Views | None:
        """Random views of images; None if there are none."""

    @property
    def players(self) -> Mapping[str, Player]:
        """Who moves."""

    @property
    def trainer(self) -> Trainer:
        """How long, in which order and where."""

    @property
    def evaluation(self) -> tuple[Evaluation, ...]:
        """What is measured at the end."""

    def read(self, path: Path) -> Self:
        """The recipe of a TOML file."""

    def table(self) -> dict[str, Any]:
        """As a table, defaults written out."""

    def to_toml(self) -> str:
        """As TOML, defaults written out."""

    def copy(self) -> Self:
        """A fresh, unbuilt recipe of the same table."""

    def replace(self, **changes: Any) -> Self:
        """A recipe with some dotted fields changed."""

    def engine(self) -> Engine:
        """The engine that the trainer's fields ask for."""

    def build(self, engine: Engine | None = None) -> Composition:
        """Every part, built on a fresh copy."""
