"""How many steps a flow needs, and how straight its paths are."""

import itertools

import attrs
import torch

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least, not_empty
from matchzoo.core.errors import MatchZooError
from matchzoo.core.step import Step
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained, some_rows
from matchzoo.generators import Flow
from matchzoo.models.fields import Euler
from matchzoo.models.transport import Exact
from matchzoo.models.transport.exact import can_assign
from matchzoo.training.composition import Composition

FINE = 50
"""Euler steps along which paths are measured."""


def straightness(points: list[torch.Tensor]) -> float:
    """∫ E |v(x_t, t) − (x₁ − x₀)|² dt / E |x₁ − x₀|² along paths: 0 for straight ones at constant speed.

    Args:
        points: [n, …] after each of some equal steps of Euler's method, the first at t = 0 and the last at t = 1.

    Source: Liu et al., Flow straight and fast, ICLR 2023, section 2.2, in units of the squared length.
    """
    whole = (points[-1] - points[0]).flatten(1)
    steps = len(points) - 1
    deviations = [
        ((after - before).flatten(1) * steps - whole).square().sum(1).mean()
        for before, after in itertools.pairwise(points)
    ]
    return (torch.stack(deviations).mean() / whole.square().sum(1).mean()).item()


@declare("flow-steps")
class FlowSteps(Evaluation):
    """The squared Wasserstein distance W₂² of generated to test samples after so many steps of Euler's method, with the
    `straightness` of the paths; beside it the flow's own solver, and training samples in place of generated ones.

    W₂² is exact between sets of one size (SciPy), in the space of samples, flattened.
    """

    steps: Several[int] = attrs.field(default=(1, 4, 10, 50), validator=[at_least(1), not_empty()])
    """Of Euler's method."""
    samples: int = attrs.field(default=1000, validator=at_least(2))
    """In each set, at most the test samples that there are."""

    def check(self, parts: Composition) -> None:
        """The generator must be a flow, and SciPy there."""
        if not isinstance(parts.generator, Flow):
            raise MatchZooError('evaluation: flow-steps looks at generators of kind "flow"')
        if parts.data.test_set is None:
            raise MatchZooError("evaluation: flow-steps needs test samples")
        if not can_assign():
            raise MatchZooError('evaluation: flow-steps needs SciPy: pip install "matchzoo-torch[transport]"')

    @torch.no_grad()
    def evaluate(self, trained: Trained) -> list[Record]:
        """A record for each number of steps, for the flow's solver, and for training samples."""
        parts = trained.parts
        self.check(parts)
        flow, test = parts.generator, parts.data.test_set
        assert isinstance(flow, Flow)
        assert test is not None
        count = min(self.samples, len(test), len(parts.data.training_set))
        truth = test.render(some_rows(test, count)).values.flatten(1).double()
        draws = flow.draw(count, Step(0, 0).rng("flow-steps")).to(flow.device)
        derivative, start = flow.problem(draws)

        def record(method: str, samples: torch.Tensor) -> Record:
            distance = Exact()(samples.detach().cpu().flatten(1).double(), truth).cost
            return {"method": method, "samples": count, "w2_squared": distance}

        paths = Euler(steps=FINE).trajectory(derivative, start)
        records = []
        for number in self.steps:
            points = Euler(steps=number).solve(derivative, start)
            method = "1 Euler step" if number == 1 else f"{number} Euler steps"
            records.append(record(method, flow.decoded(points)) | {"evaluations": number})
        records.append(
            record(trained.method, flow.decoded(flow.solver.solve(derivative, start)))
            | {"straightness": straightness(paths)}
        )
        real = parts.data.training_set
        records.append(record("training data", real.render(some_rows(real, count)).values))
        return records

    def table(self, records: list[Record]) -> list[list[str]]:
        """Method, squared distance, straightness."""
        rows = [["method", "W2² to test data", "straightness"]]
        for r in records:
            straight = f"{r['straightness']:.4f}" if "straightness" in r else ""
            rows.append([r["method"], f"{r['w2_squared']:.4g}", straight])
        return rows
