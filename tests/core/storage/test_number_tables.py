"""Tables of numbers as people's tools write them: each is read as it was meant, or refused with the remedy."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage.number_tables import as_text, read, read_pair, write
from matchzoo.core.storage.table_format import TableFormat

TWO = np.array([[0.5, 1.25], [-2.0, 3.5], [10.75, 0.125]])
A_B = ("a", "b")


def frame(columns=A_B) -> pd.DataFrame:
    return pd.DataFrame(TWO, columns=list(columns))


def european(**how) -> str:
    return frame().to_csv(sep=";", decimal=",", index=False, **how)


def saved(header: str) -> str:
    buffer = io.StringIO()
    np.savetxt(buffer, TWO, header=header)
    return buffer.getvalue()


# what a tool writes, how it is told to be read, and the columns that come of it
READ = {
    "pandas": (frame().to_csv(index=False), {}, A_B),
    "without a heading": (frame().to_csv(index=False, header=False), {}, ()),
    "numpy": (saved(""), {}, ()),
    "numpy with a heading in a comment": (saved("a b"), {}, A_B),
    "numpy with a title in a comment": (saved("measured in 2024"), {}, ()),
    "a comment as heading, refused": (saved("a b"), {"heading": "no"}, ()),
    "decimal commas": (european(), {}, A_B),
    "decimal commas without a heading": (european(header=False), {}, ()),
    "decimal commas in quotes": (frame().to_csv(decimal=",", index=False), {}, A_B),
    "decimal commas and tabs": (frame().to_csv(sep="\t", decimal=",", index=False), {}, A_B),
    "decimal commas and blanks": (european(header=False).replace(";", "  "), {}, ()),
    "commas in names": (frame(("height, cm, bare", "b")).to_csv(sep=";", index=False), {}, ("height, cm, bare", "b")),
    "lines broken in names": ('"a\n(cm)",b\n0.5,1.25\n-2,3.5\n10.75,0.125\n', {}, ("a\n(cm)", "b")),
    "sep=;": ("sep=;\n" + european(), {}, A_B),
    "sep=; in capitals and quotes": ('"SEP=;"\r\n' + european(), {}, A_B),
    "a mark of byte order": ("\ufeff" + frame().to_csv(index=False), {}, A_B),
    "lines of old Macs": (frame().to_csv(index=False).replace("\n", "\r"), {}, A_B),
    "blank lines and blanks around": (" a , b \n\n 0.5 ,1.25\n-2, 3.5\n 10.75,0.125\n\n", {}, A_B),
    "bars": (frame().to_csv(sep="|", index=False), {}, A_B),
    "another character": (frame().to_csv(sep=":", index=False), {"delimiter": ":"}, A_B),
    "a title": ("Survey of 2024\n\n" + frame().to_csv(index=False), {"skip_lines": 1}, A_B),
    "years above numbers": (frame((2019, 2020)).to_csv(index=False), {"heading": "yes"}, ("2019", "2020")),
    "an index, left out": (frame().to_csv(), {"drop": ("Unnamed: 0",)}, A_B),
    "two of one name, left out": ("a,b,c,c\n0.5,1.25,7,8\n-2,3.5,7,8\n10.75,0.125,7,8\n", {"drop": ("c",)}, A_B),
    "text, left out": (frame().assign(name="x").to_csv(index=False), {"drop": ("name",)}, A_B),
    "text, left out by number": ("0.5,1.25,x\n-2,3.5,y\n10.75,.125,z", {"heading": "no", "drop": ("3",)}, ()),
    "rows with missing values, left out": ("a,b\n0.5,1.25\n,1\n-2,3.5\n3,NA\n10.75,0.125\n", {"missing": "drop"}, A_B),
    "missing in the first row": ("0.5,\n0.5,1.25\n-2,3.5\n10.75,0.125\n", {"missing": "drop"}, ()),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_text_is_read_as_it_was_meant(tmp_path, name):
    text, how, columns = READ[name]
    path = tmp_path / "table.CSV"
    path.write_bytes(text.encode())
    table = read(path, TableFormat(**how))
    assert_allclose(table.values, TWO)
    assert table.columns == columns
    assert "3 rows of 2 columns" in table.seen


ONE = "0,843\n1,5\n-0,12\n"
# text, how it is told to be read, and what is said of it
REFUSED = {
    "text": ("x,y\n1,2\n3,red\n", {}, r"row 2, column 'y': expected a number, got 'red'; encode .*--drop 'y'"),
    "all text columns at once": ("x,y,z\n1,a,b\n3,red,c\n", {}, r"--drop 'y' --drop 'z'"),
    "a short row": ("1,2,3\n4\n5,6,7\n8,9,1\n", {}, r"line 2 \('4'\) has 1 value, the others have 3"),
    "a long row": ("a,b\n1,2\n3,4\n5,6,7\n8,9\n", {}, r"line 4 .* has 3 values, the others have 2; quote"),
    "a footer": ("a,b\n1,2\n3,4\nSource: us\n", {}, r"line 4 \('Source: us'\) has 1 value, the others"),
    "missing": ("x,y\n1,nan\n3,4\n", {}, r"row 1, column 'y' is missing, and values of 1 of 2 rows.*--missing drop"),
    "missing in the first row": ("1.5,\n2,3\n", {}, r"row 1, column 2 is missing"),
    "an empty column": ("a,b,\n1,2,\n3,4,\n", {"heading": "yes"}, r"column 3 has no name.*--drop 'Unnamed: 2'"),
    "separators at the end": ("a,b\n1,2,\n3,4,\n", {}, r"has 2 names, the rows below have 3 cells: a separator ends"),
    "an empty column without a name": ("1.5,2,\n3,4,\n", {}, r"column 3 is empty in every row.*--drop '3'"),
    "missing in every row": ("a,b\n1,\n,2\n", {"missing": "drop"}, "so is a value in every row"),
    "infinite": ("a,b\n1,2\ninf,3\n", {}, r"row 2, column 'a' is inf; expected finite"),
    "nothing": ("", {}, "is empty"),
    "no rows": ("x,y\n", {}, "no rows"),
    "two of one name": ("a,b,a\n1,2,3\n", {}, r"columns 1 and 3 are both called 'a'.*--drop 'a'"),
    "two of one name but for blanks": ("a,b, a\n1,2,3\n", {}, r"both called 'a'"),
    "an index of pandas": (frame().to_csv(), {}, r"column 1 has no name: pandas.*index=False.*--drop 'Unnamed: 0'"),
    "that index, read and written again": ("Unnamed: 0,a\n0,1\n1,2\n", {}, r"--drop 'Unnamed: 0'"),
    "names of rows, of R": ('"a" "b"\n"1" 0.5 1\n"2" 1 3\n', {}, r"2 names, the rows below have 3 cells: R writes"),
    "years above fractions": ("2019,2020\n0.5,1.5\n1,2\n", {}, r"whole numbers \(2019, 2020\).*--heading yes or --hea"),
    "years above counts": ("2015,2020\n120,90\n80,70\n", {}, "could be names"),
    "positions": ("0,1,2\n5,7,1\n8,2,2\n", {}, "could be names"),
    "one position above fractions": ("0\n0.5\n0.25\n", {}, "could be names"),
    "text and numbers above numbers": ("id,2019\n1,2.5\n", {}, r"partly text \('id'\), partly numbers \(2019\)"),
    "a title": ("Survey\na,b\n1,2\n3,4\n", {}, r"line 1 \('Survey'\) has 1 cell, .*have 2.*--skip-lines 1"),
    "two titles": ("Survey\n2024\n\na,b\n1,2\n3,4\n5,6\n", {}, r"--skip-lines 3"),
    "units below the heading": ("a,b\ncm,kg\n1,2\n3,4\n", {}, r"row 1, column 'a': .*'cm'; is it a line of units"),
    "one column of decimal commas": (ONE, {}, r"'0,843' can be one number.*--decimal , or --delimiter ,"),
    "one that could be two below a title": ("ages\n41,35\n40,7\n", {}, r"'41,35' can be one number"),
    "one with a whole number": ("0,5\n3\n1,5\n", {}, r"--decimal , or --delimiter ,"),
    "commas of thousands": ("a;b\n1.234,5;2\n2.000,5;3\n", {}, r"got '1\.234,5'.*thousands are not"),
    "blanks of thousands": ("a;b\n1 234,5;2\n2 000,5;3\n", {}, r"got '1 234,5'.*thousands are not"),
    "underscores": ("a,b\n1_000,2\n3,4\n", {}, r"got '1_000'"),
    "two heads of decimal commas": ("a,b\n0,5,1,5\n0,7,1,2\n", {}, r"2 names, the rows below have 4 cells: were"),
    "an unknown column to drop": ("width,b\n1,2\n", {"drop": ("widht",)}, "no column 'widht'; did you mean 'width'"),
    "no column left": ("a\n1\n2\n", {"drop": ("a",)}, "no columns"),
    "a delimiter of two": ("a\n1\n", {"delimiter": "::"}, r"delimiter: expected a character such as .*got '::'"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_text_that_is_refused(tmp_path, name):
    text, how, message = REFUSED[name]
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(MatchZooError, match=message):
        read(tmp_path / "a.csv", TableFormat(**how))


def test_one_column_of_decimal_commas_is_read_as_it_is_said(tmp_path):
    (tmp_path / "a.csv").write_text(ONE)
    one = read(tmp_path / "a.csv", TableFormat(decimal=","))
    assert one.values.ravel().tolist() == [0.843, 1.5, -0.12]
    assert one.seen == "a.csv: 3 rows of 1 column, no heading, decimal commas"
    two = read(tmp_path / "a.csv", TableFormat(delimiter=",", heading="no"))
    assert two.values.tolist() == [[0, 843], [1, 5], [0, 12]]
    (tmp_path / "a.csv").write_text("height\n" + ONE)
    assert read(tmp_path / "a.csv").values.ravel().tolist() == [0.843, 1.5, -0.12]
    (tmp_path / "a.csv").write_text("41,35\n40,7\n41,35\n")  # no sign of decimal commas
    assert read(tmp_path / "a.csv").values.shape == (3, 2)


def test_what_counts_the_rows_is_told_and_rows_left_out_stay_known(tmp_path):
    rows = "\n".join(f"{i},{'' if i == 3 else i * 0.5}" for i in range(12))
    (tmp_path / "a.csv").write_text(f"id,x\n{rows}\n")
    table = read(tmp_path / "a.csv", TableFormat(missing="drop"))
    assert "1 row with missing values left out" in table.seen
    assert "column 'id' counts the rows: measured, or --drop 'id'?" in table.seen
    in_file = table.in_rows_of_file(np.arange(11.0))
    assert_array_equal(in_file, [0, 1, 2, np.nan, *range(3, 11)])


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".npy", ".csv", ".tsv"])
def test_what_is_written_is_read_again_to_the_bit(tmp_path, suffix):
    values = np.random.default_rng(0).normal(1.7e9, 1e-3, (4, 2))
    path = tmp_path / "new" / f"table{suffix}"
    write(path, values, ('a, "cm"', "b"))
    table = read(path)
    assert_array_equal(table.values, values)
    assert table.columns == (() if suffix == ".npy" else ('a, "cm"', "b"))
    with pytest.raises(MatchZooError, match=r"expected a file that ends in one of \.csv"):
        write(tmp_path / "table.xlsx", values)
    assert as_text(np.array([[1.0]]), ["a"]) == "a\n1.0\n"


def test_columns_of_parquet_files(tmp_path):
    path = tmp_path / "a.parquet"
    mixed = frame().assign(whole=[1, 2, None], right=[True, False, True], name="x", day=pd.Timestamp(0))
    mixed["whole"] = mixed["whole"].astype("Int64")
    mixed.to_parquet(path)
    with pytest.raises(MatchZooError, match=r"column 'name': .*got 'x \(.*string\)'.*--drop 'name' --drop 'day'"):
        read(path)
    table = read(path, TableFormat(drop=("name", "day"), missing="drop"))
    assert table.columns == ("a", "b", "whole", "right")
    assert table.values.tolist() == [[0.5, 1.25, 1, 1], [-2, 3.5, 2, 0]]
    frame().set_index([pd.Index([3, 1, 2])]).to_parquet(path)
    with pytest.raises(MatchZooError, match=r"column '__index_level_0__': pandas.*--drop '__index_level_0__'"):
        read(path)
    path.write_bytes(b"PAR1, more or less")
    with pytest.raises(MatchZooError, match="cannot be read as parquet"):
        read(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.xlsx", b"x", r"expected a \.csv, .* or \.npy file; save the sheet as CSV"),
        ("a.npy", b"not an array", r"cannot be read as \.npy"),
        ("a.csv", "größe\n1\n".encode("latin-1"), r"not text in UTF-8 \(byte 2\); save it as CSV in UTF-8"),
        ("a.feather", b"", "cannot be read as feather"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MatchZooError, match=message):
        read(tmp_path / name)
    with pytest.raises(MatchZooError, match="there is no such file"):
        read(tmp_path / "b.csv")


def test_unicode_text_of_spreadsheets(tmp_path):
    (tmp_path / "a.txt").write_bytes(frame(("größe", "b")).to_csv(sep="\t", index=False).encode("utf-16"))
    assert read(tmp_path / "a.txt").columns == ("größe", "b")


def test_pairs_of_tables(tmp_path):
    def put(name: str, text: str) -> Path:
        (tmp_path / name).write_text(text)
        return tmp_path / name

    p, q = put("p.csv", "a,b,id\n1.5,2,7\n3,4,7\n"), put("q.csv", "b,a\n5,6.5\n7,8\n")
    with pytest.raises(MatchZooError, match="'id' is not in the denominator"):
        read_pair(p, q)
    first, second = read_pair(p, q, TableFormat(drop=("id",)))  # in one of them only
    assert first.columns == second.columns == A_B
    assert second.values.tolist() == [[6.5, 5], [8, 7]]
    years = TableFormat(heading="yes")
    crosswise = put("p_years.csv", "2019,2020\n1.5,2\n"), put("q_years.csv", "2020,2019\n5,6.5\n")
    assert read_pair(*crosswise, years)[1].values.tolist() == [[6.5, 5]]
    _, bare = read_pair(q, put("bare.csv", "1.5,2\n"))
    assert "columns by their order: only the other table has names" in bare.seen
