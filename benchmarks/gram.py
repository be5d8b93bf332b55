"""A GRAM-net step on the ring: our trainer against plain torch loops, in one run.

    python benchmarks/gram.py        (budget: 2 CPU minutes on one thread)

The plain loops share their Gram matrices and take both gradients from one graph, as the trainer does; one uses our
squared distances, one also the fused Adam that the trainer uses (so the ratio is all that the trainer adds), one the
usual broadcast differences. Steps are interleaved in short blocks, and the median ratio of neighboring blocks is what
counts; times are those of the CPU, so that other processes on the machine disturb less.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch

from matchzoo import recipes
from matchzoo.core.numerics.distances import squared_distances
from matchzoo.core.storage import files
from matchzoo.training.loop import Training

BLOCK = 20
PAIRS = 80


def ours() -> Callable:
    recipe = recipes.load("gram/ring-2d").replace(**{"trainer.device": "cpu"})
    engine = recipe.engine()
    training = Training(recipe.build(engine), recipe.trainer, engine)
    return training.step


def plain(distances: Callable, fused: bool = False) -> Callable:
    torch.manual_seed(0)

    def mlp(inputs: int, outputs: int) -> torch.nn.Sequential:
        sizes = [inputs, 100, 100]
        layers = [layer for a, b in zip(sizes, sizes[1:]) for layer in (torch.nn.Linear(a, b), torch.nn.ReLU())]  # noqa: B905, RUF007
        return torch.nn.Sequential(*layers, torch.nn.Linear(100, outputs))

    g, f = mlp(20, 2), mlp(2, 10)
    adams = [torch.optim.Adam(net.parameters(), lr=1e-3, betas=(0.5, 0.999), fused=fused) for net in (f, g)]
    data = torch.randn(60_000, 2)
    eye = torch.eye(200) * 1e-3

    def step(_: int) -> None:
        x, z = data[torch.randint(60_000, (200,))], torch.randn(200, 20)
        fx, fy = f(x), f(g(z))
        kxx, kxy, kyy = (torch.exp(-distances(a, b) / 2) for a, b in ((fx, fx), (fx, fy), (fy, fy)))
        ratio = torch.linalg.solve(kyy + eye, kxy.sum(0)).clamp_min(0)
        losses = -(ratio - 1).square().mean(), kxx.mean() - 2 * kxy.mean() + kyy.mean()
        gradients = [
            torch.autograd.grad(loss, list(net.parameters()), retain_graph=True)
            for loss, net in zip(losses, (f, g), strict=True)
        ]
        for adam, net, found in zip(adams, (f, g), gradients, strict=True):
            for p, d in zip(net.parameters(), found, strict=True):
                p.grad = d
            adam.step()

    return step


def broadcast(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return (x[:, None] - y[None]).square().sum(-1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    torch.set_num_threads(1)
    steps = {
        "trainer": ours(),
        "plain loop": plain(squared_distances),
        "plain loop, fused Adam": plain(squared_distances, fused=True),
        "broadcast loop": plain(broadcast),
    }
    times: dict[str, list[float]] = {name: [] for name in steps}
    number = 1
    for pair in range(PAIRS + 1):
        for name in steps if pair % 2 else reversed(steps):
            began = time.process_time()
            for i in range(BLOCK):
                steps[name](number + i)
            if pair:  # the first warms up
                times[name].append((time.process_time() - began) / BLOCK * 1000)
        number += BLOCK
    result = {}
    for name, values in times.items():
        ratios = [a / b for a, b in zip(times["trainer"], values, strict=True)]
        result[name] = {"milliseconds": statistics.median(values), "trainer_over_it": statistics.median(ratios)}
        low, _, high = statistics.quantiles(ratios, n=4)
        spread = f"{statistics.median(ratios):.3f} (quartiles {low:.3f} to {high:.3f})"
        print(f"{name:22} {statistics.median(values):6.2f} ms a step; trainer / it: {spread}")
    (Path(__file__).parent / "results").mkdir(exist_ok=True)
    files.write_json(Path(__file__).parent / "results/gram.json", result)


if __name__ == "__main__":
    main()
