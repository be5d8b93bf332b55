"""The recipes of linear gradient matching and its successors fit their data and backbones, and train:
shrunk, on stand-in images."""

import csv
import random
from pathlib import Path
from typing import Any

import pytest
import torch

from matchzoo import recipes, zoo
from matchzoo.cli import main
from matchzoo.data.images.imagenet import wnids
from matchzoo.data.views import Views
from matchzoo.projectors import Backbone
from matchzoo.recipes.recipe import Recipe
from matchzoo.runs.folder.claim import flat
from matchzoo.training.loop import Training

NAMES = [name for name in recipes.names("lgm/*") if name != "lgm/quickstart"]  # which has tests of its own
ON_DIGITS = (
    "lgm/joint",
    "lgm/transfer-digits",
    "lgm/digits-10",
    "clp/digits-10",
    "sfm/quickstart",
    "sfm/decoupled",
    "clp/quickstart",
)
SUCCESSORS = [name for pattern in ("sfm/*", "clp/*") for name in recipes.names(pattern)]
OWN = "lgm/image-folder"


def views(recipe: Recipe) -> Views:
    assert recipe.views is not None
    return recipe.views


PAPER = [name for name in NAMES if views(recipes.load(name)).preset == "paper" and not recipes.load(name).projectors]


def source_of(recipe: Recipe) -> Any:
    """The recipe's data; of a subset, what it is of."""
    return getattr(recipe.data, "source", recipe.data)


def classes(recipe: Recipe) -> int:
    """How many classes the data have, as their card says; for a subset of ImageNet, as its list says."""
    data = source_of(recipe)
    if hasattr(data, "subset"):
        return len(wnids(data.subset))
    folder, dataset = getattr(data, "path", None) or getattr(data, "root", None), getattr(data, "dataset", None)
    known = [zoo.load(name, zoo.DataCard) for name in zoo.names("datasets/*")]
    found = [c for c in known if (c.folder(), c.data.get("dataset")) == (folder, dataset)]
    assert len(found) == 1
    return found[0].classes


def picture(path: Path, number: int) -> None:
    """A PPM file, whatever it is called: pixels as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"P6 12 9 255\n" + random.Random(number).randbytes(9 * 12 * 3))


def folder(root: Path, count: int) -> Path:
    """A folder of classes, four pictures each, with a table that lists them."""
    rows = [("file", "label", "split")]
    for label in range(count):
        for i, part in enumerate(("train", "train", "test", "test")):
            rows.append((f"{label:03d}/{i}.png", f"{label:03d}", part))
            picture(root / rows[-1][0], 4 * label + i)
    with (root / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return root


@pytest.fixture(scope="module")
def imagenet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder laid out as ImageNet: all 1000 classes, two training pictures and one for validation each."""
    root = tmp_path_factory.mktemp("imagenet")
    for label, wnid in enumerate(wnids("1k")):
        for i, part in enumerate(("train", "train", "val")):
            picture(root / part / wnid / f"{i}.png", 3 * label + i)
    return root


def shrunk(recipe: Recipe, root: Path, card: Path, imagenet: Path, batch: int | None = 2) -> Recipe:
    """The recipe with a tiny backbone and few pixels, on a stand-in of its data."""
    whole = recipe.table()["data"]
    kind = whole if isinstance(whole, str) else whole["kind"]
    if kind == "digits":
        source: dict = {}
    elif kind == "imagenet":
        source = {"data.path": str(imagenet)}
    else:
        path = str(folder(root, 4 if recipe == recipes.load(OWN) else classes(recipe)))
        other = kind in ("torchvision", "subset")
        source = {"data": {"kind": "image-folder", "path": path}} if other else {"data.path": path}
    small = {"data.size": 16, "generator.size": 16, "generator.grow_every": 1}
    parts = [f"projectors.{name}" for name in recipe.projectors] or ["projector"]
    small |= {f"{part}.card": str(card) for part in parts}
    small |= {"trainer.steps": 2, "trainer.batch": batch, "trainer.device": "cpu", "trainer.snapshot_every": 1}
    if views(recipe).size is not None:
        small |= {"views.size": 12}
    return recipe.replace(**source).replace(**small)


@pytest.mark.parametrize("name", NAMES + SUCCESSORS)
def test_shrunk_it_trains(name: str, tmp_path: Path, tiny_card: Path, imagenet: Path) -> None:
    recipe = recipes.load(name)
    tiny = shrunk(recipe, tmp_path, tiny_card, imagenet, None if name in SUCCESSORS else 2)
    parts = tiny.build()
    if name != OWN and name not in ON_DIGITS:
        assert parts.spec.classes == classes(recipe)
    for evaluation in tiny.evaluation:
        evaluation.check(parts)
    training = Training(parts, tiny.trainer, tiny.engine())
    training.prepare(quiet=True)
    before = parts.generator.sample().values.clone()
    for number in (1, 2):
        training.check(training.step(number), number)
    after = parts.generator.sample().values
    assert torch.isfinite(after).all()
    assert not torch.equal(before, after)


@pytest.mark.parametrize("name", NAMES + SUCCESSORS)
def test_the_backbone_takes_its_views(name: str) -> None:
    recipe = recipes.load(name)
    size = source_of(recipe).size
    side = views(recipe).size or size
    for projector in recipe.spaces.values():
        assert isinstance(projector, Backbone)
        assert not zoo.load(projector.card).refuses(side, side)
    assert side <= size


def test_the_papers_recipes_differ_in_data_and_backbone_alone() -> None:
    tables = {name: flat(recipes.load(name).table()) for name in PAPER}
    free = ("data.", "projector.card", "views.copies", "evaluation")
    kept = [{k: v for k, v in table.items() if not k.startswith(free)} for table in tables.values()]
    assert len(kept) == 17
    assert all(table == kept[0] for table in kept)
    for name, table in tables.items():
        assert table["views.copies"] == (3 if "imagenet-1k" in name else 10)
        assert table["data.size"] == 256


@pytest.mark.parametrize(
    ("name", "single"), [("lgm/joint", "lgm/quickstart"), ("lgm/imagenet-100-joint", "lgm/imagenet-100-clip-b16")]
)
def test_a_joint_recipe_is_its_neighbor_in_several_spaces(name: str, single: str) -> None:
    own, other = recipes.load(name).table(), recipes.load(single).table()
    spaces, projector = own.pop("projectors"), other.pop("projector")
    terms, [term] = (table["players"]["generator"].pop("minimize") for table in (own, other))
    assert terms == [{**term, "space": space} for space in spaces]
    assert all({**one, "card": projector["card"]} == projector for one in spaces.values())
    assert own == other


@pytest.mark.parametrize("name", SUCCESSORS)
def test_a_successor_differs_from_its_neighbor_in_what_is_matched(name: str) -> None:
    neighbor = f"lgm/{name.partition('/')[2]}".replace("decoupled", "quickstart")
    own, other = (flat(recipes.load(n).table()) for n in (name, neighbor))
    differ = {key for key in own.keys() | other.keys() if own.get(key) != other.get(key)}
    assert all(key.startswith(("players.generator.minimize", "views.copies")) for key in differ)
    assert own["views.copies"] == (1 if name.startswith("sfm/") or name.endswith("-10") else 3)


def test_own_photos_end_to_end(tmp_path: Path, tiny_card: Path, imagenet: Path, capsys: pytest.CaptureFixture) -> None:
    main.main(["copy", OWN, str(tmp_path / "mine.toml")])
    assert (tmp_path / "mine.toml").read_text() == recipes.text(OWN)
    tiny = shrunk(recipes.load(str(tmp_path / "mine.toml")), tmp_path / "pictures", tiny_card, imagenet)
    run = tiny.replace(**{"evaluation.0.views": 2, "evaluation.0.seeds": 2}).run(tmp_path / "run", quiet=True)
    assert [record["method"] for record in run.metrics["results"]] == ["run", "random", "centroid", "full"]
    assert run.distilled.class_names == ("000", "001", "002", "003")
    assert recipes.open(tmp_path / "run").distilled.images.shape == (4, 3, 16, 16)
