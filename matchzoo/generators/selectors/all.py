"""All samples."""

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.spec import Spec
from matchzoo.data.pool import Pool
from matchzoo.generators.selectors.selector import Selector, refuse_count


@declare("all")
class All(Selector):
    """The full data: every training sample, in order."""

    def count(self, spec: Spec, per_class: int | None) -> int:
        """As many as the data has."""
        refuse_count("all", per_class, "the data has")
        return spec.count

    def select(self, pool: Pool, per_class: int | None) -> torch.Tensor:
        """Rows 0 … n − 1."""
        return torch.arange(len(pool.split))
