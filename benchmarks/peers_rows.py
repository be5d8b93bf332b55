"""What `peers.py` measures: for each row its data, and a function for every contender. Run by a process of its own.

    python benchmarks/peers_rows.py ROW CONTENDER       (started by peers.py; reads lines, answers with JSON)

Every contender gets the same numbers in the form that it takes, as tensors or arrays, and returns what its error is
made of. Bandwidths that a peer must be given are multiples of the median distance of 1000 points, found in its time.
"""

import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import torch

warnings.simplefilter("ignore")
Sets = tuple[Any, ...]
MULTIPLES = (0.2, 0.35, 0.6, 1.0, 1.7)
PENALTIES = tuple(10.0**k for k in range(-6, 3))
NEIGHBORS, SUBSETS, SUBSET = 5, 10, 1000


@attrs.frozen
class Row:
    """A row of the table.

    Attributes:
        make: its data for a size and a seed.
        contenders: who gets them, by name; ours is "matchzoo".
        error: of a result, given the data.
        means: what the error is.
        size: n.
        seeds: of the data; times are of all of them.
        alone: whether only ours can be asked at this size.
    """

    make: Callable[[int, int], Sets]
    contenders: dict[str, Callable[..., Any]]
    error: Callable[..., float] | None
    means: str
    size: int
    seeds: int = 5
    alone: bool = False


def two_sets(n: int, seed: int, d: int = 64) -> Sets:
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=rng), 0.9 * torch.randn(n, d, generator=rng) + 0.05


def wide_sets(n: int, seed: int) -> Sets:
    return two_sets(n, seed, 512)


def clouds(n: int, seed: int) -> Sets:
    rng = torch.Generator().manual_seed(seed)
    centers = 3 * torch.randn(10, 16, generator=rng)
    return (centers[torch.randint(10, (n,), generator=rng)] + torch.randn(n, 16, generator=rng),)


def shifted(n: int, seed: int, d: int = 5, shift: float = 0.3, scale: float = 1.5) -> Sets:
    """Numerator N(shift, I) and denominator N(0, scale² I) in d dimensions."""
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=rng) + shift, scale * torch.randn(n, d, generator=rng)


def shifted_wide(n: int, seed: int) -> Sets:
    return shifted(n, seed, 64, 0.05, 1.0)


def labeled(n: int, seed: int) -> Sets:
    rng = torch.Generator().manual_seed(seed)
    labels = torch.randint(10, (n,), generator=rng)
    features = torch.randn(10, 128, generator=rng)[labels] + 3 * torch.randn(n, 128, generator=rng)
    features -= features.mean(0)
    return features / features.square().mean().sqrt(), labels


def true_ratio(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    """p/q at the points q of `shifted`, whose constants are known by the dimension."""
    shift, scale = (0.3, 1.5) if q.shape[1] == 5 else (0.05, 1.0)
    q = q.double()
    logs = -(q - shift).square().sum(1) / 2 + q.square().sum(1) / (2 * scale**2) + q.shape[1] * np.log(scale)
    return logs.exp()


def ratio_error(found: Any, p: torch.Tensor, q: torch.Tensor) -> float:
    values = torch.as_tensor(np.asarray(found)).double().flatten()
    return (values / values.mean() - true_ratio(p, q)).square().mean().item()


def gammas(p: torch.Tensor, q: torch.Tensor) -> list[float]:
    some = torch.cat([p[:500], q[:500]])
    median = torch.pdist(some).median().item()
    return [1 / (2 * (multiple * median) ** 2) for multiple in MULTIPLES]


def mmd_matchzoo(x: torch.Tensor, y: torch.Tensor) -> Any:
    from matchzoo.matchers import mmd2

    return _with_gradient(lambda a, b: mmd2(a, b, [8.0]), x, y)


def mmd_geomloss(x: torch.Tensor, y: torch.Tensor) -> Any:
    from geomloss import SamplesLoss

    loss = SamplesLoss("gaussian", blur=8.0, backend="tensorized")
    return _with_gradient(lambda a, b: 2 * loss(a, b), x, y)


def mmd_torch(x: torch.Tensor, y: torch.Tensor) -> Any:
    def mean(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        lengths = a.square().sum(1)[:, None] + b.square().sum(1)
        return torch.exp(torch.addmm(lengths, a, b.T, alpha=-2) * (-0.5 / 64)).mean()

    return _with_gradient(lambda a, b: mean(a, a) - 2 * mean(a, b) + mean(b, b), x, y)


def _with_gradient(f: Callable[..., torch.Tensor], x: torch.Tensor, y: torch.Tensor) -> Any:
    x, y = x.clone().requires_grad_(), y.clone().requires_grad_()
    value = f(x, y)
    return value.item(), torch.cat(torch.autograd.grad(value, (x, y)))


def mmd_error(found: Any, x: torch.Tensor, y: torch.Tensor) -> float:
    """Of the gradient, relative to that in float64."""
    _, exact = mmd_torch(x.double(), y.double())
    return ((found[1].double() - exact).norm() / exact.norm()).item()


def balls_matchzoo(x: torch.Tensor, y: torch.Tensor) -> Any:
    from matchzoo.evaluation.metrics import precision_recall_density_coverage

    found = precision_recall_density_coverage(x, y, NEIGHBORS)
    return found["precision"], found["recall"]


def balls_fidelity(x: torch.Tensor, y: torch.Tensor) -> Any:
    from torch_fidelity.metric_prc import prc_features_to_metric

    how = {"prc_batch_size": 10000, "save_cpu_ram": False, "verbose": False}
    found = prc_features_to_metric(y, x, prc_neighborhood=NEIGHBORS, **how)
    return found["precision"], found["recall"]


def balls_error(found: Any, x: torch.Tensor, y: torch.Tensor) -> float:
    """Largest difference to the shares by all distances in float64."""

    def apart(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return torch.cdist(a.double(), b.double(), compute_mode="donot_use_mm_for_euclid_dist")

    radii = [apart(z, z).kthvalue(NEIGHBORS + 1, 1).values for z in (x, y)]
    across = apart(x, y)
    inside = (across <= radii[0][:, None]).any(0), (across <= radii[1]).any(1)
    return max(abs(share - z.double().mean().item()) for share, z in zip(found, inside, strict=True))


def medoids_matchzoo(x: torch.Tensor) -> Any:
    from matchzoo.generators.selectors.k_medoids import k_medoids

    return k_medoids(x, 10, torch.Generator().manual_seed(0))


def medoids_fasterpam(x: torch.Tensor) -> Any:
    import kmedoids

    return torch.from_numpy(
        kmedoids.fasterpam(torch.cdist(x, x).numpy(), 10, random_state=0, n_cpu=1).medoids.astype(int)
    )


def medoids_error(chosen: torch.Tensor, x: torch.Tensor) -> float:
    return torch.cdist(x.double(), x[chosen].double()).min(1).values.mean().item()


def frechet_matchzoo(x: torch.Tensor, y: torch.Tensor) -> float:
    from matchzoo.evaluation.metrics import frechet_distance

    return frechet_distance(x, y)


def frechet_torchmetrics(x: torch.Tensor, y: torch.Tensor) -> float:
    from torchmetrics.image.fid import FrechetInceptionDistance

    metric = FrechetInceptionDistance(feature=_passing(x.shape[1]))
    metric.update(x, real=True)
    metric.update(y, real=False)
    return metric.compute().item()


def frechet_fidelity(x: torch.Tensor, y: torch.Tensor) -> float:
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    [value] = fid_statistics_to_metric(*(fid_features_to_statistics(z) for z in (x, y)), False).values()
    return value


def frechet_error(found: float, x: torch.Tensor, y: torch.Tensor) -> float:
    """Relative to the eigenvalues of the product of the covariances in float64."""
    a, b = (np.cov(z.double().numpy(), rowvar=False) for z in (x, y))
    roots = np.sqrt(np.linalg.eigvals(a @ b).real.clip(0)).sum()
    shift = (x.double().mean(0) - y.double().mean(0)).square().sum().item()
    exact = shift + np.trace(a) + np.trace(b) - 2 * roots
    return abs(found / exact - 1)


def subsets_matchzoo(x: torch.Tensor, y: torch.Tensor) -> float:
    from matchzoo.evaluation.metrics import kernel_distance_of_subsets

    return kernel_distance_of_subsets(x, y, SUBSETS, SUBSET).mean


def subsets_torchmetrics(x: torch.Tensor, y: torch.Tensor) -> float:
    from torchmetrics.image.kid import KernelInceptionDistance

    metric = KernelInceptionDistance(feature=_passing(x.shape[1]), subsets=SUBSETS, subset_size=SUBSET)
    metric.update(x, real=True)
    metric.update(y, real=False)
    return metric.compute()[0].item()


def subsets_fidelity(x: torch.Tensor, y: torch.Tensor) -> float:
    from torch_fidelity.metric_kid import kid_features_to_metric

    how = {"kid_subsets": SUBSETS, "kid_subset_size": SUBSET, "verbose": False, "rng_seed": 0}
    kernel = {"kid_kernel": "poly", "kid_degree": 3, "kid_gamma": None, "kid_coef0": 1}
    named = {"kid_kernel_poly_degree": 3, "kid_kernel_poly_gamma": None, "kid_kernel_poly_coef0": 1.0}
    return kid_features_to_metric(x, y, **how, **kernel, **named)["kernel_inception_distance_mean"]


def _passing(features: int) -> torch.nn.Module:
    module = torch.nn.Identity()
    module.__dict__["num_features"] = features
    return module


def ours(kind: str) -> Callable[..., Any]:
    def estimate(p: torch.Tensor, q: torch.Tensor) -> Any:
        from matchzoo import ratios

        return getattr(ratios, kind)().fit(p, q).denominator.detach()

    return estimate


def densratio(method: str) -> Callable[..., Any]:
    def estimate(p: torch.Tensor, q: torch.Tensor) -> Any:
        from densratio import densratio as fit

        found = fit(p.double().numpy(), q.double().numpy(), method=method, alpha=0, verbose=False)
        return found.compute_density_ratio(q.double().numpy())

    return estimate


def skada(kind: str) -> Callable[..., Any]:
    def estimate(p: torch.Tensor, q: torch.Tensor) -> Any:
        import skada as package

        widths = gammas(p, q)
        chosen = widths if kind == "KLIEP" else widths[MULTIPLES.index(1.0)]
        adapter = getattr(package, f"{kind}ReweightAdapter")(gamma=chosen)
        rows, domain = torch.cat([q, p]).double().numpy(), np.r_[np.ones(len(q)), np.full(len(p), -2)]
        adapter.fit(rows, sample_domain=domain)
        return np.asarray(adapter.compute_weights(rows, sample_domain=domain))[: len(q)]

    return estimate


def adapt(kind: str) -> Callable[..., Any]:
    def estimate(p: torch.Tensor, q: torch.Tensor) -> Any:
        from adapt import instance_based

        widths = gammas(p, q)
        chosen = widths[MULTIPLES.index(1.0)] if kind == "KMM" else widths
        how = {"lambdas": [1e-3, 1e-2, 0.1]} if kind == "ULSIF" else {}
        method = getattr(instance_based, kind)(kernel="rbf", gamma=chosen, verbose=0, random_state=0, **how)
        return method.fit_weights(q.double().numpy(), p.double().numpy())

    return estimate


def penalties_matchzoo(x: torch.Tensor, labels: torch.Tensor) -> Any:
    from matchzoo.models.classifiers import fit_softmax_regression

    return [(fit.weight, fit.bias) for fit in fit_softmax_regression(x, labels, 10, PENALTIES)]


def penalties_sklearn(x: torch.Tensor, labels: torch.Tensor) -> Any:
    from sklearn.linear_model import LogisticRegression

    found = []
    for penalty in PENALTIES:
        fit = LogisticRegression(C=1 / (len(x) * penalty), max_iter=10000).fit(x.double().numpy(), labels.numpy())
        found.append((torch.from_numpy(fit.coef_), torch.from_numpy(fit.intercept_)))
    return found


def penalties_error(found: Any, x: torch.Tensor, labels: torch.Tensor) -> float:
    """The largest excess of an objective over the best that is known, which ours is to 1e-9."""

    def objective(fit: Any, penalty: float) -> float:
        weight, bias = (z.double() for z in fit)
        fidelity = torch.nn.functional.cross_entropy(x.double() @ weight.T + bias, labels)
        return (fidelity + penalty / 2 * weight.square().sum()).item()

    best = penalties_matchzoo(x, labels)
    return max(objective(f, k) - objective(b, k) for f, b, k in zip(found, best, PENALTIES, strict=True))


MMD = {"matchzoo": mmd_matchzoo, "geomloss": mmd_geomloss, "plain torch": mmd_torch}
BALLS = {"matchzoo": balls_matchzoo, "torch-fidelity": balls_fidelity}
FRECHET = {"matchzoo": frechet_matchzoo, "torchmetrics": frechet_torchmetrics, "torch-fidelity": frechet_fidelity}
SUBSET_KERNEL = {"matchzoo": subsets_matchzoo, "torchmetrics": subsets_torchmetrics, "torch-fidelity": subsets_fidelity}
MEDOIDS = {"matchzoo": medoids_matchzoo, "kmedoids": medoids_fasterpam}
SOFTMAX = {"matchzoo": penalties_matchzoo, "scikit-learn": penalties_sklearn}
LEAST_SQUARES = {"matchzoo": ours("ULSIF"), "densratio": densratio("uLSIF")}
LIKELIEST = {"matchzoo": ours("KLIEP"), "densratio": densratio("KLIEP"), "skada": skada("KLIEP")}
MEANS = {"matchzoo": ours("KernelMeanMatching"), "adapt": adapt("KMM"), "skada": skada("KMM")}
SQUARED = "mean squared error of the ratio, of mean 1"

ROWS = {
    "MMD² with gradient, n = 1000": Row(two_sets, MMD, mmd_error, "relative error of the gradient", 1000),
    "MMD² with gradient, n = 5000": Row(two_sets, MMD, mmd_error, "relative error of the gradient", 5000, 3),
    "precision and recall, n = 5000": Row(two_sets, BALLS, balls_error, "largest error of a share", 5000, 3),
    "Fréchet distance, n = 5000, d = 512": Row(wide_sets, FRECHET, frechet_error, "relative error", 5000),
    "kernel distance, 10 subsets of 1000, d = 512": Row(wide_sets, SUBSET_KERNEL, None, "", 2000),
    "k-medoids, n = 3000, k = 10": Row(clouds, MEDOIDS, medoids_error, "mean distance to the nearest", 3000),
    "nine penalties of a softmax regression": Row(labeled, SOFTMAX, penalties_error, "excess of the objective", 4000),
    "uLSIF, n = 1000": Row(shifted, LEAST_SQUARES | {"adapt": adapt("ULSIF")}, ratio_error, SQUARED, 1000),
    "uLSIF, n = 5000": Row(shifted, LEAST_SQUARES, ratio_error, SQUARED, 5000, 3),
    "KLIEP, n = 1000": Row(shifted, LIKELIEST | {"adapt": adapt("KLIEP")}, ratio_error, SQUARED, 1000),
    "KLIEP, n = 5000": Row(shifted, LIKELIEST, ratio_error, SQUARED, 5000, 2),
    "kernel mean matching, n = 1000": Row(shifted, MEANS, ratio_error, SQUARED, 1000),
    "MMD² with gradient, n = 50 000": Row(two_sets, {"matchzoo": mmd_matchzoo}, None, "", 50_000, 1, True),
    "precision and recall, n = 50 000": Row(two_sets, {"matchzoo": balls_matchzoo}, None, "", 50_000, 1, True),
    "uLSIF, n = 50 000": Row(shifted_wide, {"matchzoo": ours("ULSIF")}, ratio_error, SQUARED, 50_000, 1, True),
    "KLIEP, n = 50 000": Row(shifted_wide, {"matchzoo": ours("KLIEP")}, ratio_error, SQUARED, 50_000, 1, True),
    "kernel mean matching, n = 50 000": Row(
        shifted_wide, {"matchzoo": ours("KernelMeanMatching")}, ratio_error, SQUARED, 50_000, 1, True
    ),
}


def answer(row: Row, contender: str) -> None:
    """For each line "SEED": seconds of processor and clock. For "end": memory beyond that at the start, and errors."""
    torch.set_num_threads(1)
    work, found = row.contenders[contender], []
    work(*row.make(max(row.size // 20, SUBSET if row.make is wide_sets else 100) if not row.alone else 300, 99))
    torch.manual_seed(0)
    np.random.seed(0)
    start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for line in sys.stdin:
        if line.strip() == "end":
            break
        sets = row.make(row.size, int(line))
        processor, clock = time.process_time(), time.perf_counter()
        result = work(*sets)
        seconds = {"cpu": time.process_time() - processor, "clock": time.perf_counter() - clock}
        found.append((result, sets))
        print(json.dumps(seconds), flush=True)
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start) / 1024
    errors = [] if row.error is None else [row.error(result, *sets) for result, sets in found]
    print(json.dumps({"memory": memory, "errors": errors}), flush=True)


if __name__ == "__main__":
    answer(ROWS[sys.argv[1]], sys.argv[2])
