"""A supernet measured: do children that share weights rank as children trained alone, whole and split in two?

    python benchmarks/supernet.py           3 seeds (budget: 8 CPU minutes on a free machine)
    python benchmarks/supernet.py table     the tables in Markdown

The 25 children of the recipe ``gm-nas/digits`` are trained alone once, as long as a supernet. A seed trains the recipe,
and pairs of smaller supernets from starts of their own, between which one edge's operations are divided: as the
similarity of gradients says, at random, and the way that it advises most against. The edge is the one whose groups are
least alike. Every run has its own
folder under ``runs/benchmarks/supernet``; a stopped benchmark goes on where it was. Results are in
``results/supernet.json``.
"""

import itertools
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from scipy.stats import spearmanr
from seeds import Results, command, mean_and_error

from matchzoo import recipes
from matchzoo.models.networks import Supernet
from matchzoo.runs.published_parts import model_of_run
from matchzoo.runs.run import Run

RESULTS = Results("supernet")
SEEDS = range(3)
RANDOM = 2
"""Random splits of a seed."""
Operations = list[list[str]]
Accuracies = dict[str, float]
"""Top-1 in percent by path, such as ``skip, conv-3``."""
ROWS = {
    "one supernet": "one_shot",
    "split where gradients are least alike": "split",
    "split at random, mean of 2": "random",
    "split where gradients are most alike": "worst",
}


def trained(operations: Operations | None, seed: int, output: Path) -> Run:
    """A supernet with these operations on its edges, all where none are given."""
    changes: dict[str, Any] = {"trainer.seed": seed}
    name = "all"
    if operations is not None:
        changes |= {"projector.network.operations": operations, "evaluation": []}
        name = "_".join("+".join(names) for names in operations)
    return recipes.load("gm-nas/digits").replace(**changes).run(output / f"{seed}/{name}", quiet=True)


@torch.no_grad()
def accuracies(run: Run) -> Accuracies:
    """Of every child, with the weights that they share, on the test samples."""
    test = recipes.load("gm-nas/digits").data.load().test
    assert test is not None
    network = model_of_run(run, "projector").part.network
    assert isinstance(network, Supernet)
    shares = {}
    for path in network.paths:
        right = network.choose(path)(test.all().values).argmax(1) == test.labels
        shares[", ".join(path)] = 100 * right.double().mean().item()
    return shares


def divided(edge: int, groups: Sequence[Sequence[str]], whole: Operations, seed: int, output: Path) -> Accuracies:
    """Of every child, in the one of two supernets that has it; from 0, the number of the edge."""
    shares: Accuracies = {}
    for group in groups:
        names = [name for name in whole[edge] if name in group]
        shares |= accuracies(trained([names if i == edge else other for i, other in enumerate(whole)], seed, output))
    return shares


def splits(record: dict[str, Any]) -> list[tuple[float, list[list[str]]]]:
    """All splits of an edge in two and the others, each with the sum of the similarities between."""
    names, similarity = record["operations"], torch.tensor(record["similarity"])
    found = []
    for first in itertools.combinations(range(len(names)), 2):
        second = [i for i in range(len(names)) if i not in first]
        between = similarity[list(first)][:, second].sum().item()
        found.append((between, [[names[i] for i in first], [names[i] for i in second]]))
    return found


def measure(output: Path) -> None:
    """Run what is missing; a record of the children alone, and one for every seed of supernets."""
    for _ in RESULTS.missing([0], ["alone"]):
        every: Operations = [list(names) for names in Supernet().operations]
        alone: Accuracies = {}
        for path in itertools.product(*every):
            alone |= accuracies(trained([[name] for name in path], 0, output))
        RESULTS.store("alone", 0, alone)
    [alone] = RESULTS.of("alone", [0])

    def rank(shares: Accuracies) -> float:
        return float(spearmanr([shares[path] for path in alone], list(alone.values())).statistic)

    for seed, _ in RESULTS.missing(SEEDS, ["supernets"]):
        run = trained(None, seed, output)
        edges = run.metrics["results"]
        number = min(range(len(edges)), key=lambda i: edges[i]["cut"])
        whole = [list(edge["operations"]) for edge in edges]
        ways = [groups for _, groups in sorted(splits(edges[number]))]
        ranks = [rank(divided(number, groups, whole, seed, output)) for groups in (ways[0], ways[-1])]
        drawn = random.Random(seed).sample(ways, RANDOM)  # nosec B311
        chosen = [rank(divided(number, way, whole, seed, output)) for way in drawn]
        one_shot = accuracies(run)
        spearman = {"one_shot": rank(one_shot), "split": ranks[0], "worst": ranks[1], "random": sum(chosen) / RANDOM}
        record = {"edges": edges, "edge": number + 1, "one_shot": one_shot, "spearman": spearman}
        RESULTS.store("supernets", seed, record)


def table() -> None:
    """How supernets rank their children, and how alike the operations of edges are."""
    records = RESULTS.of("supernets", SEEDS)
    print("| children of | Spearman with children alone | seeds |\n| --- | --- | --- |")
    for title, name in ROWS.items():
        values = [record["spearman"][name] for record in records]
        print(f"| {title} | {mean_and_error(values, '.2f')} | {', '.join(f'{value:.2f}' for value in values)} |")

    print("\n| seed | edge | groups | similarity between | of a random split |\n| --- | --- | --- | --- | --- |")
    for seed, record in zip(SEEDS, records, strict=False):
        for edge in record["edges"]:
            groups = " · ".join(", ".join(group) for group in edge["groups"])
            print(f"| {seed} | {edge['edge']} | {groups} | {edge['cut']:.2f} | {edge['mean_cut']:.2f} |")
    for title, found in (("alone", RESULTS.of("alone", [0])), ("one supernet", [r["one_shot"] for r in records])):
        shares = [share for of_seed in found for share in of_seed.values()]
        print(f"\n{title}: {min(shares):.1f} to {max(shares):.1f} %")


if __name__ == "__main__":
    command(__doc__, RESULTS.name, measure, table)
