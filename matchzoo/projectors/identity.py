"""The samples themselves."""

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.spec import Spec
from matchzoo.projectors.projector import Projector


@declare("identity")
class Identity(Projector):
    """Compare samples as they are, each flattened to a vector.

    Examples:
        >>> Identity()(torch.rand(4, 3, 8, 8)).shape
        torch.Size([4, 192])
    """

    def build(self, spec: Spec) -> int:
        """The number of values of a sample."""
        return int(torch.Size(spec.shape).numel())

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """[n, …] → [n, d]."""
        return x.flatten(1)
