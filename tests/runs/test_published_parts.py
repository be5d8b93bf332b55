"""What came of a run is asked of the parts that moved: projectors by name, models of them, and who refuses what."""

import copy
import json
from pathlib import Path

import attrs
import pytest
import torch
from helpers.hub_server import TOKEN, HubServer, hub  # noqa: F401
from helpers.tables import HEAD
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from matchzoo import hub as door
from matchzoo import recipes
from matchzoo.cli.main import main
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import MatchZooError
from matchzoo.hub.model import Model
from matchzoo.projectors import Learned, Stack
from matchzoo.recipes.recipe import Recipe
from matchzoo.runs.published_parts import model_of_run
from matchzoo.runs.run import Run
from matchzoo.training.loop import Training

REPO = "tester/head"
GOLDEN = Path(__file__).parents[1] / "golden/runs-0.1"
AVERAGE = {"kind": "average", "of": "head", "decay": 0.5}


@pytest.fixture(autouse=True)
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setenv("MATCHZOO_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)


@pytest.fixture(scope="session")
def head_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A network with a head, and an average of both, of no generator."""
    table = copy.deepcopy(HEAD)
    table["projectors"]["teacher"] = AVERAGE
    return structure(table, Recipe).run(tmp_path_factory.mktemp("runs") / "head", quiet=True)


@pytest.fixture(scope="session")
def on_backbone(tmp_path_factory: pytest.TempPathFactory, tiny_card: Path) -> Run:
    """A head on a frozen backbone."""
    table = copy.deepcopy(HEAD)
    table["projectors"]["encoder"] = {"kind": "backbone", "card": str(tiny_card)}
    table["players"]["classifier"]["moves"] = ["head"]
    return structure(table, Recipe).run(tmp_path_factory.mktemp("runs") / "backbone", quiet=True)


def images(n: int = 20) -> torch.Tensor:
    return torch.rand(n, 3, 8, 8, generator=torch.Generator().manual_seed(0))


# what a run gives


def test_projectors_compute_what_training_left(head_run: Run, tmp_path: Path) -> None:
    recipe = head_run.recipe
    training = Training(recipe.build(), recipe.trainer, recipe.engine())
    training.prepare(quiet=True)
    for number in range(1, recipe.trainer.steps + 1):
        training.step(number)
    for part in training.parts.projectors.values():
        part.eval()
    encoder, head, teacher = training.parts.projectors.values()
    expected = {"encoder": encoder(images()), "head": head(encoder(images())), "teacher": teacher(encoder(images()))}
    projectors = head_run.projectors
    assert list(projectors) == list(expected)
    assert (type(projectors["encoder"]), type(projectors["head"])) == (Learned, Stack)
    for name, features in expected.items():
        assert torch.equal(projectors[name](images()), features)
        assert not any(value.requires_grad for value in projectors[name].parameters())
        assert not projectors[name].training
    assert not torch.equal(expected["head"], expected["teacher"])
    with pytest.raises(MatchZooError, match=r"this run has no generator; see run\.projectors"):
        _ = head_run.generator
    with pytest.raises(MatchZooError, match="this run made no set of images"):
        _ = head_run.distilled


def test_a_head_learns_and_is_found_again(tmp_path: Path) -> None:
    table = copy.deepcopy(HEAD)
    table["trainer"]["steps"] = 300
    run = structure(table, Recipe).run(tmp_path / "run", quiet=True)
    test = run.recipe.build().data.test_set.all()
    correct = run.projectors["head"](test.values).argmax(1) == test.labels
    assert correct.double().mean() > 0.85


def test_the_folder_says_what_projectors_were_built_for(head_run: Run) -> None:
    with safe_open(head_run.folder / "parts.safetensors", "pt") as file:
        metadata = file.metadata()
    specs = json.loads(metadata["facts"])["specs"]
    assert {name: (spec["shape"], spec["features"]) for name, spec in specs.items()} == {
        "encoder": ([3, 8, 8], 6),
        "head": ([6], 10),
        "teacher": ([6], 10),
    }
    assert json.loads(metadata["facts"])["classes"] == 10


def test_double_precision(tmp_path: Path) -> None:
    table = copy.deepcopy(HEAD)
    table["trainer"]["precision"] = "float64"
    run = structure(table, Recipe).run(tmp_path / "run", quiet=True)
    assert run.projectors["head"](images().double()).dtype == torch.float64


def test_a_projector_of_a_run_with_a_generator(ring_recipe: Recipe, tmp_path: Path) -> None:
    run = ring_recipe.run(tmp_path / "run", quiet=True)
    assert list(run.projectors) == ["projector"]
    x = torch.randn(5, 2)
    assert torch.equal(run.projectors["projector"](x), model_of_run(run, "projector").part(x))


def test_a_backbone_that_nobody_moved_is_not_of_the_run(lgm_recipe: Recipe, tmp_path: Path) -> None:
    run = lgm_recipe.replace(**{"trainer.steps": 1, "evaluation": []}).run(tmp_path / "run", quiet=True)
    assert run.projectors == {}


@pytest.mark.parametrize("views", [{}, {"views": {"size": 6}}])
def test_runs_of_version_0_1(ring_recipe: Recipe, tmp_path: Path, views: dict) -> None:
    """They store the spec of the data alone."""
    table = copy.deepcopy(HEAD)
    table |= {"projectors": {"encoder": table["projectors"]["encoder"] | {"features": 10}}, **views}
    table["players"]["classifier"] = {
        **table["players"]["classifier"],
        "moves": ["encoder"],
        "minimize": [{"kind": "classification", "sets": ["real"]}],
    }
    run = structure(table, Recipe).run(tmp_path / "run", quiet=True)
    side = 6 if views else 8
    expected = run.projectors["encoder"](images()[..., :side, :side])
    _without_specs(run)
    assert torch.equal(recipes.open(run.folder).projectors["encoder"](images()[..., :side, :side]), expected)


def test_a_run_that_version_0_1_left() -> None:
    run = recipes.open(GOLDEN / "ring")
    x = torch.randn(5, 2)
    assert torch.equal(run.projectors["projector"](x), model_of_run(run, "projector").part(x))


def test_each_head_has_its_own_backbone(tiny_card: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(tiny_card.read_text().replace("test_efficientnet", "test_resnet").replace("= 256", "= 96"))
    table = copy.deepcopy(HEAD)
    head = table["projectors"].pop("head")
    for name, card in (("a", tiny_card), ("b", other)):
        table["projectors"][f"backbone-{name}"] = {"kind": "backbone", "card": str(card)}
        table["projectors"][f"head-{name}"] = {**head, "on": f"backbone-{name}"}
    del table["projectors"]["encoder"]
    table["players"]["classifier"]["moves"] = ["head-a", "head-b"]
    table["players"]["classifier"]["minimize"] = [
        {"kind": "classification", "space": f"head-{name}", "sets": ["real"]} for name in "ab"
    ]
    run = structure(table, Recipe).run(tmp_path / "run", quiet=True)
    assert [len(run.projectors[f"head-{name}"](images())) for name in "ab"] == [20, 20]
    assert [one["card"] for one in model_of_run(run, "head-b").backbones] == [str(other)]


def test_damaged_files_are_told(tmp_path: Path) -> None:
    run = structure(HEAD, Recipe).run(tmp_path / "run", quiet=True)
    path = run.folder / "parts.safetensors"
    whole = path.read_bytes()
    tensors = {key: value for key, value in load_file(path).items() if "head" not in key or "bias" in key}
    _rewrite(path, tensors)
    with pytest.raises(MatchZooError, match=r"is damaged .*; remove metrics\.json and start the run again"):
        _ = run.projectors
    path.write_bytes(whole[:-9])
    with pytest.raises(MatchZooError, match=r"is damaged .*; remove metrics\.json and start the run again"):
        _ = run.projectors
    path.unlink()
    with pytest.raises(MatchZooError, match=r"has no parts\.safetensors; is the run finished\?"):
        model_of_run(run, "head")


def _without_specs(run: Run) -> None:
    path = run.folder / "parts.safetensors"
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    save_file(load_file(path), path, {"facts": metadata["facts"]})


def _rewrite(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    save_file(tensors, path, metadata)


# models


@pytest.mark.parametrize("name", ["encoder", "head", "teacher"])
def test_round_trip(head_run: Run, name: str, hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    expected = head_run.projectors[name](images())
    model = model_of_run(head_run, name)
    model.save(tmp_path / "m")
    done = door.push_model(tmp_path / "m", REPO, license="MIT")
    for loaded in (model, Model.load(tmp_path / "m"), door.pull_model(REPO), Model.load(f"{REPO}@{done.commit}")):
        assert torch.equal(loaded.part(images()), expected)
        assert (loaded.family, loaded.kind) == ("projector", "learned" if name == "encoder" else "stack")
        assert (loaded.features, loaded.digest) == (expected.shape[1], model.digest)
        assert loaded.spec.class_names == tuple("0123456789")


def test_a_head_on_a_backbone(on_backbone: Run, tiny_card: Path, tmp_path: Path) -> None:
    model = model_of_run(on_backbone, "head")
    assert not any(name.startswith("layers_0") for name in model.tensors)  # they come from the card
    assert [backbone["card"] for backbone in model.backbones] == [str(tiny_card)]
    model.save(tmp_path / "m")
    loaded = Model.load(tmp_path / "m", card=str(tiny_card))
    expected = on_backbone.projectors["head"](images())
    assert torch.equal(loaded.part(images()), expected)
    assert "It needs the weights of the backbone" in (tmp_path / "m" / "README.md").read_text()
    with pytest.raises(MatchZooError, match="is no card of the zoo, and files that a model names are not read"):
        Model.load(tmp_path / "m")
    with pytest.raises(MatchZooError, match="has no values of the projector encoder of its own: nobody moved it"):
        model_of_run(on_backbone, "encoder")
    assert torch.equal(model_of_run(on_backbone, "projector").part(images()), expected)  # the only one that moved
    about = ({**model.backbones[0], "weights": {"sha256": "0" * 64}},)
    with pytest.raises(MatchZooError, match="the model was trained on a backbone of other weights"):
        attrs.evolve(loaded, backbones=about).part  # noqa: B018


def test_which_parts_there_are(head_run: Run) -> None:
    with pytest.raises(
        MatchZooError, match=r"expected encoder, head, teacher or probe, got 'hed'; did you mean 'head'"
    ):
        model_of_run(head_run, "hed")
    with pytest.raises(MatchZooError, match="has several projectors; expected one of encoder, head, teacher, got"):
        model_of_run(head_run, "projector")
    with pytest.raises(MatchZooError, match="has no generator with values of its own; it has encoder, head, teacher"):
        model_of_run(head_run, "generator")


def test_the_command(head_run: Run, hub: HubServer, capsys: pytest.CaptureFixture, tmp_path: Path) -> None:  # noqa: F811
    main(["push", str(head_run.folder), REPO, "--model", "head", "--license", "MIT"])
    assert "matchzoo pull tester/head" in capsys.readouterr().out
    assert torch.equal(door.pull_model(REPO).part(images()), head_run.projectors["head"](images()))
    with pytest.raises(SystemExit):
        main(["push", str(head_run.folder), REPO, "--model", "hed"])
    assert "expected encoder, head, teacher or probe, got 'hed'" in capsys.readouterr().err
    model_of_run(head_run, "encoder").save(tmp_path / "m")
    main(["push", str(tmp_path / "m"), "tester/encoder", "--model", "projector"])
    with pytest.raises(SystemExit):
        main(["push", str(tmp_path / "m"), "tester/encoder", "--model", "head"])
    assert "is a projector already, not 'head'; leave it out" in capsys.readouterr().err


HOSTILE = {
    "a path": 'kind = "model"\npath = "/etc"\n',
    "a path in a stack": 'kind = "stack"\nlayers = [{ kind = "model", path = "/etc" }]\n',
    "a start": 'kind = "learned"\nfeatures = 6\ninit = "/etc"\nnetwork = { kind = "mlp", widths = [7] }\n',
    "another part": 'kind = "average"\nof = "head"\n',
    "a base": 'kind = "learned"\nfeatures = 6\non = "head"\nnetwork = { kind = "mlp", widths = [7] }\n',
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_model_names_nothing_else(head_run: Run, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matchzoo.core.storage.files import file_sha256
    from matchzoo.hub.folders.model_schema import CONFIG, PART
    from matchzoo.hub.model_projector import ModelProjector

    monkeypatch.setattr(ModelProjector, "open", lambda self: pytest.fail("it was read"))
    model_of_run(head_run, "encoder").save(tmp_path / "m")
    (tmp_path / "m" / PART).write_text(HOSTILE[case])
    about = json.loads((tmp_path / "m" / CONFIG).read_text())
    about["files"][PART] = file_sha256(tmp_path / "m" / PART)
    (tmp_path / "m" / CONFIG).write_text(json.dumps(about))
    with pytest.raises(MatchZooError, match="names another one or a file"):
        Model.load(tmp_path / "m")


def test_a_backbone_in_a_stack_of_a_stranger_is_measured_without_weights(
    on_backbone: Run, tiny_card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matchzoo.projectors import Backbone

    model_of_run(on_backbone, "head").save(tmp_path / "m")
    monkeypatch.setattr(Backbone, "build", lambda self, spec: pytest.fail("its weights were loaded"))
    Model.load(tmp_path / "m", card=str(tiny_card))
