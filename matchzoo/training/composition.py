"""The built parts of a recipe, and the only place that builds them."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from matchzoo.core.errors import DeclarationError, did_you_mean
from matchzoo.core.part import Part
from matchzoo.core.spec import Spec
from matchzoo.data import Data
from matchzoo.data.views import Views
from matchzoo.generators import Generator
from matchzoo.matchers import Matcher
from matchzoo.projectors import Projector
from matchzoo.training.derived_sets import DerivedSet
from matchzoo.training.engine import Engine
from matchzoo.training.players import Player

Around = Callable[[Projector | Generator], contextlib.AbstractContextManager[Any]]
"""What is entered while a part is built."""


@attrs.frozen(eq=False)
class Declared:
    """The parts of a recipe before they are built.

    Attributes:
        data: where real samples come from.
        projectors: the spaces by name; a single one is called ``projector``.
        generator: where synthetic samples come from; None where there are none.
        views: random views of images; None where there are none.
        players: who moves, by name.
        seed: of the run.
        sets: that are made of others in every update, by name.
    """

    data: Data
    projectors: Mapping[str, Projector]
    generator: Generator | None
    views: Views | None
    players: Mapping[str, Player]
    seed: int
    sets: Mapping[str, DerivedSet] = attrs.Factory(dict)


@attrs.frozen(eq=False)
class Composition:
    """Parts that know their data: built left to right, data → projectors → generator → terms, and placed.

    Attributes:
        projectors: the spaces by name; a single one is called ``projector``.
        spec: what the parts told each other; its features are those of the first space.
        specs: what each projector was built for, with the dimension of its features.
        started: what is recorded of the parts that start from others (``init``), by name.
        sets: that are made of others in every update, by name.
    """

    data: Data
    projectors: dict[str, Projector]
    generator: Generator | None
    views: Views | None
    players: dict[str, Player]
    spec: Spec
    specs: dict[str, Spec]
    started: dict[str, dict[str, Any]] = attrs.field(factory=dict)
    sets: dict[str, DerivedSet] = attrs.field(factory=dict)

    @classmethod
    def build(
        cls,
        declared: Declared,
        engine: Engine,
        *,
        spec: Spec | None = None,
        generated: Callable[[Spec], Spec] = lambda spec: spec,
        around: Around = lambda _: contextlib.nullcontext(),
    ) -> "Composition":
        """Build, bind and place every part.

        Args:
            declared: the parts.
            engine: where they are placed.
            spec: what is known of the data, where these are not to be built (a plan needs no data).
            generated: what the generator is built for, of what is known; a plan builds fewer samples.
            around: entered while a projector or the generator is built; a plan makes no weights, a run gives it those
                of ``init``.

        Raises:
            DeclarationError: a part cannot take what the one before it gives, or names a part that there is not.
        """
        known, views = spec is not None, declared.views
        spec = declared.data.build(declared.seed) if spec is None else spec
        if views is not None and not spec.is_images:
            raise DeclarationError([("views", f"views are of images, but a sample of the data has shape {spec.shape}")])
        if views is not None and not known:
            views = views.of(declared.data.training_set)
        seen = spec  # a projector sees views, which may be of another size than the images
        if views is not None and views.size is not None:
            seen = attrs.evolve(spec, shape=(spec.shape[0], views.size, views.size))

        spaces = _build_spaces(declared.projectors, seen, around)
        first = next(iter(declared.projectors))
        spec = attrs.evolve(spec, space=spaces[first].space, features=spaces[first].features)
        images_per_class = spec.images_per_class or getattr(declared.generator, "images_per_class", None) or 0
        bound: dict[str, Part] = dict(declared.projectors)
        if declared.generator is not None:
            bound["generator"] = declared.generator
            with around(declared.generator):
                _build_generator(declared, spaces, generated(spec))

        terms = [term for player in declared.players.values() for term in player.terms]
        for term in (*terms, *(term for derived in declared.sets.values() for term in derived.terms)):
            own = spaces[term.spaces[0] or first]
            told = attrs.evolve(spec, shape=seen.shape, space=own.space, features=own.features)
            term.build(attrs.evolve(told, images_per_class=images_per_class))
            term.bind(bound)
            engine.place(term)
        for part in (declared.data, *declared.projectors.values(), declared.generator):
            if part is not None:
                engine.place(part)
        projectors, players = dict(declared.projectors), dict(declared.players)
        sets = dict(declared.sets)
        return cls(declared.data, projectors, declared.generator, views, players, spec, spaces, sets=sets)

    @property
    def projector(self) -> Projector:
        """The only projector, or the first one."""
        return next(iter(self.projectors.values()))

    def require_generator(self) -> Generator:
        """The generator; a `DeclarationError` where the recipe has none."""
        if self.generator is None:
            raise DeclarationError([("generator", "missing: this is of synthetic samples, and nothing makes any")])
        return self.generator

    def space(self, term: Matcher) -> str:
        """The name of the projector in whose space a term compares; the first of several."""
        return term.spaces[0] or next(iter(self.projectors))

    def inputs_of(self, term: Matcher) -> tuple[tuple[str, str], ...]:
        """The sets that a term takes, in order, each with the space that it is taken in."""
        first = next(iter(self.projectors))
        return tuple((name, space or first) for name, space in term.inputs(self.sets_of(term)))

    def lineage(self, space: str) -> tuple[str, ...]:
        """A space and those that it stands on, down to the samples."""
        base = self.projectors[space].base
        return (space,) if base is None else (space, *self.lineage(base))

    def depends(self, space: str) -> set[str]:
        """The projectors whose parameters the features in a space depend on."""
        lineage = self.lineage(space)
        return {*lineage, *(other for name in lineage for other in self.projectors[name].shares)}

    def is_resampled(self, space: str) -> bool:
        """Whether a space, or one that it stands on, changes from step to step although nobody moves it."""
        return any(self.projectors[name].is_resampled for name in self.lineage(space))

    @property
    def names(self) -> dict[str, Generator | Projector]:
        """The parts that players can move, by name."""
        named: dict[str, Generator | Projector] = dict(self.projectors)
        return named if self.generator is None else {"generator": self.generator, **named}

    def terms(self) -> Iterator[tuple[str, str, Matcher]]:
        """Every term with its player's name and its label."""
        for name, player in self.players.items():
            for label, term in zip(player.labels, player.terms, strict=True):
                yield name, label, term

    def sets_of(self, term: Matcher) -> tuple[str, ...]:
        """The names of the sets that a term takes."""
        return term.names(len(self.data.environment_rows))


def _build_spaces(
    projectors: Mapping[str, Projector],
    spec: Spec,
    around: Around,
) -> dict[str, Spec]:
    """Build the projectors, those that others stand on first; returns what is known of the features of each, and raises
    all that is wrong together."""
    built: dict[str, Spec] = {}
    problems = []
    for name in in_order(projectors):
        projector = projectors[name]
        path = "projector" if name == "projector" else f"projectors.{name}"
        if any(needed not in built for needed in projector.needs):
            continue  # what it stands on has been refused
        given = attrs.evolve(spec, space=path)
        try:
            projector.bind({other: projectors[other] for other in built})
            if projector.base is not None:
                given = attrs.evolve(given, shape=(int(built[projector.base].features or 0),))
            if projector.needs:
                given = attrs.evolve(given, features=built[projector.needs[0]].features)
            with around(projector):
                features = projector.build(given)
        except DeclarationError as error:
            problems += error.problems
        else:
            built[name] = attrs.evolve(given, features=features)
    if problems:
        raise DeclarationError(problems)
    return built


def _build_generator(declared: Declared, spaces: Mapping[str, Spec], spec: Spec) -> None:
    """Bind and build the generator, for the features of the space that it works in."""
    generator = declared.generator
    assert generator is not None
    generator.bind(declared.projectors)
    if generator.space is not None:
        moved = [name for name, player in declared.players.items() if generator.space in player.moves]
        if moved:
            message = f"'{generator.space}' is moved by the player '{moved[0]}'; train it in a recipe of its own first"
            raise DeclarationError([("generator.codec", message)])
        spec = attrs.evolve(spec, features=spaces[generator.space].features)
    generator.build(spec)


def in_order(projectors: Mapping[str, Projector]) -> list[str]:
    """Names of projectors, each after those that it needs; raises where there is none of a name, or a circle."""
    ordered: list[str] = []
    problems = []
    for name, projector in projectors.items():
        for needed in projector.needs:
            if needed not in projectors:
                hint = did_you_mean(needed, projectors)
                problems.append((f"projectors.{name}", f"stands on an unknown projector '{needed}'{hint}"))
    if problems:
        raise DeclarationError(problems)

    waiting = list(projectors)
    while waiting:
        ready = [name for name in waiting if all(needed in ordered for needed in projectors[name].needs)]
        if not ready:
            raise DeclarationError([("projectors", f"stand on each other in a circle: {', '.join(waiting)}")])
        ordered += ready
        waiting = [name for name in waiting if name not in ready]
    return ordered
