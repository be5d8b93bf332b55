"""What the course of a run says against its result: that of every term, and losses that never fell."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from matchzoo.core.findings import Finding, tenths
from matchzoo.training.composition import Composition


def findings_of_terms(parts: Composition, log: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """What every term finds in the numbers that were logged of it.

    Args:
        parts: that were trained.
        log: records of the run, in the order of steps.
    """
    for player, label, term in parts.terms():
        key = f"{player}/{label}"
        course: dict[str, list[float]] = {}
        for record in log:
            for name, value in record.items():
                if name == key or name.startswith(f"{key}/"):
                    course.setdefault(name.removeprefix(key).lstrip("/") or "value", []).append(value)
        yield from (Finding(key, reason) for reason in term.findings(course))


def losses_that_never_fell(parts: Composition, log: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Players none of whose losses was ever lower than at the beginning, tenth by tenth of the run.

    Only where nobody plays against anybody: a single player, which minimizes. Where others move what a loss depends on,
    as in a GAN, it may well rise.
    """
    if len(parts.players) != 1:
        return
    [(name, player)] = parts.players.items()
    if player.maximize:
        return
    falls = []
    for label in player.labels:
        course = tenths([record[f"{name}/{label}"] for record in log if f"{name}/{label}" in record])
        if len(course) < 2:
            return
        falls.append(min(course[1:]) < course[0])
    if not any(falls):
        losses = "its loss" if len(falls) == 1 else "none of its losses ever"
        yield Finding(name, f"{losses} {'never fell' if len(falls) == 1 else 'fell'}; is the learning rate right?")
