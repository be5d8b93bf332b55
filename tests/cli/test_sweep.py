"""The command matchzoo sweep."""

import json

import pytest
from helpers.tables import RING

from matchzoo.cli.main import main
from matchzoo.core.declaration.toml import write_toml


@pytest.fixture
def recipe(tmp_path):
    table = RING | {"trainer": RING["trainer"] | {"steps": 1}}
    path = tmp_path / "ring.toml"
    path.write_text(write_toml(table), encoding="utf-8")
    return path


def test_a_sweep_prints_its_table(recipe, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(["sweep", str(recipe), "--trainer.seed", "0", "1", "--generator.dimension", "2", "3", "--quiet"])
    said = capsys.readouterr().out
    assert [line.split()[:2] for line in said.splitlines()[3:5]] == [["2", "2"], ["3", "2"]]
    assert "nothing is chosen, since the test part never chooses" in said
    assert "4 runs, the table and a picture are in runs/sweeps/ring" in said
    main(["sweep", str(recipe), "--trainer.seed", "0", "1", "--generator.dimension", "2", "3", "--json"])
    assert len(json.loads(capsys.readouterr().out)["runs"]) == 4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--trainer.sed", "0", "1"], "cannot be swept:\n--trainer.sed: unknown field; did you mean 'seed'?"),
        (["--trainer.seed", "0", "--trainer.seed", "1"], "--trainer.seed: is given twice; say all of its values after"),
        (["--trainer.seed", "0", "1", "--jobs", "0"], "jobs: expected at least 1, got 0"),
    ],
)
def test_mistakes_are_told(recipe, words, message, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["sweep", str(recipe), *words])
    assert caught.value.code == 2
    assert message in capsys.readouterr().err
