"""How far generated samples are from test samples, as two samples of one distribution."""

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.structuring import kind_of
from matchzoo.core.declaration.validators import at_least, not_empty, positive
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.kernels import Gaussian, Kernel
from matchzoo.core.samples import unweighted
from matchzoo.data import Split
from matchzoo.data.points.gaussian_mixture import GaussianMixture
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained, some_rows
from matchzoo.evaluation.metrics.two_sample_tests import permutation_test
from matchzoo.matchers.mmd import squared_mmd
from matchzoo.training.composition import Composition


@declare("two-sample")
class TwoSample(Evaluation):
    """Unbiased squared MMD to the test samples under a fixed kernel, the mean of Gaussians of several bandwidths, its
    p-value by permutations where these are asked for, and the median log-density where the data's is known.

    The kernel is the same for every method and never trained, so numbers compare between runs. A row of training
    samples says what true data get: about 0 ± 3e-4 for 2000 points of the rings, and any p-value alike.
    """

    samples: int = attrs.field(default=2000, validator=at_least(2))
    """Samples of each side: all test samples where there are fewer, else some of them, drawn with a fixed seed."""
    bandwidths: tuple[float, ...] = attrs.field(default=(0.2, 0.5, 1.0, 2.0), validator=[positive(), not_empty()])
    """Standard deviations of the Gaussians, in the units that terms see: those of the data or, for a table of
    numbers, standard deviations of its columns."""
    kernel: Kernel | None = None
    """Another kernel, in place of the Gaussians: "energy" for the energy distance."""
    permutations: int = attrs.field(default=0, validator=at_least(0))
    """Permutations of `permutation_test`, whose smallest p-value is 1 / (1 + permutations): 999 take seconds. None, and
    no p-value, if 0."""

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
        drawn = generator.standardized_sample(generator.count or self.samples)
        generated = unweighted(drawn, "two-sample").values.cpu()
        records: list[Record] = []
        for name, values in ((trained.method, generated), ("training data", some(data.training_set))):
            record: Record = {"method": name, "samples": len(values)} | self._compared(values, test, trained.seed)
            if isinstance(data, GaussianMixture):
                record["median_log_density"] = data.log_density(values).median().item()
            records.append(record)
        return records

    def _compared(self, values: torch.Tensor, test: torch.Tensor, seed: int) -> Record:
        """What a record says of samples [n, …] beside test samples [m, …]."""
        x, y = values.flatten(1).double(), test.flatten(1).double()
        kernel = self.kernel or Gaussian(bandwidths=self.bandwidths)
        summed = 1 if self.kernel else len(self.bandwidths)
        record: Record = {"mmd2": squared_mmd(x, y, kernel, "unbiased").item() / summed}
        record |= {"kernel": kind_of(self.kernel)} if self.kernel else {"bandwidths": list(self.bandwidths)}
        if self.permutations:
            test_result = permutation_test(x, y, kernel, permutations=self.permutations, seed=seed)
            record |= {"p_value": test_result.p_value, "permutations": len(test_result.null)}
        return record

    def table(self, records: list[Record]) -> list[list[str]]:
        """Method, MMD², its p-value if there is one, median log-density."""
        tested = any("p_value" in r for r in records)
        rows = [["method", "samples", "MMD² (unbiased)", *(["p-value"] if tested else []), "median log p"]]
        for r in records:
            density = f"{r['median_log_density']:.3f}" if "median_log_density" in r else "unknown"
            p_value = [f"{r['p_value']:.3g}" if "p_value" in r else ""] if tested else []
            rows.append([r["method"], str(r["samples"]), f"{r['mmd2']:.5f}", *p_value, density])
        return rows
