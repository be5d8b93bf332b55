"""A plan: what a recipe takes here, whether there is memory for it, and what would change that."""

import shlex
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import tomlkit
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.showing.text import operations_of, size_of, time_of
from matchzoo.matchers import Cache, ClassMeans, Reference
from matchzoo.projectors import Identity
from matchzoo.recipes.planning.costs import REPEATS, product_rate
from matchzoo.recipes.planning.estimate import ACTIVATIONS, TERMS, Estimate
from matchzoo.recipes.planning.estimator import Estimator
from matchzoo.recipes.planning.stand_ins import known, made_up_weights, waiting
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.engine import Engine


@attrs.frozen
class Plan:
    """What a recipe will take here.

    Attributes:
        about: what a step does, by heading.
        estimate: of the recipe as it is.
        room: bytes that a step may take (`Engine.free`).
        available: bytes that there are.
        largest_chunk: rows of the largest chunk with which everything stays within ``room``; 0 where none does.
        alternatives: what would change memory or time. Only a smaller chunk leaves the result as it is.
    """

    about: dict[str, str]
    estimate: Estimate
    room: int
    available: int
    largest_chunk: int
    alternatives: tuple[Estimate, ...]

    @property
    def memory(self) -> dict[str, int]:
        """Bytes of a step, by what takes them."""
        return self.estimate.memory

    @property
    def flops(self) -> int:
        """Operations of a step."""
        return self.estimate.flops

    @property
    def seconds(self) -> float:
        """Of a step."""
        return self.estimate.seconds

    @property
    def fits(self) -> bool:
        """Whether the memory that is free here is enough for a step."""
        return self.estimate.bytes <= self.available

    @property
    def verdict(self) -> str:
        """One line on memory."""
        need, room, available = map(size_of, (self.estimate.bytes, self.room, self.available))
        chunk = f"--trainer.chunk {self.largest_chunk}" if 0 < self.largest_chunk < self.estimate.chunk else ""
        if self.estimate.bytes <= self.room:
            return f"fits: {need} of the {room} that a step may take here"
        if self.fits:
            words = f"tight: {need} of {available} that are free here, {room} of them for a step"
            return f"{words}; {chunk} stays within" if chunk else words
        if self.estimate.least > self.available:
            parts = {name: size for name, size in self.memory.items() if name != ACTIVATIONS} | {
                TERMS: self.estimate.terms
            }
            largest = max(parts, key=parts.__getitem__)
            return (
                f"does not fit, with chunks of any size: {size_of(self.estimate.least)} without activations, of "
                f"{available} that are free here; {largest} alone take {size_of(parts[largest])}"
            )
        words = f"does not fit: {need} of {available} that are free here"
        return f"{words}; {chunk} does" if chunk else words

    def record(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {
            "about": self.about,
            **self.estimate.record(),
            "room": self.room,
            "available": self.available,
            "fits": self.fits,
            "verdict": self.verdict,
            "largest_chunk": self.largest_chunk,
            "alternatives": [one.record() for one in self.alternatives],
        }

    def text(self) -> str:
        """All of it to read."""
        from matchzoo.core.showing.text import format_table

        one = self.estimate
        memory = [[name, size_of(size)] for name, size in self.memory.items() if size]
        costs = [
            ["", "operations", "time"],
            ["a step", operations_of(one.flops), time_of(one.seconds)],
            ["real features, once", operations_of(one.cache_flops), time_of(one.cache_seconds)],
            [f"{one.steps} steps and those", operations_of(one.run_flops), time_of(one.run_seconds)],
        ]
        others = [["with", "memory", "operations", "time a step", "all steps"]]
        for other in (one, *self.alternatives):
            step = [size_of(other.bytes), operations_of(other.flops), time_of(other.seconds)]
            others.append([other.change or "(as it is)", *step, time_of(other.run_seconds)])
        if not one.cache_flops:
            costs = [costs[0], costs[1], [f"{one.steps} steps", *costs[3][1:]]]
        width = max(map(len, self.about))
        lines = [f"{name.ljust(width)}  {words}" for name, words in self.about.items()]
        lines += ["", format_table([["memory of a step", ""], *memory, ["all", size_of(one.bytes)]]), self.verdict]
        lines += ["", format_table(costs)]
        if self.alternatives:
            lines += ["", format_table(others)]
        return "\n".join(line.rstrip() for block in lines for line in block.split("\n"))


def plan(recipe: Recipe, *, classes: int | None = None, samples: int | None = None, alternatives: bool = True) -> Plan:
    """What a recipe will take on this machine.

    Args:
        recipe: whose data and weights need not be here.
        classes: of the data, where no card says it (0: no labels).
        samples: of the training data, likewise.
        alternatives: work out what smaller chunks, fewer views, other real sides and bfloat16 would change.

    Raises:
        MatchZooError: the recipe trains nothing or cannot be built, or how much data there is is not known.
    """
    if not recipe.trainer.steps:
        raise MatchZooError("trainer.steps: is 0, so nothing is trained and there is no step to plan")
    engine = recipe.engine()
    room, available = engine.free(), available_to(engine)
    data = known(recipe, classes, samples)
    with made_up_weights(recipe) as light:
        try:
            estimator = Estimator(recipe, light, data, engine, room)
            estimate = estimator.estimate(recipe)
            others = tuple(_alternatives(recipe, estimate, estimator)) if alternatives else ()
        except (RuntimeError, ValueError) as error:
            if isinstance(error, MatchZooError):
                raise
            raise MatchZooError(f"the parts of the recipe do not fit together: {error}") from error
    about = _about(recipe, estimate, estimator, engine)
    return Plan(about, estimate, room, available, estimator.largest(estimate, room), others)


def available_to(engine: Engine) -> int:
    """Bytes that are free for a process, of which `Engine.free` is the share that a step may take."""
    if engine.device.type == "cuda":
        left, _ = torch.cuda.mem_get_info(engine.device)
        return left + torch.cuda.memory_reserved(engine.device) - torch.cuda.memory_allocated(engine.device)
    import psutil

    return int(psutil.virtual_memory().available // engine.world_size)


def _about(recipe: Recipe, estimate: Estimate, estimator: Estimator, engine: Engine) -> dict[str, str]:
    """What a step does, by heading."""
    spec, views, world = estimator.spec, recipe.views, engine.world_size
    labels = "no labels" if spec.classes is None else f"{spec.classes} classes"
    count = f"{spec.count} training samples" if spec.count else "an unknown number of training samples"
    about = {"data": f"{labels}, {count} of {'x'.join(map(str, spec.shape))}, {estimator.data.source}"}
    cards = [str(getattr(projector, "card", "")) for projector in recipe.spaces.values()]
    if any(cards):
        about["backbone"] = f"{', '.join(filter(None, cards))}, measured with made-up weights, which cost the same"
        missing = waiting(recipe)
        about |= {"not here yet": "; ".join(missing)} if missing else {}
    about["step"] = f"{estimate.samples} synthetic samples"
    if views is not None:
        about["step"] += f" x {views.copies} views = {estimate.rows} rows"
    if recipe.trainer.real_batch is not None and estimate.real_rows:
        about["step"] += f", {estimate.real_rows} real ones"
    for name, size in recipe.trainer.split_batch.items():
        about["step"] += f", {size} of {name}"
    for name, player in recipe.players.items():
        turns = sum(group.count(name) for group in recipe.trainer.groups(recipe.players))
        terms = [f"{_kind(term)} ({_kind(term.reference)})" for term in player.terms]
        about[name] = f"moves the {' and the '.join(player.moves)}{f', {turns} times a step' if turns > 1 else ''}; "
        about[name] += "evaluated twice an update (sharpness); " if player.evaluations > 1 else ""
        about[name] += (
            f"real side {', '.join(terms)}" if len(terms) > 1 else f"real side {_kind(player.terms[0].reference)}"
        )
    whole = estimate.chunk >= max(estimate.rows, recipe.trainer.most_rows(estimate.real_rows))
    if estimator.whole:
        why = f"since {estimator.whole}"
    elif recipe.trainer.chunk != "auto":
        why = "as the recipe says"
    else:
        why = "they have room" if whole else "as many as have room"
    why += "" if whole and world == 1 else "; features are computed twice"
    about["chunk"] = f"{'all ' if whole else ''}{estimate.chunk} rows keep a graph at once: {why}"
    told = engine.describe()
    threads, processes = (
        f"{n} {word}{'es' * (n > 1) if word[-1] == 's' else 's' * (n > 1)}"
        for n, word in ((told["threads"], "thread"), (world, "process"))
    )
    about["here"] = f"{told['device']}, {told['precision']}, {threads}, {processes}"
    about["measured"] = f"up to {estimator.timed} rows at once, the median of {REPEATS}"
    return about


def _kind(part: Any) -> str:
    from matchzoo.core.declaration.declare import FAMILIES, family_of

    family = family_of(type(part))
    return "" if family is None else FAMILIES[family].kind_of(type(part))


def _alternatives(recipe: Recipe, base: Estimate, estimator: Estimator) -> Iterator[Estimate]:
    """What would change memory or time, for a recipe like this."""
    changes: list[dict[str, Any]] = []
    if not estimator.whole:
        sizes = sorted({base.chunk // 2, base.chunk // 4, 1} | ({8} if base.chunk > 64 else set()), reverse=True)
        changes += [{"trainer.chunk": size} for size in sizes if 0 < size < base.chunk]
    if recipe.views is not None and recipe.views.copies > 1:
        changes.append({"views.copies": 1})
    if (getattr(recipe.generator, "images_per_class", None) or 1) > 1:
        changes.append({"generator.images_per_class": 1})
    changes += _references(recipe, estimator)
    for change in changes:
        try:
            yield estimator.estimate(recipe.replace(**change), _words(change))
        except DeclarationError:
            continue  # this recipe cannot be changed so
    device = estimator.engine.device
    half_pays = product_rate(device, torch.bfloat16) > product_rate(device, torch.float32)
    if recipe.trainer.precision == "float32" and half_pays:
        change = {"trainer.precision": "bfloat16"}
        half = attrs.evolve(estimator.engine, autocast=True)
        yield estimator.estimate(recipe.replace(**change), _words(change), estimator.measured(half))


def _references(recipe: Recipe, estimator: Estimator) -> list[dict[str, Any]]:
    """Other real sides that all terms can have."""
    moved = {part for player in recipe.players.values() for part in player.moves}
    terms = {
        f"players.{name}.{side}.{number}.reference": term
        for name, player in recipe.players.items()
        for side in ("minimize", "maximize")
        for number, term in enumerate(getattr(player, side))
    }
    spaces = {space or next(iter(recipe.spaces)) for term in terms.values() for space in term.spaces}
    fixed = not any(space in moved or estimator.parts.is_resampled(space) for space in spaces)
    uses_sample_weights = all(term.uses_sample_weights for term in terms.values())
    if all(isinstance(recipe.spaces[space], Identity) for space in spaces):
        return []  # there is nothing to compute that could be stored
    if not fixed or not (uses_sample_weights or recipe.data.sampling == "plain"):
        return []
    count, classes = estimator.spec.count, estimator.spec.classes
    kinds: list[Callable[[int], Reference]] = []
    if count:
        kinds.append(lambda copies: Cache(copies=copies))
    if count and all(term.supports_float16 for term in terms.values()):
        kinds.append(lambda copies: Cache(copies=copies, float16=True))
    if count and uses_sample_weights and classes:
        kinds.append(lambda copies: ClassMeans(copies=copies))
    replacements = [{path: make(term.reference.views or 0) for path, term in terms.items()} for make in kinds]
    own = {path: term.reference.key for path, term in terms.items()}
    return [change for change in replacements if {path: reference.key for path, reference in change.items()} != own]


def _words(change: dict[str, Any]) -> str:
    """A change as the command line takes it."""
    from matchzoo.core.declaration.structuring import to_table

    words = []
    for path, value in change.items():
        table = to_table(value)
        if isinstance(table, dict):
            changed = {k: v for k, v in table.items() if v}
            inline = tomlkit.inline_table()
            inline.update(changed)
            table = changed["kind"] if list(changed) == ["kind"] else inline.as_string()
        words.append(f"--{path} {shlex.quote(str(table))}")
    return " ".join(words)
