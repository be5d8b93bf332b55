"""Conditional flows, measured: noise and data of a batch paired at will, by a plan, and by a plan within each class.

    python benchmarks/conditional_flows.py           three seeds of each (budget: 3 CPU minutes on one thread)
    python benchmarks/conditional_flows.py table     the table in Markdown

The eight Gaussians of the ring with a class each, and two moons. W2² is the mean over classes of the squared distance
of generated samples of a class to test samples of it, exact between sets of one size. Results are in
``results/conditional-flows.json``.
"""

import time
from pathlib import Path

import torch
from seeds import Results, command, mean_and_error

from matchzoo.core.schedule import Cosine
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.data import GaussianClasses, TwoMoons
from matchzoo.data.points.ring import circle
from matchzoo.generators import Flow
from matchzoo.matchers import flow_matching_loss
from matchzoo.matchers.pairs.flow_matching import paired_noise
from matchzoo.models.fields import Euler, OdeSolver
from matchzoo.models.networks import MLP
from matchzoo.models.transport import Exact

RESULTS = Results("conditional-flows")
SEEDS = range(3)
CENTERS = tuple((x, y) for x, y in circle(8, 2.0).tolist())
DATA = {
    "ring, 8 classes": GaussianClasses(means=CENTERS, std=0.2, points=20_000, test_points=8000),
    "moons, 2 classes": TwoMoons(points=20_000, test_points=4000),
}
PAIRS = ("independent", "a plan of the batch", "a plan within each class")
SOLVERS: dict[str, OdeSolver] = {f"{n}": Euler(steps=n) for n in (1, 4, 50)}
STEPS, BATCH, ROWS = 1500, 256, 500
"""Of training; rows of a class in a judged set."""


def trained(data: GaussianClasses | TwoMoons, pairs: str, seed: int) -> Flow:
    """A conditional flow, by a loop of its own."""
    flow = Flow(network=MLP(widths=[128, 128, 128], activation="silu"), conditional=True, average=0.995)
    flow.build(Spec(shape=(2,), classes=len(data.names()), seed=seed))
    optimizer = torch.optim.Adam(flow.parameters())
    rate = Cosine(start=2e-3, steps=STEPS)
    for number in range(1, STEPS + 1):
        rng = Step(number, seed).rng("benchmark")
        rows = data.training_set.render(torch.randint(len(data.training_set), (BATCH,), generator=rng))
        assert rows.labels is not None
        noise, moment = torch.randn(BATCH, 2, generator=rng), torch.rand(BATCH, generator=rng)
        if pairs != PAIRS[0]:
            classes = rows.labels if pairs == PAIRS[2] else None
            noise = paired_noise(noise, rows.values, Exact(), rng, classes=classes)
        points = flow.path.between(noise, rows.values, moment)
        loss = flow_matching_loss(flow.velocity(points, moment, rows.labels), noise, rows.values, moment)
        optimizer.zero_grad()
        loss.backward()
        optimizer.param_groups[0]["lr"] = rate.at(number)
        optimizer.step()
        flow.before_step(Step(number, seed))
        flow.follow()
    return flow


@torch.no_grad()
def distances(flow: Flow, data: GaussianClasses | TwoMoons) -> dict[str, float]:
    """W2² after some steps of Euler's method, and of training samples in place of generated ones."""
    truth, real = data.test_set, data.training_set
    assert truth is not None
    test, train = truth.all(), real.all()
    assert test.labels is not None
    assert train.labels is not None
    noise = torch.randn(ROWS, 2, generator=Step(0, 0).rng("judge"))
    sums = dict.fromkeys([*SOLVERS, "real"], 0.0)
    classes = range(len(data.names()))
    for label in classes:
        of_class = test.values[test.labels == label][:ROWS]
        draws = torch.cat([noise, torch.full((ROWS, 1), float(label))], 1)
        derivative, start = flow.problem(draws)
        samples_of = {name: solver.solve(derivative, start) for name, solver in SOLVERS.items()}
        samples_of["real"] = train.values[train.labels == label][:ROWS]
        for name, samples in samples_of.items():
            sums[name] += Exact()(samples.double(), of_class.double()).cost / len(classes)
    return sums


def measure(output: Path) -> None:
    """Run what is missing."""
    del output
    rows = [f"{title}, {pairs}" for title in DATA for pairs in PAIRS]
    for seed, row in RESULTS.missing(SEEDS, rows):
        title = next(title for title in DATA if row.startswith(title))
        data = DATA[title]
        data.build(0)
        start = time.process_time()
        flow = trained(data, row.removeprefix(f"{title}, "), seed)
        seconds = time.process_time() - start
        RESULTS.store(row, seed, {**distances(flow, data), "seconds": seconds})


def table() -> None:
    """Means and standard errors over seeds."""
    print("| data | pairs | 1000 W₂²: 1 step | 4 steps | 50 steps | real samples | CPU s |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for title in DATA:
        for pairs in PAIRS:
            records = RESULTS.of(f"{title}, {pairs}", SEEDS)
            if records:
                cells = [mean_and_error([1000 * r[name] for r in records], ".2f") for name in ("1", "4", "50", "real")]
                seconds = mean_and_error([r["seconds"] for r in records])
                print(f"| {title} | {pairs} | {' | '.join(cells)} | {seconds} |")


if __name__ == "__main__":
    command(__doc__, "conditional-flows", measure, table)
