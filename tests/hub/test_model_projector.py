"""A trained model as the space of another recipe, and as the start of its projectors."""

import copy
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from helpers.hub_server import TOKEN, HubServer, hub  # noqa: F401
from helpers.room import barlow
from helpers.tables import HEAD
from safetensors.torch import load_file

from matchzoo import hub as door
from matchzoo import recipes
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.hub.model import Model
from matchzoo.hub.model_projector import ModelProjector
from matchzoo.projectors import recolor
from matchzoo.recipes.planning import plan
from matchzoo.recipes.recipe import Recipe
from matchzoo.runs.published_parts import model_of_run
from matchzoo.runs.run import Run
from matchzoo.training.features import collect
from matchzoo.training.loop import Training

REPO = "tester/encoder"
SPEC = Spec(shape=(3, 8, 8), classes=10, class_names=tuple("0123456789"))
MATCHING = {
    "data": {"kind": "digits", "size": 8},
    "generator": {"kind": "pyramid", "start": 8},
    "players": {
        "generator": {
            "moves": ["generator"],
            "optimizer": {"kind": "adam", "lr": 0.03},
            "minimize": [
                {"kind": "statistic", "statistic": "head-gradient", "distance": "cosine", "reference": "cache"}
            ],
        }
    },
    "trainer": {"steps": 3, "device": "cpu"},
}


@pytest.fixture(autouse=True)
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setenv("MATCHZOO_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """An encoder with a head."""
    return structure(HEAD, Recipe).run(tmp_path_factory.mktemp("runs") / "head", quiet=True)


@pytest.fixture(scope="session")
def encoder(trained: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of its encoder as a model."""
    folder = tmp_path_factory.mktemp("models") / "encoder"
    model_of_run(trained, "encoder").save(folder)
    return folder


def matching(**projector: object) -> Recipe:
    return structure({**copy.deepcopy(MATCHING), "projector": {"kind": "model", **projector}}, Recipe)


def head(**changes: object) -> dict:
    """The recipe of a network with a head; ``encoder__init`` is a field of its encoder."""
    table = copy.deepcopy(HEAD)
    for name, value in changes.items():
        part, _, field = name.partition("__")
        table["projectors"][part][field] = value
    return table


def images(n: int = 20) -> torch.Tensor:
    return torch.rand(n, 3, 8, 8, generator=torch.Generator().manual_seed(0))


# as a space


def test_images_are_distilled_in_the_space_of_an_encoder_that_was_trained_on_two_views(tmp_path: Path) -> None:
    """Without the embedding on top of it, which its loss is on."""
    table = barlow()
    table["trainer"] |= {"steps": 2, "precision": "float32"}
    run = structure(table, Recipe).run(tmp_path / "barlow", quiet=True)
    model_of_run(run, "encoder").save(tmp_path / "encoder")
    stored = Model.load(tmp_path / "encoder")
    assert stored.tensors.keys() == run.projectors["encoder"].state_dict().keys()

    for fields in ({"path": str(tmp_path / "encoder")}, {"path": str(run.folder), "part": "encoder"}):
        recipe = matching(**fields).replace(**{"data.channels": 1})
        made = Training(parts := recipe.build(engine := recipe.engine()), recipe.trainer, engine)
        made.prepare(quiet=True)
        assert parts.specs["projector"].features == 6
        assert made.step(1)["generator/minimize[0]"].isfinite()


def test_folders_runs_and_the_hub_give_the_same_features(trained: Run, encoder: Path, hub: HubServer) -> None:  # noqa: F811
    done = door.push_model(encoder, REPO, license="MIT")
    expected = trained.projectors["encoder"](images())
    origins = []
    for fields in (
        {"path": str(encoder)},
        {"path": str(trained.folder), "part": "encoder"},
        {"path": REPO},
        {"path": REPO, "revision": done.commit},
        {"path": f"{REPO}@{done.commit}"},
    ):
        projector = ModelProjector(**fields)
        assert projector.build(SPEC) == 6
        assert torch.equal(projector(images()), expected)
        assert not any(value.requires_grad for value in projector.parameters())
        origins.append(projector.origin())
    assert len({origin["sha256"] for origin in origins}) == 1
    assert origins[1] == {
        "model": str(trained.folder),
        "part": "encoder",
        "kind": "learned",
        "sha256": done_hash(trained),
    }
    assert origins[2]["repository"] == {"repo": REPO, "revision": "main", "commit": done.commit}
    assert origins[2]["license"] == "MIT"


def done_hash(run: Run) -> str:
    return model_of_run(run, "encoder").digest


def test_gradients_reach_the_samples_and_no_statistics_move(trained: Run, encoder: Path) -> None:
    table = head(encoder__network={"kind": "mlp", "widths": [7], "norm": "batch"})
    table["trainer"]["steps"] = 1
    run = structure(table, Recipe).run(encoder.parent / "batch-norm", quiet=True)
    projector = ModelProjector(path=str(run.folder), part="encoder")
    projector.build(SPEC)
    projector.train()
    before = {name: value.clone() for name, value in projector.state_dict().items()}
    x = images().requires_grad_()
    projector(x).sum().backward()
    assert x.grad is not None
    assert x.grad.abs().sum() > 0
    assert all(torch.equal(value, before[name]) for name, value in projector.state_dict().items())


def test_a_recipe_in_the_space_of_a_model(trained: Run, encoder: Path, tmp_path: Path) -> None:
    recipe = matching(path=str(encoder)).replace(evaluation=[{"kind": "linear-probe", "views": 1, "seeds": 1}])
    run = recipe.run(tmp_path / "run", quiet=True)
    assert "projector/trained.network.layers.0.weight" not in load_file(run.folder / "parts.safetensors")
    session = json.loads((run.folder / "environment.json").read_text())["sessions"][-1]
    assert session["projector"] == {"model": str(encoder), "kind": "learned", "sha256": done_hash(trained)}
    assert run.projectors == {}
    probe = model_of_run(run, "probe")
    probe.save(tmp_path / "probe")
    loaded = Model.load(tmp_path / "probe")
    assert torch.equal(loaded.part.scores(images()), probe.part.scores(images()))
    assert "path" not in (tmp_path / "probe" / "part.toml").read_text()


def test_a_small_step_and_its_checkpoint(encoder: Path) -> None:
    """What the table of all kinds asks of others."""
    recipe = matching(path=str(encoder)).replace(**{"trainer.precision": "float64"})
    engine = recipe.engine()
    training = Training(recipe.build(engine), recipe.trainer, engine)
    training.prepare(quiet=True)
    values = [next(iter(training.step(number).values())).item() for number in (1, 2, 3)]
    assert values[2] < values[0]
    again = Training(recipe.build(engine), recipe.trainer, engine)
    again.load(3, training.state())
    assert all(torch.equal(again.state()[name], value) for name, value in training.state().items())


def test_plans(encoder: Path) -> None:
    planned = plan(matching(path=str(encoder)), alternatives=False)
    assert planned.fits
    starting = structure(head(encoder__init="/there/is/none"), Recipe)
    assert plan(starting, alternatives=False).fits  # a plan starts nothing


def test_kept_features_are_of_the_values(trained: Run, tmp_path: Path) -> None:
    """Two models of one path and layout have features of their own in the cache; the same ones are computed once."""
    split = matching(path="x").data
    split.build(0)
    kept = split.training_set
    kept.lasting, engine = True, matching(path="x").engine()

    def features(model: Model) -> tuple[torch.Tensor, object]:
        model.save(tmp_path / "m")
        projector = ModelProjector(path=str(tmp_path / "m"))
        projector.build(SPEC)
        return collect(kept, projector, None, 0, Step(0, 0), engine).values, projector.identity()

    first, other = (model_of_run(trained, "encoder") for _ in range(2))
    other.tensors["network.layers.0.bias"].add_(1)
    (one, key), (two, other_key), (three, again) = features(first), features(other), features(first)
    assert key == again != other_key
    assert torch.equal(one, three)
    torch.testing.assert_close(two, other.part(kept.all().values))
    assert not torch.equal(one, two)
    assert len([path for path in (tmp_path / "own" / "features").iterdir() if path.suffix != ".lock"]) == 2


def test_a_head_on_a_model_is_whole(trained: Run, encoder: Path, tmp_path: Path) -> None:
    """A model that stands under a head is saved with it, as long as it is what the run had."""
    model_of_run(trained, "encoder").save(tmp_path / "m")
    table = head()
    table["projectors"]["encoder"] = {"kind": "model", "path": str(tmp_path / "m")}
    table["players"]["classifier"]["moves"] = ["head"]
    run = structure(table, Recipe).run(tmp_path / "run", quiet=True)
    whole = model_of_run(run, "head")
    whole.save(tmp_path / "whole")
    expected = run.projectors["head"](images())
    assert torch.equal(Model.load(tmp_path / "whole").part(images()), expected)
    (tmp_path / "m").rename(tmp_path / "gone")
    other = Model.load(tmp_path / "gone")
    other.tensors["network.layers.0.bias"].add_(1)
    other.save(tmp_path / "m")
    with pytest.raises(MatchZooError, match="the model of its projector encoder was another one when it ran"):
        model_of_run(recipes.open(run.folder), "head")


def test_a_recoloring_is_fitted_in_no_steps_and_used(tmp_path: Path) -> None:
    fitted = structure(
        {
            "data": {"kind": "digits", "size": 8},
            "projectors": {"recolored": {"kind": "recoloring", "target": "test"}},
            "trainer": {"steps": 0, "device": "cpu"},
        },
        Recipe,
    ).run(tmp_path / "run", quiet=True)
    data = fitted.recipe.build().data
    real, test = (split.all().values.flatten(1).double() for split in (data.training_set, data.test_set))
    recolored = fitted.projectors["recolored"](data.training_set.all().values).double()
    matrix, shift = recolor(real, test)
    torch.testing.assert_close(recolored, real @ matrix + shift, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(recolored.mean(0), test.mean(0), rtol=1e-4, atol=1e-4)
    projector = ModelProjector(path=str(fitted.folder))
    assert projector.build(SPEC) == 192
    assert torch.equal(projector(images()), fitted.projectors["recolored"](images()))
    run = matching(path=str(fitted.folder)).run(tmp_path / "matching", quiet=True)
    assert run.metrics["steps"] == 3


REFUSED: dict[str, tuple[dict, str]] = {
    "nothing there": ({"path": "none"}, "none: there is no such folder, and it is not a user/name of the Hub"),
    "a wrong name": ({"path": "RUN", "part": "hed"}, "has no projector 'hed' .*; did you mean 'head'"),
    "no name": ({"path": "RUN"}, "several projectors moved; say which: encoder, head"),
    "a part of a model": ({"path": "MODEL", "part": "head"}, "part: expected only with the folder of a run"),
    "a revision of a folder": ({"path": "MODEL", "revision": "v1"}, "is a folder, which has none; leave it out"),
    "a revision of a run": (
        {"path": "RUN", "part": "head", "revision": "v1"},
        "is a run's folder, which has none; leave it out",
    ),
    "no model": ({"path": "EMPTY"}, r"refused as a model: config\.json: is missing"),
    "a generator": ({"path": "GENERATOR"}, "is a generator of kind noise; expected a projector"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str, trained: Run, encoder: Path, tmp_path: Path) -> None:
    from helpers.models import small

    small().save(tmp_path / "generator")
    (tmp_path / "empty").mkdir()
    places = {"RUN": trained.folder, "MODEL": encoder, "EMPTY": tmp_path / "empty", "GENERATOR": tmp_path / "generator"}
    fields, message = REFUSED[case]
    fields = {name: str(places.get(value, value)) for name, value in fields.items()}
    with pytest.raises(DeclarationError, match=message) as caught:
        matching(**fields).build()
    assert caught.value.problems[0][0] == "projector.path"


def test_samples_of_another_shape(trained: Run, encoder: Path) -> None:
    wanted = r"takes samples of shape \[3, 8, 8\], but here a sample has shape \[3, 16, 16\]; set views\.size or data"
    with pytest.raises(DeclarationError, match=rf"projector\.path: the model {wanted}\.size to 8"):
        matching(path=str(encoder)).replace(**{"data.size": 16}).build()
    matching(path=str(encoder)).replace(**{"data.size": 16, "views": {"size": 8}}).build()
    ring = structure({**copy.deepcopy(MATCHING), "data": "ring", "projector": {"kind": "model", "path": "x"}}, Recipe)
    with pytest.raises(DeclarationError, match=r"a sample has shape \[2\]; use the data, or the projector under it"):
        ring.replace(**{"projector.path": str(encoder)}).build()


def test_runs_that_cannot_be_read_here(trained: Run, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "run"
    shutil.copytree(trained.folder, folder)
    text = (folder / "recipe.toml").read_text()
    (folder / "recipe.toml").write_text(text.replace("schema = 2", "schema = 1"))
    with pytest.raises(DeclarationError, match=r"is of matchzoo 0\.1; save its part as a model first"):
        matching(path=str(folder), part="head").build()
    (folder / "recipe.toml").write_text(text)
    (folder / "metrics.json").unlink()
    with pytest.raises(DeclarationError, match="the run is not finished"):
        matching(path=str(folder), part="head").build()


# as a start


def test_a_projector_starts_from_another(trained: Run, encoder: Path, hub: HubServer) -> None:  # noqa: F811
    done = door.push_model(encoder, REPO, license="MIT")
    expected = load_file(trained.folder / "parts.safetensors")
    for source, more in (
        (str(encoder), {}),
        (str(trained.folder), {}),
        (f"{trained.folder}#encoder", {}),
        (f"{REPO}@{done.commit}", {"repository": {"repo": REPO, "revision": done.commit, "commit": done.commit}}),
    ):
        parts = structure(head(encoder__init=source), Recipe).build()
        for name, value in parts.projectors["encoder"].state_dict().items():
            assert torch.equal(value, expected[f"encoder/{name}"])
        about = parts.started["encoder"]
        assert {name: about[name] for name in ("from", *more)} == {"from": source, **more}
        assert about["sha256"] == done_hash(trained)
        assert all(value.requires_grad for value in parts.projectors["encoder"].parameters())


def test_a_head_starts_from_the_part_of_its_name(trained: Run) -> None:
    parts = structure(head(head__init=str(trained.folder)), Recipe).build()
    expected = load_file(trained.folder / "parts.safetensors")["head/network.layers.0.weight"]
    assert torch.equal(parts.projectors["head"].state_dict()["network.layers.0.weight"], expected)


def test_an_average_starts_as_what_it_follows(trained: Run) -> None:
    table = head(encoder__init=str(trained.folder))
    table["projectors"]["teacher"] = {"kind": "average", "of": "encoder"}
    parts = structure(table, Recipe).build()
    teacher, student = parts.projectors["teacher"].state_dict(), parts.projectors["encoder"].state_dict()
    assert all(torch.equal(value, teacher[f"copied.{name}"]) for name, value in student.items())


def test_a_run_records_its_start_and_resumes(trained: Run, tmp_path: Path) -> None:
    recipe = structure(head(encoder__init=str(trained.folder)), Recipe)
    run = recipe.run(tmp_path / "run", quiet=True)
    [session] = json.loads((run.folder / "environment.json").read_text())["sessions"]
    assert session["init"]["encoder"]["from"] == str(trained.folder)
    assert not torch.equal(run.projectors["encoder"](images()), trained.projectors["encoder"](images()))
    model_of_run(run, "encoder").save(tmp_path / "m")
    assert "init" not in (tmp_path / "m" / "part.toml").read_text()


def test_a_start_keeps_to_the_set_of_its_parameters(trained: Run) -> None:
    parts = structure(head(encoder__init=str(trained.folder), encoder__bound=0.01), Recipe).build()
    assert max(value.abs().max() for value in parts.projectors["encoder"].parameters()) <= 0.01


WRONG: dict[str, tuple[dict, str]] = {
    "nothing there": ({"encoder__init": "none"}, "encoder.init: none: there is no such folder"),
    "another layout": (
        {"encoder__init": "RUN", "encoder__features": 5},
        r"network\.layers\.\d\.weight has shape \[6, 7\], expected \[5, 7\]; give it the layout",
    ),
    "fewer layers": (
        {"encoder__init": "RUN", "encoder__network": {"kind": "mlp", "widths": []}},
        r"network\.layers\.\d\.weight has shape \[7, 192\], expected \[6, 192\]",
    ),
    "more layers": (
        {"encoder__init": "RUN", "encoder__network": {"kind": "mlp", "widths": [7, 6]}},
        r"has no tensor network\.layers\.\d\.weight, expected one of shape \[6, 6\]",
    ),
    "another kind": (
        {"encoder__init": "HEAD"},
        "is a projector of kind 'stack', expected 'learned'",
    ),
    "a wrong part": ({"encoder__init": "RUN#hed"}, "has no projector 'hed'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_starts_that_are_refused(case: str, trained: Run, tmp_path: Path) -> None:
    model_of_run(trained, "head").save(tmp_path / "head")
    changes, message = WRONG[case]
    start = changes["encoder__init"].replace("RUN", str(trained.folder)).replace("HEAD", str(tmp_path / "head"))
    recipe = structure(head(**{**changes, "encoder__init": start}), Recipe)
    with pytest.raises(DeclarationError, match=message) as caught:
        recipe.build()
    assert caught.value.problems[0][0] == "projectors.encoder.init"


@pytest.mark.parametrize(
    "projector",
    [
        {"kind": "identity", "init": "x"},
        {"kind": "average", "of": "head", "init": "x"},
        {"kind": "recoloring", "target": "test", "init": "x"},
    ],
)
def test_what_has_nothing_to_start(projector: dict) -> None:
    table = head()
    table["projectors"]["other"] = projector
    with pytest.raises(DeclarationError, match=r"projectors\.other\.init: .* has no parameters that could start"):
        structure(table, Recipe).build()


def test_layers_of_a_stack_start_as_the_stack(refuse: Callable[[dict, str], None]) -> None:
    layer = {"kind": "learned", "features": 2, "network": "mlp"}
    refuse({"kind": "stack", "layers": [{**layer, "init": "x"}]}, r"layers\[0\]\.init: leave it out")
    refuse({"kind": "stack", "layers": [layer, {**layer, "on": "x"}]}, r"layers\[1\]\.on: leave it out")


@pytest.fixture
def refuse() -> Callable[[dict, str], None]:
    def check(projector: dict, message: str) -> None:
        with pytest.raises(DeclarationError, match=message):
            structure({**copy.deepcopy(MATCHING), "projector": projector}, Recipe)

    return check
