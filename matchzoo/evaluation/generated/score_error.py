"""How far a learned score is from that of a distribution whose density is known."""

import attrs
import torch

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least, not_empty, positive
from matchzoo.core.errors import MatchZooError
from matchzoo.core.step import Step
from matchzoo.data.points.gaussian_mixture import GaussianMixture
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained, some_rows
from matchzoo.models.fields import Denoiser
from matchzoo.training.composition import Composition


def score_error(denoised: torch.Tensor, exact: torch.Tensor, points: torch.Tensor) -> float:
    """E |s − s*|² / E |s*|² of the score s = (D − y) / σ² at points y of one σ: 0 if it is exact, 1 for s = 0.

    Args:
        denoised: D(y, σ) [n, …].
        exact: the mean of x given y, [n, …].
        points: y [n, …].
    """
    error, size = (denoised - exact).square().flatten(1).sum(1), (exact - points).square().flatten(1).sum(1)
    return (error.mean() / size.mean()).item()


@declare("score-error")
class ScoreError(Evaluation):
    """`score_error` of the generator's denoiser at test points with noise of several σ, where the data are Gaussians
    whose centers are known (ring, ring-3d, gaussian, gaussians); beside it the mean squared error to E[x | y].
    """

    noise: Several[float] = attrs.field(default=(0.1, 0.5, 2.0), validator=[positive(), not_empty()])
    """σ, each with a record of its own."""
    samples: int = attrs.field(default=5000, validator=at_least(1))
    """Test points, at most those that there are."""

    def check(self, parts: Composition) -> None:
        """The generator must be a denoiser made for such noise, and the data Gaussians."""
        if not isinstance(parts.generator, Denoiser):
            raise MatchZooError('evaluation: score-error looks at generators that denoise, such as kind = "denoiser"')
        if not isinstance(parts.data, GaussianMixture):
            raise MatchZooError("evaluation: score-error needs data whose density is known (ring, gaussian, gaussians)")
        least, largest = parts.generator.noise_range
        for sigma in self.noise:
            if not least * (1 - 1e-9) <= sigma <= largest * (1 + 1e-9):
                raise MatchZooError(
                    f"evaluation: score-error: the generator is made for σ from {least:g} to {largest:g}, got {sigma:g}"
                )

    @torch.no_grad()
    def evaluate(self, trained: Trained) -> list[Record]:
        """A record for every σ."""
        self.check(trained.parts)
        generator, data = trained.parts.require_generator(), trained.parts.data
        assert isinstance(generator, Denoiser)
        assert isinstance(data, GaussianMixture)
        assert data.test_set is not None
        x = data.test_set.render(some_rows(data.test_set, self.samples)).values.cpu().double()
        mixture, training = data.mixture(), generator.training
        records = []
        generator.eval()
        for sigma in self.noise:
            y = x + sigma * torch.randn(x.shape, dtype=x.dtype, generator=Step(0, 0).rng("score-error", str(sigma)))
            given = y.to(generator.device, trained.engine.dtype)
            denoised = generator.denoise(given, given.new_tensor(sigma)).cpu().double()
            exact = mixture.denoised(y, sigma)
            records.append(
                {
                    "method": f"{trained.method}, noise {sigma:g}",
                    "samples": len(x),
                    "noise": sigma,
                    "score_error": score_error(denoised, exact, y),
                    "denoised_error": (denoised - exact).square().mean().item(),
                }
            )
        generator.train(training)
        return records

    def table(self, records: list[Record]) -> list[list[str]]:
        """Method with σ, both errors."""
        rows = [["method", "error of the score", "of the denoised points"]]
        return rows + [[r["method"], f"{r['score_error']:.4g}", f"{r['denoised_error']:.4g}"] for r in records]
