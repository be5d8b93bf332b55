"""What holds of every matcher: finite differences, invariances, and edges that are finite or a clear error.

The tables hold a row for every member of a family; a new member fails `test_every_member_has_a_row` until it has one.
What is asked of estimators and kernels by themselves is in test_ratios.py and test_kernels.py.
"""

from typing import Any, Literal, get_args

import attrs
import pytest
import torch
from helpers.tested_estimators import FIXED as TESTED_ESTIMATORS
from helpers.tested_kernels import KERNELS as TESTED_KERNELS

from matchzoo.core.declaration.declare import FAMILIES
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.kernels import Energy, Kernel
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers import Matcher
from matchzoo.matchers.distance import Distance
from matchzoo.matchers.gan import GAN, Loss
from matchzoo.matchers.ratio import DIVERGENCES
from matchzoo.matchers.reduction import Reduction
from matchzoo.matchers.statistics import Statistic
from matchzoo.models.networks import MLP
from matchzoo.projectors import Learned
from matchzoo.ratios import RatioEstimator

STEP = Step(1, 0)
N, M, CLASSES = 7, 6, 3


@attrs.frozen
class Case:
    """A matcher and what holds of it.

    Attributes:
        symmetric: the sets may be exchanged.
        shifted: all features may be moved by the same vector.
        ordered: the order of a set's samples matters.
        identical: its value where both sets are the same; None where that is no certain number.
        features: of the space that it is built for.
    """

    table: Any
    symmetric: bool = False
    shifted: bool = False
    ordered: bool = False
    identical: float | None = None
    features: int = 2


# kind → the table of a member without a choice of hyper-parameters
KERNELS: dict[str, Any] = {
    "gaussian": {"kind": "gaussian", "bandwidths": [0.7, "median"]},
    "rational-quadratic": {"kind": "rational-quadratic", "alphas": [0.5, 2.0]},
    "laplacian": {"kind": "laplacian", "bandwidths": [0.7, "median"]},
    "energy": "energy",
    "linear": "linear",
    "polynomial": "polynomial",
}
ESTIMATORS: dict[str, Any] = {
    "kernel-mean-matching": {"kind": "kernel-mean-matching", "bandwidths": [1.0], "ridge": 0.1},
    "ulsif": {"kind": "ulsif", "bandwidths": [1.0], "ridges": [0.1]},
    "rulsif": {"kind": "rulsif", "bandwidths": [1.0], "ridges": [0.1], "relative": 0.3},
    "kliep": {"kind": "kliep", "bandwidths": [1.0]},
    "classifier": {"kind": "classifier", "ridges": [0.1]},
    "gaussian": "gaussian",
    "kernel-density": {"kind": "kernel-density", "numerator_bandwidths": [1.0], "denominator_bandwidths": [1.0]},
    "nearest-neighbor": {"kind": "nearest-neighbor", "neighbors": [3]},
}
STATISTICS: dict[str, Any] = {
    "head-gradient": {"kind": "head-gradient", "std": 0.5},
    "statistical-flow": "statistical-flow",
    "class-means": "class-means",
    "network-gradient": {"kind": "network-gradient", "network": "network"},
    "per-class": {"kind": "per-class", "statistic": {"kind": "head-gradient", "std": 0.5}},
    "risk": "risk",
    "moments": "moments",
    "covariance": "covariance",
    "standard-deviations": "standard-deviations",
    "gram": "gram",
    "linear-head": {"kind": "linear-head", "head": "head", "quantity": "hessian-diagonal"},
}
DISTANCES = ("cosine", "row-cosine", "squared")
REDUCTIONS = ("to-reference", "to-mean", "pairwise", "to-constant")
PLAN = {"kind": "sinkhorn", "epsilon": 0.5, "tolerance": 1e-9}
ALIGNED = ("paired", "monge-gap", "cross-correlation", "info-nce", "mixed-correlation")
"""Members that compare sets of as many rows, each by itself in its own test."""
APART = (
    "subspace-adaptation",
    "absolute", "entropy", "mutual-information", "invariant-risk", "label-marginal", "prototypes", "past-subspace",
    "kl", "inner-product", "hinge", "consistency", "consistency-gradient", "grounding",
    "flow-matching", "field-distance", "denoising", "per-group", "per-image", "graph-matching", "early-learning",
    "progressive-target", "distillation", "logit-adjustment", "total-variation",
)  # fmt: skip
"""Members that are no discrepancy of two sets by themselves, or have state or a head besides: in tests of their own."""


def mmds() -> dict[str, Case]:
    found = {}
    for kind, table in KERNELS.items():
        radial = bool(FAMILIES[Kernel][kind].radial)
        for estimator in ("biased", "unbiased", "linear", "circular"):
            made = {"kind": "mmd", "kernel": table, "estimator": estimator}
            linear, same = estimator in ("linear", "circular"), 0.0 if estimator == "biased" else None
            found[f"{kind} {estimator}"] = Case(made, not linear, radial and not linear, linear, same)
    root = {"kind": "mmd", "bandwidths": [1.0], "root": True}
    return found | {"root": Case(root, True, True, identical=1e-3)}


def ratios() -> dict[str, Case]:
    found = {}
    for kind, table in ESTIMATORS.items():
        everywhere = FAMILIES[RatioEstimator][kind].out_of_sample
        for divergence in DIVERGENCES:
            plain = "second-moment" if divergence == "pearson" else "plain"
            for form in ("centered", plain, "lower-bound") if everywhere else ("centered", plain):
                made = {"kind": "ratio", "estimator": table, "divergence": divergence, "form": form}
                found[f"{kind} {divergence} {form}"] = Case(made, shifted=True)
    return found


def statistics() -> dict[str, Case]:
    """Every statistic under every distance, and one of them under every reduction."""
    found = {}
    for statistic, table in STATISTICS.items():
        for distance in DISTANCES:
            for reduction in REDUCTIONS if statistic == "class-means" else REDUCTIONS[:1]:
                made = {"kind": "statistic", "statistic": table, "distance": distance, "reduction": reduction}
                constant, features = reduction == "to-constant", CLASSES if statistic == "risk" else 2
                identical = None if constant else 0
                found[f"{statistic} {distance} {reduction}"] = Case(made, True, False, False, identical, features)
    return found


# kind of matcher → its cases
MATCHERS: dict[str, dict[str, Case]] = {
    "mmd": mmds(),
    "ratio": ratios(),
    "statistic": statistics(),
    "gan": {
        f"{side} {loss}": Case({"kind": "gan", "side": side, "loss": loss}, features=1)
        for side in get_args(attrs.fields(GAN).side.type)
        for loss in get_args(Loss)
    },
    "classification": {
        "both": Case({"kind": "classification", "sets": ["real", "synthetic"]}, shifted=True, features=CLASSES)
    },
    "one-sided": {"one-sided": Case("one-sided", shifted=True, identical=0)},
    "reconstruction": {"reconstruction": Case("reconstruction", symmetric=True)},
    "transport-cost": {
        "exact": Case("transport-cost", True, True, identical=0),
        "sinkhorn": Case({"kind": "transport-cost", "solver": PLAN, "cost": "euclidean"}, True, True),
    },
    "sliced-wasserstein": {
        f"power {power}": Case(
            {"kind": "sliced-wasserstein", "projections": 4, "power": power}, True, True, identical=0
        )
        for power in (1.0, 2.0)
    },
    "gromov-wasserstein": {"gromov-wasserstein": Case("gromov-wasserstein", True, True, identical=0)},
    "sinkhorn-divergence": {"divergence": Case({**PLAN, "kind": "sinkhorn-divergence"}, True, True, identical=0)},
    "induced-probe": {"induced-probe": Case({"kind": "induced-probe", "ridge": 0.1}, shifted=True)},
}
CASES = {f"{kind}: {name}": case for kind, cases in MATCHERS.items() for name, case in cases.items()}
each = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@pytest.mark.parametrize(
    ("family", "rows"),
    [
        (Matcher, MATCHERS), (RatioEstimator, ESTIMATORS), (Kernel, KERNELS), (Statistic, STATISTICS),
        (Distance, DISTANCES), (Reduction, REDUCTIONS),
    ],
    ids=lambda x: x.__name__ if isinstance(x, type) else "",
)  # fmt: skip
def test_every_member_has_a_row(family: type, rows: Any) -> None:
    missing, gone = (
        set(FAMILIES[family].names()) - set(rows) - {*ALIGNED, *APART},
        set(rows) - set(FAMILIES[family].names()),
    )
    assert not missing, f"give {', '.join(missing)} a row in the table of its family"
    assert not gone


def test_every_estimator_and_kernel_is_tested_by_itself() -> None:
    def classes(family: type) -> set[type]:
        return {FAMILIES[family][name] for name in FAMILIES[family].names()}

    assert {type(e) for e in TESTED_ESTIMATORS.values()} == classes(RatioEstimator), "FIXED of test_ratios.py"
    assert {type(k) for k in TESTED_KERNELS.values()} | {Energy} == classes(Kernel), "KERNELS of test_kernels.py"


def built(case: Case) -> Matcher:
    matcher = structure(case.table, Matcher)
    network = Learned(network=MLP(widths=(4,), activation="tanh"), features=CLASSES)
    spec = Spec(shape=(case.features,), classes=CLASSES, features=case.features)
    head = Learned(network=MLP(widths=()), features=CLASSES)
    network.build(spec)
    head.build(spec)
    matcher.build(spec)
    matcher.bind({"network": network.double(), "head": head.double()})
    return matcher


def one_of_each() -> dict[str, Case]:
    """A case for every kind of matcher and estimator, and for every statistic under the squared distance."""
    named: dict[str, Case] = {}
    for case in CASES.values():
        table = case.table if isinstance(case.table, dict) else {"kind": case.table}
        inner = table.get("statistic") or table.get("estimator") or ""
        if table.get("distance", "squared") == "squared":
            named.setdefault(f"{table['kind']} {inner['kind'] if isinstance(inner, dict) else inner}", case)
    return named


@pytest.mark.parametrize("case", one_of_each().values(), ids=one_of_each())
def test_weights_of_samples_count_or_are_refused(case: Case) -> None:
    """Weights that are left out of account silently would be another objective."""
    matcher = built(case)
    real, synthetic = samples(values(case, 6, 0)), samples(values(case, 8, 1))
    weighted = attrs.evolve(real, weights=torch.linspace(0.2, 2, 6, dtype=torch.float64))
    if matcher.uses_sample_weights:
        plain, other = (matcher.discrepancy([first, synthetic], Step(1, 0)).value for first in (real, weighted))
        assert not torch.isclose(plain, other, rtol=1e-6, atol=0)
        return
    sets = [weighted, attrs.evolve(synthetic, weights=torch.ones(8, dtype=torch.float64))]
    with pytest.raises(MatchZooError, match=r"takes no weights of samples; leave Samples\.weights out"):
        matcher.discrepancy(sets, Step(1, 0))


def values(case: Case, n: int, seed: int) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    return 0.8 * torch.randn(n, case.features, generator=rng, dtype=torch.float64) + 0.4 * seed


def samples(x: torch.Tensor, order: torch.Tensor | None = None) -> Samples:
    """Features [n, d] with labels, what they are the features of, and a way back, in an order."""
    order = torch.arange(len(x)) if order is None else order
    labels = torch.arange(len(x)) % CLASSES
    back = torch.linspace(-1, 1, 3 * x.shape[1]).reshape(x.shape[1], 3).to(x)
    origin = torch.linspace(-1, 1, 3 * len(x)).reshape(len(x), 3).to(x)
    return Samples(x[order], labels[order], origin=Samples(origin[order]), decode=lambda f: (f @ back).tanh())


def discrepancy(matcher: Matcher, p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    return matcher.discrepancy((samples(p), samples(q)), STEP).value


@each
def test_gradients_are_those_of_finite_differences(case: Case) -> None:
    matcher = built(case)
    p, q = (values(case, n, seed).requires_grad_() for n, seed in ((N, 1), (M, 0)))
    if "median" in str(case.table):  # the bandwidth is a constant of the gradient
        p, q = p.detach(), q.detach()
        matcher.chosen = matcher.chosen.resolved(Samples(p), Samples(q))
        p, q = p.requires_grad_(), q.requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: discrepancy(matcher, a, b), (p, q), rtol=1e-3, atol=1e-4)
    value = discrepancy(matcher, p, q)
    assert value.shape == ()
    assert value.dtype == torch.float64


@each
def test_invariances_are_those_that_are_claimed(case: Case) -> None:
    matcher = built(case)
    p, q = values(case, N, 1), values(case, M, 0)
    before = discrepancy(matcher, p, q)

    def same(after: torch.Tensor) -> bool:
        return torch.allclose(after, before, rtol=1e-6, atol=1e-9)

    shuffled = [torch.randperm(len(x), generator=torch.Generator().manual_seed(3)) for x in (p, q)]
    in_order = matcher.discrepancy((samples(p, shuffled[0]), samples(q, shuffled[1])), STEP).value
    assert same(in_order) is not case.ordered
    if case.shifted:
        assert same(discrepancy(matcher, p + 5, q + 5))
    if case.symmetric:
        assert same(discrepancy(matcher, q, p))


@each
def test_identical_sets(case: Case) -> None:
    p = values(case, N, 1)
    found = discrepancy(built(case), p, p.clone()).item()
    assert found == found
    if case.identical is not None:
        assert found == pytest.approx(case.identical, abs=1e-12)


Edge = Literal["identical", "one real", "one synthetic", "one each", "far apart", "repeated", "tiny"]


@pytest.mark.parametrize("edge", get_args(Edge))
@each
def test_edges_are_finite_or_a_clear_error(case: Case, edge: Edge) -> None:
    for dtype in (torch.float64, torch.float32):
        p, q = (values(case, n, seed).to(dtype) for n, seed in ((N, 1), (M, 0)))
        p, q = {
            "identical": (q, q.clone()),
            "one real": (p[:1], q),
            "one synthetic": (p, q[:1]),
            "one each": (p[:1], q[:1]),
            "far apart": (p + 1e3, q),
            "repeated": (p[:1].repeat(N, 1), q[:1].repeat(M, 1)),
            "tiny": (1e-12 * p, 1e-12 * q),
        }[edge]
        q = q.clone().requires_grad_()
        matcher = built(case)
        try:
            found = matcher.discrepancy((samples(p), samples(q)), STEP)
            value = found.value
        except MatchZooError as error:
            assert edge in ("one real", "one synthetic", "one each", "far apart")
            assert len(str(error)) > 30  # noqa: PT017
            continue
        assert value.isfinite()
        [gradient] = torch.autograd.grad(value, q, allow_unused=True)
        assert gradient is None or gradient.isfinite().all()
        assert all(abs(v) < float("inf") for v in found.diagnostics(thorough=True).values())
