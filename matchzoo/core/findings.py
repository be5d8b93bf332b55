"""What speaks against a result, and the limits beyond which something does.

The limits of the verdict of a run all stand here, each with its reason. They are of practice: in our benchmark of all
recipes no run that went well passes one.
"""

from collections.abc import Mapping, Sequence

import attrs

LAST = 0.1
"""Share of the records of a run over which a term is judged, by medians: single steps of a noisy estimate say
little."""
FEWEST = 5
"""Records from which on a term is judged: fewer have no course."""
SMALLEST_RATIO = -50.0
"""Of an estimated ratio, whose mean is 1. Kernel mean matching with a small ridge is noisy: -5 to -25 is usual on the
rings, where it serves its purpose. Beyond, the two sets are torn apart."""
EFFECTIVE_SHARE = 0.01
"""Of the samples, that carry a ratio's weighted means: below a hundredth it is a handful of a batch."""
FARTHEST = 1.0
"""How far generated samples may be from real ones, as a share of the squared MMD that a single point at their mean has:
beyond 1 a constant would be nearer. Generators that were trained well have 0.01 to 0.3."""
COLLAPSED = 0.25
"""Median distance of two generated samples as a share of that of two real ones. With one of eight modes left it is 0.1,
with two of them 0.2; a generator that smears the data has 1 or more."""
CONSTANT = 0.01
"""Standard deviation of the pixels within an image, in the median over images: a picture of something has 0.1 or more,
pixels being in [0, 1]."""
SAME = 0.01
"""Root mean square difference of pixels in [0, 1] below which two images are the same one to the eye."""


@attrs.frozen
class Finding:
    """Something that speaks against a result.

    Attributes:
        about: a term (``player/label``), a player, the kind of an evaluation, or ``samples``.
        reason: the number, and what it should be.
    """

    about: str
    reason: str

    def __str__(self) -> str:
        """As a line shows it."""
        return f"{self.about}: {self.reason}"


Course = Mapping[str, Sequence[float]]
"""What a run has logged of a term, by name in the order of steps: ``value``, and what its diagnostics give."""


def tenths(values: Sequence[float]) -> list[float]:
    """The medians of a number over consecutive tenths of the records of a run; none of too few records."""
    if len(values) < FEWEST:
        return []
    size = max(1, round(LAST * len(values)))
    return [_median(values[start : start + size]) for start in range(0, len(values), size)]


def at_the_end(values: Sequence[float]) -> float | None:
    """The median of a number over the last tenth of the records of a run; None of too few records."""
    if len(values) < FEWEST:
        return None
    return _median(values[-max(FEWEST // 2, round(LAST * len(values))) :])


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]
