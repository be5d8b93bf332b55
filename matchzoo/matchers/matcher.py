"""The question of a matcher: how far are these sets from matching?"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

import attrs
import torch

from matchzoo.core.declaration.declare import family
from matchzoo.core.declaration.validators import different, positive
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.findings import Course
from matchzoo.core.part import Part
from matchzoo.core.samples import Samples, as_samples, spec_of
from matchzoo.core.schedule import Schedule, scheduled
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.reference import Online, Reference

ENVIRONMENTS = "environments"
"""Stands for a set for each environment of the training samples."""


@family("matcher")
class Matcher(Part, ABC):
    """A discrepancy between sets of samples: a term of a player's objective, or a function in somebody else's loop.

    ``matcher(x, y)`` takes tensors [n, …] or `Samples` and gives a scalar; no recipe is needed.

    State (running means, queues) lies in buffers, which checkpoints hold. `discrepancy` never changes them: what is to
    become of them it keeps aside, and `after_step` writes it once the update has succeeded.
    """

    arity: ClassVar[tuple[int, int | None]] = (2, 2)
    """Smallest and largest number of sets that it compares; None for no limit."""
    default_sets: ClassVar[tuple[str, ...]] = ("real", "synthetic")
    """The sets where a recipe names none."""
    pairs_spaces: ClassVar[bool] = False
    """Whether it takes two sets in two spaces one in each, since their rows belong together; others take each set in
    both."""
    needs_inputs: ClassVar[bool] = False
    """Whether it looks at more than values, labels, weights, index and group of the samples, such as what they are the
    features of; the trainer refuses chunks and several processes then."""
    weight: float | Schedule = attrs.field(default=1.0, validator=scheduled(positive()))
    """Factor of the term in the player's objective; a number, or a schedule."""
    reference: Reference = attrs.Factory(Online)
    """The real side: drawn in each step, or computed once."""
    space: str | tuple[str, ...] | None = attrs.field(default=None, validator=different())
    """Name of the projector in whose space sets are compared, where a recipe has several. Several names: each set is
    taken in each of these spaces, one after the other, as if it were as many sets; so a set is compared with itself in
    the space of a teacher. Terms of pairs take two sets in two spaces one in each."""
    sets: tuple[str, ...] | Literal["environments"] | None = attrs.field(default=None, validator=different())
    """Names of the sets that are compared, in order: ``real`` (the training split), ``synthetic``, another split such
    as ``target``, ``source`` (what a map generator maps, row by row), or one of these with an apostrophe for a second
    view of the same rows; or ``environment``, one of the environments in each update of a step, all in turn; or, in
    place of a list, ``environments``, a set for each of them. Real and synthetic, as far as the term looks at them, if
    not given."""

    def names(self, environments: int) -> tuple[str, ...]:
        """The sets that it takes, in order.

        Args:
            environments: how many there are.

        Raises:
            DeclarationError: these are fewer or more than it can compare, or there are no environments.
        """
        if self.sets == ENVIRONMENTS:
            if not environments:
                message = "the training samples have no groups, which would be the environments; name the sets instead"
                raise DeclarationError([("sets", message)])
            names = tuple(f"{ENVIRONMENTS}/{number}" for number in range(environments))
        else:
            names = self.wanted_sets if self.sets is None else tuple(self.sets)

        low, high = self.arity
        count = len(self.inputs(names))
        if count < low or (high is not None and count > high):
            expected = f"{low}" if low == high else f"at least {low}" if high is None else f"{low} to {high}"
            each = f", each in {len(self.spaces)} spaces" if len(self.spaces) > 1 else ""
            raise DeclarationError([("sets", f"expected {expected} sets, got {len(names)}: {', '.join(names)}{each}")])
        return names

    def inputs(self, names: Sequence[str]) -> tuple[tuple[str, str | None], ...]:
        """What it takes of the sets of some names, in order: each set with the space that it is taken in, None for the
        only one that there is."""
        if self.pairs_spaces and len(names) == len(self.spaces) == 2:
            return tuple(zip(names, self.spaces, strict=True))
        return tuple((name, space) for name in names for space in self.spaces)

    @property
    def spaces(self) -> tuple[str | None, ...]:
        """The spaces in which each set is taken; None for the only one that there is."""
        return self.space if isinstance(self.space, tuple) else (self.space,)

    @property
    def wanted_sets(self) -> tuple[str, ...]:
        """The sets where a recipe names none."""
        return self.default_sets

    @property
    def uses_sample_weights(self) -> bool:
        """Whether the weights of samples count. Where they do not, `discrepancy` refuses samples with weights, and the
        trainer a weighted real side."""
        return False

    @property
    def supports_float16(self) -> bool:
        """Whether it takes stored features in float16 and widens only what it computes with; others get all of them
        widened in each update."""
        return False

    def build(self, spec: Spec) -> None:
        """Take from the spec what is needed; raises where it is missing."""
        return

    @abstractmethod
    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """How far the sets are from matching; values are features [n, d], and the first set is the reference."""

    def findings(self, course: Course) -> Iterator[str]:
        """What speaks against the result of a run in the numbers that it logged of the term; nothing as a rule.

        Args:
            course: by name, in the order of steps: ``value``, and what `Discrepancy.diagnostics` gives.
        """
        return iter(())

    def forward(self, *sets: torch.Tensor | Samples, step: Step | None = None) -> torch.Tensor:
        """The value, a scalar, of some sets outside of any recipe.

        Args:
            sets: values [n, …], or `Samples` where labels or weights count; the reference (real) first.
            step: whose randomness draws what is random; that of seed 0 if not given.

        Raises:
            MatchZooError: the sets are not what it can compare.
        """
        samples = [as_samples(given) for given in sets]
        low, high = self.arity
        if len(samples) < low or (high is not None and len(samples) > high):
            expected = f"{low}" if low == high else f"at least {low}" if high is None else f"{low} to {high}"
            raise MatchZooError(f"{type(self).__name__}: expected {expected} sets, got {len(samples)}")
        self.build(spec_of(samples))
        return self.discrepancy(samples, step or Step(0, 0)).value


class AroundMatcher:
    """A term with a field ``matcher``, another term: what happens to the one happens to the other.

    Comes before `Matcher` among the bases.
    """

    matcher: Matcher

    @property
    def uses_sample_weights(self) -> bool:
        """Where the other term does."""
        return self.matcher.uses_sample_weights

    def bind(self, parts: Mapping[str, Part]) -> None:
        """Bind the other term."""
        self.matcher.bind(parts)

    def prepare(self, pool: Any) -> None:
        """Let the other term look at the real samples."""
        self.matcher.prepare(pool)

    def before_step(self, step: Step) -> bool:
        """Let the other term do what is due before a step."""
        return self.matcher.before_step(step)

    def after_step(self) -> None:
        """Let the other term write its state."""
        self.matcher.after_step()

    def finish(self, pool: Any) -> None:
        """Let the other term look at the real samples after the last step."""
        self.matcher.finish(pool)

    def findings(self, course: Course) -> Iterator[str]:
        """What the other term finds."""
        return self.matcher.findings(course)
