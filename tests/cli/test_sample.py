"""The command matchzoo sample: of runs, of models, of tables, points and images."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.hub_server import TOKEN, HubServer, hub  # noqa: F401
from helpers.tables import RING
from PIL import Image

from matchzoo.cli.main import main
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.core.storage import number_tables
from matchzoo.data import Arrays
from matchzoo.generators import NoiseGenerator, PixelImages
from matchzoo.hub import push_model
from matchzoo.hub.model import Model
from matchzoo.models.networks import DCGAN, MLP
from matchzoo.projectors import Learned
from matchzoo.recipes.recipe import Recipe
from matchzoo.runs.published_parts import model_of_run


@pytest.fixture(scope="module")
def of_table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run on a table, ``run``, and its generator as a model, ``model``."""
    folder = tmp_path_factory.mktemp("table")
    rng = np.random.default_rng(0)
    number_tables.write(folder / "people.csv", rng.normal((45, 2e4), (15, 3e3), (60, 2)), ("age", "income"))
    data = {"kind": "numbers", "path": str(folder / "people.csv")}
    trainer = {"steps": 2, "batch": 16, "device": "cpu"}
    recipe = structure({**RING, "data": data, "trainer": trainer, "evaluation": [{"kind": "two-sample"}]}, Recipe)
    run = recipe.run(folder / "run", quiet=True)
    model_of_run(run, "generator").save(folder / "model")
    return folder


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npy"])
def test_rows_of_a_table(of_table: Path, tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture) -> None:
    for source in ("run", "model"):
        main(["sample", str(of_table / source), "-n", "30", "--seed", "1", "-o", str(tmp_path / f"{source}{suffix}")])
        assert f"wrote 30 samples to {tmp_path / source}{suffix}" in capsys.readouterr().err
    of_run, of_model = (number_tables.read(tmp_path / f"{source}{suffix}") for source in ("run", "model"))
    np.testing.assert_array_equal(of_run.values, of_model.values)
    assert of_run.columns == (() if suffix == ".npy" else ("age", "income"))
    assert np.abs(of_run.values.mean(0) - (45, 2e4)).max() < 2e4  # of the table's size, not standardized
    assert of_run.values[:, 1].min() > 1000


def test_a_pulled_model_gives_rows_of_the_table(
    of_table: Path,
    tmp_path: Path,
    hub: HubServer,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("MATCHZOO_CACHE", str(tmp_path / "own"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    push_model(Model.load(of_table / "model"), "tester/people")
    main(["sample", "tester/people", "-n", "7", "-o", str(tmp_path / "pulled.csv")])
    main(["sample", str(of_table / "run"), "-n", "7", "-o", str(tmp_path / "run.csv")])
    assert (tmp_path / "pulled.csv").read_text() == (tmp_path / "run.csv").read_text()


def test_rows_are_printed_where_no_file_is_named(of_table: Path, capsys: pytest.CaptureFixture) -> None:
    main(["sample", str(of_table / "run"), "--count", "2"])
    text = capsys.readouterr().out
    assert text.splitlines()[0] == "age,income"
    main(["sample", str(of_table / "run"), "--count", "2"])
    assert capsys.readouterr().out == text
    assert Model.load(of_table / "model").describe()[-1] == "columns: age, income"
    assert "| age " in (of_table / "model/README.md").read_text()


@pytest.mark.parametrize("wrong", [{"scale": [0.0, 1.0]}, {"columns": ["a", "a"]}, {"center": [0.0]}])
def test_models_of_tables_are_checked(of_table: Path, tmp_path: Path, wrong: dict) -> None:
    shutil.copytree(of_table / "model", tmp_path / "model")
    config = json.loads((tmp_path / "model/config.json").read_text())
    config["facts"]["units"] |= wrong
    (tmp_path / "model/config.json").write_text(json.dumps(config))
    with pytest.raises(MatchZooError, match=r"facts\.units: expected a name, a center and a scale above 0"):
        Model.load(tmp_path / "model")


def saved(tmp_path: Path, part, spec: Spec) -> str:
    part.build(spec)
    Model.of(part, spec).save(tmp_path / "model")
    return str(tmp_path / "model")


def test_points_and_images(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    points = saved(tmp_path, NoiseGenerator(dimension=2, network=MLP(widths=[4])), Spec(shape=(2,)))
    main(["sample", points, "-n", "3"])
    assert capsys.readouterr().out.startswith("x1,x2\n")
    network = DCGAN(channels=[4], output="sigmoid")
    gray = saved(tmp_path, NoiseGenerator(dimension=2, network=network), Spec(shape=(1, 8, 8)))
    main(["sample", gray, "-n", "3", "-o", str(tmp_path / "pictures")])
    names = sorted(path.name for path in (tmp_path / "pictures").iterdir())
    assert names == ["00000.png", "00001.png", "00002.png"]
    expected = (Model.load(gray).part.sample(3).values[0, 0] * 255).round().byte().numpy()
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "pictures/00000.png")), expected)

    spec = Spec(shape=(3, 8, 8), classes=2, class_names=("cat", "dog"))
    classes = saved(tmp_path, PixelImages(images_per_class=2), spec)
    main(["sample", classes, "-o", str(tmp_path / "set.npz")])
    data = Arrays(path=str(tmp_path / "set.npz"), test_share=0.0)
    assert data.build(0).class_names == ("cat", "dog")
    torch.testing.assert_close(
        data.training_set.all().values, Model.load(classes).part.sample().values.clamp(0, 1), atol=1 / 500, rtol=0
    )
    main(["sample", classes, "-o", str(tmp_path / "folders")])
    assert len(list((tmp_path / "folders/0001_dog").iterdir())) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("RUN", "--count: missing: .* generates any number of samples; say how many, such as -n 1000"),
        ("RUN -n 0", "--count: expected at least 1, got 0"),
        ("RUN -n 3 -o a.xlsx", r"a\.xlsx: expected a file that ends in one of \.csv"),
        ("RUN -n 3 -o a.npz", "the samples are rows of 2 numbers; expected one of"),
        ("RUN -n 3 -o FOLDER", "is not empty; give another folder"),
        ("RUN -n 3 -o FOLDER/people.csv", "already exists; give another --output, or --force"),
        ("RUN -n 3 --revision main", "--revision: .* is a folder, which has none"),
        ("PROJECTOR -n 3", "is a projector of kind learned; only generators make samples"),
        ("FOLDER/nothing -n 3", "nothing: there is no such run, set or model"),
    ],
)
def test_what_is_refused(
    of_table: Path, tmp_path: Path, words: str, message: str, capsys: pytest.CaptureFixture
) -> None:
    if "PROJECTOR" in words:
        projector = Learned(features=2, network=MLP(widths=[]))
        words = words.replace("PROJECTOR", saved(tmp_path, projector, Spec(shape=(2,))))
    words = words.replace("RUN", str(of_table / "run")).replace("FOLDER", str(of_table))
    with pytest.raises(SystemExit, match="2"):
        main(["sample", *words.split()])
    assert re.search(message, capsys.readouterr().err)
