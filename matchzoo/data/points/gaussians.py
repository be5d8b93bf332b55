"""Equal-weight Gaussians around centers of one's choice."""

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import not_empty, positive
from matchzoo.core.errors import DeclarationError
from matchzoo.data.points.gaussian_mixture import GaussianMixture


@declare("gaussians")
class Gaussians(GaussianMixture):
    """Points of N(c_k, std² I), every center c_k as often: on a line, ½ N(−1, ¼²) + ½ N(1, ¼²) as it stands."""

    means: tuple[tuple[float, ...], ...] = attrs.field(default=((-1.0,), (1.0,)), validator=not_empty())
    """The centers, by coordinates."""
    std: float = attrs.field(default=0.25, validator=positive())
    """Standard deviation of each Gaussian, along each axis."""

    def __attrs_post_init__(self) -> None:
        d = len(self.means[0])
        if not d or any(len(mean) != d for mean in self.means):
            raise DeclarationError([("means", "expected points of one number of coordinates, at least 1")])

    def centers(self) -> torch.Tensor:
        """The means [k, d]."""
        return torch.tensor(self.means, dtype=torch.float64)

    def factor(self) -> torch.Tensor:
        """std · I."""
        return self.std * torch.eye(len(self.means[0]), dtype=torch.float64)
