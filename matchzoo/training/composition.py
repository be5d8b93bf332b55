"""The built parts of a recipe."""

from typing import Any

import attrs

from matchzoo.core.errors import DeclarationError
from matchzoo.core.spec import Facts
from matchzoo.data import Data
from matchzoo.data.views import Views
from matchzoo.generators import Generator
from matchzoo.matchers import Matcher
from matchzoo.projectors import Projector
from matchzoo.training.engine import Engine
from matchzoo.training.players import Player


@attrs.frozen(eq=False)
class Composition:
    """Parts that know their data: built left to right, data → projectors → generator → terms, and placed.

    Attributes:
        projectors: the spaces by name; a single one is called ``projector``.
        facts: what the parts told each other; their features are those of the first space.
        names: the parts that players can move, by name.
    """

    data: Data
    projectors: dict[str, Projector]
    generator: Generator
    views: Views | None
    players: dict[str, Player]
    facts: Facts

    @classmethod
    def build(
        cls,
        data: Data,
        projectors: dict[str, Projector],
        generator: Generator,
        views: Views | None,
        players: dict[str, Player],
        seed: int,
        engine: Engine,
    ) -> "Composition":
        """Build and place every part; raises where one cannot take what the one before it gives."""
        facts = data.build(seed)
        if views is not None and not facts.is_images:
            raise DeclarationError(
                [("views", f"views are of images, but a sample of the data has shape {facts.shape}")]
            )
        seen = facts  # a projector sees views, which may be of another size than the images
        if views is not None and views.size is not None:
            seen = attrs.evolve(facts, shape=(facts.shape[0], views.size, views.size))
        spaces = cls._build_spaces(projectors, seen)
        first = next(iter(spaces))
        facts = attrs.evolve(facts, **spaces[first])
        generator.build(facts)
        for player in players.values():
            for term in player.terms:
                own = spaces[term.space or first]
                term.build(attrs.evolve(facts, shape=seen.shape, **own))
                term.connect(projectors)
                engine.place(term)
        for part in (data, *projectors.values(), generator):
            engine.place(part)
        return cls(data, projectors, generator, views, players, facts)

    @staticmethod
    def _build_spaces(projectors: dict[str, Projector], facts: Facts) -> dict[str, dict[str, Any]]:
        """Build the projectors; returns what the facts are to say of each, and raises all that is wrong together."""
        spaces: dict[str, dict[str, Any]] = {}
        problems = []
        for name, projector in projectors.items():
            path = "projector" if name == "projector" else f"projectors.{name}"
            try:
                spaces[name] = {"space": path, "features": projector.build(attrs.evolve(facts, space=path))}
            except DeclarationError as error:
                problems += error.problems
        if problems:
            raise DeclarationError(problems)
        return spaces

    @property
    def projector(self) -> Projector:
        """The only projector, or the first one."""
        return next(iter(self.projectors.values()))

    def space(self, term: Matcher) -> str:
        """The name of the projector in whose space a term compares."""
        return term.space or next(iter(self.projectors))

    @property
    def names(self) -> dict[str, Generator | Projector]:
        """The parts that players can move."""
        return {"generator": self.generator, **self.projectors}
