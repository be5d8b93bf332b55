"""The regression by which a flow's field is learned, without solving it."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import between
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.part import Part
from matchzoo.core.samples import Samples, class_indices
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher
from matchzoo.models.fields.field import Field
from matchzoo.models.fields.path import Path, Straight
from matchzoo.models.transport import PlanSolver


def flow_matching_loss(
    velocity: torch.Tensor,
    noise: torch.Tensor,
    data: torch.Tensor,
    time: torch.Tensor,
    path: Path | None = None,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Mean over rows and numbers of (v − dx_t/dt)², a scalar; rows count as their weights say.

    Examples:
        >>> flow_matching_loss(field(Straight().between(noise, data, time), time), noise, data, time)

    Args:
        velocity: v [n, …] at the points x_t of the path.
        noise: [n, …] at t = 0.
        data: [n, …] at t = 1, row by row.
        time: t [n].
        path: between them; straight if not given.
        weights: [n], not negative.
    """
    error = (velocity - (path or Straight()).velocity(noise, data, time)).square().flatten(1).mean(1)
    if weights is None:
        return error.mean()
    return (weights.to(error) * error).sum() / weights.sum().to(error)


def paired_noise(
    noise: torch.Tensor,
    data: torch.Tensor,
    solver: PlanSolver,
    rng: torch.Generator,
    weights: torch.Tensor | None = None,
    classes: torch.Tensor | None = None,
) -> torch.Tensor:
    """Noise [n, …] in the order in which a transport plan pairs it with data [n, …].

    Of a plan that is a permutation each row is taken once; of any other, the partner of each row of the data is drawn
    from its column. (Drawing pairs with replacement, as published code does, leaves out 37 % of a batch.)

    Where rows of the data have weights [n], these are the plan's, so that under them the noise is that of N(0, I)
    still; a row of weight 0 may have any partner.

    With classes [n] each row of the noise has the class of the row of the data beside it, and pairs are those of a plan
    within each class. Noise is independent of classes before, so given a class it is that of N(0, I) after; a plan
    without regard to classes gives each of them the noise that is near to it, and samples of a class start from all.
    This is a cost that is infinite between classes: Cheng and Schwing, The curse of conditions, 2025 (C²OT).
    """
    if classes is not None:
        paired = noise.clone()
        for label in classes.unique():
            rows = (classes == label).nonzero()[:, 0]
            shares = None if weights is None else weights[rows]
            if shares is None or shares.any():
                paired[rows] = paired_noise(noise[rows], data[rows], solver, rng, shares)
        return paired

    with torch.no_grad():
        coupling = solver(noise.flatten(1), Samples(data.flatten(1), weights=weights)).coupling
        columns = coupling.T.cpu().clamp_min(0)
        columns[columns.sum(1) == 0] = 1
        partners = torch.multinomial(columns, 1, generator=rng)[:, 0]
    return noise[partners.to(noise.device)]


def noise_and_time(data: torch.Tensor, rng: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Noise [n, …] from N(0, I) and times [n] from U(0, 1) for data [n, …], drawn on the CPU."""
    noise = torch.randn(data.shape, generator=rng).to(data)
    return noise, torch.rand(len(data), generator=rng).to(data)


def classes_of(samples: Samples) -> torch.Tensor:
    """Classes [n] of a set for a conditional field; raises where it has no labels."""
    if samples.labels is None:
        raise DeclarationError([("generator.conditional", "this set has no labels")])
    return class_indices(samples.labels)


def flow_of(term: Matcher, kind: str, parts: Mapping[str, Part]) -> Field:
    """The generator as a field; raises, in the name of a term of some kind, unless it is one, and the term is in the
    space of its codec, where it has one."""
    flow = parts.get("generator")
    if not isinstance(flow, Field):
        raise DeclarationError([("kind", f'{kind} looks at a field: [generator] must be of kind "flow"')])
    space = term.spaces[0] or next((name for name in parts if name != "generator"), None)
    if flow.codec is not None and space != flow.codec:
        message = f"the flow is in the space of its codec: set space = '{flow.codec}'"
        raise DeclarationError([("space", message)])
    return flow


@declare("flow-matching")
class FlowMatching(Matcher):
    """E |v(x_t, t) − dx_t/dt|² over data, noise from N(0, I) and times from U(0, 1), for the generator's field.

    It looks at real samples alone, in the space of the flow's codec where it has one; nothing is rendered. Where
    samples have weights, rows count as these say.

    Source: Lipman et al., Flow matching for generative modeling, ICLR 2023, equation 9; couplings by plans within a
    batch: Tong et al., Improving and generalizing flow-based generative models with minibatch optimal transport, TMLR
    2024; dropped classes: Ho and Salimans, Classifier-free diffusion guidance, 2022.
    """

    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    default_sets: ClassVar[tuple[str, ...]] = ("real",)
    coupling: PlanSolver | None = None
    """Pairs noise and data of a batch by a transport plan, such as ``exact``; independent pairs if not given. The paths
    of a plan hardly cross, so that few steps of a solver are enough. For a conditional field, pairs within classes."""
    drop_labels: float = attrs.field(default=0.1, validator=between(0, 1))
    """Share of the rows whose class a conditional field is not told, for guidance."""

    def bind(self, parts: Mapping[str, Part]) -> None:
        """Take the flow; raises unless the generator is one, and the term is in its space."""
        self.flow = (flow_of(self, "flow-matching", parts),)  # in a tuple, since it is a part of its own

    @property
    def uses_sample_weights(self) -> bool:
        """As factors of each row's error."""
        return True

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The loss on one set, for noise, times and dropped classes that the step decides."""
        if not hasattr(self, "flow"):
            raise MatchZooError("flow-matching: it has no field yet; in your own training loop use flow_matching_loss")
        flow = self.flow[0]
        samples = sets[0]
        data = flow.encoded(samples.values)
        rng = step.rng("flow-matching")
        noise, time = noise_and_time(data, rng)
        classes = classes_of(samples) if flow.conditional else None
        labels = None if classes is None else self._told(classes, rng)
        if self.coupling is not None:
            noise = paired_noise(noise, data, self.coupling, rng, samples.weights, classes)

        points = flow.path.between(noise, data, time)
        velocity = flow.velocity(points, time, labels)
        return Discrepancy(flow_matching_loss(velocity, noise, data, time, flow.path, samples.weights))

    def _told(self, classes: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Classes [n], −1 where they are dropped."""
        dropped = torch.rand(len(classes), generator=rng) < self.drop_labels
        return classes.masked_fill(dropped.to(classes.device), -1)
