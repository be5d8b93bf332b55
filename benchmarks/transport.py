"""Optimal transport, measured: Sinkhorn beside POT and geomloss, memory by blocks, the Monge gap, sparse adaptation.

    python benchmarks/transport.py solvers      n = 2000 and 5000, one thread (3 minutes)
    python benchmarks/transport.py blocks       50 000 x 50 000 points in a process of its own (1 minute)
    python benchmarks/transport.py monge        recipe monge-gap/gaussian with and without its gap, 3 seeds (2 minutes)
    python benchmarks/transport.py sparse       digits under contrast and offsets, by plans of 2 nonzeros (1 minute)
    python benchmarks/transport.py figure       docs/pictures/transport.png
    python benchmarks/transport.py table        what was measured, in Markdown

Results are in ``results/transport.json``; what is there is not measured again.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from seeds import mean_and_error

from matchzoo import recipes
from matchzoo.core.storage import files
from matchzoo.models.transport import Exact, Sinkhorn, Sparse, blockwise_plan, cost_matrix, sinkhorn_plan
from matchzoo.models.transport.envelope import with_gradients

STORE = Path(__file__).parent / "results/transport.json"
PICTURE = Path(__file__).parents[1] / "docs/pictures/transport.png"
SIZES, RELATIVE = (2000, 5000), (0.05, 0.01)
SEEDS = range(3)


def points(n: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Points in the plane: a standard normal set, and a narrower one that is shifted."""
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(n, 2, generator=rng), 0.6 * torch.randn(n, 2, generator=rng) + 1


def solvers(stored: dict[str, Any]) -> None:
    """Seconds of CPU for the value and its gradient in the points, costs included, and the value."""
    for n in SIZES:
        for relative in RELATIVE:
            x, y = points(n)
            epsilon = relative * cost_matrix(x, y).mean().item()
            for name, solve in LIBRARIES.items():
                key = f"solvers, n {n}, epsilon {relative} mean, {name}"
                if key not in stored:
                    stored[key] = timed(solve, x, y, epsilon)
                    files.write_json(STORE, stored)


def timed(solve: Callable[..., torch.Tensor], x: torch.Tensor, y: torch.Tensor, epsilon: float) -> dict[str, float]:
    solve(x[:50].clone().requires_grad_(), y[:50], epsilon).backward()  # imports and first calls
    seconds = []
    for _ in range(2):
        given = x.clone().requires_grad_()
        start = time.process_time()
        value = solve(given, y, epsilon)
        value.backward()
        seconds.append(time.process_time() - start)
    return {"seconds": min(seconds), "value": value.item()}


def ours(x: torch.Tensor, y: torch.Tensor, epsilon: float) -> torch.Tensor:
    return sinkhorn_plan(cost_matrix(x, y), epsilon=epsilon, tolerance=1e-6).value


def pot(x: torch.Tensor, y: torch.Tensor, epsilon: float) -> torch.Tensor:
    """`ot.sinkhorn`, its fastest here: plain iterations on NumPy arrays, to 1e-6 in the 2-norm of the marginals, which
    is a looser tolerance than ours. (`ot.solve` on tensors, in logarithms, takes ten times as long.)"""
    import ot

    cost, n = cost_matrix(x, y), len(x)
    weights = np.full(n, 1 / n)
    given = cost.detach().double().numpy()
    plan, log = ot.sinkhorn(weights, weights, given, epsilon, stopThr=1e-6, numItermax=100_000, log=True)
    value = epsilon * (weights @ np.log(log["u"] / weights) + weights @ np.log(log["v"] / weights))
    return with_gradients(torch.as_tensor(value), (cost, torch.from_numpy(plan)))


def geomloss(x: torch.Tensor, y: torch.Tensor, epsilon: float) -> torch.Tensor:
    """Half the cost and blur² = ε/2, so its value is half of ours; it does not iterate to a tolerance."""
    from geomloss import SamplesLoss

    loss = SamplesLoss("sinkhorn", p=2, blur=(epsilon / 2) ** 0.5, scaling=0.9, debias=False, backend="tensorized")
    return 2 * loss(x, y)


LIBRARIES = {"matchzoo": ours, "POT": pot, "geomloss": geomloss}


def blocks(stored: dict[str, Any]) -> None:
    """Peak memory of a process, and what a process that only imports takes."""
    for name, n in (("imports", 100), ("50 000 points", 50_000)):
        if f"blocks, {name}" not in stored:
            printed = subprocess.run(
                [sys.executable, __file__, "block", str(n)], check=True, capture_output=True, text=True
            ).stdout
            stored[f"blocks, {name}"] = json.loads(printed)
            files.write_json(STORE, stored)


def block(n: int) -> None:
    torch.set_num_threads(1)
    x, y = points(n)
    start = time.process_time()
    plan = blockwise_plan(x, y, tolerance=1e-2)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({**plan.diagnostics(), "seconds": time.process_time() - start, "peak_bytes": peak}))


def monge(stored: dict[str, Any]) -> None:
    for seed in SEEDS:
        for weight in (0.0, 1.0):
            key = f"monge, weight {weight:g}, seed {seed}"
            if key in stored:
                continue
            recipe = recipes.load("monge-gap/gaussian")
            table = recipe.table()
            if not weight:
                table["players"]["generator"]["minimize"] = table["players"]["generator"]["minimize"][:1]
            table["trainer"] |= {"seed": seed, "device": "cpu"}
            run = recipes.Recipe.of(table).run(
                Path("runs/benchmarks/transport") / key.replace(", ", "-").replace(" ", "")
            )
            [record] = run.metrics["results"]
            stored[key] = {name: record[name] for name in ("cost", "exact_gap", "sinkhorn_divergence", "l2_uvp")}
            stored[key]["seconds"] = run.metrics["seconds"]["training"]
            files.write_json(STORE, stored)


def sparse(stored: dict[str, Any]) -> None:
    """898 digits as they are, 449 changed ones: a plan of 2 nonzeros for each target point."""
    from shallow_adaptation import SHIFTS, Sets, accuracy

    from matchzoo.evaluation.adaptation import adapt
    from matchzoo.projectors import TransportMap

    methods = {
        "source only": None,
        "exact": TransportMap(solver=Exact()),
        "sparse, 2 nonzeros": TransportMap(solver=Sparse(nonzeros=2)),
        "entropic": TransportMap(solver=Sinkhorn(epsilon="0.05*max")),
    }
    for shift in list(SHIFTS)[1:3]:
        for seed in SEEDS:
            sets = Sets(shift, seed)
            source, labels = (torch.cat(parts) for parts in zip(sets.train, sets.held, strict=True))
            for name, method in methods.items():
                key = f"sparse, {shift}, {name}, split {seed}"
                if key not in stored:
                    adapted = adapt(source, labels, sets.target[0], method, standardize=False, classes=10)
                    stored[key] = {"target": accuracy(adapted.scores(sets.test[0]), sets.test[1])}
                    if isinstance(method, TransportMap):
                        stored[key] |= method.solver(source, sets.target[0]).diagnostics()
                    files.write_json(STORE, stored)


def figure() -> None:
    """A Gaussian to two moons: an entropic plan, and the map of an exact one."""
    from sklearn.datasets import make_moons

    from matchzoo.cli.tables.transport_files import draw

    rng = np.random.default_rng(0)
    source = rng.normal(size=(150, 2)) * 0.35 + np.array([0.5, 0.25])
    target, _ = make_moons(150, noise=0.05, random_state=0)
    x, y = torch.from_numpy(source), torch.from_numpy(target)
    plan = Sinkhorn(epsilon="0.01*mean")(x, y)
    drawn = draw(source, target, ["", ""], plan, Exact()(x, y).barycentric(y).numpy())
    drawn.axes[0].set(title="entropic plan, ε = 0.01 of the mean cost", xlabel="", ylabel="")
    drawn.axes[1].set(title="map of the exact plan", xlabel="", ylabel="")
    drawn.savefig(PICTURE, dpi=110)


def table(stored: dict[str, Any]) -> None:
    print(f"| n, ε | {' | '.join(LIBRARIES)} |\n|" + " --- |" * (1 + len(LIBRARIES)))
    for n in SIZES:
        for relative in RELATIVE:
            records = [stored[f"solvers, n {n}, epsilon {relative} mean, {name}"] for name in LIBRARIES]
            cells = [f"{record['seconds']:.2f} s, {record['value']:.5f}" for record in records]
            print(f"| {n}, {relative} · mean | {' | '.join(cells)} |")
    for name, record in stored.items():
        if name.startswith("blocks"):
            print(f"\n{name}: {record}")
    print(
        "\n| weight of the gap | L2-UVP %, by seed | median | cost | exact gap | Sinkhorn divergence |\n|"
        + " --- |" * 6
    )
    for weight in (0, 1):
        records = [stored[f"monge, weight {weight}, seed {seed}"] for seed in SEEDS]
        errors = [record["l2_uvp"] for record in records]
        cells = [", ".join(f"{error:.2f}" for error in errors), f"{statistics.median(errors):.2f}"]
        for name in ("cost", "exact_gap", "sinkhorn_divergence"):
            values = [record[name] for record in records]
            cells.append(mean_and_error(values))
        print(f"| {weight} | {' | '.join(cells)} |")
    print("\n| shift, method | target accuracy % | most nonzeros | marginal error |\n| --- | --- | --- | --- |")
    for name in dict.fromkeys(key.rpartition(", ")[0] for key in stored if key.startswith("sparse")):
        records = [stored[f"{name}, split {seed}"] for seed in SEEDS]
        values = [100 * record["target"] for record in records]
        cells = [mean_and_error(values)]
        for part in ("nonzeros", "marginal_error"):
            cells.append(f"{max(record[part] for record in records):.2g}" if part in records[0] else "")
        print(f"| {name.removeprefix('sparse, ')} | {' | '.join(cells)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["solvers", "blocks", "block", "monge", "sparse", "figure", "table"])
    parser.add_argument("size", nargs="?", type=int)
    given = parser.parse_args()
    if given.what == "block":
        block(given.size)
        return
    if given.what == "figure":
        figure()
        return
    torch.set_num_threads(1)
    stored = json.loads(STORE.read_text(encoding="utf-8")) if STORE.is_file() else {}
    {"solvers": solvers, "blocks": blocks, "monge": monge, "sparse": sparse, "table": table}[given.what](stored)


if __name__ == "__main__":
    main()
