"""Mode coverage: does a generator cover the Gaussians of a mixture, and stay on them?"""

import math
from collections.abc import Iterator

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import unweighted
from matchzoo.data.points.gaussian_mixture import GaussianMixture
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained
from matchzoo.evaluation.metrics.checking import checked_features
from matchzoo.training.composition import Composition


def mode_coverage(offsets: torch.Tensor, dimension: int) -> dict[str, float]:
    """How well points cover equal-weight Gaussians.

    Args:
        offsets: [n, k], Mahalanobis distances of the points from the centers.
        dimension: d of the points.

    Returns:
        ``high_quality``: share of points within 3 of the nearest center (for true data 0.989 in 2 dimensions, 0.971
        in 3). ``modes``: centers with at least a tenth of the high-quality points that true data would give them.
        ``mode_kl``: KL divergence of the histogram of high-quality points over centers from the uniform one, in nats.
        ``std_ratio``: root-mean-square distance of high-quality points over √d (about 0.97 for d = 2 and true data).

    Raises:
        MatchZooError: there is no point, or a distance is not finite.
    """
    [offsets] = checked_features("mode coverage", 1, offsets=offsets)
    nearest, mode = offsets.min(1)
    centers = offsets.shape[1]
    near = nearest <= 3
    counts = torch.bincount(mode[near], minlength=centers).double()
    true_share = torch.special.gammainc(torch.tensor(dimension / 2.0), torch.tensor(4.5)).item()
    expected = len(offsets) * true_share / centers
    shares = counts / counts.sum().clamp_min(1)
    kl = (shares * (shares * centers).clamp_min(1e-300).log()).sum().item() if near.any() else math.log(centers)
    radius = nearest[near].square().mean().sqrt().item() if near.any() else 0.0
    return {
        "modes": int((counts >= 0.1 * expected).sum()),
        "high_quality": near.double().mean().item(),
        "mode_kl": kl,
        "std_ratio": radius / math.sqrt(dimension),
    }


@declare("mode-coverage")
class ModeCoverage(Evaluation):
    """`mode_coverage` of generated points, beside that of the test points."""

    samples: int = attrs.field(default=5000, validator=at_least(1))
    """Generated points."""

    def check(self, parts: Composition) -> None:
        """The data must be Gaussians whose centers are known."""
        if not isinstance(parts.data, GaussianMixture):
            raise MatchZooError("evaluation: mode-coverage needs data whose modes are known (ring, ring-3d, gaussian)")

    def evaluate(self, trained: Trained) -> list[Record]:
        """A record for the generator and one for test points."""
        data = trained.parts.data
        self.check(trained.parts)
        assert isinstance(data, GaussianMixture)
        assert data.test_set is not None
        generated = unweighted(trained.parts.require_generator().sample(self.samples), "mode-coverage").values.cpu()
        truth = data.test_set.gather(torch.arange(min(self.samples, len(data.test_set))))
        return [
            {"method": name, "samples": len(points), "of": len(data.centers())}
            | mode_coverage(data.offsets(points), points.shape[1])
            for name, points in ((trained.method, generated), ("test data", truth))
        ]

    def findings(self, records: list[Record]) -> Iterator[str]:
        """Modes that are missing."""
        modes, total = records[0]["modes"], records[0]["of"]
        if modes < total:
            yield f"{modes} of {total} modes"

    def table(self, records: list[Record]) -> list[list[str]]:
        """Method, modes, share of high quality."""
        rows = [["method", "modes", "high quality", "mode KL", "std ratio"]]
        for r in records:
            numbers = [f"{r['high_quality']:.3f}", f"{r['mode_kl']:.4f}", f"{r['std_ratio']:.2f}"]
            rows.append([r["method"], f"{r['modes']}/{r['of']}", *numbers])
        return rows
