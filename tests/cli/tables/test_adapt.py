"""The command matchzoo adapt: predictions and diagnostics of two tables, and what it refuses."""

import csv
import json

import numpy as np
import pytest

from matchzoo.cli.main import main


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name, count, shift in (("source", 60, 0.0), ("target", 50, 4.0)):
        labels = np.arange(count) % 2
        rows = np.where(labels, 2.0, -2.0)[:, None] * [1.0, 0.5] + rng.normal(size=(count, 2)) + shift
        with open(tmp_path / f"{name}.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["width", "height", "kind"])
            writer.writerows([*row, ("cat", "dog")[label]] for row, label in zip(rows, labels, strict=True))
    return tmp_path


def test_predictions_and_diagnostics(folder, capsys):
    command = ["adapt", "source.csv", "target.csv", "--label", "kind", "--method", "linear-transport"]
    main([*command, "--output", "out", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((folder / "out/diagnostics.json").read_text())
    assert printed["classes"] == ["cat", "dog"]
    assert printed["columns"] == ["width", "height"]
    assert printed["target_accuracy"] > 0.95 > 0.6 > printed["target_accuracy_without_adaptation"]
    with open(folder / "out/predictions.csv", newline="") as file:
        heading, *rows = csv.reader(file)
    assert heading == ["prediction", "probability of cat", "probability of dog"]
    assert len(rows) == 50
    right = [row[0] == ("cat", "dog")[i % 2] for i, row in enumerate(rows)]
    assert np.mean(right) == printed["target_accuracy"]
    assert all(float(row[1]) + float(row[2]) == pytest.approx(1) for row in rows)
    main(command)
    assert "accuracy at the target" in capsys.readouterr().out


def test_a_target_without_labels_whose_rows_are_left_out(folder, capsys):
    lines = [line.rsplit(",", 1)[0] for line in (folder / "target.csv").read_text().splitlines()]
    lines[3] = "," + lines[3].split(",")[1]
    (folder / "target.csv").write_text("\n".join(lines))
    command = ["adapt", "source.csv", "target.csv", "--label", "kind", "--method", "reweight", "--output", "out"]
    main([*command, "--missing", "drop"])
    out = capsys.readouterr().out
    assert "effective sample size" in out
    assert "label a few rows of the target" in out
    with open(folder / "out/predictions.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 51
    assert rows[3] == ["", "", ""]


REFUSED = {
    "label": (["--label", "kin"], "there is no column 'kin'; did you mean 'kind'"),
    "method": (["--label", "kind", "--method", "corl"], "did you mean 'coral'"),
    "measured": (
        ["--label", "width", "--drop", "kind"],
        "column 'width' has 60 values in 60 rows: no classes; numbers are predicted with --task regression",
    ),
    "penalty": (["--label", "kind", "--penalty", "0"], "--penalty: expected a number above 0"),
    "features": (
        ["--label", "kind", "--method", "{ kind = 'subspace-alignment', features = 3 }"],
        "at most 2 of 60 samples",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name, folder, capsys):
    words, message = REFUSED[name]
    with pytest.raises(SystemExit) as stop:
        main(["adapt", "source.csv", "target.csv", *words])
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("row", "message"),
    [("1,2,", "row 61 has no label (1 in all)"), (None, "'width' is not in the target")],
)
def test_tables_that_are_refused(row, message, folder, capsys):
    if row:
        with open(folder / "source.csv", "a") as file:
            file.write(row + "\n")
    else:
        text = (folder / "target.csv").read_text()
        (folder / "target.csv").write_text(text.replace("width", "breadth"))
    with pytest.raises(SystemExit):
        main(["adapt", "source.csv", "target.csv", "--label", "kind"])
    assert message in capsys.readouterr().err


def test_numbers(folder, capsys):
    """The height of the target's rows by their width."""
    main(["adapt", "source.csv", "target.csv", "--label", "height", "--drop", "kind", "--task", "regression", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert printed["task"] == "regression"
    assert printed["target_error"] != printed["target_error_without_adaptation"] > 0
    assert printed["target_r2"] == pytest.approx(1 - printed["target_error"] ** 2 / np.var(heights(folder)))
    text = (folder / "target.csv").read_text().splitlines()
    (folder / "target.csv").write_text("\n".join(line.split(",")[0] for line in text))
    command = ["adapt", "source.csv", "target.csv", "--label", "height", "--drop", "kind", "--task", "regression"]
    main([*command, "--method", "kernel-mean-matching", "--penalty", "0", "--output", "out"])
    out = capsys.readouterr().out
    assert "R2 at the source" in out
    assert "label a few rows of the target" in out
    with open(folder / "out/predictions.csv", newline="") as file:
        heading, *rows = csv.reader(file)
    assert heading == ["prediction"]
    assert len(rows) == 50


def heights(folder):
    with open(folder / "target.csv", newline="") as file:
        return [float(row["height"]) for row in csv.DictReader(file)]


def test_labels_that_are_no_numbers(folder, capsys):
    with pytest.raises(SystemExit):
        main(["adapt", "source.csv", "target.csv", "--label", "kind", "--task", "regression"])
    assert "row 1: column 'kind' has 'cat', which is not a number" in capsys.readouterr().err
