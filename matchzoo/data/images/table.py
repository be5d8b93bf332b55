"""A folder of images and a table that says what each of them is."""

import csv
from collections.abc import Mapping, Sequence
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
from matchzoo.data.reading.numbering import UNLABELED
from matchzoo.data.reading.splits import WORDS, assign, split_of

ROLES = ("file", "label", "split", "group")
"""What a column may be, and what it is called where nothing else is said."""
NEEDED = ROLES[:2]


@declare("table")
class Table(Decoded):
    """Images of a folder, listed by a CSV file (UTF-8, with a heading) of the columns ``file`` (path from the folder)
    and ``label`` and, if wanted, ``split`` and ``group`` (an environment, domain or subgroup), by these or other names.

    A split is called as people call it, such as ``train``, ``Test`` or ``val`` (`matchzoo.data.reading.splits`): test
    rows are for testing, else validation rows, else a share of train. A split for testing may have no labels; it is
    left out, which is told, as whatever is not read. Training rows of groups that are ``unlabeled`` may have none.
    Classes and groups are in the order of their names, numbers as numbers. Other columns are ignored.
    """

    path: str
    """The folder; ``~`` is the home folder."""
    table: str = "labels.csv"
    """The CSV file, from the folder."""
    file_column: str = "file"
    """Column of the paths."""
    label_column: str = "label"
    """Column of the classes."""
    split_column: str = "split"
    """Column of the parts, if there is one."""
    group_column: str = "group"
    """Column of the groups, if there is one; it must be there if it is called otherwise."""

    def load(self) -> Loaded:
        """Read the table and every image; errors name the row."""
        root = folder_of(self.path)
        columns = {role: getattr(self, f"{role}_column") for role in ROLES}
        rows = _rows(root, root / self.table, columns, self.unlabeled)
        parts: dict[str, list[dict[str, str]]] = {}
        for row in rows:
            parts.setdefault(row.get("split", "train").lower(), []).append(row)
        assigned = assign(parts, root / self.table, lambda part: any(row["label"] for row in parts[part]))
        if assigned.train is None:
            raise MatchZooError(f"{root / self.table}: no row has the split 'train'")
        for line in assigned.notes():
            note(f"{root / self.table}: split {line}")

        for part in filter(None, (assigned.train, assigned.test)):
            free = self.unlabeled if part == assigned.train else ()
            wrong = next((row for row in parts[part] if not row["label"] and row.get("group") not in free), None)
            if wrong is not None:
                raise MatchZooError(f"{root / self.table}, row {wrong['row']}: '{self.label_column}' is empty")
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


def _rows(root: Path, path: Path, names: Mapping[str, str], unlabeled: Sequence[str]) -> list[dict[str, str]]:
    """Rows as tables by role, of the columns whose names are given by role; raises with the row of what is wrong, such
    as a training row without a label that is of none of the ``unlabeled`` groups."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            columns = [name.strip() for name in reader.fieldnames or []]
            reader.fieldnames = columns
            for role, needed in names.items():
                if needed not in columns and (role in NEEDED or needed != role):
                    remedy = "expected a heading such as file,label,split,group, separated by commas"
                    raise MatchZooError(
                        f"{path}: there is no column '{needed}'{did_you_mean(needed, columns)}; "
                        + (remedy if needed == role else f"data.{role}_column says so")
                    )
            known = {role: name for role, name in names.items() if name in columns}
            rows: list[dict[str, str]] = []
            with Progress(None, f"reading {path.name}", "rows", delay=DELAY) as progress:
                for row in reader:
                    kept = {role: (row[name] or "").strip() for role, name in known.items()}
                    _check(root, f"{path}, row {reader.line_num}", kept, names, unlabeled)
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


def _check(root: Path, where: str, row: dict[str, str], names: Mapping[str, str], unlabeled: Sequence[str]) -> None:
    split = row.get("split", "train")
    is_unlabeled = split_of(split) not in (None, "train") or row.get("group") in unlabeled
    for role, value in row.items():
        may_be_empty = role == "label" and is_unlabeled
        if not value and not may_be_empty:
            raise MatchZooError(f"{where}: '{names[role]}' is empty")
    if split_of(split) is None:
        near = did_you_mean(split, [word for words in WORDS.values() for word in words])
        expected = "expected a name of training, testing or validation"
        raise MatchZooError(f"{where}: {names['split']}: {expected}, got '{split}'{near}")
    if not is_below(row["file"]):
        expected = f"expected a path below the folder, got '{row['file']}'; move it there"
        raise MatchZooError(f"{where}: {names['file']}: {expected}")
    if not (root / row["file"]).is_file():
        parent = (root / row["file"]).parent
        near = did_you_mean(Path(row["file"]).name, [p.name for p in parent.iterdir()]) if parent.is_dir() else ""
        raise MatchZooError(f"{where}: there is no file {root / row['file']}{near if 'mean' in near else ''}")


def _listing(root: Path, rows: list[dict[str, str]], names: tuple[str, ...], groups: tuple[str, ...]) -> Listing:
    label, group = ({name: i for i, name in enumerate(some)} for some in (names, groups))
    listed = [group[row["group"]] for row in rows] if groups else None
    return list_files(root, [row["file"] for row in rows], [label.get(row["label"], UNLABELED) for row in rows], listed)
