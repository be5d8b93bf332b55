"""Data and weights that change between the sessions of a run, or before it is evaluated."""

import contextlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.resuming import stop_after
from PIL import Image

from matchzoo.cli.main import main
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.declaration.toml import write_toml
from matchzoo.core.errors import MatchZooError
from matchzoo.recipes.comparison import evaluate
from matchzoo.recipes.recipe import Recipe
from matchzoo.runs.folder import inputs

NAMES = ("circle", "common", "rare")
FOLDER = {"kind": "image-folder", "path": "data", "size": 8}

RNG = np.random.default_rng(1)


def draw_images(folder: Path, count: int = 6, seed: int = 0) -> None:
    """Small images of three classes, in train and test."""
    rng = np.random.default_rng(seed)
    for part, share in (("train", count), ("test", 2)):
        for name in NAMES:
            place = folder / part / name
            place.mkdir(parents=True)
            for number in range(share):
                Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(place / f"{number}.png")


def recipe_of(data: dict) -> Recipe:
    term = {"kind": "statistic", "statistic": "class-means", "distance": "squared"}
    table = {
        "data": {"sampling": "balanced", **data},
        "generator": {"kind": "pixels"},
        "players": {"generator": {"moves": ["generator"], "minimize": [term]}},
        "trainer": {"steps": 4, "real_batch": 12, "checkpoint_every": 1, "device": "cpu"},
    }
    return structure(table, Recipe)


def begin(recipe: Recipe, folder: Path) -> None:
    """Run a recipe and stop it after two steps."""
    with pytest.MonkeyPatch.context() as context:
        stop_after(context, 2, "signal")
        with pytest.raises(SystemExit):
            recipe.run(folder, quiet=True)


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    """A folder with images in ``data/``, and with a run of them that was stopped in ``run/``."""
    folder = tmp_path_factory.mktemp("begun")
    draw_images(folder / "data")
    with contextlib.chdir(folder):
        begin(recipe_of(FOLDER), Path("run"))
    return folder


@pytest.fixture
def begun(template, tmp_path, monkeypatch):
    """A run over a folder of images that was stopped, and its folder of data."""
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return recipe_of(FOLDER), Path("run"), Path("data")


def rename_a_class(data):
    for part in ("train", "test"):
        (data / part / "circle").rename(data / part / "zircle")


def swap_two_classes(data):
    for part in ("train", "test"):
        (data / part / "circle").rename(data / part / "aside")
        (data / part / "rare").rename(data / part / "circle")
        (data / part / "aside").rename(data / part / "rare")


def add_a_class(data):
    for part in ("train", "test"):
        shutil.copytree(data / part / "circle", data / part / "more")


def add_an_image(data):
    shutil.copy(data / "train" / "rare" / "0.png", data / "train" / "rare" / "9.png")


def replace_an_image(data):
    Image.new("RGB", (8, 8)).save(data / "train" / "rare" / "0.png")


def replace_a_test_image(data):
    Image.new("RGB", (8, 8)).save(data / "test" / "rare" / "0.png")


CHANGES = [
    (rename_a_class, "classes: 'circle' gone, 'zircle' new", False),
    (swap_two_classes, "training samples: as many, but not the same ones", True),
    (add_a_class, "classes: 'more' new", False),
    (add_an_image, r"training samples: 19, were 18 \(rare 7, was 6\)", True),
    (replace_an_image, "training samples: as many, but not the same ones", True),
    (replace_a_test_image, "samples of 'test': as many, but not the same ones", True),
]


@pytest.mark.parametrize(("edit", "message", "fits"), CHANGES, ids=[edit.__name__ for edit, _, _ in CHANGES])
def test_a_resumed_run_reads_what_it_began_with(edit, message, fits, begun):
    recipe, folder, data = begun
    before = (folder / inputs.NAME).read_bytes()
    edit(data)
    with pytest.raises(MatchZooError, match=message) as refused:
        recipe.run(folder, quiet=True)
    assert ("--data-changed" in str(refused.value)) == fits
    assert (folder / inputs.NAME).read_bytes() == before

    if not fits:
        with pytest.raises(MatchZooError, match=message):
            recipe.run(folder, quiet=True, data_changed=True)
        return
    recipe.run(folder, quiet=True, data_changed=True)
    first, last = json.loads((folder / "environment.json").read_text())["sessions"]
    assert "data_changed" not in first
    assert message.split(" ")[0] in last["data_changed"][0]


def test_copies_of_the_data_elsewhere_are_the_same(begun):
    recipe, folder, _ = begun
    recipe.run(folder, quiet=True)
    assert "data_changed" not in (folder / "environment.json").read_text()


def test_the_command_refuses_and_accepts(begun, tmp_path, capsys):
    recipe, folder, data = begun
    add_an_image(data)
    (tmp_path / "recipe.toml").write_text(write_toml(recipe.table()))
    command = ["run", str(tmp_path / "recipe.toml"), "--output", str(folder), "--quiet"]
    with pytest.raises(SystemExit) as stopped:
        main(command)
    assert stopped.value.code == 2
    assert "go on knowingly with --data-changed" in capsys.readouterr().err
    main([*command, "--data-changed"])


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (RNG.integers(0, 256, (12, 8, 8, 3), dtype=np.uint8), "not the same ones"),
        (RNG.integers(0, 256, (12, 4, 4, 3), dtype=np.uint8), r"of shape \[3, 4, 4\], were \[3, 8, 8\]"),
    ],
    ids=["values", "size"],
)
def test_a_file_of_arrays(images, message, tmp_path):
    path, rng = tmp_path / "data.npz", np.random.default_rng(0)
    labels = np.arange(12) % 3
    np.savez(path, images=rng.integers(0, 256, (12, 8, 8, 3), dtype=np.uint8), labels=labels)
    recipe = recipe_of({"kind": "arrays", "path": str(path), "test_share": 0.25})
    begin(recipe, tmp_path / "run")

    np.savez(path, images=images, labels=labels)
    with pytest.raises(MatchZooError, match=message):
        recipe.run(tmp_path / "run", quiet=True)


def test_a_run_of_an_earlier_version_whose_classes_were_sorted_as_text(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(11):
        place = tmp_path / "data" / str(number)
        place.mkdir(parents=True)
        for image in range(2):
            Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(place / f"{image}.png")
    recipe = recipe_of({"kind": "image-folder", "path": str(tmp_path / "data"), "size": 8, "test_share": 0.5})
    begin(recipe, tmp_path / "run")
    (tmp_path / "run" / inputs.NAME).unlink()
    with pytest.raises(MatchZooError, match="earlier version, which may have sorted the classes as text"):
        recipe.run(tmp_path / "run", quiet=True)


@pytest.mark.parametrize("content", ["{", "{}", '{"data": {"data": 1}, "weights": {}}', '{"data": {}, "weights": {}}'])
def test_a_damaged_record(content, begun):
    recipe, folder, _ = begun
    (folder / inputs.NAME).write_text(content)
    with pytest.raises(MatchZooError, match=r"inputs.json: is damaged .*remove it"):
        recipe.run(folder, quiet=True)


def test_weights_of_another_file(tmp_path, begun):
    _, folder, _ = begun
    before = inputs.stored(folder)
    before["weights"] = {"projector": ["a" * 64]}
    inputs.write(folder, before)
    with pytest.raises(MatchZooError, match="weights of 'projector': another file than before"):
        inputs.check(folder, {**before, "weights": {"projector": ["b" * 64]}})


def test_evaluation_on_data_that_have_changed(begun, tiny_card):
    recipe, folder, data = begun
    run = recipe.run(folder, quiet=True)
    distilled, card = run.distilled, str(tiny_card)
    options = {"size": 160, "protocols": ["ridge"], "seeds": 1, "quiet": True}
    add_an_image(data)
    with pytest.raises(MatchZooError, match=r"training samples: 19, were 18 .*--data-changed"):
        evaluate([run], [card], **options)
    notes = evaluate([run, distilled], [card], **options, data_changed=True).about["notes"]
    changed = "made of data that were not the same (training samples: 19, were 18 (rare 7, was 6))"
    assert f"run: {changed}" in notes
    assert f"set 1: {changed}" in notes  # a set that is in no run says it, since another decoder is enough for that


def test_a_digest_is_of_content(monkeypatch):
    from matchzoo.data import split

    values, labels = torch.arange(24, dtype=torch.uint8).view(6, 4), torch.arange(6) % 2
    whole = split.Split(values, labels)
    rows = torch.tensor([4, 0, 2])
    assert split.Split(values, labels[rows], rows=rows).digest == split.Split(values[rows], labels[rows]).digest
    mapped = split.Split(values, labels, mapped=True, key="somewhere")
    assert mapped.digest == whole.digest != split.Split(values, 1 - labels).digest

    monkeypatch.setattr(split, "HASHED", 8)  # two rows of four bytes: 0 and 3
    changed = values.clone()
    changed[1] = 0
    assert split.Split(values, labels).digest == split.Split(changed, labels).digest
    changed[3] = 0
    assert split.Split(values, labels).digest != split.Split(changed, labels).digest
