"""Hostile numbers: singular, identical, lonely, far-apart, tiny and huge sets, through all that compares sets.

python tests/torture/hostile_numbers.py      prints what failed

What is asked may be refused with a message. An answer must be finite where the sets are ordinary numbers
(`Sets.ordinary`), and its gradient too; where squares overflow it need not be, since the trainer stops there.
"""

import math
import resource
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import torch
from torture.attempts import Wrong, attempt, expect

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.evaluation.metrics.frechet import frechet_distance
from matchzoo.evaluation.metrics.kernel_distance import kernel_distance
from matchzoo.evaluation.metrics.manifold import precision_recall_density_coverage
from matchzoo.generators.selectors.herding import herding_rows
from matchzoo.generators.selectors.k_center import k_center_rows
from matchzoo.generators.selectors.k_medoids import k_medoids_rows
from matchzoo.matchers import Matcher
from matchzoo.models.classifiers.classifier_fit import ClassifierFit, TrainingSet
from matchzoo.models.classifiers.scoring import probe
from matchzoo.ratios.of_tables import estimate

CLASSES = 2


@attrs.frozen
class Sets:
    """Two sets of points [n, d] and [m, d] (float64), and whether arithmetic with their squares is ordinary."""

    name: str
    x: torch.Tensor
    y: torch.Tensor
    ordinary: bool = True


def hostile() -> Iterator[Sets]:
    rng = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=rng, dtype=torch.float64)

    x, y = normal(30, 3), normal(40, 3)
    yield Sets("as they should be", x, y)
    yield Sets("identical", x, x.clone())
    yield Sets("identical but for their order", x, x.flip(0))
    yield Sets("the same up to rounding", x, x + 1e-16)
    yield Sets("one sample each", x[:1], y[:1])
    yield Sets("one sample each, the same", x[:1], x[:1].clone())
    yield Sets("one sample and many", x[:1], y)
    yield Sets("many and one sample", x, y[:1])
    yield Sets("two samples each", x[:2], y[:2])
    yield Sets("one point, again and again", x[:1].expand(30, 3).clone(), x[:1].expand(40, 3).clone())
    yield Sets("two points, again and again", x[:1].expand(30, 3).clone(), y[:1].expand(40, 3).clone())
    yield Sets("zeros", torch.zeros(30, 3, dtype=torch.float64), torch.zeros(40, 3, dtype=torch.float64))
    yield Sets("every point twice", x.repeat(2, 1), y.repeat(2, 1))
    yield Sets("whole numbers of few values", x.round(), y.round())
    yield Sets("a constant column", torch.cat([x, x * 0 + 1], 1), torch.cat([y, y * 0 + 1], 1))
    yield Sets(
        "a column that is the sum of others", torch.cat([x, x.sum(1, True)], 1), torch.cat([y, y.sum(1, True)], 1)
    )
    yield Sets("more dimensions than samples", normal(5, 300), normal(6, 300))
    yield Sets("one dimension", x[:, :1], y[:, :1])
    yield Sets("far apart", x, y + 1e3)
    yield Sets("very far apart", x, y + 1e8)
    yield Sets("far from the origin", x + 1e6, y + 1e6)
    yield Sets("one outlier", torch.cat([x, x[:1] * 1e6]), y)
    yield Sets("columns of other scales", x * torch.tensor([1e-6, 1, 1e6]), y * torch.tensor([1e-6, 1, 1e6]))
    yield Sets("tiny", x * 1e-12, y * 1e-12)
    yield Sets("below the smallest square", x * 1e-30, y * 1e-30, False)
    yield Sets("above the largest square", x * 1e25, y * 1e25, False)
    yield Sets("at the end of all numbers", x * 1e300, y * 1e300, False)


Subject = Callable[[Sets, torch.dtype], None]


def labeled(values: torch.Tensor) -> Samples:
    labels = torch.arange(len(values)) % CLASSES
    return Samples(values, labels, index=torch.arange(len(values)))


def ratio(method: str, standardize: bool) -> Subject:
    def ask(sets: Sets, dtype: torch.dtype) -> None:
        found = estimate(sets.x.numpy(), sets.y.numpy(), method, standardize=standardize)
        said = found.diagnostics()
        if sets.ordinary:
            expect(bool(found.denominator.isfinite().all()), "a ratio that is not finite")
            expect(math.isfinite(said["mean"]), "a mean that is not finite")
            if "identical" in sets.name and standardize:
                expect(abs(said["mean"] - 1) < 0.3, f"a mean of {said['mean']:.2f} between equal sets")

    return ask


def matcher(table: dict[str, Any]) -> Subject:
    def ask(sets: Sets, dtype: torch.dtype) -> None:
        made = structure(table, Matcher)  # type: ignore[type-abstract]
        d = sets.x.shape[1]
        names = tuple("ab")
        spec = Spec(shape=(d,), classes=CLASSES, class_names=names, count=len(sets.x), seed=0, features=d)
        made.build(spec)
        made.to(dtype)
        real, synthetic = sets.x.to(dtype), sets.y.to(dtype).requires_grad_()
        said = made.discrepancy((labeled(real), labeled(synthetic)), Step(1, 0))
        value = said.value
        expect(value.ndim == 0, f"a value of shape {tuple(value.shape)}")
        cubes = table.get("kernel", {}).get("kind") == "polynomial" and dtype == torch.float32
        if not sets.ordinary or not real.isfinite().all() or (cubes and sets.x.abs().max() + sets.y.abs().max() > 1e4):
            return
        expect(bool(value.isfinite()), f"a value of {value.item()}")
        [gradient] = torch.autograd.grad(value, [synthetic], allow_unused=True)
        expect(gradient is None or bool(gradient.isfinite().all()), "a gradient that is not finite")
        numbers = said.diagnostics(True)
        if numbers and all(math.isnan(v) for v in numbers.values()):
            raise Wrong("diagnostics that are not a number")

    return ask


def distance(measure: Callable[[torch.Tensor, torch.Tensor], Any]) -> Subject:
    def ask(sets: Sets, dtype: torch.dtype) -> None:
        found = measure(sets.x.to(dtype), sets.y.to(dtype))
        values = found.values() if isinstance(found, dict) else found if isinstance(found, tuple) else [found]
        if sets.ordinary:
            expect(all(math.isfinite(value) for value in values), f"values of {found}")
            if measure is frechet_distance and sets.name.startswith("identical"):
                scale = sets.x.square().sum().item() + 1
                expect(abs(found) < 1e-3 * scale, f"{found} between equal sets")

    return ask


def classifier(protocol: dict[str, Any]) -> Subject:
    def ask(sets: Sets, dtype: torch.dtype) -> None:
        train, test = labeled(sets.x.to(dtype)), labeled(sets.y.to(dtype))
        made = structure(protocol, ClassifierFit)  # type: ignore[type-abstract]
        [score] = probe(made, [TrainingSet(features=train, views=1)], train, test, CLASSES)
        expect(0 <= score.top1 <= 100, f"an accuracy of {score.top1}")

    return ask


def selector(choose: Callable[[Samples], torch.Tensor]) -> Subject:
    def ask(sets: Sets, dtype: torch.dtype) -> None:
        features = labeled(sets.y.to(dtype))
        rows = choose(features)
        expect(len(set(rows.tolist())) == len(rows), "a sample was chosen twice")
        found, there = (labels.bincount(minlength=CLASSES) for labels in (features.labels[rows], features.labels))
        expect(found.equal(there.clamp_max(2)), "not two of each class, or all that there are")

    return ask


def subjects() -> dict[str, Subject]:
    """Everything that compares sets, by name."""
    made: dict[str, Subject] = {}
    methods = ("ulsif", "rulsif", "kliep", "classifier", "kernel-mean-matching", "gaussian", "kernel-density",
               "nearest-neighbor")  # fmt: skip
    for method in methods:
        made |= {f"estimate {method}": ratio(method, True), f"estimate {method} as it is": ratio(method, False)}
    fixed, free = {"kind": "gaussian", "bandwidths": [0.5, 2.0]}, {"kind": "gaussian", "bandwidths": ["median"]}
    kernels = {
        "gaussian": fixed, "median": free, "rational-quadratic": {"kind": "rational-quadratic"},
        "laplacian": {"kind": "laplacian"},
        "energy": {"kind": "energy"}, "linear": {"kind": "linear"}, "polynomial": {"kind": "polynomial"},
    }  # fmt: skip
    for name, kernel in kernels.items():
        for estimator in ("biased", "unbiased"):
            for root in (False, True):
                table = {"kind": "mmd", "kernel": kernel, "estimator": estimator, "root": root}
                made[f"mmd {name} {estimator}{' root' * root}"] = matcher(table)
    for estimator in methods:
        made[f"ratio {estimator}"] = matcher({"kind": "ratio", "estimator": {"kind": estimator}})
    for name in ("head-gradient", "class-means", "statistical-flow"):
        for how in ("cosine", "row-cosine", "squared"):
            made[f"{name} {how}"] = matcher({"kind": "statistic", "statistic": {"kind": name}, "distance": how})
    made["induced-probe"] = matcher({"kind": "induced-probe"})
    made["one-sided"] = matcher({"kind": "one-sided"})
    measures = (frechet_distance, kernel_distance, precision_recall_density_coverage)
    made |= {measure.__name__: distance(measure) for measure in measures}
    for protocol in ("converged", "ridge", "k-nn", "nearest-centroid", "paper"):
        table = {"kind": protocol} | ({"epochs": 5, "pool": 2} if protocol == "paper" else {})
        made[f"protocol {protocol}"] = classifier(table)
    made["herding"] = selector(lambda features: herding_rows(features, 2))
    made["k-center"] = selector(lambda features: k_center_rows(features, 2))
    made["k-medoids"] = selector(lambda features: k_medoids_rows(features, 2, torch.Generator().manual_seed(0)))
    return made


def campaign(only: str = "", every: int = 1) -> tuple[Counter[str], dict[str, str]]:
    """Ask every subject of every pair of sets, in float32 and float64; how it ended, and each failure's example.

    Args:
        only: subjects that have this in their names.
        every: of so many questions one is asked.
    """
    ended: Counter[str] = Counter()
    examples: dict[str, str] = {}
    asked = 0
    for name, ask in subjects().items():
        if only not in name:
            continue
        for sets in hostile():
            for dtype in (torch.float64, torch.float32):
                asked += 1
                if asked % every:
                    continue
                how = attempt(lambda ask=ask, sets=sets, dtype=dtype: ask(sets, dtype) or "answered")
                ended[how if how in ("answered", "refused") else "failed"] += 1
                if how not in ("answered", "refused"):
                    examples[f"{name}, {sets.name}, {str(dtype).removeprefix('torch.')}"] = how
    return ended, examples


def main() -> None:
    sys.path.insert(0, str(Path(__file__).parent.parent))
    torch.set_num_threads(1)
    resource.setrlimit(resource.RLIMIT_AS, (6 * 2**30, 6 * 2**30))
    ended, examples = campaign((sys.argv[1:] or [""])[0])
    for name, how in examples.items():
        print(f"{name}: {how}", flush=True)
    print(dict(ended))


if __name__ == "__main__":
    main()
