"""Trained parts: saved, loaded, pushed and pulled as what they were; every hostile or broken one refused."""

import json
import pickle
import struct
import tomllib
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest
import torch
from helpers.hub_server import TOKEN, Fault, HubServer, hub  # noqa: F401
from helpers.models import small
from safetensors.torch import load_file, save_file

from matchzoo import hub as door
from matchzoo import recipes
from matchzoo.cli.main import main
from matchzoo.core.declaration.declare import FAMILIES
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.core.storage.files import file_sha256
from matchzoo.generators import Generator, NoiseGenerator
from matchzoo.hub.folders import model_writing
from matchzoo.hub.folders.model_schema import CONFIG, FILES, PART, RECIPE, SAMPLE, TENSORS
from matchzoo.hub.folders.validation import sha256
from matchzoo.hub.model import Model
from matchzoo.projectors import Projector
from matchzoo.recipes.recipe import Recipe
from matchzoo.runs.published_parts import model_of_run
from matchzoo.runs.run import Run

REPO = "tester/ring"


@pytest.fixture(autouse=True)
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setenv("MATCHZOO_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # between the client's tries


@pytest.fixture(scope="session")
def ring_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    from helpers.tables import RING

    recipe = structure(RING, Recipe)
    return recipe.run(tmp_path_factory.mktemp("runs") / "ring", quiet=True)


@pytest.fixture(scope="session")
def lgm_run(tmp_path_factory: pytest.TempPathFactory, tiny_card: Path) -> Run:
    import copy

    from helpers.tables import LGM

    table = copy.deepcopy(LGM)
    table["projector"]["card"] = str(tiny_card)
    table["trainer"]["steps"] = 8
    return structure(table, Recipe).run(tmp_path_factory.mktemp("runs") / "lgm", quiet=True)


NETWORK = next(field.type for field in attrs.fields(NoiseGenerator) if field.name == "network")


# round trips


def test_a_generator_samples_as_it_did(ring_run: Run, hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    done = door.push_model(model_of_run(ring_run, "generator"), REPO, license="Apache-2.0")
    assert set(hub.commits[REPO][done.commit]) == {*FILES, ".gitattributes"}
    assert len(hub.commits[REPO]) == 2  # the one that made the repository, and one
    pulled = door.pull_model(REPO)
    expected = ring_run.generator.sample(100).values
    assert torch.equal(pulled.part.sample(100).values, expected)
    assert pulled.repository == {"repo": REPO, "revision": "main", "commit": done.commit}
    assert (pulled.family, pulled.kind, pulled.license) == ("generator", "noise", "Apache-2.0")
    assert Recipe.of(tomllib.loads(pulled.recipe)) == ring_run.recipe
    assert pulled.scores == tuple(ring_run.metrics["results"])
    assert pulled.versions["torch"]
    pulled.save(tmp_path / "kept")
    again = Model.load(tmp_path / "kept")
    assert torch.equal(again.part.sample(100).values, expected)
    assert again.repository == pulled.repository
    assert torch.equal(Model.load(f"{REPO}@{done.commit}").part.sample(100).values, expected)
    assert not any(value.requires_grad for value in again.part.parameters())
    assert not [one for one in hub.blobs.iterdir() if TOKEN.encode() in one.read_bytes()]


def test_a_projector_projects_as_it_did(ring_run: Run, hub: HubServer) -> None:  # noqa: F811
    door.push_model(model_of_run(recipes.open(ring_run.folder), "projector"), REPO)
    model = door.pull_model(REPO)
    projector = ring_run.recipe.copy().projector
    projector.build(Spec(shape=(2,)))
    state = load_file(ring_run.folder / "parts.safetensors")
    projector.load_state_dict({k.removeprefix("projector/"): v for k, v in state.items() if k.startswith("projector/")})
    x = torch.randn(50, 2, generator=torch.Generator().manual_seed(1))
    assert torch.equal(model.part.project(x), projector.project(x))
    assert SAMPLE not in hub.commits[REPO][hub.branches[REPO]["main"]]


def test_images_that_grew(lgm_run: Run, tmp_path: Path) -> None:
    model_of_run(lgm_run, "generator").save(tmp_path / "model")
    model = Model.load(tmp_path / "model")
    assert len(model.part.levels) == 3
    assert torch.equal(model.part.sample().values, lgm_run.generator.sample().values)


def test_a_probe_scores_as_it_did(
    lgm_run: Run,
    tiny_card: Path,
    hub: HubServer,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    probe = model_of_run(lgm_run, "probe")
    [record] = probe.scores
    first = lgm_run.metrics["results"][0]
    assert record["top1"] == first["top1"][:1]  # the run's own evaluation, its first seed
    done = door.push_model(probe, "tester/probe")
    assert f"its backbone is of a card of yours: who pulls it needs {tiny_card} (--card)" in done.notes
    with pytest.raises(MatchZooError, match="is no card of the zoo, and files that a model names are not read"):
        door.pull_model("tester/probe")
    pulled = door.pull_model("tester/probe", card=str(tiny_card))
    parts = lgm_run.recipe.build()
    test = parts.data.test_set.all()
    scores = pulled.part.scores(test.values)
    assert torch.equal(scores, probe.part.scores(test.values))
    top1 = 100 * (scores.argmax(1) == test.labels).double().mean().item()
    assert top1 == pytest.approx(record["top1_mean"], abs=1e-9)
    named = pulled.part.predict(test.values[:3])
    assert named == [parts.spec.class_names[i] for i in scores[:3].argmax(1).tolist()]
    assert not any(name.startswith("projector") for name in pulled.tensors)
    other = tmp_path / "other.toml"
    other.write_text(tiny_card.read_text().replace("test_efficientnet", "test_vit").replace("= 256", "= 64"))
    with pytest.raises(MatchZooError, match=r"weight is \[10, 256\], the part .* \[10, 64\]|float"):
        door.pull_model("tester/probe", card=str(other))
    monkeypatch.chdir(tmp_path)
    main(["pull", "tester/probe", "--card", str(tiny_card), "--output", "probe"])
    assert (tmp_path / "probe" / CONFIG).is_file()


def test_a_probe_on_another_backbone(lgm_run: Run, tiny_card: Path, tmp_path: Path) -> None:
    model = model_of_run(lgm_run, "probe")
    about = ({**model.backbones[0], "weights": {"sha256": "0" * 64}},)
    with pytest.raises(MatchZooError, match="trained on a backbone of other weights"):
        attrs.evolve(model, backbones=about).part  # noqa: B018


def test_a_probe_on_a_projector_that_moved(ring: dict, tmp_path: Path) -> None:
    from matchzoo.models.classifiers.image_classifier import Probe

    spec = Spec(shape=(3, 8, 8), classes=2, class_names=("a", "b"), features=4)
    projector = structure({"kind": "learned", "features": 4, "network": "mlp"}, Projector)
    probe = Probe(projector=projector, size=6)
    probe.build(spec)
    probe.weight.normal_()
    Model.of(probe, spec).save(tmp_path / "m")
    x = torch.rand(5, 3, 8, 8)
    assert torch.equal(Model.load(tmp_path / "m").part.scores(x), probe.scores(x))
    assert torch.equal(probe.scores(x), projector.project(x[:, :, 1:7, 1:7]).double() @ probe.weight.T)


def test_every_kind_of_part(tiny_card: Path, tmp_path: Path) -> None:
    """Whatever the registries know: built, saved, measured before it is made, loaded, equal."""
    from helpers.members import CASES, IMAGES, member

    for noun, family in (("generator", Generator), ("projector", Projector)):
        for kind in CASES[noun]:
            if kind in ("identity", "backbone", "softmax", "mix-style"):
                continue
            _, table, sections = member(noun, kind, str(tiny_card))
            if any(getattr(FAMILIES[family][kind], flag, False) for flag in ("names_another", "reads_data")):
                continue  # tests/runs/test_published_parts.py has what they are saved as
            shape = (3, 8, 8) if sections is IMAGES else (2,)
            spec = Spec(shape=shape, classes=2, class_names=("a", "b"), count=9, features=3)
            part = structure(table, family)
            part.build(spec)
            part.before_step(Step(1000, 0))
            with torch.no_grad():
                for value in part.parameters():
                    value.normal_()
            Model.of(part, spec, steps=1000).save(tmp_path / kind)
            loaded = Model.load(tmp_path / kind)
            state = loaded.part.state_dict()
            assert state.keys() == part.state_dict().keys()
            assert all(torch.equal(state[name], value) for name, value in part.state_dict().items())


def test_float64(tmp_path: Path) -> None:
    spec = Spec(shape=(2,))
    generator = structure({"kind": "noise", "dimension": 2, "network": "mlp"}, Generator)
    generator.build(spec)
    Model.of(generator.double(), spec).save(tmp_path / "m")
    found = Model.load(tmp_path / "m").part.sample(9).values
    assert found.dtype == torch.float64
    assert torch.equal(found, generator.sample(9).values)


def test_what_there_is_not(ring_run: Run, lgm_run: Run, tmp_path: Path) -> None:
    with pytest.raises(MatchZooError, match="has no values of the projector projector of its own: nobody moved it"):
        model_of_run(lgm_run, "projector")
    with pytest.raises(MatchZooError, match="its recipe has no linear probe"):
        model_of_run(ring_run, "probe")
    with pytest.raises(MatchZooError, match="which: expected generator, projector or probe, got 'data'"):
        model_of_run(ring_run, "data")
    with pytest.raises(MatchZooError, match=r"run: expected a Run, got '.*'; open its folder with"):
        model_of_run(str(ring_run.folder), "generator")
    with pytest.raises(MatchZooError, match="there is no such folder"):
        Model.load(tmp_path / "none")
    identity = structure("identity", Projector)
    with pytest.raises(MatchZooError, match="has no values of its own; there is nothing to save"):
        Model.of(identity, Spec(shape=(2,))).save(tmp_path / "m")
    broken = small()
    broken.tensors["network.layers.0.weight"][0, 0] = float("nan")
    with pytest.raises(MatchZooError, match=r"layers\.0\.weight has values that are no finite numbers"):
        broken.save(tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_saving_is_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matchzoo.core.storage import files

    small().save(tmp_path / "m")
    before = {p.name: p.read_bytes() for p in (tmp_path / "m").iterdir()}
    monkeypatch.setattr(files, "write_json", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(MatchZooError, match=r"m: cannot be written \(No space left on device\)"):
        small().save(tmp_path / "m")
    assert before == {p.name: p.read_bytes() for p in (tmp_path / "m").iterdir()}
    assert [p.name for p in tmp_path.iterdir()] == ["m"]
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/a.tex").write_text("x")
    with pytest.raises(MatchZooError, match="is not empty and holds no model"):
        small().save(tmp_path / "thesis")


def test_files_have_the_usual_mode(tmp_path: Path) -> None:
    small().save(tmp_path / "m")
    (tmp_path / "plain").touch()
    modes = {p.stat().st_mode & 0o777 for p in (tmp_path / "m").iterdir()}
    assert modes == {(tmp_path / "plain").stat().st_mode & 0o777}


# the card


def test_the_card(ring_run: Run, lgm_run: Run) -> None:
    from huggingface_hub import ModelCard

    from matchzoo.hub.folders import model_card

    for run, family, words in (
        (ring_run, "generator", ['generator = hub.pull_model("u/n").part', "sample(100)", "modes", "(sample.png)"]),
        (ring_run, "projector", ["projector.project(x)", "mode KL"]),
        (lgm_run, "probe", ["probe.predict(x)", "top-1 %", "CC-BY-4.0", "0 = 0, 1 = 1"]),
        (lgm_run, "generator", ["float [100, 3, 8, 8]"]),
    ):
        model = attrs.evolve(model_of_run(run, family), license="MIT")
        text = model_card.text(model, "u/n", "sample.png" if family == "generator" else "")
        head = ModelCard(text, ignore_metadata_errors=False).data
        assert head.license == "mit"
        assert head.library_name == "matchzoo"
        arxiv = "arxiv:2511.16674" if run is lgm_run else "arxiv:1806.00101"
        assert head.tags == ["matchzoo", family, model.kind, arxiv]
        assert (head.eval_results is not None) == (family == "probe" or run is lgm_run)
        assert all(word in text for word in words), text


# the Hub


def test_another_model_is_not_replaced(hub: HubServer) -> None:  # noqa: F811
    model = small()
    door.push_model(model, REPO)
    door.push_model(attrs.evolve(model, license="ISC"), REPO)  # the same recipe
    other = attrs.evolve(model, recipe="schema = 1\n[trainer]\nsteps = 3\n")
    door.push_model(other, REPO)  # the same tensors
    other.tensors["network.layers.0.bias"].add_(1)
    third = attrs.evolve(other, recipe="schema = 1\n[trainer]\nsteps = 4\n")
    with pytest.raises(MatchZooError, match=r"holds a model of another recipe; .*--force"):
        door.push_model(third, REPO)
    door.push_model(third, REPO, force=True)
    hub.add("tester/bert", {"pytorch_model.bin": hub.blob(b"a")})
    with pytest.raises(MatchZooError, match=r"holds files that are no model \(pytorch_model\.bin\)"):
        door.push_model(model, "tester/bert")
    with pytest.raises(MatchZooError, match="a model is pushed to main"):
        door.push_model(model, f"{REPO}@v1")


def test_a_push_leaves_no_sample_over(ring_run: Run, hub: HubServer) -> None:  # noqa: F811
    door.push_model(model_of_run(ring_run, "generator"), REPO, license="MIT")
    projector = model_of_run(ring_run, "projector")
    done = door.push_model(projector, REPO, license="MIT", force=True)
    assert done.notes == (f"deleted there: {SAMPLE}",)
    assert set(hub.commits[REPO][done.commit]) == {*FILES, ".gitattributes"} - {SAMPLE}
    with pytest.raises(MatchZooError, match="is public, and stays so; nothing was uploaded: make it private"):
        door.push_model(projector, REPO, private=True)


def test_what_is_pushed_is_a_model_or_its_folder(ring_run: Run, tmp_path: Path, hub: HubServer) -> None:  # noqa: F811
    small().save(tmp_path / "m")
    for push in (door.push, door.push_model):
        done = push(tmp_path / "m", REPO, dry_run=True)
        assert set(done.files) == set(FILES)
    door.push_model(str(tmp_path / "m"), REPO, which="generator", dry_run=True)
    with pytest.raises(MatchZooError, match="is a generator, not a probe"):
        door.push_model(tmp_path / "m", REPO, which="probe")
    for source, kind in ((ring_run, "Run"), (ring_run.folder, "a run"), (str(ring_run.folder), "a run")):
        with pytest.raises(MatchZooError, match=rf"expected a Model or the folder of one, got {kind}; .*model_of_run"):
            door.push_model(source, REPO, which="projector")
    with pytest.raises(MatchZooError, match=f"matchzoo push {ring_run.folder} USER/NAME --model projector"):
        door.push_model(ring_run, REPO, which="projector")
    with pytest.raises(MatchZooError, match=r"refused as a model: config\.json: is missing"):
        door.push_model(tmp_path, REPO)
    with pytest.raises(MatchZooError, match="artifact: expected a DistilledDataset, a Model or the folder of one"):
        door.push(ring_run, REPO)
    assert hub.requests == []


def test_dry_run_asks_nothing(hub: HubServer) -> None:  # noqa: F811
    done = door.push_model(attrs.evolve(small(), license=""), REPO, dry_run=True)
    assert (done.commit, set(done.files)) == ("", set(FILES))
    assert done.notes == ("no license is chosen for the model (license, --license)",)
    assert hub.requests == []


def test_the_commands(
    ring_run: Run,
    hub: HubServer,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from huggingface_hub import constants

    monkeypatch.chdir(tmp_path)
    words = ["push", str(ring_run.folder), REPO, "--model", "generator", "--license", "MIT"]
    main([*words, "--dry-run"])
    assert "nothing was uploaded" in capsys.readouterr().out
    main([*words, "--private"])
    assert hub.private == {REPO}
    assert f"matchzoo pull {REPO}" in capsys.readouterr().out
    main(["pull", REPO])
    said = capsys.readouterr().out
    assert "generator of kind noise" in said
    assert "wrote ring" in said
    sample = ring_run.generator.sample(20).values
    assert torch.equal(Model.load("ring").part.sample(20).values, sample)
    main(["push", "ring", "tester/again"])  # a model that was pulled
    assert torch.equal(door.pull_model("tester/again").part.sample(20).values, sample)
    hub.add(f"datasets/{REPO}", {"a.csv": hub.blob(b"a")})
    with pytest.raises(SystemExit):
        main(["pull", REPO])
    assert "is both a data set and a model on the Hub; say --kind dataset or --kind model" in capsys.readouterr().err
    main(["pull", REPO, "--kind", "model"])
    with pytest.raises(SystemExit):
        main(["pull", "tester/none"])
    assert "there is no data set or model tester/none on the Hub" in capsys.readouterr().err
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    main(["pull", "tester/again", "--output", "offline"])
    assert torch.equal(Model.load("offline").part.sample(20).values, sample)


FAULTS = {
    "401": (Fault("GET .*/revision/", 401), "hf auth login"),
    "403": (Fault("GET .*/revision/", 403), r"failed \(403\): your token has no right"),
    "404": (Fault("GET .*/revision/", 404, {"X-Error-Code": "RepoNotFound"}), "there is no model tester/ring"),
    "revision": (Fault("GET .*/revision/", 404, {"X-Error-Code": "RevisionNotFound"}), "has no revision 'main'"),
    "429": (Fault("GET .*/revision/", 429, {"Retry-After": "1"}, times=9), r"failed \(429\): too many requests: wait"),
    "500": (Fault("GET .*/revision/", 500, times=9), r"failed \(500\): the Hub has a fault of its own; .*pull again"),
    "cut": (Fault("GET .*/resolve/.*safetensors", kind="cut", times=20), "connection broke|pull failed"),
    "bytes": (Fault("GET .*/resolve/.*safetensors", kind="bytes", times=9), "fetched twice; .*refused as a model"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_faults(case: str, hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    model = small()
    door.push_model(model, REPO)
    fault, message = FAULTS[case]
    hub.fault = attrs.evolve(fault)
    with pytest.raises(MatchZooError, match=message):
        door.pull_model(REPO)
    hub.fault = None
    assert torch.equal(door.pull_model(REPO).part.sample(9).values, model.part.sample(9).values)


def test_a_push_that_breaks(hub: HubServer) -> None:  # noqa: F811
    hub.fault = Fault("POST .*/commit/", 500, times=9)
    with pytest.raises(MatchZooError, match=r"\(500\): the Hub has a fault of its own; nothing was changed: push"):
        door.push_model(small(), REPO)
    assert [set(files) for files in hub.commits[REPO].values()] == [{".gitattributes"}]
    hub.fault = None
    door.push_model(small(), REPO)
    assert door.pull_model(REPO).kind == "noise"


# what is refused


class Bomb:
    """What leaves a file behind when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder.parent / "executed")

    def __reduce__(self) -> tuple:
        return open, (self.path, "w")


def said(folder: Path) -> dict:
    return json.loads((folder / CONFIG).read_text())


def config(folder: Path, **changes: object) -> None:
    (folder / CONFIG).write_text(json.dumps({**said(folder), **changes}))


def rehash(folder: Path) -> None:
    config(folder, files={name: file_sha256(folder / name) for name in said(folder)["files"]})


def tensors(folder: Path, **changes: torch.Tensor | None) -> None:
    """Other tensors (``__`` stands for a dot), with hashes that agree."""
    found = load_file(folder / TENSORS)
    found |= {name.replace("__", "."): value for name, value in changes.items()}
    found = {name: value for name, value in found.items() if value is not None}
    save_file(found, folder / TENSORS)
    about = {
        name: {"shape": list(x.shape), "dtype": str(x.dtype).removeprefix("torch."), "sha256": sha256(x)}
        for name, x in found.items()
    }
    config(folder, tensors=about)
    rehash(folder)


def part(folder: Path, text: str) -> None:
    (folder / PART).write_text(text)
    rehash(folder)


def spec(folder: Path, **changes: object) -> None:
    config(folder, facts={**said(folder)["facts"], **changes})


def huge(folder: Path) -> None:
    head = {"network.layers.0.weight": {"dtype": "F32", "shape": [10**9, 10**6], "data_offsets": [0, 4 * 10**15]}}
    text = json.dumps(head).encode()
    (folder / TENSORS).write_bytes(struct.pack("<Q", len(text)) + text)
    rehash(folder)


def link(folder: Path) -> None:
    (folder / TENSORS).rename(folder.parent / "outside")
    (folder / TENSORS).symlink_to(folder.parent / "outside")


MLP = 'kind = "noise"\ndimension = 2\nnetwork = { kind = "mlp", widths = %s, norm = "batch" }\n'
CODES = 'generator = { kind = "flow", codec = "codes", network = "mlp" }\n'
BIAS = "network__layers__0__bias"

BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "pickle renamed": (
        lambda f: ((f / TENSORS).write_bytes(pickle.dumps(Bomb(f))), rehash(f)),
        r"model\.safetensors: cannot be read as safetensors",
    ),
    "pickle beside": (lambda f: (f / "pytorch_model.bin").write_bytes(b"x"), "holds neither code nor pickles"),
    "code beside": (lambda f: (f / "modeling.py").write_text("raise SystemExit"), r"modeling\.py: .*neither code"),
    "one bit": (
        lambda f: (f / TENSORS).write_bytes((f / TENSORS).read_bytes()[:-1] + b"\x77"),
        r"model\.safetensors: its sha256 is",
    ),
    "hash of a tensor": (
        lambda f: config(f, tensors={name: {**one, "sha256": "0" * 64} for name, one in said(f)["tensors"].items()}),
        "the sha256 of network",
    ),
    "truncated": (
        lambda f: ((f / TENSORS).write_bytes((f / TENSORS).read_bytes()[:-9]), rehash(f)),
        "cannot be read as safetensors",
    ),
    "huge shapes": (huge, "cannot be read as safetensors"),
    "reads data": (
        lambda f: part(f, 'kind = "map"\nsource = { kind = "image-folder", path = "/" }\nnetwork = "mlp"\n'),
        "a generator that maps a data set names that data, and a model reads none",
    ),
    "a start": (lambda f: part(f, MLP % "[3]" + 'init = "/etc"\n'), "init: a model holds all of its values"),
    "among codes of another": (
        lambda f: part(f, 'kind = "flow"\ncodec = "codes"\nnetwork = "mlp"\n'),
        "a generator among codes needs the decoder of another model",
    ),
    "a codec that is a path": (
        lambda f: part(f, 'kind = "decoded"\ncodec = { kind = "model", path = "/etc" }\n' + CODES),
        "a projector of kind 'model' names another one or a file",
    ),
    "nan": (lambda f: tensors(f, **{BIAS: torch.full((3,), float("nan"))}), "values that are no finite numbers"),
    "other shape": (
        lambda f: tensors(f, **{BIAS: torch.zeros(4)}),
        r"0\.bias is torch.float32 \[4\], the part",
    ),
    "other type": (lambda f: tensors(f, **{BIAS: torch.zeros(3, dtype=torch.int64)}), "has floating-point numbers"),
    "half": (lambda f: tensors(f, **{BIAS: torch.zeros(3).half()}), "is of type F16"),
    "tensor missing": (lambda f: tensors(f, **{BIAS: None}), r"has no 'network\.layers\.0\.bias'"),
    "tensor too many": (lambda f: tensors(f, x=torch.zeros(3)), "holds 'x', which the part has not"),
    "no tensors said": (lambda f: config(f, tensors={}), r"config\.json says None"),
    "newer schema": (lambda f: config(f, schema=2), r"newer matchzoo \(schema 2, .* pip install --upgrade"),
    "other format": (lambda f: config(f, format="x"), "is not that of a model"),
    "no JSON": (lambda f: (f / CONFIG).write_text("{'a': 1}"), r"config\.json: cannot be read as JSON"),
    "deep JSON": (lambda f: (f / CONFIG).write_text("[" * 10**5), r"config\.json: (cannot be read|is not)"),
    "NaN in JSON": (lambda f: config(f, scores=[{"a": float("nan")}]), "NaN is no JSON number"),
    "steps of text": (lambda f: config(f, steps="9"), "steps: expected int"),
    "steps below zero": (lambda f: config(f, steps=-1), "steps: expected a whole number, got -1"),
    "family": (
        lambda f: config(f, family="os.system"),
        "family: expected generator, .*, got 'os.system'",
    ),
    "another family": (lambda f: config(f, family="projector"), "unknown projector 'noise'"),
    "import path": (lambda f: part(f, 'kind = "os.system"\n'), "unknown generator 'os.system'"),
    "unknown key": (lambda f: part(f, MLP % "[3]" + "target = 'os.system'\n"), "target: unknown key"),
    "no TOML": (lambda f: part(f, "a = ["), r"part\.toml: cannot be read as TOML"),
    "no TOML in the recipe": (
        lambda f: ((f / RECIPE).write_text("a = ["), rehash(f)),
        r"recipe\.toml: cannot be read as TOML",
    ),
    "a file is named": (
        lambda f: (config(f, family="projector"), part(f, 'kind = "backbone"\ncard = "/etc/x.toml"\n')),
        "'/etc/x.toml' is no card of the zoo, and files that a model names are not read",
    ),
    "a backbone": (
        lambda f: (config(f, family="projector"), part(f, 'kind = "backbone"\ncard = "resnet18"\n')),
        "a frozen backbone is no model of its own",
    ),
    "a network larger than memory": (
        lambda f: part(f, MLP % "[1_000_000_000]"),
        "far larger than its tensors|cannot be built",
    ),
    "a network without end": (lambda f: part(f, MLP % f"[{'1,' * 100_000}]"), "far larger than its tensors"),
    "images without end": (
        lambda f: (
            spec(f, shape=[3, 8, 8], classes=1_000_000),
            part(f, 'kind = "pyramid"\nimages_per_class = 1_000_000\n'),
        ),
        "far larger than its tensors|1000000000000 images of 8x8 pixels take",
    ),
    "a shape of zero": (lambda f: spec(f, shape=[0]), "shape: expected 1 to 4 numbers above 0"),
    "a shape of text": (lambda f: spec(f, shape="2"), "shape: expected a list"),
    "an unknown fact": (lambda f: spec(f, path="x"), "path: unknown key"),
    "names without classes": (lambda f: spec(f, class_names=["a"]), "1 names of 0 classes"),
    "escape in a name": (lambda f: spec(f, classes=1, class_names=["\x1b[2J"]), "control characters"),
    "traversal": (lambda f: config(f, files={"../outside": "0" * 64}), "'../outside' is not a name of a file"),
    "absolute": (lambda f: config(f, files={"/etc/passwd": "0" * 64}), "'/etc/passwd' is not a name of a file"),
    "no hashes": (lambda f: config(f, files={}), "has no hash of model.safetensors"),
    "link": (link, "is a link that leads out of the folder"),
    "missing": (lambda f: (f / TENSORS).unlink(), r"model\.safetensors: is missing"),
    "missing part": (lambda f: (f / PART).unlink(), r"part\.toml: is missing"),
    "large part": (lambda f: part(f, "#" * 2_000_000), r"part\.toml: 2000000 bytes, at most"),
    "card with script": (
        lambda f: (f / "README.md").write_text((f / "README.md").read_text() + "<script>"),
        "holds code for a browser",
    ),
    "card with code": (
        lambda f: (f / "README.md").write_text("---\na: !!python/object/apply:os.system ['true']\n---\n"),
        "cannot be read as plain YAML",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_and_hostile_models(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_writing, "sample", lambda model: None)  # its picture takes longest
    small().save(tmp_path / "m")
    spoil, message = BROKEN[case]
    spoil(tmp_path / "m")
    with pytest.raises(MatchZooError, match=message) as caught:
        Model.load(tmp_path / "m")
    assert "refused as a model" in str(caught.value)
    assert not (tmp_path / "executed").exists()
