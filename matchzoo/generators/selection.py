"""Real samples, chosen: the baselines of distillation, in the same form as what is distilled."""

from typing import ClassVar

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import DeclarationError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.data.pool import Pool
from matchzoo.data.reading.store import budget
from matchzoo.generators.generator import Generator
from matchzoo.generators.images import pick
from matchzoo.generators.selectors import Selector


@declare("selection")
class Selection(Generator):
    """Rows of the real training samples, chosen once, before the first step; it has no parameters.

    A recipe of nothing else needs no players and no steps (``trainer.steps = 0``).
    """

    per_sample_parameters: ClassVar[bool] = True
    method: Selector
    """Which samples."""
    images_per_class: int | None = attrs.field(default=None, validator=at_least(1))
    """Images of every class (IPC); 1 if not given, or as many as there are for methods that count by themselves."""

    def build(self, spec: Spec) -> None:
        """Room for the samples; raises if there are no classes, or more than memory has room for."""
        if spec.classes is None:
            raise DeclarationError([("generator", "chooses samples of classes, but the data has no labels")])
        count = self.method.count(spec, self.images_per_class)
        size = 4 * count * int(torch.Size(spec.shape).numel())
        if size > budget():
            message = (
                f"{count} samples need {size / 2**20:.0f} MiB, at most {budget() / 2**20:.0f} are used; "
                "choose fewer, or set MATCHZOO_MEMORY (in MiB)"
            )
            raise DeclarationError([("generator", message)])
        self.rows = nn.Buffer(torch.zeros(count, dtype=torch.int64))
        self.labels = nn.Buffer(torch.zeros(count, dtype=torch.int64))
        self.values = nn.Buffer(torch.zeros(count, *spec.shape))

    def prepare(self, pool: Pool) -> None:
        """Choose; a `DeclarationError` where a class has fewer samples than are asked for."""
        chosen = self.method.choose(pool, self.images_per_class)
        assert chosen.labels is not None
        assert chosen.index is not None
        self.rows.copy_(chosen.index)
        self.labels.copy_(chosen.labels)
        self.values.copy_(chosen.values)

    @property
    def count(self) -> int:
        """As many as are chosen."""
        return len(self.labels)

    def draw(self, n: int | None, rng: torch.Generator | None = None) -> torch.Tensor:
        """Indices [n] of samples, without repeats; all in order for None."""
        return pick(len(self.labels), n, rng)

    def render(self, draws: torch.Tensor) -> Samples:
        """The samples [n, …] of some indices, with labels, and their rows in the training data as index."""
        return Samples(self.values[draws], self.labels[draws], index=self.rows[draws])
