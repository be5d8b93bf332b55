"""Mode coverage: does a generator cover the Gaussians of a ring, and stay on them?"""

import math

import attrs
import torch

from matchzoo.composition import Composition
from matchzoo.data import Ring
from matchzoo.declare import at_least, declare
from matchzoo.errors import MatchZooError
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained


def mode_coverage(points: torch.Tensor, centres: torch.Tensor, std: float) -> dict[str, float]:
    """How well points cover equal-weight isotropic Gaussians.

    Args:
        points: [n, d].
        centres: [k, d].
        std: standard deviation of each Gaussian.

    Returns:
        ``high_quality``: share of points within 3 std of the nearest centre (1 − e^{−4.5} = 0.989 for d = 2 and true
        data). ``modes``: centres with at least a tenth of the high-quality points that true data would give them.
        ``mode_kl``: KL divergence of the histogram of high-quality points over centres from the uniform one, in nats.
        ``std_ratio``: root-mean-square radius of high-quality points over std · √d (about 0.97 for d = 2 and true
        data).
    """
    distances = torch.cdist(points.double(), centres.double(), compute_mode="donot_use_mm_for_euclid_dist")
    nearest, mode = distances.min(1)
    near = nearest <= 3 * std
    counts = torch.bincount(mode[near], minlength=len(centres)).double()
    dimension = centres.shape[1]
    true_share = torch.special.gammainc(torch.tensor(dimension / 2.0), torch.tensor(4.5)).item()
    expected = len(points) * true_share / len(centres)
    shares = counts / counts.sum().clamp_min(1)
    kl = (
        (shares * (shares * len(centres)).clamp_min(1e-300).log()).sum().item()
        if counts.sum() > 0
        else math.log(len(centres))
    )
    radius = nearest[near].square().mean().sqrt().item() if near.any() else 0.0
    return {
        "modes": int((counts >= 0.1 * expected).sum()),
        "high_quality": near.double().mean().item(),
        "mode_kl": kl,
        "std_ratio": radius / (std * math.sqrt(dimension)),
    }


@declare("mode-coverage")
class ModeCoverage(Evaluation):
    """`mode_coverage` of generated points on the ring, beside that of the test points."""

    samples: int = attrs.field(default=5000, validator=at_least(1))
    """Generated points."""

    def check(self, parts: Composition) -> None:
        """The data must be a ring."""
        if not isinstance(parts.data, Ring):
            raise MatchZooError("evaluation: mode-coverage needs data whose modes are known (ring)")

    def evaluate(self, trained: Trained) -> list[Record]:
        """A record for the generator and one for test points."""
        data = trained.parts.data
        self.check(trained.parts)
        assert isinstance(data, Ring)
        assert data.test_set is not None
        generated = trained.parts.generator.sample(self.samples).values.cpu()
        truth = data.test_set.gather(torch.arange(min(self.samples, len(data.test_set))))
        return [
            {"method": name, "samples": len(points), "of": data.modes} | mode_coverage(points, data.centres(), data.std)
            for name, points in ((trained.method, generated), ("test data", truth))
        ]

    def table(self, records: list[Record]) -> list[list[str]]:
        """Method, modes, share of high quality."""
        rows = [["method", "modes", "high quality", "mode KL", "std ratio"]]
        for r in records:
            numbers = [f"{r['high_quality']:.3f}", f"{r['mode_kl']:.4f}", f"{r['std_ratio']:.2f}"]
            rows.append([r["method"], f"{r['modes']}/{r['of']}", *numbers])
        return rows
