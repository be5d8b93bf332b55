"""What docs/security.md promises, beside the hostile artifacts and models of test_artifact.py and test_model.py."""

import hashlib
import importlib.util
import json
import logging
import pickle
import subprocess
import sys
import types
from pathlib import Path

import attrs
import numpy as np
import pytest
import torch
from accelerate import tracking
from helpers import hub_server
from helpers.distilled_sets import Bomb, made, metrics
from helpers.hub_server import Fault, HubServer, hub  # noqa: F401

from matchzoo import hub as door
from matchzoo import zoo
from matchzoo.cli.main import main
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.storage.paths import is_below
from matchzoo.data import Arrays, Table, Torchvision
from matchzoo.data.images.hub_dataset import Hub
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.hub.folders.set_schema import CARD
from matchzoo.recipes.recipe import Recipe
from matchzoo.runs.showing import trackers
from matchzoo.zoo.weights import FileWeights, HubWeights, TorchvisionWeights, UrlWeights

SECRET = "hf_" + "ThisMustNeverBeSeenAnywhere" * 2  # pragma: allowlist secret
REPO = "tester/set"
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account of the local Hub whose token is easily found, and no waiting between the client's tries."""
    from huggingface_hub import constants

    monkeypatch.setenv("MATCHZOO_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("HF_TOKEN", SECRET)
    monkeypatch.setattr(hub_server, "TOKEN", SECRET)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("time.sleep", lambda seconds: None)


# the token


class Keeper(tracking.GeneralTracker):
    """A tracker that keeps all that it is told in a file of the run's folder."""

    name, requires_logging_directory, tracker = "json", False, None

    def __init__(self, about: trackers.Opening) -> None:
        super().__init__()
        self.path = about.folder / "kept.json"
        self.told: list = [about.identity, about.title, about.table, about.step]

    def store_init_configuration(self, values: dict) -> None:
        self.told.append(values)

    def log(self, values: dict, step: int | None = None, **options: object) -> None:
        self.told.append((values, step))

    def finish(self) -> None:
        self.path.write_text(json.dumps(self.told))


def places_of_the_token(*folders: Path) -> list[Path]:
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    return [path for path in files if SECRET.encode() in path.read_bytes() or SECRET in path.name]


@pytest.mark.slow
def test_the_token_is_nowhere(
    hub: HubServer,  # noqa: F811
    lgm: dict,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
    caplog: pytest.LogCaptureFixture,
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_DEBUG", True)
    monkeypatch.setattr(logging.getLogger("huggingface_hub"), "propagate", True)
    for name in ("", "huggingface_hub"):
        caplog.set_level(logging.DEBUG, name)
    monkeypatch.setitem(trackers.TRACKERS, "json", lambda about: ((about,), {}))
    monkeypatch.setitem(tracking.LOGGER_TYPE_TO_CLASS, "json", Keeper)
    monkeypatch.chdir(tmp_path)
    lgm["trainer"]["steps"], lgm["evaluation"] = 2, []
    run = Recipe.of(lgm).run(tmp_path / "run", name="lgm", tracker="json")
    assert run.page is not None
    main(["push", "run", REPO, "--private"])
    main(["pull", REPO, "--output", "pulled"])
    main(["doctor", "--json"])
    assert hub.private == {f"datasets/{REPO}"}
    assert hub.tokens == {SECRET}  # it was sent: the rest of this test looks for something that is there
    assert caplog.records
    assert SECRET not in caplog.text  # not even in what the client logs of its requests
    echo = {"X-Error-Message": f"no such token: {SECRET}"}
    for where in ("GET /api/", "POST .*/commit/"):
        for status in (400, 401, 403, 500):
            hub.fault = Fault(where, status, echo, times=9)
            with pytest.raises(MatchZooError) as caught:
                door.pull(REPO) if where.startswith("GET") else door.push(made(), REPO, force=True)
            assert SECRET not in str(caught.value)
    hub.fault = None
    assert (tmp_path / "run" / "kept.json").is_file()
    assert places_of_the_token(tmp_path, hub.blobs) == []
    said = capsys.readouterr()
    assert SECRET not in said.out + said.err


def test_an_account_in_the_address_of_the_hub_is_refused(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", f"http://me:{SECRET}@{hub.url.removeprefix('http://')}")
    weights = HubWeights(repo="a/b")
    for act in (door.pull, door.pull_model, lambda repo: door.push(made(), repo), lambda _: weights.fetch()):
        with pytest.raises(MatchZooError, match=r"HF_ENDPOINT: holds an account, .* give HF_TOKEN instead") as caught:
            act(REPO)
        assert SECRET not in str(caught.value)
    assert hub.requests == []


def test_a_key_in_the_address_of_weights(hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    torch.save({"a": torch.ones(2)}, tmp_path / "a.pth")
    digits = hashlib.sha256((tmp_path / "a.pth").read_bytes()).hexdigest()
    hub.add("owner/name", {"a.pth": tmp_path / "a.pth"})
    one = UrlWeights(url=f"{hub.url}/owner/name/resolve/main/a.pth?key={SECRET}", sha256=digits)
    assert SECRET not in one.needs()
    assert one.state()["a"].tolist() == [1, 1]
    assert SECRET not in json.dumps(one.origin())
    gone = UrlWeights(url=f"{hub.url}/gone/name/b.pth?key={SECRET}", sha256=digits)
    for weights in (gone, attrs.evolve(gone, sha256=None)):
        with pytest.raises(MatchZooError, match=r"/gone/name/b\.pth") as caught:
            weights.state()
        assert SECRET not in str(caught.value)
    with pytest.raises(DeclarationError, match="names an account") as caught:
        UrlWeights(url=f"https://me:{SECRET}@example.org/a.pth", sha256=digits)
    assert SECRET not in str(caught.value)


# pickles


@pytest.mark.parametrize("suffix", [".pth", ".safetensors", ".bin"])
def test_a_pickle_as_weights_is_not_run(suffix: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / f"a{suffix}"
    for save in (
        lambda: torch.save({"a": Bomb(tmp_path / "in")}, path),
        lambda: path.write_bytes(pickle.dumps(Bomb(tmp_path / "in"))),
    ):
        save()
        digits = hashlib.sha256(path.read_bytes()).hexdigest()
        with pytest.raises(MatchZooError, match=r"cannot be read as (safetensors|a dict of tensors)"):
            FileWeights(path=str(path), sha256=digits).state()
        if suffix != ".safetensors":
            with pytest.raises(MatchZooError, match=r"only \.safetensors files are read without a sha256"):
                FileWeights(path=str(path)).state()
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("name", ["a.npz", "a.npy"])
def test_arrays_of_objects_are_not_unpickled(name: str, tmp_path: Path) -> None:
    from matchzoo.core.storage.number_tables import read

    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / name
    hostile = np.array([Bomb(tmp_path / "in")], dtype=object)
    if name == "a.npz":
        np.savez(path, images=hostile, labels=np.zeros(1, dtype=np.int64))
    else:
        np.save(path, hostile)
    with pytest.raises(MatchZooError, match=r"cannot be read.*allow_pickle"):
        Arrays(path=str(path)).load() if name == "a.npz" else read(path)
    assert not (tmp_path / "executed").exists()


# names that lead out of a folder

OUT = ["../x.png", "a/../../x.png", "/x.png", "..", "C:/x.png", "a\\..\\..\\x.png", "a\0.png", ""]


@pytest.mark.parametrize("name", OUT)
def test_names_that_lead_out(name: str, tmp_path: Path) -> None:
    assert not is_below(name)
    assert is_below("refs/convert/parquet")
    assert is_below("a/..b/c: d.png")
    for declared in (
        lambda: HubWeights(repo="a/b", file=name),
        lambda: HubWeights(repo="a/b", revision=name),
        lambda: TorchvisionWeights(name="X", file=name),
        lambda: UrlWeights(
            url=f"https://example.org/{name.rpartition('/')[2].replace('x.png', '..')}", sha256="0" * 64
        ),
        lambda: Hub(repo="a/b", revision=name or "/"),
        lambda: door.pull("a/b", revision=name or "/"),
    ):
        with pytest.raises(MatchZooError):
            declared()


@pytest.mark.parametrize("name", ["../secret.png", "/etc/hostname"])
def test_a_table_reads_its_own_folder_only(name: str, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "secret.png").touch()
    (tmp_path / "data/labels.csv").write_text(f"file,label\n{name},a\n")
    with pytest.raises(MatchZooError, match="row 2: file: expected a path below the folder"):
        Table(path=str(tmp_path / "data")).load()


def test_a_hub_that_names_files_and_commits_elsewhere(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    from PIL import Image

    Image.new("RGB", (8, 8)).save(tmp_path / "secret.png")
    secret = tmp_path / "secret.png"
    hub.add("datasets/tester/images", {"a/0.png": secret, "b/0.png": secret, str(secret): secret})
    for act in (lambda: door.pull("tester/images"), lambda: Hub(repo="tester/images", size=8).load()):
        with pytest.raises(MatchZooError, match=r"is not a name of a file in a repository"):
            act()
    door.push(made(), REPO)
    at = f"datasets/{REPO}"
    for repo, branch in ((at, "main"), ("datasets/tester/images", "main")):
        hub.branches[repo][branch] = "../../out"
        hub.commits[repo]["../../out"] = {}
    for act in (lambda: door.pull(REPO), lambda: Hub(repo="tester/images", size=8, revision="main").load()):
        for note in (tmp_path / "own").rglob("*.json"):
            note.unlink()
        with pytest.raises(MatchZooError, match=r"its commit is '\.\./\.\./out', which is none"):
            act()
    assert not list(tmp_path.rglob("out"))


def test_links_out_of_a_set_of_others(tmp_path: Path) -> None:
    made().export(tmp_path / "images")
    assert len(DistilledDataset.load(tmp_path / "images")) == 6
    first = next((tmp_path / "images").rglob("*.png"))
    first.rename(tmp_path / "secret.png")
    first.symlink_to(tmp_path / "secret.png")
    with pytest.raises(MatchZooError, match=rf"{first.name}: is a link that leads out of the folder"):
        DistilledDataset.load(tmp_path / "images")


def test_a_set_says_what_is_read_and_not_where_to_write(tmp_path: Path) -> None:
    from matchzoo.recipes.comparison import evaluated_set

    text = (ROOT / "recipes/lgm/quickstart.toml").read_text()
    data = f'kind = "torchvision"\ndataset = "MNIST"\nroot = "{tmp_path / "there"}"\ndownload = true\n'
    text = text.replace(text[text.index("[data]\n") + 7 : text.index("\n[generator")], data)
    (one,) = evaluated_set.opened([attrs.evolve(made(), recipe=text)])
    assert one.recipe is not None
    assert isinstance(one.recipe.data, Torchvision)
    assert not one.recipe.data.download


def test_a_card_of_weights_elsewhere(tiny_card: Path, tmp_path: Path) -> None:
    text = tiny_card.read_text().replace('weights = "random"', "")
    table = '[weights]\nkind = "hub"\nrepo = "a/b"\nfile = "../../../x.safetensors"\n'
    (tmp_path / "card.toml").write_text(text + table)
    with pytest.raises(MatchZooError, match=r"weights\.file: leads out of the repository"):
        zoo.load(str(tmp_path / "card.toml"))


@pytest.mark.parametrize("name", ["hf-hub:a/b", "local-dir:.", "hf_hub:timm/resnet18"])
def test_an_architecture_is_one_of_the_library(name: str, tiny_card: Path, tmp_path: Path) -> None:
    (tmp_path / "card.toml").write_text(tiny_card.read_text().replace("test_efficientnet", name))
    with pytest.raises(MatchZooError, match="timm knows no architecture"):
        zoo.network(zoo.load(str(tmp_path / "card.toml"), zoo.BackboneCard))


# code for a browser, a terminal or a shell

IMAGE = "<img src=x onerror=alert(1)>"


def test_a_card_shows_what_strangers_wrote() -> None:
    from matchzoo.hub.folders import card

    backbone = {"card": f"x\n```\n{IMAGE}; rm -r ~", "architecture": IMAGE, "license": IMAGE}
    scores = {"method": IMAGE, "backbone": IMAGE, "top1_mean": 1.0, "seeds": IMAGE}
    hostile = attrs.evolve(
        made(classes=(IMAGE, "<script>alert(1)</script>", "[x](javascript:alert(1))")),
        backbones=(backbone,),
        scores=(scores,),
        license=IMAGE,
        source={"data": {"kind": IMAGE}, "from": IMAGE, "license": IMAGE, "homepage": "javascript:alert(1)"},
        versions={IMAGE: IMAGE},
    )
    text = card.text(hostile, REPO).split("---\n", 2)[2]
    assert "<" not in text
    assert "--backbone CARD\n" in text
    assert text.count("```") == 6


def test_names_that_look_like_code_come_back(tmp_path: Path) -> None:
    names = ("<script>alert(1)</script>", "javascript:", IMAGE)
    made(classes=names).save(tmp_path / "set")
    assert DistilledDataset.load(tmp_path / "set").class_names == names
    plain = (tmp_path / "set" / CARD).read_text()
    for hostile in (IMAGE, "<a href='javascript:x'>", "[x]( javascript:x)", "<javascript:x>", "< Script src=x>"):
        (tmp_path / "set" / CARD).write_text(f"{plain}\n{hostile}\n")
        with pytest.raises(MatchZooError, match="holds code for a browser"):
            DistilledDataset.load(tmp_path / "set")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backbones": [{"card": 5}]}, "backbones: card: expected another type, got 5"),
        ({"backbones": [{"weights": "x"}]}, "backbones: weights: expected another type, got 'x'"),
        ({"scores": [{"top1_mean": "x"}]}, "scores: top1_mean: expected a number, got 'x'"),
        ({"scores": [{"seeds": "<b>"}]}, "scores: seeds: expected a number, got '<b>'"),
        ({"license": "MIT\x1b[2J"}, "control characters"),
        ({"source": {"from": [{"a": "\x9b2J"}]}}, "control characters"),
    ],
)
def test_what_a_stranger_says_of_a_set(changes: dict, message: str, tmp_path: Path) -> None:
    made().save(tmp_path / "set")
    metrics(tmp_path / "set", **changes)
    with pytest.raises(MatchZooError, match=message):
        DistilledDataset.load(tmp_path / "set")


# make security

FORBIDDEN = {
    "B102": "exec(x)",
    "B301": "pickle.loads(x)",
    "B307": "eval(x)",
    "B506": "yaml.load(x, Loader=yaml.Loader)",
    "B602": "subprocess.run(x, shell=True)",
    "B605": "os.system(x)",
    "B614": "torch.load(x)",
    "B615": "huggingface_hub.snapshot_download('a/b')",
}


def test_bandit_finds_what_must_not_be(tmp_path: Path) -> None:
    pytest.importorskip("bandit", reason="bandit is not installed: pip install bandit")
    imports = "import os\nimport pickle\nimport subprocess\n\nimport huggingface_hub\nimport torch\nimport yaml\n\n"
    (tmp_path / "a.py").write_text(imports + "\n".join(FORBIDDEN.values()))
    command = [sys.executable, "-m", "bandit", "-q", "-c", str(ROOT / "pyproject.toml"), "-f", "json"]
    done = subprocess.run([*command, str(tmp_path / "a.py")], capture_output=True, text=True, timeout=100)
    assert done.returncode == 1, done.stderr
    assert {one["test_id"] for one in json.loads(done.stdout)["results"]} >= FORBIDDEN.keys()


def test_the_token_of_the_hub_is_a_secret() -> None:
    pytest.importorskip("detect_secrets", reason="detect-secrets is not installed: pip install bc-detect-secrets")
    found = program("hub_token").HubTokenDetector().analyze_line(filename="a", line=f"x = {SECRET}", line_number=1)
    assert [one.type for one in found] == ["Hugging Face token"]


def program(name: str) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tests/security" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HOLE = {"id": "CVE-1", "fix_versions": ["9"]}


@pytest.mark.parametrize(
    ("answers", "code", "said"),
    [
        ([], 0, "NOT AUDITED: none of its sources"),
        ([{"name": "pip-audit", "skip_reason": "not found"}], 0, "NOT AUDITED"),
        (
            [{"name": "pip-audit", "version": "1", "vulns": []}],
            0,
            "1 of 2 packages audited by pypi\nnot known there: b-c",
        ),
        ([{"name": "pip_audit", "version": "1", "vulns": [HOLE]}], 1, "pip_audit 1: CVE-1, mended in 9"),
    ],
)
def test_the_audit(
    answers: list, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    audit = program("audit")
    text = json.dumps({"dependencies": answers}) if answers else "no network"
    monkeypatch.setattr(audit, "installed", lambda: {"b-c": "2", "pip-audit": "1"})
    monkeypatch.setattr(audit.subprocess, "run", lambda *words, **more: types.SimpleNamespace(stdout=text))
    assert audit.main([]) == code
    assert said in capsys.readouterr().out
