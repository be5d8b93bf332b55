"""How far a learned proximal operator is from the true one, where that is known."""

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, positive
from matchzoo.core.errors import MatchZooError
from matchzoo.core.step import Step
from matchzoo.data.points.laplace import Laplace
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained
from matchzoo.generators import LearnedProximal
from matchzoo.training.composition import Composition


@declare("prox-error")
class ProxError(Evaluation):
    """A generator of kind ``proximal`` over data of kind ``laplace``, at points within ``reach`` of 0 along every axis:
    the mean of |f(y) − prox(y)|, where prox is soft thresholding at σ² / b; that of |prior − |x|₁ / b|, up to a
    constant, at the images of these points; and the least slope of f, at least 0 where it is a proximal operator.

    Beside it stand the mean and the median of x given y, which squares and absolute errors learn.
    """

    reach: float = attrs.field(default=2.0, validator=positive())
    """Largest absolute coordinate of a point."""
    points: int = attrs.field(default=401, validator=at_least(2))
    """Points: evenly on a line, or drawn at random where there are more dimensions."""

    def check(self, parts: Composition) -> None:
        """The generator must be a proximal operator, and the data those whose operator is known."""
        if not isinstance(parts.generator, LearnedProximal) or not isinstance(parts.data, Laplace):
            raise MatchZooError(
                'evaluation: prox-error needs a generator of kind "proximal" and data of kind "laplace"'
            )

    @torch.no_grad()
    def evaluate(self, trained: Trained) -> list[Record]:
        """A record for the operator, one for the median and one for the mean."""
        self.check(trained.parts)
        operator, data = trained.parts.generator, trained.parts.data
        assert isinstance(operator, LearnedProximal)
        assert isinstance(data, Laplace)
        y = self._points(data.dimension)
        truth = data.prox(y, operator.noise)
        denoised = operator.denoise(y.to(operator.device)).cpu().double()

        inverse = operator.inverse(denoised.to(operator.device))
        prior = operator.prior(denoised.to(operator.device), strict=False).cpu()
        difference = prior + data.log_density(denoised)
        known = ~difference.isnan()
        centered = difference[known] - difference[known].mean()

        def error(estimate: torch.Tensor) -> float:
            return (estimate - truth).abs().mean().item()

        learned: Record = {
            "method": trained.method,
            "prox_error": error(denoised),
            "prior_error": centered.abs().mean().item(),
            "without_prior": int((~known).sum()),
            "least_slope": inverse.slope.min().item(),
        }
        median = {"method": "median of x given y", "prox_error": error(data.posterior_median(y, operator.noise))}
        mean = {"method": "mean of x given y", "prox_error": error(data.posterior_mean(y, operator.noise))}
        return [learned, median, mean]

    def _points(self, dimension: int) -> torch.Tensor:
        if dimension == 1:
            return torch.linspace(-self.reach, self.reach, self.points, dtype=torch.float64)[:, None]
        uniform = torch.rand(self.points, dimension, generator=Step(0, 0).rng("prox-error"), dtype=torch.float64)
        return self.reach * (2 * uniform - 1)

    def table(self, records: list[Record]) -> list[list[str]]:
        """Method, error of the operator, of the prior, least slope."""
        rows = [["method", "error to the prox", "error of the prior", "least slope"]]
        for r in records:
            figures = [f"{r['prior_error']:.3f}", f"{r['least_slope']:.4f}"] if "prior_error" in r else ["", ""]
            rows.append([r["method"], f"{r['prox_error']:.3f}", *figures])
        return rows
