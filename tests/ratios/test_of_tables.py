"""Density ratios of two tables: reading, the Python door, the command, and its files."""

import json
import sys

import numpy as np
import pytest
import torch

from matchzoo.cli.main import main
from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage.number_tables import constant, read, same_columns
from matchzoo.evaluation.metrics import permutation_test
from matchzoo.ratios import KernelMeanMatching
from matchzoo.ratios.of_tables import balance, estimate, held_out, standardized

METHODS = ("ulsif", "rulsif", "kliep", "classifier", "kernel-mean-matching")


def tables(n: int = 200, m: int = 250, d: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(0.5, 1, (n, d)), rng.normal(0, 1.5, (m, d))


def truth(x: np.ndarray) -> np.ndarray:
    return np.exp(-((x - 0.5) ** 2).sum(1) / 2 + (x**2).sum(1) / 4.5 + x.shape[1] * np.log(1.5))


@pytest.fixture
def files(tmp_path):
    p, q = tables()
    np.savetxt(tmp_path / "p.csv", p, delimiter=",", header="height,weight", comments="")
    np.savetxt(tmp_path / "q.csv", q[:, ::-1], delimiter=";", header="weight;height", comments="")
    np.save(tmp_path / "p.npy", p)
    np.savetxt(tmp_path / "q.tsv", q, delimiter="\t")
    return tmp_path


def test_tables_are_read_with_and_without_heading_and_columns_go_by_name(files):
    p, q = tables()
    first, second = same_columns(read(files / "p.csv"), read(files / "q.csv"))
    assert first.columns == second.columns == ("height", "weight")
    np.testing.assert_allclose(first.values, p)
    np.testing.assert_allclose(second.values, q)
    first, second = same_columns(read(files / "p.npy"), read(files / "q.tsv"))
    assert first.columns == second.columns == ()
    np.testing.assert_allclose(second.values, q)
    np.save(files / "one.npy", np.arange(5))
    assert read(files / "one.npy").values.shape == (5, 1)


def test_tables_of_different_columns(files):
    (files / "r.csv").write_text("height,wieght\n1,2\n")
    with pytest.raises(MatchZooError, match="'weight' is not in the denominator; did you mean 'wieght'"):
        same_columns(read(files / "p.csv"), read(files / "r.csv"))
    np.save(files / "three.npy", np.zeros((4, 3)))
    with pytest.raises(MatchZooError, match="different numbers of columns: 2 and 3"):
        same_columns(read(files / "p.csv"), read(files / "three.npy"))


@pytest.mark.parametrize("method", METHODS)
def test_estimates_do_not_depend_on_units_and_are_near_the_truth(method):
    p, q = tables(400, 400)
    ratio = estimate(p, q, method)
    scaled = estimate(p * [100, 0.01] + 7, q * [100, 0.01] + 7, method)
    torch.testing.assert_close(scaled.denominator, ratio.denominator, rtol=1e-4, atol=1e-5)
    expected = truth(q)
    if method == "rulsif":
        expected = expected / (0.1 * expected + 0.9)
    error = np.mean((ratio.denominator.numpy() - expected) ** 2)
    assert error < 0.35 * np.mean((1 - expected) ** 2)
    if method != "kernel-mean-matching":
        torch.testing.assert_close(ratio.at(q), ratio.denominator)
        torch.testing.assert_close(scaled.at(p * [100, 0.01] + 7), scaled.numerator)


def test_what_the_door_refuses(monkeypatch):
    p, q = tables()
    with pytest.raises(MatchZooError, match="different numbers of columns: 2 and 1"):
        estimate(p, q[:, 0])
    with pytest.raises(MatchZooError, match=r"numerator: column 0 \(from 0\): row 0 \(from 0\) is nan"):
        estimate(np.full((3, 2), np.nan), q)
    with pytest.raises(MatchZooError, match="unknown ratio estimator 'ulsiv'; did you mean 'ulsif'"):
        estimate(p, q, "ulsiv")
    monkeypatch.setattr(sys.modules[KernelMeanMatching.__module__], "LARGEST_SYSTEM", 100)
    with pytest.raises(MatchZooError, match="of at most 100 rows of the denominator, got 250; leave the tolerance out"):
        estimate(p, q, KernelMeanMatching(constraint="non-negative", tolerance=0.1))


@pytest.mark.parametrize("value", [0.0, 1.0, 0.1, -0.7, 1234.567, 1e-300])
def test_a_constant_column_is_one_whatever_its_mean_is_rounded_to(value):
    """The ratio is that without it, in its sample and beyond, and its means are not apart."""
    p, q = tables(300, 500)
    wide = [np.c_[x, np.full(len(x), value)] for x in (p, q)]
    found, expected = estimate(*wide), estimate(p, q)
    np.testing.assert_allclose(found.denominator, expected.denominator, rtol=1e-9)
    rows = np.zeros((2, 2))
    beyond = found.at(torch.as_tensor(np.c_[rows, [value, value + 1e-9]]))
    np.testing.assert_allclose(beyond, expected.at(torch.as_tensor(rows)), rtol=1e-6)
    *others, own = balance(*wide, found)
    np.testing.assert_allclose(others, balance(p, q, expected), rtol=1e-9)
    assert own == pytest.approx((0, 0), abs=1e-14 * max(1, abs(value)))
    assert constant(wide[0]).tolist() == [False, False, True]


def test_a_column_is_constant_but_for_the_last_bits():
    times = 1.7e9 + np.linspace(0, 1e-3, 50)  # 4000 times the last bit
    rounded = np.where(np.arange(50) % 2, 0.1 + 0.2, 0.3)
    many = np.full(50, 0.1)
    assert constant(np.stack([times, rounded, many, 1e-200 * np.arange(50)], 1)).tolist() == [False, True, True, False]
    pair = np.c_[np.arange(50), rounded], np.c_[np.arange(50) + 1, rounded[::-1]]
    assert max(map(abs, balance(*pair, estimate(*pair))[1])) < 1e-15


@pytest.mark.parametrize("method", METHODS)
def test_weights_carry_the_means_of_the_denominator_to_those_of_the_numerator(method):
    p, q = tables(400, 400)
    for before, after in balance(p, q, estimate(p, q, method)):
        assert abs(after) < 0.4 * abs(before)


def test_the_held_out_check_tells_different_tables_from_equal_ones():
    p, q = tables(600, 600)
    found = held_out(p, q, "ulsif", True, 0)
    assert found["rows"] == [120, 120]
    assert found["mean"] == pytest.approx(1, abs=0.15)
    assert found["squared_error_less_that_of_1"] < -0.2
    assert found["auc"] > 0.6
    equal = held_out(q[:300], q[300:], "ulsif", True, 0)
    assert abs(equal["auc"] - 0.5) < 0.12
    assert equal["squared_error_less_that_of_1"] > -0.1  # no gain where there is nothing to find


@pytest.mark.parametrize("method", ["ulsif", "kernel-mean-matching", '{ kind = "rulsif", relative = 0.5 }'])
def test_the_command(files, capsys, method):
    out = files / "out"
    main(["ratio", str(files / "p.csv"), str(files / "q.csv"), "--method", method, "--output", str(out)])
    text = capsys.readouterr().out
    assert "200 rows of the numerator, 250 of the denominator, 2 columns" in text
    assert "height" in text
    found = json.loads((out / "diagnostics.json").read_text())
    assert found["columns"] == ["height", "weight"]
    values = np.load(out / "denominator.npy")
    assert len(values) == 250
    np.testing.assert_array_equal(np.loadtxt(out / "denominator.csv", skiprows=1), values)
    assert found["mean"] == pytest.approx(1, abs=0.1)
    assert (out / "numerator.csv").is_file()
    assert "held_out" in found
    assert (out / "ratio.png").read_bytes().startswith(b"\x89PNG")
    assert found["tables"][0] == "p.csv: 200 rows of 2 columns, a heading, separated by commas"


def test_tables_are_read_as_the_command_is_told_and_values_stay_in_the_rows_of_the_files(files, capsys):
    p, q = tables()
    lines = [f"{i},{a!r},{b!r}" for i, (a, b) in enumerate(q.tolist())]
    lines[3] = "3,,1.5"
    (files / "q.csv").write_text("Survey\nid,height,weight\n" + "\n".join(lines) + "\n")
    np.savetxt(files / "p.csv", p, delimiter=",", header="Survey\nheight,weight", comments="")
    told = ["--skip-lines", "1", "--drop", "id", "--missing", "drop", "--heading", "yes"]
    out = files / "out"
    main(["ratio", str(files / "p.csv"), str(files / "q.csv"), *told, "--output", str(out), "--json"])
    seen = capsys.readouterr().err
    assert "q.csv: 249 rows of 2 columns" in seen
    assert "without id, 1 row with missing values left out" in seen
    values = np.load(out / "denominator.npy")
    expected = estimate(p, np.delete(q, 3, 0)).denominator.numpy()
    np.testing.assert_allclose(np.delete(values, 3), expected)
    assert np.isnan(values[3])
    assert (out / "denominator.csv").read_text().splitlines()[4] == ""


def test_the_command_tests_for_one_distribution(files, capsys):
    """The p-value is of columns in their pooled units, so theirs do not count; two halves of a table are alike."""
    p, q = tables()
    np.save(files / "p.npy", p * [1e3, 1e-3])
    np.save(files / "q.npy", q * [1e3, 1e-3])
    np.save(files / "half.npy", q[:125])
    np.save(files / "rest.npy", q[125:])
    found = {}
    for names in (("p.npy", "q.npy"), ("half.npy", "rest.npy")):
        main(["ratio", *(str(files / name) for name in names), "--permutations", "99", "--json"])
        found[names[0]] = json.loads(capsys.readouterr().out)["two_sample"]
    assert found["p.npy"]["p_value"] == 0.01
    assert found["half.npy"]["p_value"] > 0.05
    plain = permutation_test(*standardized(p, q), permutations=99)
    assert found["p.npy"]["mmd2"] == pytest.approx(plain.statistic, rel=1e-9)
    main(["ratio", str(files / "p.csv"), str(files / "q.csv"), "--permutations", "99"])
    assert "two-sample test: p-value         0.01  of 99 permutations" in capsys.readouterr().out


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize("d", [1, 3])
def test_pictures_of_one_and_of_many_columns(tmp_path, d, capsys):
    p, q = tables(d=d)
    for name, values in (("p", p), ("q", q)):
        np.save(tmp_path / f"{name}.npy", values)
    main(["ratio", str(tmp_path / "p.npy"), str(tmp_path / "q.npy"), "--output", str(tmp_path / "out")])
    assert (tmp_path / "out/ratio.png").stat().st_size > 3000
    assert "column 1" in capsys.readouterr().out


def test_errors_of_the_command_are_for_people(files, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["ratio", str(files / "p.csv"), str(files / "q.csv"), "--method", "{ kind = 'ulsif', centrs = 3 }"])
    assert stopped.value.code == 2
    assert "--method.centrs: unknown key for 'ulsif'; did you mean 'centers'?" in capsys.readouterr().err


@pytest.mark.parametrize("method", METHODS)
def test_tables_of_zeros_and_ones_have_the_ratio_of_their_frequencies(method):
    """More than half of all pairs of rows coincide, so that the median distance is 0."""
    p, q = (np.repeat([1.0, 0.0], counts) for counts in ([60, 140], [90, 60]))
    ratio = estimate(p, q, method)
    expected = np.array([0.3 / 0.6, 0.7 / 0.4])
    if method == "rulsif":
        expected = expected / (0.1 * expected + 0.9)
    widest = {"kliep": 0.25}.get(method, 0.12)  # a wide kernel, which smooths, is as good at rows left out
    np.testing.assert_allclose(ratio.denominator[[0, -1]], expected, rtol=widest)
    assert ratio.diagnostics()["mean"] == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("method", "said"),
    [("ulsif", "least squares: 31/31 fits"), ("kliep", "KLIEP: 9/9"), ("classifier", "classifier: 21/21")],
)
def test_choosing_shows_its_progress_where_it_takes_long(monkeypatch, capsys, method, said):
    p, q = tables(15, 15)
    estimate(p, q, method)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("matchzoo.ratios.basis.DELAY", 0)
    estimate(p, q, method)
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("method", ["ulsif", "rulsif", "classifier"])
def test_sorted_tables_have_the_ratio_of_shuffled_ones(method):
    """N(1, 1) over N(0, 4): what is chosen by the rows at the head of sorted tables is ten times worse than 1."""
    rng = np.random.default_rng(1)
    p, q = rng.normal(1, 1, 80), rng.normal(0, 2, 300)
    expected = 2 * np.exp(np.sort(q) ** 2 / 8 - (np.sort(q) - 1) ** 2 / 2)
    if method == "rulsif":
        expected = expected / (0.1 * expected + 0.9)
    ratio = estimate(np.sort(p), np.sort(q), method)
    assert np.mean((ratio.denominator.numpy() - expected) ** 2) < 0.3 * np.mean((1 - expected) ** 2)


def test_the_held_out_check_judges_the_hyper_parameters_that_were_delivered():
    p, q = tables(100, 120)
    chosen = {"bandwidth": 0.5, "ridge": 0.001}
    given = held_out(p, q, '{ kind = "ulsif", bandwidths = [0.5], ridges = [0.001] }')
    assert held_out(p, q, "ulsif", chosen=chosen) == given
    assert held_out(p, q, "ulsif") == held_out(p, q, "ulsif", chosen=estimate(p, q).chosen) != given


def test_weights_of_rows_are_repeated_rows():
    p, q = tables(40, 30)
    u, v = np.resize([1, 3, 2], 40), np.resize([2, 1, 3], 30)
    u[0], u[-1] = 2, 1  # both of mean 2
    method = '{ kind = "classifier", ridges = [0.01] }'
    ratio = estimate(p, q, method, weights=(u, v.tolist()))
    repeated = [np.repeat(x, counts, 0) for x, counts in ((p, u), (q, v))]
    expected = estimate(*repeated, method)
    np.testing.assert_allclose(np.repeat(ratio.denominator.numpy(), v), expected.denominator, rtol=1e-9)
    np.testing.assert_allclose(ratio.at(p), expected.at(p), rtol=1e-9)
    np.testing.assert_allclose(balance(p, q, ratio), balance(*repeated, expected), rtol=1e-9)
    for got, wanted in zip(standardized(p, q, (u, v)), standardized(*repeated), strict=True):
        np.testing.assert_allclose(np.repeat(got.numpy(), u if len(got) == 40 else v, 0), wanted, rtol=1e-9)


def test_rows_of_weight_0_are_absent_and_equal_weights_are_none():
    p, q = tables(60, 50)
    wide = np.concatenate([p, [[1e4, 7]]]), np.concatenate([[[-1e4, 1e5]], q])
    weights = np.r_[np.full(60, 0.3), 0], np.r_[0, np.ones(50)]
    ratio, expected = estimate(*wide, "rulsif", weights=weights), estimate(p, q, "rulsif")
    assert ratio.chosen == pytest.approx(expected.chosen)
    np.testing.assert_allclose(ratio.denominator[1:], expected.denominator, rtol=1e-8)
    np.testing.assert_allclose(balance(*wide, ratio), balance(p, q, expected), rtol=1e-8)
    got, wanted = held_out(*wide, "rulsif", weights=weights), held_out(p, q, "rulsif")
    assert got == {name: pytest.approx(value, rel=1e-7) for name, value in wanted.items()}


def test_weights_of_rows_that_are_refused():
    p, q = tables(20, 20)
    for weights, message in (
        (np.ones(3), r"denominator: weights: expected one of each of 20 samples, \[20\], got \[3\]"),
        (-np.ones(20), r"denominator: weights: expected finite numbers of at least 0, got -1 in row 0"),
        (np.full(20, np.nan), r"denominator: weights: row 0 \(from 0\) is nan"),
        (np.ones((20, 2)), r"denominator: weights: expected one of each row, \[n\], got \[20, 2\]"),
    ):
        with pytest.raises(MatchZooError, match=message):
            estimate(p, q, weights=(None, weights))
