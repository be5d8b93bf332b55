"""Condensation measured: DC against DCC before photographs, the papers' own choices, and condensation beside linear
gradient matching.

    python benchmarks/condensation.py background    dc and dcc/digits-background, 5 seeds each
                                                    (budget: 70 CPU minutes on one thread)
    python benchmarks/condensation.py side          ten digits by lgm, dc and dm, and real ones: a linear probe on a
                                                    frozen EfficientNet-Lite0, and ConvNets trained from scratch
                                                    (budget: 20 CPU minutes on one thread)
    python benchmarks/condensation.py fill          DSA on Fashion-MNIST, what an operation takes away black or (as in
                                                    the paper) mean gray, in matching and in evaluation; a quarter
                                                    of the width, 150 steps, 3 networks
                                                    (budget: 8 CPU minutes on one thread)
    python benchmarks/condensation.py published     the papers' choices and whole schedules, narrower and with fewer
                                                    real images: DSA on Fashion-MNIST, then DCC and DC before
                                                    photographs, seed by seed, while it is left running
                                                    (budget: half an hour of CPU time each)
    python benchmarks/condensation.py schedule      DM on Fashion-MNIST at ten images per class: accuracy over steps, a
                                                    stated share of the paper's 20 000
                                                    (budget: 25 CPU minutes on one thread)
    python benchmarks/condensation.py curves RUN ...  the losses of some runs' folders, as a picture

Every run has its own folder under ``runs/benchmarks/condensation``; a stopped benchmark goes on where it was. Results
are in ``results/condensation.json``.
"""

import argparse
import json
import statistics
from collections.abc import Sequence
from pathlib import Path

import attrs
import torch
import torch.nn.functional as F
from seeds import mean_and_error

from matchzoo import recipes
from matchzoo.core.showing.text import mean_and_spread
from matchzoo.core.step import Step
from matchzoo.core.storage import files
from matchzoo.data import Split
from matchzoo.evaluation import FromScratch, Trained
from matchzoo.evaluation.evaluation import Record
from matchzoo.evaluation.given_set import GivenSet
from matchzoo.evaluation.probe_harness import ProbeHarness
from matchzoo.generators.selectors.random import random_rows
from matchzoo.models.classifiers import Converged
from matchzoo.runs.reevaluation import evaluate_again

STORE = Path(__file__).parent / "results/condensation.json"
SEEDS, NETWORKS = range(5), 5
SMALL, LARGE = 16, 64  # pixels a side of what networks are trained on from scratch, and of what the backbone sees


def keep(name: str, found: object) -> None:
    stored = json.loads(STORE.read_text(encoding="utf-8")) if STORE.is_file() else {}
    files.write_json(STORE, stored | {name: found})


def over_networks(values: Sequence[float], form: str = ".1f") -> str:
    """Mean and standard error over the networks that judge one set."""
    return mean_and_error(values, form, kind="se")


def background(output: Path) -> None:
    """Both methods before photographs; a seed's score is the mean of its networks'."""
    scores: dict[str, list[float]] = {}
    for seed in SEEDS:
        for method in ("dc", "dcc"):
            recipe = recipes.load(f"{method}/digits-background").replace(**{"trainer.seed": seed})
            for record in recipe.run(output / f"background/{method}-{seed}", name=method).metrics["results"]:
                if record["method"] != "random" or method == "dc":
                    scores.setdefault(record["method"], []).append(record["top1_mean"])
            keep("background", scores)
    for name, values in scores.items():
        print(f"{name:8} {mean_and_error(values)}   {', '.join(f'{value:.1f}' for value in values)}")
    print(f"dcc above dc by {mean_and_error([b - a for a, b in zip(scores['dc'], scores['dcc'], strict=True)])}")


def sized(images: torch.Tensor, size: int, channels: int) -> torch.Tensor:
    """Images of another size, gray or of three channels."""
    if images.shape[-1] != size:
        images = F.interpolate(images, size=(size, size), mode="bicubic", antialias=True).clamp(0, 1)
    if images.shape[1] == channels:
        return images
    return images.mean(1, keepdim=True) if channels == 1 else images.expand(-1, channels, -1, -1)


def side(output: Path) -> None:
    """The same sets of ten images seen by both evaluations."""
    sets: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}
    for name in ("lgm/quickstart", "dm/digits", "dc/digits"):
        made = recipes.load(name).run(output / "side" / name, name=name).generator.sample()
        sets[name] = (made.values.detach().cpu(), made.labels.cpu())
    small, large = (recipes.load(name) for name in ("dm/digits", "lgm/quickstart"))
    engine = small.engine()
    few = small.build(engine)
    train = few.data.training_set
    rows = random_rows(train.labels.cpu(), 1, Step(0, 0).rng("random", 0))
    sets["random"] = (train.render(rows).values.cpu(), train.labels[rows].cpu())
    many = large.build(engine)
    bench = ProbeHarness(many.data, many.projector, many.views, engine, Converged(), name="", quiet=True)
    found: dict[str, dict[str, Record]] = {}
    print(f"{'images':16} {'probe, Lite0':14} ConvNet from scratch")
    for name, (images, labels) in sets.items():
        probed = bench.record(name, [Split(sized(images, LARGE, 3), labels)] * NETWORKS)
        parts = attrs.evolve(few, generator=GivenSet(sized(images, SMALL, few.spec.shape[0]), labels))
        scratch = FromScratch(seeds=NETWORKS, baselines=())
        [trained] = scratch.evaluate(Trained(parts=parts, engine=engine, method=name, seed=0, quiet=True))
        found[name] = {"probe": probed, "from-scratch": trained}
        keep("side", found)
        row = [mean_and_spread(r, "top1") for r in (probed, trained)]
        print(f"{name:16} {row[0]:14} {row[1]}", flush=True)


OPERATIONS = ("color", "shift", "cutout", "scale", "rotate")
AUGMENTATIONS: dict[str, dict[str, object]] = {
    "black": {"operations": OPERATIONS, "mean": (0.0,), "std": (1.0,), "brightness": 0.25},
    "gray, flip": {"operations": (*OPERATIONS, "flip")},
}
"""What an operation takes away is black, brightness is ±0.125 and nothing is flipped; or all is as in the paper."""


def fill(output: Path) -> None:
    """Images made under each augmentation, and random ones, trained on under each."""
    network = {"kind": "convnet", "width": 32}
    found: dict[str, dict[str, list[float]]] = {}
    for made_under in (*AUGMENTATIONS, "random"):
        changes: dict[str, object] = {
            "trainer.steps": 150,
            "trainer.real_batch": 320,
            "projectors.network.network": network,
            "views.augment": AUGMENTATIONS.get(made_under, {}),
            "evaluation": [
                {
                    "kind": "from-scratch",
                    "network": network,
                    "epochs": 1000,
                    "seeds": 3,
                    "baselines": [],
                    "views": {"augment": augmentation},
                }
                for augmentation in AUGMENTATIONS.values()
            ],
        }
        if made_under == "random":
            changes |= {"generator": {"kind": "selection", "method": "random"}, "players": {}, "trainer.steps": 0}
        recipe = recipes.load("dsa/fashion-mnist").replace(**changes)
        made = recipe.run(output / f"fill/{made_under.replace(', ', '-')}", name=made_under)
        for trained_under, record in zip(AUGMENTATIONS, made.metrics["results"], strict=True):
            found.setdefault(made_under, {})[trained_under] = record["top1"]
        keep("fill", found)
    print(f"{'made under':12} " + " ".join(f"{name:>14}" for name in AUGMENTATIONS) + "   (trained on under)")
    for made_under, scores in found.items():
        print(f"{made_under:12} " + " ".join(f"{over_networks(scores[name]):>14}" for name in AUGMENTATIONS))


SHORTENED: dict[str, dict[str, object]] = {
    "dsa/fashion-mnist-paper": {
        "projectors.network.network.width": 64,
        "trainer.real_batch": 320,
        "trainer.checkpoint_every": 25,
        "evaluation.0.seeds": 3,
    },
    **{
        f"{method}/digits-background-paper": {
            "projectors.network.network.width": 32,
            "trainer.real_batch": 160,
            "evaluation.0.network.width": 32,
            "evaluation.0.seeds": 50,  # networks differ by more than sets do
        }
        for method in ("dcc", "dc")
    },
}
"""Recipes of the papers, and what differs from them: the width of the networks and the number of real images."""


def published(output: Path) -> None:
    """Each recipe at its whole schedule, one seed of DSA and five of the others; what is stored is not run again."""
    stored = json.loads(STORE.read_text(encoding="utf-8")) if STORE.is_file() else {}
    found: dict[str, dict[str, list[list[float]]]] = stored.get("published", {})
    for seed in SEEDS:
        for name, changes in SHORTENED.items():
            method = name.split("/")[0]
            if len(found.get(method, {}).get("set", [])) > seed or (seed and method == "dsa"):
                continue
            recipe = recipes.load(name).replace(**changes, **{"trainer.seed": seed})
            if seed:
                recipe = recipe.replace(**{"evaluation.0.baselines": []})
            for record in recipe.run(output / f"{method}-{seed}").metrics["results"]:
                row = "random" if record["method"] == "random" else "set"
                found.setdefault(method, {}).setdefault(row, []).append(record["top1"])
            keep("published", found)
    for method, rows in found.items():
        for row, seeds in rows.items():
            means = [statistics.mean(networks) for networks in seeds]
            value = mean_and_error(means) if len(seeds) > 1 else over_networks(seeds[0])
            print(f"{method:4} {row:7} {value}   of {len(seeds)} seed{'s' if len(seeds) > 1 else ''}")
    leads = []
    for seed, (dcc, dc) in enumerate(zip(found["dcc"]["set"], found["dc"]["set"], strict=False)):
        ahead = [a - b for a, b in zip(dcc, dc, strict=True)]  # by the same networks
        leads.append(statistics.mean(ahead))
        print(f"DCC over DC, seed {seed}: {over_networks(ahead, '+.2f')} of {len(ahead)} networks, paired")
    print(f"DCC over DC: {mean_and_error(leads, '+.2f')}   of {len(leads)} seeds")


STEPS = (10, 40, 160, 640, 1280)
"""Of DM's 20 000, after which networks are trained on what there is."""
LONG = 1000
"""Epochs of further networks at the end, as many as in the paper's code; the others have 300."""


def schedule(output: Path) -> None:
    """DM with ten images per class by the paper's choices, narrower and with fewer real images, over steps."""
    stored = json.loads(STORE.read_text(encoding="utf-8")) if STORE.is_file() else {}
    found: dict[str, dict[str, list[float]]] = stored.get("schedule", {})
    for steps in (number for number in STEPS if str(number) not in found):
        recipe = recipes.load("dm/fashion-mnist-paper").replace(
            **{
                "generator.images_per_class": 10,
                "projectors.network.network.width": 32,
                "projectors.network.features": 16 * 32,
                "trainer.real_batch": 640,
                "trainer.steps": steps,
                "trainer.snapshot_every": None,
                "evaluation.0.network.width": 32,
                "evaluation.0.epochs": 300,
                "evaluation.0.seeds": 3,
                "evaluation.0.baselines": ["random"] if steps == STEPS[0] else [],
            }
        )
        made = recipe.run(output / f"schedule-{steps}" if steps == STEPS[0] else output / "schedule", extend=True)
        for record in made.metrics["results"]:
            row = "random" if record["method"] == "random" else "set"
            found.setdefault(str(steps), {})[row] = record["top1"]
        keep("schedule", found)
    last = f"{STEPS[-1]}, {LONG} epochs"
    if last not in found:
        run = recipes.open(output / "schedule")
        long = attrs.evolve(run.evaluations[0], epochs=LONG)
        found[last] = {"set": evaluate_again(run, [long]).metrics["results"][-1]["top1"]}
        keep("schedule", found)
    for title, rows in found.items():
        print(f"{title:>17} " + ", ".join(f"{row} {over_networks(values)}" for row, values in rows.items()))


def curves(folders: list[Path], picture: Path) -> None:
    """Losses over steps, one panel a run."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, len(folders), figsize=(3.6 * len(folders), 2.8), squeeze=False)
    for panel, folder in zip(panels[0], folders, strict=True):
        lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
        steps = [line["step"] for line in lines]
        values = [line["generator/minimize[0]"] for line in lines]
        panel.plot(steps, values, linewidth=1)
        panel.set(title=folder.name, xlabel="step", ylim=(0, max(values) * 1.05))
    panels[0][0].set_ylabel("loss")
    figure.tight_layout()
    files.write_with(picture, lambda temporary: figure.savefig(temporary, dpi=120, format="png"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["background", "side", "fill", "published", "schedule", "curves"])
    parser.add_argument("runs", nargs="*", type=Path, help="of curves: folders of runs")
    parser.add_argument("--picture", type=Path, default=Path("docs/pictures/condensation-curves.png"))
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/condensation"))
    given = parser.parse_args()
    torch.set_num_threads(1)
    if given.what == "curves":
        curves(given.runs, given.picture)
    else:
        tasks = {t.__name__: t for t in (background, side, fill, published, schedule)}
        tasks[given.what](given.output)


if __name__ == "__main__":
    main()
