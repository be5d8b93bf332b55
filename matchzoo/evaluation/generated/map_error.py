"""How far a map is from the optimal one: what it costs, and, between two Gaussians, its error."""

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.data.points.gaussian_mixture import GaussianMixture
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained
from matchzoo.generators import MapGenerator
from matchzoo.matchers import monge_gap, sinkhorn_divergence
from matchzoo.models.transport import gaussian_map
from matchzoo.training.composition import Composition


def unexplained_variance(mapped: torch.Tensor, optimal: torch.Tensor, variance: torch.Tensor | float) -> float:
    """L2-UVP = 100 · mean |T(x) − T*(x)|² / variance, in percent: 0 for the optimal map, 100 for the target's mean.

    Args:
        mapped: T(x) [n, d].
        optimal: T*(x) [n, d].
        variance: of the target, the trace of its covariance.

    Source: Korotin et al., Wasserstein-2 generative networks, ICLR 2021, section 5.1.
    """
    return (100 * double(mapped - optimal).square().sum(1).mean() / variance).item()


@declare("map-error")
class MapError(Evaluation):
    """A generator of kind ``map`` as a transport map: the mean squared distance that it moves samples (``cost``), less
    that of the cheapest pairing of the same points (``exact_gap``, 0 for an optimal map), the Sinkhorn divergence of
    its image to test samples, and between two Gaussians `unexplained_variance`.

    Needs ``pip install "matchzoo-torch[transport]"``.
    """

    samples: int = attrs.field(default=4096, validator=at_least(2))
    """Samples of the source that are mapped."""
    paired: int = attrs.field(default=1000, validator=at_least(2))
    """Of these, how many are paired, at most: time is that of an assignment."""

    def check(self, parts: Composition) -> None:
        """There must be a map between samples of one shape, and test samples."""
        generator = parts.generator
        if not isinstance(generator, MapGenerator) or parts.data.test_set is None:
            raise MatchZooError('evaluation: map-error needs a generator of kind "map" and data with a test part')

    @torch.no_grad()
    def evaluate(self, trained: Trained) -> list[Record]:
        """One record."""
        self.check(trained.parts)
        generator, data = trained.parts.generator, trained.parts.data
        assert isinstance(generator, MapGenerator)
        assert data.test_set is not None
        generated = generator.sample(self.samples)
        assert generated.source is not None
        x, mapped = (samples.values.flatten(1).cpu().double() for samples in (generated.source, generated))
        if x.shape != mapped.shape:
            raise MatchZooError(
                f"evaluation: map-error needs samples of one shape, got {list(x.shape)[1:]} to {list(mapped.shape)[1:]}"
            )
        test = data.test_set.render(torch.arange(min(self.paired, len(data.test_set)))).values.flatten(1).double()
        some = slice(self.paired)
        record: Record = {
            "method": trained.method,
            "samples": len(x),
            "cost": (mapped - x).square().sum(1).mean().item(),
            "exact_gap": monge_gap(x[some], mapped[some])[0].item(),
            "sinkhorn_divergence": sinkhorn_divergence(test, mapped[some], "0.1*mean", 1e-4)[0].item(),
        }
        moments = [_moments(side) for side in (generator.source, data)]
        if moments[0] is not None and moments[1] is not None:
            matrix, shift = gaussian_map(*moments[0], *moments[1])
            record["l2_uvp"] = unexplained_variance(mapped, x @ matrix + shift, moments[1][1].trace())
        return [record]

    def table(self, records: list[Record]) -> list[list[str]]:
        """Method, cost, exact gap, divergence, error in percent."""
        rows = [["method", "cost", "exact gap", "Sinkhorn divergence", "L2-UVP %"]]
        for r in records:
            error = f"{r['l2_uvp']:.2f}" if "l2_uvp" in r else "unknown"
            figures = [f"{r['cost']:.3f}", f"{r['exact_gap']:.4f}", f"{r['sinkhorn_divergence']:.4f}"]
            rows.append([r["method"], *figures, error])
        return rows


def _moments(data: object) -> tuple[torch.Tensor, torch.Tensor] | None:
    """Mean [d] and covariance [d, d] of data that are one Gaussian."""
    if not isinstance(data, GaussianMixture) or len(data.centers()) > 1:
        return None
    return data.centers()[0], data.factor() @ data.factor().T
