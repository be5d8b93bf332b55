"""Columns of labels, of every kind of table."""

import numpy as np
import pytest

from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage.label_column import labels_in, required_labels
from matchzoo.core.storage.table_format import TableFormat


def test_labels_of_text_numbers_arrays_and_parquet(tmp_path):
    import pyarrow
    from pyarrow import parquet

    (tmp_path / "a.csv").write_text("x,kind,code\n1,cat,1\n2,,2.0\n3,7,3.5\n")
    assert labels_in(tmp_path / "a.csv", "kind", TableFormat()) == ["cat", None, "7"]
    assert labels_in(tmp_path / "a.csv", "code", TableFormat()) == ["1", "2", "3.5"]
    assert labels_in(tmp_path / "a.csv", "other", TableFormat()) is None
    np.save(tmp_path / "a.npy", np.array([[0.5, 1.0], [0.7, np.nan]]))
    assert labels_in(tmp_path / "a.npy", "2", TableFormat()) == ["1", None]
    parquet.write_table(pyarrow.table({"kind": ["cat", None], "code": [1, 2]}), tmp_path / "a.parquet")
    assert labels_in(tmp_path / "a.parquet", "kind", TableFormat()) == ["cat", None]
    assert labels_in(tmp_path / "a.parquet", "code", TableFormat()) == ["1", "2"]
    with pytest.raises(MatchZooError, match="there is no column 'kid'; did you mean 'kind'"):
        required_labels(tmp_path / "a.csv", "kid", TableFormat())
