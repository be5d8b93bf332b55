"""The command matchzoo transport: what it says and what it writes."""

import json
from pathlib import Path

import numpy as np
import pytest

from matchzoo.cli.main import main
from matchzoo.cli.tables import transport


@pytest.fixture
def tables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=(12, 2)), rng.normal(size=(10, 2)) + 3
    np.savetxt("a.csv", source, header="height,weight", delimiter=",", comments="")
    np.savetxt("b.csv", target[:, ::-1], header="weight,height", delimiter=",", comments="")
    with open("a.csv", "a") as file:
        file.write(",5\n")
    return source, target


@pytest.mark.usefixtures("drawn")
def test_the_map_and_the_plan_are_in_rows_of_the_files(tables, capsys):
    _, target = tables
    command = ["transport", "a.csv", "b.csv", "--method", "exact", "--missing", "drop", "--raw"]
    main([*command, "--json", "--output", "out"])
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads(Path("out/diagnostics.json").read_text())
    plan = np.load("out/plan.npy")
    assert plan.shape == (13, 10)
    assert plan.sum() == pytest.approx(1)
    assert not plan[12].any()
    text = Path("out/map.csv").read_text().splitlines()
    assert text[0] == "row of the target,share,height,weight"
    assert text[13] == ",,,"
    values = np.loadtxt(text[1:13], delimiter=",")
    assert values[:, 0].tolist() == (plan[:12].argmax(1) + 1).tolist()
    np.testing.assert_allclose(values[:, 2:], 12 * plan[:12] @ target, rtol=1e-6)
    assert printed["means"]["height"][1] == pytest.approx(printed["means"]["height"][2])
    assert Path("out/transport.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.usefixtures("tables")
def test_words_and_methods_by_their_fields(capsys):
    main(["transport", "a.csv", "b.csv", "--missing", "drop", "--method", "{ kind = 'unbalanced', strength = 2.0 }"])
    out = capsys.readouterr().out
    assert "12 rows of the source to 10 of the target" in out
    assert "means of" in out
    for method, message in (
        ("sinkhron", "did you mean 'sinkhorn'"),
        ("{ kind = 'exact', k = 1 }", r"--method\.k: unknown"),
    ):
        with pytest.raises(SystemExit):
            main(["transport", "a.csv", "b.csv", "--method", method])
        assert message.replace("\\", "") in capsys.readouterr().err


@pytest.mark.usefixtures("tables")
def test_many_rows_go_by_blocks(monkeypatch, capsys):
    whole = ["transport", "a.csv", "b.csv", "--missing", "drop", "--json"]
    main(whole)
    before = json.loads(capsys.readouterr().out)
    monkeypatch.setattr(transport, "LARGEST", 10)
    main([*whole, "--output", "out"])
    after = json.loads(capsys.readouterr().out)
    assert after["value"] == pytest.approx(before["value"], rel=1e-3)
    main([*whole[:-1], "--drop", "weight", "--output", "line"])
    with pytest.raises(SystemExit):
        main([*whole, "--method", "exact"])
    assert "12 x 10 rows are too many for exact; use sinkhorn" in capsys.readouterr().err
