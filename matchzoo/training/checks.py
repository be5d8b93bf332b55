"""What is refused before the first step: parts that cannot be moved, sets that there are not, sizes beyond memory."""

import math
from collections.abc import Iterable

from matchzoo.core.errors import DeclarationError, MatchZooError, did_you_mean
from matchzoo.core.memory import require
from matchzoo.matchers import ClassMeans, Matcher
from matchzoo.training.composition import Composition
from matchzoo.training.engine import Engine
from matchzoo.training.sets import check_name
from matchzoo.training.trainer import Trainer
from matchzoo.training.updates.chunking import couples_rows

Problems = list[tuple[str, str]]


def check_parts(parts: Composition, fixed: Iterable[str]) -> None:
    """Raise where a player moves what cannot move, or a term takes sets that there are not, all problems together.

    Args:
        parts: of the recipe, built.
        fixed: names of parts without parameters that can move.
    """
    fixed = set(fixed)
    problems: Problems = []
    for name, player in parts.players.items():
        for part in player.moves:
            if part not in parts.names:
                hint = did_you_mean(part, parts.names)
                problems.append((f"players.{name}.moves", f"unknown part '{part}'{hint}"))
            elif part in fixed:
                problems.append((f"players.{name}.moves", f"the {part} has no parameters to move"))

    moved = {part for player in parts.players.values() for part in player.moves} - fixed
    for name, label, term in parts.terms():
        path = f"players.{name}.{label}"
        problems += _check_sets(parts, term, path)
        if term.reference.views is not None:
            problems += _check_stored(parts, term, path, moved)
    problems += _check_derived(parts)
    if problems:
        raise DeclarationError(problems)


def _check_derived(parts: Composition) -> Problems:
    """What is wrong with the recipe's own sets: their names, and those of the sets that they are made of."""
    problems: Problems = []
    for name, derived in parts.sets.items():
        for field, made_of in zip(("of", "others"), derived.made_of, strict=False):
            base = made_of.rstrip("'")
            if base in parts.sets or base == "source" or (base == "synthetic" and not derived.takes_synthetic):
                message = f"expected a set of real samples, as they are drawn, got '{made_of}'"
                problems.append((f"sets.{name}.{field}", message))
            elif reason := check_name(parts, made_of):
                problems.append((f"sets.{name}.{field}", reason))
        if name in parts.data.sets():
            problems.append((f"sets.{name}", "is the name of a split of the data; give it another"))
    return problems


def _check_sets(parts: Composition, term: Matcher, path: str) -> Problems:
    try:
        names = parts.sets_of(term)
    except DeclarationError as error:
        return error.under(path).problems
    reasons = [reason for name in names if (reason := check_name(parts, name))]
    if term.reference.views is not None and "real" not in names:
        reasons.append("a stored real side is of the set 'real', which is not among its sets")
    return [(f"{path}.sets", reason) for reason in reasons]


def _check_stored(parts: Composition, term: Matcher, path: str, moved: set[str]) -> Problems:
    """Why the real features of a term cannot be computed once, where they cannot."""
    problems: Problems = []
    space = parts.space(term)
    behind = parts.depends(space)
    if len(term.spaces) > 1:
        problems.append((path, 'a stored real side is of one space; use reference = "online"'))
    if moved & behind or parts.is_resampled(space):
        changing = next((name for name in sorted(behind) if name in moved), space)
        why = "moves" if changing in moved else "is resampled"
        message = f'the real side cannot be computed once: the {changing} {why}; use reference = "online"'
        problems.append((path, message))
    if parts.views is not None and parts.views.shared:
        problems.append((path, 'views that both sides share are drawn each step; use reference = "online"'))
    weighted = parts.data.sampling == "balanced" or isinstance(term.reference, ClassMeans)
    if weighted and not term.uses_sample_weights:
        message = 'takes no weights, which balanced classes of a cache need; use reference = "online"'
        problems.append((path, message))
    return problems


def check_sizes(parts: Composition, trainer: Trainer, engine: Engine) -> None:
    """Raise where the samples of a step, by themselves, are more than there is memory for, or a size is of no further
    split that is drawn by itself."""
    _check_splits(parts, trainer)
    spec, views = parts.spec, parts.views
    each = math.prod(spec.shape) * engine.dtype.itemsize
    count = None if parts.generator is None else parts.generator.count
    rows = count if trainer.batch is None else trainer.batch
    if trainer.batch is not None:
        require("trainer.batch", f"{trainer.batch} samples a step", each * trainer.batch)
    if views is not None and rows is not None:  # of each its plan and a few features at least
        require("views.copies", f"{views.copies} views of {rows} samples a step", 64 * rows * views.copies)
    if trainer.real_batch is not None:
        require("trainer.real_batch", f"{trainer.real_batch} real samples an update", each * trainer.real_batch)
    for name, size in trainer.split_batch.items():
        require(f"trainer.split_batch.{name}", f"{size} samples an update", each * size)


def _check_splits(parts: Composition, trainer: Trainer) -> None:
    aligned = parts.data.aligned_splits
    known = [name for name in parts.data.sets() if name not in ("real", "train", *aligned)]
    problems: Problems = []
    for name in trainer.split_batch:
        if name in ("real", "train", *aligned):
            problems.append((f"trainer.split_batch.{name}", f"'{name}' has the rows of real; use trainer.real_batch"))
        elif name not in known:
            there = ", ".join(known) or "none"
            message = f"unknown split '{name}'{did_you_mean(name, known)}; further splits are {there}"
            problems.append((f"trainer.split_batch.{name}", message))
    if problems:
        raise DeclarationError(problems)


def check_processes(engine: Engine, synthetic_rows: int, real_rows: int) -> None:
    """Raise where there are more processes than rows of a set."""
    if synthetic_rows and engine.world_size > synthetic_rows:
        message = f"expected at most {synthetic_rows} processes, one a synthetic sample, got {engine.world_size}"
        raise MatchZooError(message)
    if real_rows and engine.world_size > real_rows:
        raise MatchZooError(f"trainer.real_batch: {engine.world_size} processes need at least a real sample each")


def undivided(parts: Composition, trainer: Trainer, engine: Engine, longest: int) -> bool:
    """Whether a batch must be computed in one piece; raises where that is not what was asked for.

    Batch norm in training couples the rows of a batch, and a term that looks behind the features needs them all.
    """
    coupled = [f"the {name} {why}" for name, part in parts.names.items() if (why := couples_rows(part))]
    behind = [f"players.{name}.{label}" for name, label, term in parts.terms() if term.needs_inputs]
    if not coupled and not behind:
        return False
    if engine.world_size > 1 or (trainer.chunk != "auto" and trainer.chunk < longest):
        reason = coupled[0] if coupled else f"{behind[0]} looks behind the features"
        path, remedy = ("trainer.chunk", 'use "auto"') if engine.world_size == 1 else ("trainer", "use one process")
        raise DeclarationError([(path, f"a batch cannot be computed in parts, since {reason}; {remedy}")])
    return True
