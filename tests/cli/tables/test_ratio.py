"""The command matchzoo ratio: what it says, in words and for programs."""

import json
from pathlib import Path

import numpy as np
import pytest

from matchzoo.cli.main import main
from matchzoo.cli.tables.ratio_summary import remarks
from matchzoo.ratios import estimate


def write(folder: Path, **tables: np.ndarray) -> None:
    for name, values in tables.items():
        np.savetxt(folder / f"{name}.csv", values, header="height", comments="")


@pytest.mark.usefixtures("drawn")
def test_figures_that_are_not_finite_are_null_and_said_and_every_file_is_written(tmp_path, monkeypatch, capsys):
    """A logit of 800 is a ratio of e^800, beyond float64."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    p, q = rng.normal(size=50), rng.normal(size=60)
    p[::5], q[2::6] = 800, 800
    write(tmp_path, p=p, q=q)
    command = ["ratio", "p.csv", "q.csv", "--raw", "--method", '{ kind = "classifier", features = "logit" }']
    main([*command, "--output", "out", "--json"])

    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((tmp_path / "out/diagnostics.json").read_text())
    assert printed["mean"] is printed["effective_sample_size"] is printed["held_out"]["mean"] is None
    assert printed["balance"]["height"][1] is None
    assert printed["minimum"] > 0
    [note] = printed["notes"]
    assert "not finite: mean, effective sample size, held-out mean, " in note
    assert "10 of 60 rows of the denominator (row 3 is the first) and 10 of 50 rows of the numerator (row 1 is" in note
    assert "too large for a number; take logarithms or ranks" in note

    files = ["denominator.csv", "denominator.npy", "diagnostics.json", "numerator.csv", "numerator.npy", "ratio.png"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == files
    np.testing.assert_array_equal(np.isinf(np.load(tmp_path / "out/denominator.npy")), q == 800)
    assert np.isinf(np.loadtxt(tmp_path / "out/denominator.csv", skiprows=1)).sum() == 10
    main(command)
    out = capsys.readouterr().out
    assert "mean ratio                 not finite  is too large for a number" in out
    assert "verdict: do not trust (mean ratio: is too large for a number; effective sample size" in out
    assert note in out


def test_a_condition_number_that_is_not_finite_is_null_and_said(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, p=np.linspace(0, 1, 30), q=np.linspace(0, 1.2, 30))
    method = '{ kind = "kernel-mean-matching", bandwidths = [9.0], ridge = 1e-17 }'
    main(["ratio", "p.csv", "q.csv", "--method", method, "--json", "--output", "out"])
    printed = json.loads(capsys.readouterr().out)
    assert printed["condition_number"] is None
    assert any("singular to rounding; raise the ridge" in note for note in printed["notes"])
    assert len(list((tmp_path / "out").iterdir())) == 6


def test_a_held_out_check_that_fails_does_not_take_the_ratio_with_it(tmp_path, monkeypatch, capsys):
    """Where the only far rows are left out of the fit, KLIEP has no kernel near them."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, p=np.r_[np.linspace(0, 1, 29), 99.0], q=np.r_[np.linspace(0, 1, 29), 99.0])
    checks = []
    for seed in range(8):
        main(["ratio", "p.csv", "q.csv", "--raw", "--method", '{ kind = "kliep", bandwidths = [0.5] }',
              "--seed", str(seed), "--json"])  # fmt: skip
        checks.append(json.loads(capsys.readouterr().out))
    failed = [check for check in checks if check["held_out"] is None]
    assert 0 < len(failed) < 8
    assert all(check["notes"][0].startswith("no held-out check: KLIEP: the sets are too far") for check in failed)


def test_sorted_tables_give_the_ratio_of_shuffled_ones_and_the_check_judges_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    p, q = rng.normal(1, 1, 60), rng.normal(0, 2, 400)
    write(tmp_path, p=p, q=q, p_sorted=np.sort(p), q_sorted=np.sort(q))
    results = []
    for suffix in ("", "_sorted"):
        main(["ratio", f"p{suffix}.csv", f"q{suffix}.csv", "--json"])
        results.append(json.loads(capsys.readouterr().out))
    drawn, ordered = results
    for name in ("chosen", "mean", "effective_sample_size"):
        assert ordered[name] == pytest.approx(drawn[name], rel=1e-6)
    assert ordered["held_out"]["mean"] == pytest.approx(ordered["mean"], abs=0.25)


def test_figures_that_are_finite_need_no_remark():
    figures = {"mean": 1.0, "minimum": 0.0, "effective_sample_size": 3.0, "balance": {"x": [0.1, 0.0]}}
    assert remarks(figures, {"denominator": np.ones(3)}) == []


def test_a_column_of_weights(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    p, q, v = rng.normal(0.3, 1, 50), rng.normal(0, 1.3, 40), rng.integers(0, 3, 40)
    write(tmp_path, p=p)
    np.savetxt("q.csv", np.c_[v, q], delimiter=",", header="w,height", comments="")
    command = ["ratio", "p.csv", "q.csv", "--method", "gaussian", "--json", "--weights"]
    main([*command, "w"])
    printed = json.loads(capsys.readouterr().out)
    assert printed["weights"] == {"column": "w", "tables": [False, True]}
    assert printed["columns"] == ["height"]
    expected = estimate(p, q, "gaussian", weights=(None, v))
    assert printed["mean"] == pytest.approx(expected.diagnostics()["mean"])
    assert printed["held_out"]["rows"] == [10, round(0.2 * (v > 0).sum())]
    main(["ratio", "p.csv", "q.csv", "--method", "gaussian", "--weights", "w"])
    assert "weights of rows of the denominator" in capsys.readouterr().out

    (tmp_path / "r.csv").write_text("w,height\n1,2\n-1,3\n,4\nheavy,5\n")
    for given, message in (
        ([*command, "v"], "--weights: there is no column 'v' in p.csv or q.csv"),
        (
            ["ratio", "p.csv", "r.csv", "--weights", "w"],
            "r.csv: row 2, column 'w': expected a number of at least 0, got '-1'",
        ),
        ([*command, "w", "--permutations", "9"], "--permutations: the test takes no weights"),
    ):
        with pytest.raises(SystemExit):
            main(given)
        assert message in capsys.readouterr().err
