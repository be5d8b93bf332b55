"""The probe's protocols, measured.

    python benchmarks/probe.py agree    the fast `paper` protocol (views from a pool, all seeds at once) against a
                                        plain one (fresh views every epoch, one seed at a time): Fashion-MNIST at
                                        32 px, 10 000 test images, three backbones (budget: 40 CPU minutes on one
                                        thread)
    python benchmarks/probe.py rate     `paper` with its own and higher learning rates, and `converged`, on the quick
                                        start's digits (budget: 5 CPU minutes on one thread)

A stopped benchmark goes on where it was: what is done is in the JSON file beside this one. `agree` needs Fashion-MNIST
under data/ (or says how to get it) and the weights of two backbones (or says which package has them).
"""

import argparse
import json
import math
import time
from pathlib import Path

import torch

from matchzoo import recipes
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.core.storage import files
from matchzoo.data import Split, Torchvision
from matchzoo.data.views import Views
from matchzoo.evaluation.probe_harness import ProbeHarness
from matchzoo.generators.selectors.random import random_rows
from matchzoo.models.classifiers import Converged, Paper
from matchzoo.models.classifiers.classifier_fit import TrainingSet
from matchzoo.models.classifiers.scoring import probe
from matchzoo.projectors import Backbone
from matchzoo.training.engine import Engine
from matchzoo.training.features import collect

RESULTS = Path(__file__).parent / "results"
SIZE = 32
VIEWS = Views(preset="paper").without_noise()
VIT = """
architecture = "vit_tiny_patch16_224"
weights = "random"
features = 192
size = 32
fixed = true
license = "none"
source = "random weights, made for this benchmark"

[arguments]
img_size = 32
"""
BACKBONES = ("efficientnet-lite0", "mobilenetv2", "random ViT-Ti/16")
SETS = {"5 sets of 1 image per class": (1, [0, 1, 2, 3, 4]), "1 set of 5 images per class, 3 seeds": (5, [0, 0, 0])}
"""Images a class, and which random draw of images each seed trains on."""
POOLS = (10, 20, 50, 100)
"""Smaller pools, tried beside the declared one: the first views of it."""


def backbone(name: str, folder: Path) -> Backbone:
    if name.startswith("random"):
        folder.mkdir(parents=True, exist_ok=True)
        files.write_text(folder / "vit.toml", VIT)
    made = Backbone(card=str(folder / "vit.toml") if name.startswith("random") else name)
    made.build(Spec(shape=(3, SIZE, SIZE)))
    return made


def plain(images: Split, seed: int, projector: Backbone, features: int) -> torch.nn.Linear:
    """The paper's evaluation as one would write it: every epoch augments and encodes every image anew."""
    head = torch.nn.Linear(features, 10)
    batch = min(100, len(images))
    start = torch.randn(10, features, generator=Step(0, seed).rng("head"))
    head.load_state_dict({"weight": 0.01 * start, "bias": torch.zeros(10)})
    adam = torch.optim.Adam(head.parameters(), lr=1e-3 * batch / 256)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(adam, 1000)
    rng = torch.Generator().manual_seed(1000 + seed)
    pixels, labels = images.values.float() / 255, images.labels
    for _ in range(1000):
        for rows in torch.randperm(len(images), generator=rng).split(batch):
            with torch.no_grad():
                z = projector.project(VIEWS.apply(pixels[rows], VIEWS.draw(len(rows), rng)))
            adam.zero_grad()
            torch.nn.functional.cross_entropy(head(z), labels[rows]).backward()
            adam.step()
        cosine.step()
    return head


def fast(
    sets: list[Split], protocol: Paper, projector: Backbone, test: Samples, engine: Engine
) -> tuple[list[float], float, dict[str, list[float]]]:
    """Top-1 of every seed and the seconds it took without the test set, and top-1 with smaller pools."""
    began, passes, training = time.process_time(), {}, []
    for seed, images in enumerate(sets):
        if images not in passes:
            passes[images] = collect(images, projector, VIEWS, protocol.pool, Step(seed, 0), engine)
        training.append(TrainingSet(features=passes[images], views=protocol.pool, seed=seed))
    protocol.fit(training, test, 10)
    seconds = time.process_time() - began

    def top1(pool: int) -> list[float]:
        first = torch.arange(len(training[0].features)) % protocol.pool < pool
        few = [TrainingSet(features=t.features.rows(first.nonzero()[:, 0]), views=pool, seed=t.seed) for t in training]
        return [score.top1 for score in probe(protocol, few, test, test, 10)]

    return top1(protocol.pool), seconds, {str(pool): top1(pool) for pool in POOLS}


def agree(result: dict, keep) -> None:
    engine, protocol = Engine.start("cpu", "float32"), Paper()
    data = Torchvision(dataset="FashionMNIST", size=SIZE)
    data.build(0)
    labels = data.training_set.labels
    for name in BACKBONES:
        projector = backbone(name, Path("runs/benchmarks/probe"))
        test = collect(data.test_set, projector, VIEWS, 0, Step(0, 0), engine)
        for title, (per_class, draws) in SETS.items():
            rows = {i: random_rows(labels, per_class, Step(0, 0).rng("random", i)) for i in set(draws)}
            made = {i: Split(data.training_set.gather(r), labels[r]) for i, r in rows.items()}
            sets = [made[i] for i in draws]
            own = result.setdefault(name, {}).setdefault(title, {"plain": [], "plain_seconds": []})
            if "fast" not in own:
                own["fast"], own["fast_seconds"], own["smaller_pools"] = fast(sets, protocol, projector, test, engine)
                keep()
            for seed in range(len(own["plain"]), len(sets)):
                began = time.process_time()
                head = plain(sets[seed], seed, projector, test.values.shape[1])
                own["plain_seconds"].append(time.process_time() - began)
                with torch.no_grad():
                    right = head(test.values).argmax(1) == test.labels
                own["plain"].append(100 * right.double().mean().item())
                keep()
            pools = {**own["smaller_pools"], str(protocol.pool): own["fast"]}
            own["fast_minus_plain"] = {pool: paired(scores, own["plain"]) for pool, scores in pools.items()}
            own["share_of_time"] = own["fast_seconds"] / sum(own["plain_seconds"])
            keep()
            mean, error = own["fast_minus_plain"][str(protocol.pool)]
            print(
                f"{name}, {title}: plain {sum(own['plain']) / len(sets):.2f} %, fast {mean:+.2f} ± {error:.2f},",
                end=" ",
            )
            print(f"{own['share_of_time']:.3f} of {sum(own['plain_seconds']):.0f} s", flush=True)


def paired(a: list[float], b: list[float]) -> tuple[float, float]:
    """Mean difference and its standard error."""
    d = torch.tensor(a, dtype=torch.float64) - torch.tensor(b, dtype=torch.float64)
    return d.mean().item(), d.std().item() / math.sqrt(len(d))


RATES = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1)


def rate(result: dict, keep) -> None:
    """Class centroids of the quick start's data, 1 and 10 a class, 5 seeds."""
    recipe = recipes.load("lgm/quickstart").replace(**{"trainer.device": "cpu"})
    engine = recipe.engine()
    parts = recipe.build(engine)
    for per_class in (1, 10):
        own = result.setdefault(f"{10 * per_class} centroids", {})
        for protocols in ([Converged()], [Paper(lr=lr) for lr in RATES]):  # one pass over the views for all rates
            title = {p: f"{p.kind}, lr {p.lr:g}" if isinstance(p, Paper) else p.kind for p in protocols}
            if all(name in own for name in title.values()):
                continue
            bench = ProbeHarness(
                parts.data, parts.projector, parts.views, engine, protocols[0], name="efficientnet-lite0", quiet=True
            )
            sets = bench.training_sets(bench.baseline("centroid", per_class, seeds=5, draws=0, seed=0))
            for protocol, name in title.items():
                scores = [s.top1 for s in probe(protocol, sets, bench.validation, bench.test, bench.classes)]
                top1 = torch.tensor(scores, dtype=torch.float64)
                own[name] = {"top1": scores, "mean": top1.mean().item(), "std": top1.std().item()}
                print(
                    f"{10 * per_class} centroids, {name:16} {own[name]['mean']:.1f} (sd {own[name]['std']:.1f})",
                    flush=True,
                )
            keep()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["agree", "rate"])
    what = parser.parse_args().what
    torch.set_num_threads(1)
    path = RESULTS / f"probe-{what}.json"
    RESULTS.mkdir(exist_ok=True)
    result = json.loads(path.read_text()) if path.is_file() else {}
    {"agree": agree, "rate": rate}[what](result, lambda: files.write_json(path, result))


if __name__ == "__main__":
    main()
