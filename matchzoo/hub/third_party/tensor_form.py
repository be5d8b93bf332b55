"""What has to be said of a file of torch that others published, where the file does not say it."""

import math
from collections.abc import Sequence

import attrs

from matchzoo.core.errors import MatchZooError


def _numbers(values: Sequence[float] | float) -> tuple[float, ...]:
    return tuple(map(float, values)) if isinstance(values, Sequence) else (float(values),)


@attrs.frozen(kw_only=True)
class TensorForm:
    """How the tensors of a ``.pt`` or ``.pth`` are to be read; as they are, if nothing is said.

    Images become ``(x · std + mean - low) / (high - low)``, and then lie in [0, 1].

    Raises:
        MatchZooError: a value is not as it must be.

    Examples:
        >>> form = TensorForm(experiment=0, mean=[0.1307], std=[0.3081], clamp=True)
        >>> form.std
        (0.3081,)
    """

    experiment: int | None = None
    """Which of several sets in one file, from 0; needed where there are several."""
    range: tuple[float, float] | None = attrs.field(default=None, converter=attrs.converters.optional(_numbers))
    """Values of black and white, such as 0 255 or -1 1; 0 1 if not given."""
    mean: tuple[float, ...] = attrs.field(default=(), converter=_numbers)
    """Of the normalization that is undone, a value a channel or one for all."""
    std: tuple[float, ...] = attrs.field(default=(), converter=_numbers)
    """Standard deviation of the same."""
    clamp: bool = False
    """Clamp what is below black or above white, as learned images are."""
    logits: bool = False
    """The labels are logits, of which the softmax is taken."""

    def __attrs_post_init__(self) -> None:
        if self.experiment is not None and self.experiment < 0:
            raise MatchZooError(f"experiment: expected a number from 0, got {self.experiment}")
        if self.range is not None and (
            len(self.range) != 2 or not -math.inf < self.range[0] < self.range[1] < math.inf
        ):
            raise MatchZooError(f"range: expected the values of black and of white, such as 0 255, got {self.range}")
        if bool(self.mean) != bool(self.std):
            raise MatchZooError("mean and std: expected both of the normalization that is to be undone, got one")
        if any(not math.isfinite(value) for value in (*self.mean, *self.std)) or any(value <= 0 for value in self.std):
            raise MatchZooError(f"mean and std: expected finite numbers, std above 0, got {self.mean} and {self.std}")

    @property
    def says_nothing(self) -> bool:
        """Whether the tensors are read as they are."""
        return self == AS_STORED


AS_STORED = TensorForm()
"""Of tensors that are images in [0, 1] and labels already."""
