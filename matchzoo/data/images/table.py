"""A folder of images and a table that says what each of them is."""

import csv
from pathlib import Path

from matchzoo.core.class_names import sort_names
from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import MatchZooError, did_you_mean
from matchzoo.core.showing.progress import Progress, note
from matchzoo.core.storage.paths import is_below
from matchzoo.data.data import Loaded
from matchzoo.data.reading.encoded import Decoded
from matchzoo.data.reading.listing import (
    DELAY,
    Listing,
    folder_of,
    list_files,
    refuse_overlap,
    refuse_repeats,
)
from matchzoo.data.reading.splits import WORDS, assign, split_of


@declare("table")
class Table(Decoded):
    """Images of a folder, listed by a CSV file (UTF-8, with a heading) of the columns ``file`` (path from the folder)
    and ``label`` and, if wanted, ``split`` and ``group`` (an environment or subgroup).

    A split is called as people call it, such as ``train``, ``Test`` or ``val`` (`matchzoo.data.reading.splits`): test
    rows are for testing, else validation rows, else a share of train. A split for testing may have no labels; it is
    left out, which is told, as whatever is not read. Classes and groups are in the order of their names, numbers as
    numbers. Other columns are ignored.
    """

    path: str
    """The folder; ``~`` is the home folder."""
    table: str = "labels.csv"
    """The CSV file, from the folder."""

    def load(self) -> Loaded:
        """Read the table and every image; errors name the row."""
        root = folder_of(self.path)
        rows = _rows(root, root / self.table)
        parts: dict[str, list[dict[str, str]]] = {}
        for row in rows:
            parts.setdefault(row.get("split", "train").lower(), []).append(row)
        assigned = assign(parts, root / self.table, lambda part: any(row["label"] for row in parts[part]))
        if assigned.train is None:
            raise MatchZooError(f"{root / self.table}: no row has the split 'train'")
        for line in assigned.notes():
            note(f"{root / self.table}: split {line}")

        for row in (row for part in (assigned.train, assigned.test) if part for row in parts[part]):
            if not row["label"]:
                raise MatchZooError(f"{root / self.table}, row {row['row']}: 'label' is empty")
        names = sort_names(row["label"] for row in rows if row["label"])
        if len(names) < 2:
            raise MatchZooError(f"{root / self.table}: expected at least 2 labels, got {len(names)}: {names[0]}")
        groups = sort_names(row["group"] for row in rows) if "group" in rows[0] else ()
        train = _listing(root, parts[assigned.train], names, groups)
        if assigned.test is None:
            refuse_repeats(train)
            return self.shared(train, names, groups)
        test = _listing(root, parts[assigned.test], names, groups)
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
                    rows.append({**kept, "row": str(reader.line_num)})
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
    split = row.get("split", "train")
    for name, value in row.items():
        may_be_empty = name == "label" and split_of(split) not in (None, "train")
        if not value and not may_be_empty:
            raise MatchZooError(f"{where}: '{name}' is empty")
    if split_of(split) is None:
        near = did_you_mean(split, [word for words in WORDS.values() for word in words])
        raise MatchZooError(f"{where}: split: expected a name of training, testing or validation, got '{split}'{near}")
    if not is_below(row["file"]):
        raise MatchZooError(f"{where}: file: expected a path below the folder, got '{row['file']}'; move it there")
    if not (root / row["file"]).is_file():
        parent = (root / row["file"]).parent
        near = did_you_mean(Path(row["file"]).name, [p.name for p in parent.iterdir()]) if parent.is_dir() else ""
        raise MatchZooError(f"{where}: there is no file {root / row['file']}{near if 'mean' in near else ''}")


def _listing(root: Path, rows: list[dict[str, str]], names: tuple[str, ...], groups: tuple[str, ...]) -> Listing:
    label, group = ({name: i for i, name in enumerate(some)} for some in (names, groups))
    listed = [group[row["group"]] for row in rows] if groups else None
    return list_files(root, [row["file"] for row in rows], [label[row["label"]] for row in rows], listed)
