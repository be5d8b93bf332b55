"""Two sets whose samples are to find their partners: the contrastive loss as a term."""

import math
from collections.abc import Sequence
from typing import ClassVar, Literal

import attrs
import torch
import torch.nn.functional as F

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, positive
from matchzoo.core.errors import DeclarationError
from matchzoo.core.samples import Samples, class_indices
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher
from matchzoo.matchers.pairs.contrastive import Form, Negatives, backward_targets, info_nce
from matchzoo.matchers.pairs.positives import (
    group_means,
    nearest_positives,
    others_of_class,
    pair_reliability,
    positives_by_label,
    positives_by_row,
    positives_of_plan,
)
from matchzoo.matchers.pairs.ring import Ring
from matchzoo.models.transport import Exact, PlanSolver

Positives = Literal["row", "label", "assignment", "nearest", "prototype"]
SINGLE = ("row", "assignment", "nearest")
"""Positives that are one key of a query."""


@declare("info-nce")
class InfoNCE(Matcher):
    """`info_nce` of two sets: queries, and keys among which each query has its partner.

    Two views of the same rows are ``real`` and ``real'``; two sources that belong together row by row are ``real`` and
    a further split that is ``aligned`` with it. With two names as ``space`` queries are taken in the first and keys in
    the second, such as the `Average` of the first (a momentum encoder).

    The queue is state, kept in checkpoints and written once an update has succeeded.

    Examples:
        >>> InfoNCE(temperature=0.5, form="nt-xent")(x, y)  # [n, d] each; a scalar

    Source: as `info_nce`.
    """

    arity: ClassVar[tuple[int, int | None]] = (2, 3)
    default_sets: ClassVar[tuple[str, ...]] = ("real", "real'")
    temperature: float = attrs.field(default=0.1, validator=positive())
    """τ, by which similarities are divided."""
    form: Form = "one-way"
    """``one-way``: each query looks for its key; ``symmetric``: and each key for its query, the mean of both;
    ``nt-xent``: all rows of both sets look among all others of both."""
    positives: Positives = "row"
    """Which keys are the partners of a query: that of the same ``row``; all of its class (``label``, supervised
    contrastive learning, for ``nt-xent`` also those of its own set); that which a transport plan gives it
    (``assignment``, for rows of unknown order); the most similar one (``nearest``); or the mean of those of its class,
    among the means of all classes (``prototype``)."""
    solver: PlanSolver = attrs.Factory(Exact)
    """Of the plan of ``assignment``, for costs of minus the similarity."""
    reliability: bool = False
    """Weigh pairs by how sure partners are of each other (`pair_reliability`), without a gradient."""
    queue: int = attrs.field(default=0, validator=at_least(0))
    """K, rows of earlier updates that are kept as further keys."""
    queued: Literal["keys", "queries"] = "keys"
    """What is kept: the keys, or the queries, in the space of the keys."""
    negatives: Negatives = "batch"
    """What a partner is told from: the other keys (``batch``), the ``queue``, or ``both``."""
    normalize: bool = True
    """Take features at unit length; if not, similarities are dot products."""

    def __attrs_post_init__(self) -> None:
        problems = []
        if (self.queue > 0) != (self.negatives != "batch"):
            there = f"a queue of {self.queue} rows" if self.queue else "no queue"
            problems.append(("negatives", f"'queue' and 'both' are for a queue, 'batch' for none; there is {there}"))
        if self.queued == "queries" and not self.queue:
            problems.append(("queued", "says what a queue keeps, and there is none; set queue, or leave it out"))
        if self.queue and self.form != "one-way":
            problems.append(("queue", f"is of keys alone; use form = \"one-way\", not '{self.form}'"))
        if self.queue and self.positives == "prototype":
            problems.append(("queue", "holds rows, which are no prototypes; leave it out"))
        if self.positives == "prototype" and self.form != "one-way":
            problems.append(("form", f"prototypes look for nothing; use \"one-way\", not '{self.form}'"))
        if self.reliability and self.positives not in SINGLE:
            problems.append(("reliability", f"is of single partners, which are by {', '.join(SINGLE)}; use false"))
        if problems:
            raise DeclarationError(problems)

    @property
    def uses_sample_weights(self) -> bool:
        """As factors of the loss of each row that looks for its partner."""
        return True

    def inputs(self, names: Sequence[str]) -> tuple[tuple[str, str | None], ...]:
        """Queries in the first space and keys in the last; and queries in the last, where these are queued."""
        if len(names) > 2:
            raise DeclarationError([("sets", f"expected queries and keys, got {', '.join(names)}")])
        if len(self.spaces) != 2:
            return super().inputs(names)
        first, last = self.spaces
        taken = [(names[0], first), (names[-1], last)]
        if self._queues_third(len(names)):
            taken.append((names[0], last))
        return tuple(taken)

    def _queues_third(self, sets: int) -> bool:
        return self.queue > 0 and self.queued == "queries" and sets == 2

    def build(self, spec: Spec) -> None:
        """Make the queue, of random unit rows; one that already exists stays as it is."""
        if not self.queue:
            return
        if spec.features is None:
            raise DeclarationError([("queue", "the dimension of the features is not known")])
        kept = getattr(self, "ring", None)
        if not isinstance(kept, Ring) or kept.rows.shape != (self.queue, spec.features):
            kept = Ring(self.queue, spec.features, Step(0, spec.seed).rng("queue", spec.space))
        self.ring = kept

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The loss, with diagnostics: ``top1``, the share of queries whose most similar key is a partner; for partners
        by row ``information``, the bound of their mutual information in nats; and the mean ``reliability``.

        Raises:
            MatchZooError: sets of different dimensions, or of different sizes where partners are by row.
            DeclarationError: partners are by class, and a set has no labels.
        """
        queries, keys = sets[0], sets[1]
        first, second, targets = self._pairs(queries, keys)
        weights, key_weights = queries.weights, None if self.positives == "prototype" else keys.weights
        sure = None
        if self.reliability:
            sure = pair_reliability(first @ second.T / self.temperature, targets)
            weights = _product(sure, weights)
            key_weights = _product(backward_targets(targets).to(sure) @ sure, key_weights)

        queue = None
        if self.queue:
            queue = self.ring.rows.to(first)
            self.ring.keep_aside(
                self._unit((keys if self.queued == "keys" else sets[-1 if len(sets) > 2 else 0]).values)
            )
        value = info_nce(
            first, second, self.temperature, self.form, targets=targets, weights=weights, key_weights=key_weights,
            queue=queue, negatives=self.negatives, normalize=False,
        )  # fmt: skip

        def measure(_: bool) -> dict[str, float]:
            best = (first.detach() @ second.detach().T).argmax(1, keepdim=True)
            among_keys = targets[: len(first), -len(second) :]
            measured = {"top1": (among_keys.gather(1, best) > 0).double().mean().item()}
            if self.positives == "row":
                measured["information"] = math.log(self._candidates(len(first))) - value.item()
            return measured if sure is None else {**measured, "reliability": sure.mean().item()}

        return Discrepancy(value, measure)

    def after_step(self) -> None:
        """Write into the queue what the update that has succeeded has seen."""
        if self.queue:
            self.ring.write()

    def _unit(self, values: torch.Tensor) -> torch.Tensor:
        return F.normalize(values, dim=1) if self.normalize else values

    def _candidates(self, n: int) -> int:
        if self.form == "nt-xent":
            return 2 * n - 1
        return {"batch": n, "queue": 1 + self.queue, "both": n + self.queue}[self.negatives]

    def _pairs(self, queries: Samples, keys: Samples) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Queries [n, d] and keys [m, d] as they are compared, and the shares of partners, as `info_nce` takes them."""
        first, second = self._unit(queries.values), self._unit(keys.values)
        if self.positives == "row":
            return first, second, positives_by_row(first, second)
        if self.positives in ("label", "prototype"):
            labels, key_labels = self._labels(queries), self._labels(keys)
            if self.positives == "prototype":
                means, classes = group_means(second, key_labels)
                return first, self._unit(means), positives_by_label(labels, classes)
            if self.form == "nt-xent":
                return first, second, others_of_class(torch.cat([labels, key_labels]))
            return first, second, positives_by_label(labels, key_labels)

        with torch.no_grad():
            scores = first @ second.T
            if self.positives == "nearest":
                return first, second, nearest_positives(scores)
            return first, second, positives_of_plan(self.solver.solve(-scores).coupling)

    def _labels(self, samples: Samples) -> torch.Tensor:
        if samples.labels is None:
            message = f'partners by {self.positives} need labels, and a set has none; use "row" or "assignment"'
            raise DeclarationError([("positives", message)])
        return class_indices(samples.labels).to(samples.values.device)


def _product(first: torch.Tensor, second: torch.Tensor | None) -> torch.Tensor:
    return first if second is None else first * second.to(first)
