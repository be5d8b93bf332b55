"""A recipe of the paper (arXiv 2511.16674) at its own scale, beside the paper's row: for those with a GPU and the data.

    python benchmarks/paper.py birds                                  what it would take, and then all of it
    python benchmarks/paper.py imagenet-100-dinov2 --seed 1           another seed
    python benchmarks/paper.py birds --backbone eva02-b14             another backbone
    python benchmarks/paper.py birds --plan                           the estimate alone
    python benchmarks/paper.py birds --stand-in                       the same steps in minutes, on made-up photographs
                                                                      and a random network: its figures mean nothing

In order: an estimate of memory, operations and time; the weights, fetched and compared with their card; the run, which
a second call resumes; both protocols of the linear probe, ours and the paper's, on the set and on its baselines; then
``results/paper/NAME-BACKBONE-SEED.json`` and a table beside it, which can be sent in. Data are where the recipe says
(``matchzoo show lgm/birds``); ``--data PATH`` names another folder.

None of these has been run by the project, which has no such machine.
"""

import argparse
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from lgm_step import device_name

from matchzoo import recipes
from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing.text import with_spread
from matchzoo.core.storage import files
from matchzoo.data.images.imagenet import wnids
from matchzoo.projectors import Backbone
from matchzoo.recipes.planning import plan
from matchzoo.recipes.recipe import Recipe
from matchzoo.zoo.verification import verify

RESULTS = Path(__file__).parent / "results/paper"
RUNS = Path("runs/benchmarks/paper")
COLUMNS = {"clip": 0, "dinov2": 1, "eva02": 2, "mocov3": 3}
"""By the beginning of a card's name, the column of the paper's tables."""
PAPER = {
    "imagenet-100": {
        "distilled": (84.9, 91.5, 89.0, 83.4),
        "centroid": (77.1, 86.9, 80.9, 77.7),
        "random": (56.6, 74.8, 64.5, 61.4),
        "full": (92.5, 95.2, 94.1, 89.4),
    },
    "imagenet-1k": {
        "distilled": (63.0, 75.0, 70.3, 63.2),
        "centroid": (53.9, 69.5, 58.1, 57.4),
        "random": (31.7, 50.3, 37.7, 38.8),
        "full": (78.7, 83.0, 81.7, 76.5),
    },
    "spawrious": {
        "distilled": (43.1, 80.8, 36.5, 32.7),
        "centroid": (44.8, 80.2, 38.1, 30.5),
        "random": (46.2, 68.1, 33.3, 31.8),
        "full": (50.4, 78.1, 50.1, 35.8),
    },
    "waterbirds": {
        "distilled": (77.9, 82.1, 78.0, 77.8),
        "centroid": (69.8, 65.7, 64.6, 62.0),
        "random": (71.9, 57.1, 59.8, 67.4),
        "full": (86.0, 95.5, 90.4, 74.3),
    },
    "dogs": {
        "distilled": (52.1, 83.0, 74.8, 69.6),
        "centroid": (43.3, 73.0, 60.9, 55.2),
        "random": (23.3, 51.9, 38.4, 36.6),
        "full": (76.9, 88.6, 82.6, 72.3),
    },
    "cub": {
        "distilled": (62.2, 86.0, 74.1, 42.5),
        "centroid": (54.3, 78.5, 59.9, 30.2),
        "random": (37.5, 64.4, 44.3, 19.1),
        "full": (77.5, 90.2, 84.0, 43.7),
    },
    "flowers": {
        "distilled": (79.5, 99.6, 97.8, 56.4),
        "centroid": (77.5, 99.4, 95.6, 48.2),
        "random": (67.9, 98.8, 91.0, 36.8),
        "full": (93.4, 99.7, 98.9, 82.2),
    },
    "food": {
        "distilled": (78.7, 83.7, 83.9, 31.6),
        "centroid": (74.1, 75.6, 76.4, 22.7),
        "random": (48.5, 52.8, 49.9, 13.5),
        "full": (91.9, 92.7, 92.0, 78.4),
    },
}
"""The paper's top-1 accuracies, one image per class, in the order of `COLUMNS`; docs/lgm.md says where they come from.
Those of birds are not known to us."""
SHORT = {
    "trainer.steps": 3,
    "generator.grow_every": 1,
    "views.copies": 2,
    "trainer.snapshot_every": None,
    "trainer.device": "cpu",
}
"""Changes for a stand-in."""
PROBES = [
    {"kind": "linear-probe", "views": 2, "seeds": 1, "random_draws": 1},
    {
        "kind": "linear-probe",
        "protocol": {"kind": "paper", "epochs": 2, "pool": 2, "full_epochs": 1, "full_pool": 1},
        "views": 1,
        "seeds": 1,
        "random_draws": 1,
    },
]
"""Evaluations of a stand-in."""


def recipe_of(name: str, seed: int, backbone: str | None, data: str | None) -> Recipe:
    """The recipe ``lgm/NAME`` with what the command line says."""
    changes: dict[str, Any] = {"trainer.seed": seed}
    if backbone:
        changes["projector.card"] = backbone
    if data:
        changes["data.path"] = data
    return recipes.load(f"lgm/{name}").replace(**changes)


def card_of(recipe: Recipe) -> str:
    """The name of the card of its backbone; raises for a recipe of several, or of none."""
    [projector, *others] = recipe.spaces.values()
    if others or not isinstance(projector, Backbone):
        raise MatchZooError("this script runs recipes of one backbone; run others by matchzoo run")
    return projector.card


def stand_in(recipe: Recipe, folder: Path) -> Recipe:
    """The same recipe in minutes: made-up photographs in the place of ImageNet's, and a small random transformer."""
    from PIL import Image

    subset = recipe.table()["data"]["subset"]
    rng = torch.Generator().manual_seed(0)
    for part, count in (("train", 4), ("val", 2)):
        for wnid in wnids(subset):
            color = torch.rand(3, 1, 1, generator=rng)
            for number in range(count):
                path = folder / "imagenet" / part / wnid / f"{number}.jpeg"
                if not path.is_file():
                    path.parent.mkdir(parents=True, exist_ok=True)
                    waves = torch.rand(3, 12, 16, generator=rng) * 0.4 + 0.6 * color
                    pixels = torch.nn.functional.interpolate(waves[None], (288, 384), mode="bicubic")[0].clamp(0, 1)
                    Image.fromarray((pixels * 255).byte().permute(1, 2, 0).numpy()).save(path)
    card = folder / "random-vit.toml"
    files.write_text(card, CARD)
    changes = {"data.path": str(folder / "imagenet"), "projector.card": str(card), "evaluation": PROBES}
    return recipe.replace(**SHORT, **changes)


CARD = """# A transformer of random weights, for trying the steps of a run.
architecture = "vit_tiny_patch16_224"
mapping = "timm"
weights = "random"
features = 192
size = 224
mean = [0.485, 0.456, 0.406]
std = [0.229, 0.224, 0.225]
license = "none"
source = "made up"
"""


def measured(records: list[dict[str, Any]]) -> dict[str, dict[str, tuple[float, float | None]]]:
    """By protocol and method, top-1 accuracy with its deviation over draws; the set itself is ``distilled``."""
    scores: dict[str, dict[str, tuple[float, float | None]]] = {}
    for record in records:
        if record.get("evaluation") not in (None, "linear-probe"):
            continue
        own = scores.setdefault(record["protocol"], {})
        method = "distilled" if not own else record["method"]
        own[method] = (record["top1_mean"], record.get("top1_std"))
    return scores


def table(name: str, card: str, scores: dict[str, dict[str, tuple[float, float | None]]]) -> str:
    """Ours beside the paper's, as Markdown."""
    column = next((place for start, place in COLUMNS.items() if card.startswith(start)), None)
    rows = next((rows for start, rows in PAPER.items() if name.startswith(start)), None)
    lines = [f"| top-1 %, {name}, {card} | {' | '.join(scores)} | the paper's |"]
    lines.append(f"| --- |{' --- |' * (len(scores) + 1)}")
    for method in ("distilled", "centroid", "random", "full"):
        cells = [with_spread(*own[method], kind="sd") if method in own else "" for own in scores.values()]
        theirs = "not known" if rows is None or column is None else f"{rows[method][column]:.1f}"
        lines.append(f"| {method} | {' | '.join(cells)} | {theirs} |")
    return "\n".join(lines)


def main() -> None:
    """Estimate, verify, run, evaluate, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="of a recipe of lgm/, such as birds or imagenet-100-dinov2")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--backbone", help="card; that of the recipe if not given")
    parser.add_argument("--data", help="folder of the data; that of the recipe if not given")
    parser.add_argument("--plan", action="store_true", help="print the estimate and end")
    parser.add_argument("--stand-in", action="store_true", help="made-up photographs, a random network, three steps")
    parser.add_argument("--output", type=Path, default=RUNS, help="folder of the runs")
    given = parser.parse_args()

    recipe = recipe_of(given.name, given.seed, given.backbone, given.data)
    card = card_of(recipe)
    print(plan(recipe, alternatives=False).text(), flush=True)
    if given.plan:
        return

    label = f"{given.name}-{Path(card).stem}-{given.seed}"
    results = RESULTS
    if given.stand_in:
        label, results = f"stand-in-{label}", given.output
        recipe = stand_in(recipe, given.output / "stand-in")
    else:
        print("\n".join(verify(card)), flush=True)

    began = time.time()
    run = recipe.run(given.output / label, name=f"lgm/{given.name}")
    scores = measured(run.metrics["results"])
    text = table(given.name, card, scores)
    about = {
        "recipe": recipe.table(),
        "results": run.metrics["results"],
        "seconds": run.metrics["seconds"],
        "seconds_of_this_call": time.time() - began,
        "device": device_name(torch.device("cuda" if torch.cuda.is_available() else "cpu")),
        "versions": {package: version(package) for package in ("matchzoo-torch", "torch", "timm")},
        "stand_in": given.stand_in,
    }
    files.write_json(results / f"{label}.json", about)
    files.write_text(results / f"{label}.md", text + "\n")
    print(f"\n{text}\n\nsd is the standard deviation over draws, of one seed. Written: {results / label}.json and .md")


if __name__ == "__main__":
    try:
        main()
    except MatchZooError as error:
        sys.exit(str(error))
