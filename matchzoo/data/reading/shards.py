"""Images in the rows of parquet files, as the `datasets` library writes them."""

import bisect
import contextlib
import io
import itertools
import json
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import torch

from matchzoo.core.errors import MatchZooError, did_you_mean
from matchzoo.data.reading.decoding import Decoding
from matchzoo.data.reading.encoded import Encoded, Opener
from matchzoo.data.reading.layout import FIELD, Option
from matchzoo.data.reading.numbering import UNLABELED
from matchzoo.data.reading.store import Stored, by_row, key_of

BATCH = 16
"""Rows that are read at once."""


@attrs.frozen
class Shards(Encoded):
    """The images of one split.

    Attributes:
        source: what messages call the repository, such as ``owner/name@commit``.
        folder: of the files.
        names: of the files, in order.
        column: of the images.
    """

    source: str
    folder: Path
    names: tuple[str, ...]
    column: str
    labels: list[int]
    groups: list[int] | None = None

    def stored(self, decoding: Decoding) -> Stored:
        """The array of all decoded images, in order."""
        opener = self.opener()
        return Stored(
            key=key_of("hub", self.source, self.names, self.column, attrs.astuple(decoding)),
            count=len(self.labels),
            shape=decoding.shape,
            make=by_row(lambda row: decoding.decode(*opener(row))),
            title=f"decoding {self.source.partition('@')[0]}",
        )

    def opener(self) -> Opener:
        """Bytes of rows, with the file that these are of."""
        rows = Rows([self.folder / name for name in self.names], self.column)

        def opened(row: int) -> tuple[io.BytesIO, str]:
            content, shard, inner = rows.get(row)
            where = f"{self.source}: {self.names[shard]}, row {inner}"
            if content is None:
                raise MatchZooError(f"{where}: there is no image")
            return io.BytesIO(content), where

        return opened

    @property
    def name(self) -> str:
        """The repository."""
        return self.source


class Rows:
    """Images of parquet files by row, for several threads that ask in about ascending order.

    Files are mapped and read in batches of a few rows, of which the last ones are kept: memory grows with the number of
    threads, not with the files.
    """

    def __init__(self, paths: Sequence[Path], column: str) -> None:
        self._paths, self._column = paths, column
        self._begins: list[int] = []
        self._lock = threading.Lock()
        self._held: deque[tuple[int, Any]] = deque(maxlen=torch.get_num_threads() // BATCH + 3)
        self._batches: Iterator[tuple[int, Any]] = iter(())
        self._reach = range(0)

    def get(self, row: int) -> tuple[bytes | None, int, int]:
        """The encoded image of a row (None where there is none), its file, and its row in that."""
        with self._lock:
            if not self._begins:
                self._begins = [0, *itertools.accumulate(_open(path).metadata.num_rows for path in self._paths)]
            shard = bisect.bisect_right(self._begins, row) - 1
            value = self._find(row, shard)
        content = value.get("bytes") if isinstance(value, dict) else value
        return content, shard, row - self._begins[shard]

    def _find(self, row: int, shard: int) -> Any:
        for begin, batch in self._held:
            if begin <= row < begin + len(batch):
                return batch[row - begin].as_py()
        if row not in self._reach:
            self._batches = self._from(row, shard)
        for begin, batch in self._batches:
            self._held.append((begin, batch))
            self._reach = range(begin + len(batch), self._reach.stop)
            if begin <= row < begin + len(batch):
                return batch[row - begin].as_py()
        path = self._paths[shard]
        raise MatchZooError(f"{path}: cannot be read as a parquet file (it has fewer rows than it says)")

    def _from(self, row: int, shard: int) -> Iterator[tuple[int, Any]]:
        """Batches with their first row, from the row group that a row is in to the end of its file."""
        file = _open(self._paths[shard])
        counts = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
        begins = list(itertools.accumulate(counts, initial=self._begins[shard]))
        group = bisect.bisect_right(begins, row) - 1  # the last of several that begin there: others are empty
        self._reach = range(begins[group], self._begins[shard + 1])

        def batches() -> Iterator[tuple[int, Any]]:
            begin = begins[group]
            groups = list(range(group, file.num_row_groups))
            with _readable(self._paths[shard]):
                for batch in file.iter_batches(BATCH, groups, [self._column], use_threads=False):
                    yield begin, batch.column(0)
                    begin += len(batch)

        return batches()


@attrs.frozen
class Column:
    """A column of labels or groups, with the names that it declares.

    Attributes:
        values: whole numbers or text.
        names: by number; empty where nothing names them.
    """

    values: list[Any]
    names: tuple[str, ...] = ()


def check_images(source: str, folder: Path, names: Sequence[str], column: str, option: Option = FIELD) -> None:
    """Raise if a file has no such column, or one that holds no encoded images."""
    pa = arrow()
    for name in names:
        schema = _open(folder / name).schema_arrow
        _refuse_unknown(f"{source}: {name}", schema.names, column, option("image_column"))
        kind = schema.field(column).type
        inner = kind.field("bytes").type if pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0 else kind
        if not (pa.types.is_binary(inner) or pa.types.is_large_binary(inner)):
            raise MatchZooError(
                f"{option('image_column')}: {source}: {name}: expected images as bytes in the column '{column}', got "
                f"{kind}"
            )


def read_column(
    source: str, folder: Path, names: Sequence[str], column: str, field: str, option: Option = FIELD
) -> Column:
    """A column of labels or groups over all files; raises with the row of a value that is missing or of no use."""
    pa = arrow()
    values: list[Any] = []
    declared: tuple[str, ...] = ()
    for name in names:
        file = _open(folder / name)
        _refuse_unknown(f"{source}: {name}", file.schema_arrow.names, column, option(field))
        kind = file.schema_arrow.field(column).type
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not (pa.types.is_integer(kind) or pa.types.is_boolean(kind) or _is_text(kind)):
            raise MatchZooError(
                f"{option(field)}: {source}: {name}: expected whole numbers or text in the column '{column}', got "
                f"{kind}"
            )
        with _readable(folder / name):
            column_values = file.read(columns=[column]).column(0)
        if column_values.null_count:
            row = column_values.is_null().index(True).as_py()
            raise MatchZooError(f"{source}: {name}, row {row}: '{column}' is empty")
        with _readable(folder / name):
            listed = column_values.to_pylist()
        values += listed if _is_text(kind) else [int(value) for value in listed]
        declared = declared or _declared(file.schema_arrow.metadata or {}, column)
    return Column(values, declared)


def is_unlabeled(path: Path, column: str) -> bool:
    """Whether a parquet file has no labels in a column: no such column, no values in it, or -1 for all of them."""
    file = _open(path)
    if column not in file.schema_arrow.names:
        return True
    with _readable(path):
        return set(file.read(columns=[column]).column(0).unique().to_pylist()) <= {None, UNLABELED}


def named(features: Any, column: str) -> tuple[str, ...]:
    """Class names of a column in the ``features`` of a README's ``dataset_info``; empty where they are not said."""
    for one in features if isinstance(features, list) else []:
        kind = one.get("dtype") if isinstance(one, Mapping) and one.get("name") == column else None
        label = kind.get("class_label") if isinstance(kind, Mapping) else None
        names = label.get("names") if isinstance(label, Mapping) else None
        if isinstance(names, Mapping):
            by_number = {str(key): str(value) for key, value in names.items()}
            if not all(key.isdecimal() and len(key) < 10 for key in by_number):
                return ()
            return tuple(by_number[key] for key in sorted(by_number, key=int))
        if isinstance(names, list):
            return tuple(map(str, names))
    return ()


def _declared(metadata: Mapping[bytes, bytes], column: str) -> tuple[str, ...]:
    """Class names of a column in the metadata that `datasets` writes into a parquet file."""
    try:
        feature = json.loads(metadata.get(b"huggingface", b"{}"))["info"]["features"][column]
        return tuple(map(str, feature["names"])) if feature.get("_type") == "ClassLabel" else ()
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()


def _refuse_unknown(where: str, names: Sequence[str], column: str, option: str) -> None:
    if column not in names:
        raise MatchZooError(f"{option}: {where}: there is no column '{column}'{did_you_mean(column, names)}")


def _is_text(kind: Any) -> bool:
    types = arrow().types
    return bool(types.is_string(kind) or types.is_large_string(kind))


def arrow() -> Any:
    """The module that reads parquet files; raises with the remedy where it is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MatchZooError(
            "parquet files are read with pyarrow, which is not installed: pip install pyarrow"
        ) from None
    return pyarrow


def _open(path: Path) -> Any:
    """A parquet file, mapped."""
    pa = arrow()
    with _readable(path):
        return pa.parquet.ParquetFile(path, memory_map=True, pre_buffer=False)


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    """What goes wrong in a damaged file is a `MatchZooError` that names it."""
    try:
        yield
    except (arrow().ArrowException, OSError, UnicodeDecodeError) as error:
        reason = (str(error).splitlines() or [""])[0]
        raise MatchZooError(f"{path}: cannot be read as a parquet file ({reason})") from None
