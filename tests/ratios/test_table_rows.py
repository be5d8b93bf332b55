"""Users' tables as numbers: names, order, copies, and cells that are no numbers."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.ratios import balance, estimate, held_out
from matchzoo.ratios.table_rows import numbers_of

NAMES = ["age", "income", "children"]
METHOD = '{ kind = "ulsif", bandwidths = [1.0], ridges = [0.1] }'


def people() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(0)
    means = ([40, 20, 3], [45, 21, 2])
    first, second = (pd.DataFrame(rng.normal(mean, [9, 6, 1], (40, 3)), columns=NAMES) for mean in means)
    return first, second


def shapes_of(table: pd.DataFrame) -> dict[str, object]:
    """The same table in other clothes: columns in other orders where they have names, views and copies where not."""
    order = NAMES[::-1]
    values = table.to_numpy()
    rows = [tuple(row) for row in table[order].to_numpy()]
    wide = np.zeros((2 * len(values), 6))
    wide[::2, ::2] = values
    return {
        "pandas": table[order],
        "objects": table[order].astype(object),
        "nullable": table[order].convert_dtypes(),
        "text": table[order].map(repr),
        "decimals": table[order].map(lambda x: Decimal(repr(x))),
        "other index": table[order].set_index(np.arange(len(table))[::-1]),
        "arrow": pa.Table.from_pandas(table[order]),
        "mapping": {name: table[name].tolist() for name in order},
        "structured": np.array(rows, dtype=[(name, float) for name in order]),
        "record": np.array(rows, dtype=[(name, float) for name in order]).view(np.recarray),
        "lists": values.tolist(),
        "read-only": pd.DataFrame(values).to_numpy(),
        "Fortran": np.asfortranarray(values),
        "reversed view": np.ascontiguousarray(values[::-1, ::-1])[::-1, ::-1],
        "strided view": wide[::2, ::2],
        "big-endian": values.astype(">f8"),
        "tensor": torch.tensor(values, requires_grad=True),
        "masked, none of them": np.ma.masked_array(values),
    }


@pytest.mark.parametrize("kind", shapes_of(people()[1]))
def test_the_same_numbers_are_the_same_table(kind):
    p, q = people()
    expected = estimate(p, q, METHOD)
    given = shapes_of(q)[kind]
    found = estimate(p, given, METHOD)
    torch.testing.assert_close(found.denominator, expected.denominator, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(expected.at(given), expected.denominator, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(balance(p, given, found), balance(p, q, expected), rtol=1e-9)
    assert held_out(p, given, METHOD)["mean"] == pytest.approx(held_out(p, q, METHOD)["mean"])
    assert numbers_of(given, "rows").values.flags.owndata


@pytest.mark.parametrize(
    "row",
    [
        [41.0, 20.0, 3.0], (41, 20, 3), np.array([41, 20, 3]), torch.tensor([41, 20, 3]), [[41, 20, 3]],
        {"children": 3, "age": 41, "income": 20}, pd.Series({"income": 20, "children": 3, "age": 41}),
        pd.DataFrame({"income": [20], "children": [3], "age": [41]}).iloc[0], pd.Series([41, 20, 3]),
        next(pd.DataFrame({"income": [20], "children": [3], "age": [41]}).itertuples(index=False)),
        [torch.tensor(41), 20, np.float32(3)],
    ],
    ids=[
        "list", "tuple", "array", "tensor", "nested", "mapping", "series", "row of a frame", "series without names",
        "named tuple", "scalars of libraries",
    ],
)  # fmt: skip
def test_a_vector_is_a_single_row(row):
    p, q = people()
    ratio = estimate(p, q, METHOD)
    assert torch.equal(ratio.at(row), ratio.at(np.array([[41.0, 20.0, 3.0]])))


def test_a_vector_of_a_single_column_is_as_many_rows():
    p, q = people()
    ratio = estimate(p["age"], q[["age"]], METHOD)
    assert torch.equal(ratio.at([41.0, 35.0]), ratio.at([[41.0], [35.0]]))
    assert torch.equal(ratio.at(q["age"]), ratio.denominator)
    assert ratio.at(41.0).shape == (1,)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (lambda q: q.to_numpy()[:, :1], r"rows: expected 3 columns \(age, income, children\), got 1"),
        (lambda q: q.to_numpy()[:, [0, 1, 2, 2]], r"expected 3 columns \(age, income, children\), got 4"),
        (lambda q: [41.0, 20.0], "got a vector of 2; a vector is a single row"),
        (lambda q: 41.0, "got a vector of 1"),
        (lambda q: [41.0, np.nan, 3.0], r"rows: column 1 \(from 0\): row 0 \(from 0\) is nan"),
        (lambda q: [[1, 2, 3], [4, 5]], "rows of different lengths"),
        (lambda q: pd.Series({"age": 41, "incme": 20, "children": 3}), "found no 'income'; did you mean 'incme'"),
        (lambda q: next(q.itertuples()), "found 'Index' too; drop it"),
        (lambda q: q[["age", "children"]], "found no 'income'; known: age, children"),
        (lambda q: q.rename(columns={"income": "incme"}), "found no 'income'; did you mean 'incme'"),
        (lambda q: q.assign(iq=100.0), "found 'iq' too; drop it"),
        (lambda q: {"age": 41, "income": 20, "children": None}, "column 'children': row 0"),
        (lambda q: np.zeros((2, 3, 1)), r"rows: expected numbers \[n, d\], got shape \(2, 3, 1\)"),
        (lambda q: [], "got a vector of 0"),
    ],
)
def test_rows_that_do_not_fit_the_tables(rows, message):
    p, q = people()
    ratio = estimate(p, q, METHOD)
    with pytest.raises(MatchZooError, match=message):
        ratio.at(rows(q))


def with_cell(value: object) -> pd.DataFrame:
    table = people()[0].astype(object)
    table.iloc[7, 1] = value
    return table


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (with_cell(np.nan), r"numerator: column 'income': row 7 \(from 0\) is nan; drop or fill rows with missing"),
        (with_cell(None), r"column 'income': row 7 \(from 0\) is None; drop or fill"),
        (with_cell(pd.NA), r"column 'income': row 7 \(from 0\) is <NA>"),
        (with_cell(pd.NaT), r"column 'income': row 7 \(from 0\) is NaT"),
        (with_cell(np.inf), r"column 'income': row 7 \(from 0\) is inf"),
        (with_cell("high"), r"column 'income': row 7 \(from 0\): expected a number, got 'high'; encode or drop"),
        (with_cell("1,5"), "got '1,5'"),
        (with_cell(""), "got ''"),
        (with_cell(datetime.date(2024, 1, 1)), r"got datetime.date\(2024, 1, 1\) \(date\)"),
        (with_cell([1, 2]), r"got \[1, 2\] \(list\)"),
        (people()[0].assign(day=pd.Timestamp("2024-01-01")), r"column 'day': holds dates or times \(datetime64"),
        (people()[0].assign(lag=pd.Timedelta("1h")), r"column 'lag': holds dates or times \(timedelta64"),
        (people()[0].assign(z=1j), "column 'z': holds complex numbers"),
        (people()[0].assign(n=pd.array([1, None] * 20, dtype="Int64")), r"column 'n': row 1 .* is .*and 19 more"),
        (people()[0].assign(sex=pd.Categorical(["f", "m"] * 20)), "column 'sex': row 0 .* got 'f'"),
        (people()[0].set_axis(["age", "income", "age"], axis=1), "column 'age' is there 2 times; rename or drop one"),
        (people()[0].iloc[:0], "numerator: no rows"),
        (people()[0][[]], "numerator: no columns"),
        ({"age": [1, 2], "income": [1, 2, 3]}, "column 'age' has 2 values, 'income' has 3"),
        ({"age": [[1, 2], [3, 4]]}, r"column 'age': expected one number a row, got shape \(2, 2\)"),
        (np.ma.masked_greater(people()[0].to_numpy(), 45), r"column 0 \(from 0\): row \d+ \(from 0\) is masked"),
        (np.array([["2024-01-01"]], "datetime64[D]"), "numerator: holds dates or times"),
        (scipy.sparse.eye(3), r"numerator: is a sparse matrix; give numerator.toarray\(\)"),
        ([[1, 2], [3]], "rows of different lengths"),
        ([{"age": 1}, {"age": 2}], r"numerator: row 0 \(from 0\): expected a number, got {'age': 1} \(dict\)"),
        (object(), r"numerator: expected numbers \[n, d\], got object"),
        ("people.csv", "numerator: row 0 .* got 'people.csv'"),
    ],
)  # fmt: skip
def test_cells_that_are_no_numbers_are_named(table, message):
    with pytest.raises(MatchZooError, match=message):
        estimate(table, people()[1])


def test_tables_of_other_names_are_refused_and_those_without_go_by_position():
    p, q = people()
    for other in (q.rename(columns={"age": "weight"}), pd.DataFrame(q.to_numpy()), q.assign(iq=100.0)):
        with pytest.raises(MatchZooError, match="the tables have different columns: "):
            estimate(p, other, METHOD)
    by_position = estimate(p, q.to_numpy(), METHOD)
    torch.testing.assert_close(by_position.denominator, estimate(p, q, METHOD).denominator)
    torch.testing.assert_close(by_position.at(q[NAMES[::-1]]), by_position.denominator)
