"""Cards of distilled sets: those that anybody can make, and one that is published on a Hub of our own."""

import json
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
import torch
from helpers.distilled_sets import made
from helpers.hub_server import TOKEN, HubServer, hub  # noqa: F401

from matchzoo import hub as door
from matchzoo import recipes, zoo
from matchzoo.cli import catalogue
from matchzoo.cli.main import main
from matchzoo.core import shipped
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.declaration.toml import read_toml
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.storage.files import file_sha256
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.hub.folders.set_schema import TENSORS
from matchzoo.zoo import DistilledCard

NAMES = zoo.names("distilled/*")
REPO = "tester/set"
AT = f"datasets/{REPO}"


@pytest.fixture(autouse=True)
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setenv("MATCHZOO_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_card_says_what_its_recipe_does(name: str) -> None:
    card = zoo.load(name, DistilledCard)
    recipe = recipes.load(card.recipe)
    assert card.status == "reproduce"  # nothing is published yet; no card may name a repository that is not there
    assert f"# {card.command}  " in recipes.text(card.recipe)
    data, backbone = zoo.load(card.data, zoo.DataCard), zoo.load(card.backbone, zoo.BackboneCard)
    assert backbone.features
    assert (card.classes, card.license) == (data.classes, data.license)
    assert recipe.projector.card == card.backbone
    assert card.images == card.classes * recipe.generator.images_per_class
    assert card.size == (recipe.generator.size or recipe.data.size)
    assert f"{card.top1:.1f}" in (shipped.root() / "docs/lgm.md").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_what_nobody_has_published(
    name: str,
    hub: HubServer,  # noqa: F811
    tiny_card: Path,
    capsys: pytest.CaptureFixture,
) -> None:
    card = zoo.load(name, DistilledCard)
    short = zoo.short_name(name)
    (entry,) = catalogue.entries(short)
    assert (entry.kind, entry.missing, entry.here) == ("distilled set", (card.command,), False)
    main(["list", short])
    assert f"not here: {card.command}" in capsys.readouterr().out
    message = f"nobody has published this set; make it here with: {card.command}; then it is in runs/{card.recipe}"
    for one in (name, short):
        with pytest.raises(MatchZooError, match=message):
            door.pull(one)
        with pytest.raises(MatchZooError, match=message):
            DistilledDataset.load(one)
        for words in (["pull", one], ["evaluate", one, "--backbone", str(tiny_card)]):
            with pytest.raises(SystemExit, match="2"):
                main(words)
            assert message in capsys.readouterr().err
    assert hub.requests == []


TABLE = read_toml(shipped.root() / "zoo/distilled/digits-lgm-efficientnet-lite0-ipc1.toml")
PINS = {"repo": REPO, "commit": "a" * 40, "sha256": "b" * 64}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (PINS, "repo: only of a set that is published"),
        ({"status": "published"}, r"commit: missing: the set is published"),
        ({"status": "published", **PINS, "commit": "main"}, "commit: expected 40 hexadecimal digits, got 'main'"),
        ({"status": "published", **PINS, "sha256": "B" * 64}, "sha256: expected 64 hexadecimal digits"),
        ({"status": "planned"}, "status: expected one of 'published', 'reproduce', got 'planned'"),
        ({"top1": 101.0}, "top1: expected a number between 0 and 100"),
    ],
)
def test_cards_that_are_none(changes: dict, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        structure({**TABLE, **changes}, DistilledCard)


@pytest.fixture
def zoo_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A zoo whose cards of distilled sets are under a temporary folder."""
    root = tmp_path / "root"
    (root / "zoo/distilled").mkdir(parents=True)
    for folder in ("backbones", "datasets"):
        (root / "zoo" / folder).symlink_to(shipped.root() / "zoo" / folder)
    monkeypatch.setattr(shipped, "root", lambda: root)
    shipped._all.cache_clear()
    yield root / "zoo/distilled"
    shipped._all.cache_clear()


def write(path: Path, **changes: object) -> None:
    table = {**TABLE, "status": "published", **changes}
    path.write_text("# A set of tests.\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items()))
    shipped._all.cache_clear()


def test_a_published_set(hub: HubServer, zoo_of_ones_own: Path, capsys: pytest.CaptureFixture) -> None:  # noqa: F811
    first = made()
    commit = door.push(first, REPO).commit
    sha256 = file_sha256(hub.commits[AT][commit][TENSORS])
    write(zoo_of_ones_own / "ours.toml", repo=REPO, commit=commit, sha256=sha256)
    door.push(attrs.evolve(first, images=first.images.flip(0)), REPO)  # main moves on, the card does not
    (entry,) = catalogue.entries("ours")
    assert entry.missing == ("matchzoo pull ours",)
    for name in ("ours", "distilled/ours"):
        pulled = door.pull(name)
        assert torch.equal(pulled.images, first.images)
        assert pulled.repository == {"repo": REPO, "revision": commit, "commit": commit}
    assert torch.equal(DistilledDataset.load("ours").images, first.images)
    (entry,) = catalogue.entries("ours")
    assert entry.here
    main(["pull", "ours"])
    assert f"{REPO}@{commit}" in capsys.readouterr().out
    assert torch.equal(DistilledDataset.load("ours").images, first.images)  # now the folder
    with pytest.raises(MatchZooError, match=f"is pinned to commit {commit}; for another give {REPO}@v2"):
        door.pull("distilled/ours", "v2")
    write(zoo_of_ones_own / "wrong.toml", repo=REPO, commit=commit, sha256="0" * 64)
    with pytest.raises(MatchZooError, match=f"fetched twice; {TENSORS}: sha256 is {sha256}, but the card pins 000"):
        door.pull("wrong")
    write(zoo_of_ones_own / "gone.toml", repo=REPO, commit="0" * 40, sha256="0" * 64)
    with pytest.raises(MatchZooError, match=f"the data set {REPO} has no revision '000"):
        door.pull("gone")
    hub.add("datasets/tester/other", {"a.csv": hub.blob(b"a")})
    other = hub.branches["datasets/tester/other"]["main"]
    write(zoo_of_ones_own / "other.toml", repo="tester/other", commit=other, sha256="0" * 64)
    with pytest.raises(MatchZooError, match="holds no distilled set"):
        door.pull("other")


def test_evaluated_by_its_name(
    hub: HubServer,  # noqa: F811
    zoo_of_ones_own: Path,
    lgm: dict,
    tiny_card: Path,
    tmp_path: Path,
) -> None:
    from matchzoo.recipes.recipe import Recipe

    lgm["trainer"]["steps"], lgm["evaluation"] = 2, []
    run = Recipe.of(lgm).run(tmp_path / "run", quiet=True, name="lgm")
    commit = door.push(run.distilled, REPO).commit
    sha256 = file_sha256(hub.commits[AT][commit][TENSORS])
    write(zoo_of_ones_own / "ours.toml", repo=REPO, commit=commit, sha256=sha256)
    words = ["evaluate", "run", "ours", "--backbone", str(tiny_card), "--protocol", "k-nn", "--quiet"]
    main([*words, "--output", "matrix.json"])
    one, other = json.loads((tmp_path / "matrix.json").read_text())["records"]
    assert one["top1"] == other["top1"]
    assert other["set"] == f"{REPO}@{commit[:8]}"
