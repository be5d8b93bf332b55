"""How far generated samples are from test samples, as two samples of one distribution."""

import attrs
import torch

from matchzoo.core.declare import declare
from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import unweighted
from matchzoo.core.validators import at_least, not_empty, positive
from matchzoo.data import Split
from matchzoo.data.gaussian_mixture import GaussianMixture
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained, some_rows
from matchzoo.matchers.mmd import mmd2
from matchzoo.training.composition import Composition


@declare("two-sample")
class TwoSample(Evaluation):
    """Unbiased squared MMD to the test samples under a fixed kernel, the mean of Gaussians of several bandwidths, and
    the median log-density where the data's is known.

    The kernel is the same for every method and never trained, so numbers compare between runs. A row of training
    samples says what true data get: about 0 ± 3e-4 for 2000 points of the rings.
    """

    samples: int = attrs.field(default=2000, validator=at_least(2))
    """Samples of each side: all test samples where there are fewer, else some of them, drawn with a fixed seed."""
    bandwidths: tuple[float, ...] = attrs.field(default=(0.2, 0.5, 1.0, 2.0), validator=[positive(), not_empty()])
    """Standard deviations of the Gaussians, in the units of the data."""

    def check(self, parts: Composition) -> None:
        """There must be test samples."""
        if parts.data.test_set is None:
            raise MatchZooError("evaluation: the data has no test part to compare with")

    def evaluate(self, trained: Trained) -> list[Record]:
        """A record for the generator and one for training samples."""
        data, generator = trained.parts.data, trained.parts.require_generator()
        self.check(trained.parts)
        assert data.test_set is not None

        def some(split: Split) -> torch.Tensor:
            return split.render(some_rows(split, self.samples)).values

        test = some(data.test_set)
        generated = unweighted(generator.sample(generator.count or self.samples), "two-sample").values.cpu()
        records: list[Record] = []
        for name, values in ((trained.method, generated), ("training data", some(data.training_set))):
            distance = mmd2(values.flatten(1).double(), test.flatten(1).double(), self.bandwidths, "unbiased")
            record: Record = {
                "method": name,
                "samples": len(values),
                "mmd2": distance.item() / len(self.bandwidths),
                "bandwidths": list(self.bandwidths),
            }
            if isinstance(data, GaussianMixture):
                record["median_log_density"] = data.log_density(values).median().item()
            records.append(record)
        return records

    def table(self, records: list[Record]) -> list[list[str]]:
        """Method, MMD², median log-density."""
        rows = [["method", "samples", "MMD² (unbiased)", "median log p"]]
        for r in records:
            density = f"{r['median_log_density']:.3f}" if "median_log_density" in r else "unknown"
            rows.append([r["method"], str(r["samples"]), f"{r['mmd2']:.5f}", density])
        return rows
