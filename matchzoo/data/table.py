"""A folder of images and a table that says what each of them is."""

import csv
from collections.abc import Iterable
from pathlib import Path

from matchzoo.core.declare import declare
from matchzoo.core.errors import MatchZooError, did_you_mean
from matchzoo.core.showing.progress import Progress
from matchzoo.core.storage.paths import is_below
from matchzoo.data.data import Loaded
from matchzoo.data.reading.encoded import Decoded
from matchzoo.data.reading.listing import (
    DELAY,
    HELD_OUT,
    Listing,
    folder_of,
    held_out,
    list_files,
    refuse_overlap,
    refuse_repeats,
)

DIGITS = 18
"""Of labels that are numbers; longer ones are names."""


@declare("table")
class Table(Decoded):
    """Images of a folder, listed by a CSV file (UTF-8, with a heading) of the columns ``file`` (path from the folder)
    and ``label`` and, if wanted, ``split`` and ``group`` (an environment or subgroup).

    A split is train, or test, val, validation, valid or dev: test rows are for testing, else those of the only other
    split, else a share of train. Where rows are test, other ones are left out.
    Classes and groups are numbered in sorted order of their names, as numbers where all are. Other columns are ignored.
    """

    path: str
    """The folder; ``~`` is the home folder."""
    table: str = "labels.csv"
    """The CSV file, from the folder."""

    def load(self) -> Loaded:
        """Read the table and every image; errors name the row."""
        root = folder_of(self.path)
        rows = _rows(root, root / self.table)
        names = _sorted(row["label"] for row in rows)
        if len(names) < 2:
            raise MatchZooError(f"{root / self.table}: expected at least 2 labels, got {len(names)}: {names[0]}")
        groups = _sorted(row["group"] for row in rows) if "group" in rows[0] else ()
        second = held_out({row.get("split", "") for row in rows}, root / self.table)
        train, test = (
            _listing(root, [row for row in rows if row.get("split", "train") == part], names, groups)
            for part in ("train", second)
        )
        if not train.files:
            raise MatchZooError(f"{root / self.table}: no row has the split 'train'")
        if second is None:
            refuse_repeats(train)
            return self.shared(train, names, groups)
        refuse_overlap(train, test)
        return self.parted(train, test, names, groups)


def _rows(root: Path, path: Path) -> list[dict[str, str]]:
    """Rows as tables by column; raises with the row of what is wrong."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            columns = [name.strip() for name in reader.fieldnames or []]
            reader.fieldnames = columns
            for needed in ("file", "label"):
                if needed not in columns:
                    raise MatchZooError(
                        f"{path}: there is no column '{needed}'{did_you_mean(needed, columns)}; expected a heading "
                        "such as file,label,split,group, separated by commas"
                    )
            known: list[str] = [name for name in ("file", "label", "split", "group") if name in columns]
            rows: list[dict[str, str]] = []
            with Progress(None, f"reading {path.name}", "rows", delay=DELAY) as progress:
                for row in reader:
                    kept = {name: (row[name] or "").strip() for name in known}
                    _check(root, f"{path}, row {reader.line_num}", kept)
                    rows.append(kept)
                    progress.update()
    except FileNotFoundError:
        hint = did_you_mean(path.name, [p.name for p in root.glob("*.csv")])
        raise MatchZooError(f"data.table: there is no file {path}{hint}") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MatchZooError(f"{path}: cannot be read as a CSV file in UTF-8 ({error})") from None
    if not rows:
        raise MatchZooError(f"{path}: no rows below the heading")
    return rows


def _check(root: Path, where: str, row: dict[str, str]) -> None:
    for name, value in row.items():
        if not value:
            raise MatchZooError(f"{where}: '{name}' is empty")
    if row.get("split", "train") not in ("train", *HELD_OUT):
        raise MatchZooError(f"{where}: split: expected one of train, {', '.join(HELD_OUT)}, got '{row['split']}'")
    if not is_below(row["file"]):
        raise MatchZooError(f"{where}: file: expected a path below the folder, got '{row['file']}'; move it there")
    if not (root / row["file"]).is_file():
        parent = (root / row["file"]).parent
        near = did_you_mean(Path(row["file"]).name, [p.name for p in parent.iterdir()]) if parent.is_dir() else ""
        raise MatchZooError(f"{where}: there is no file {root / row['file']}{near if 'mean' in near else ''}")


def _sorted(found: Iterable[str]) -> tuple[str, ...]:
    names = set(found)
    are_numbers = all(name.isdecimal() and len(name) <= DIGITS for name in names)
    return tuple(sorted(names, key=lambda name: (int(name), name)) if are_numbers else sorted(names))


def _listing(root: Path, rows: list[dict[str, str]], names: tuple[str, ...], groups: tuple[str, ...]) -> Listing:
    label, group = ({name: i for i, name in enumerate(some)} for some in (names, groups))
    listed = [group[row["group"]] for row in rows] if groups else None
    return list_files(root, [row["file"] for row in rows], [label[row["label"]] for row in rows], listed)
