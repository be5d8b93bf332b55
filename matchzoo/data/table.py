"""A folder of images and a table that says what each of them is."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import attrs
import torch

from matchzoo.data.data import Data, Loaded, stratified
from matchzoo.data.decoding import Decoding
from matchzoo.data.listing import File, Listing, file_of, folder_of, refuse_overlap, refuse_repeats
from matchzoo.declare import at_least, between, declare, positive
from matchzoo.errors import MatchZooError, did_you_mean

SPLITS = ("train", "test")


@declare("table")
class Table(Data):
    """Images of a folder, listed by a CSV file (UTF-8, with a heading) of the columns ``file`` (path from the folder)
    and ``label`` and, if wanted, ``split`` (train or test) and ``group`` (an environment or subgroup).

    Classes and groups are numbered in sorted order of their names, as numbers where all are. Other columns are ignored.
    """

    path: str
    """The folder; ``~`` is the home folder."""
    table: str = "labels.csv"
    """The CSV file, from the folder."""
    size: int = attrs.field(default=64, validator=at_least(8))
    """Pixels a side."""
    fit: Literal["crop", "pad"] = "crop"
    """How images become square: their centre, or (for cut-outs) the whole on white."""
    test_share: float = attrs.field(default=0.2, validator=[positive(), between(0, 1, open_high=True)])
    """Share of every class that is kept for testing, where the table has no column ``split``."""
    split_seed: int = attrs.field(default=0, validator=at_least(0))
    """Seed of the split."""

    def load(self) -> Loaded:
        """Read the table and every image; errors name the row."""
        root = folder_of(self.path)
        rows = _rows(root, root / self.table)
        names = _sorted(row["label"] for row in rows)
        if len(names) < 2:
            raise MatchZooError(f"{root / self.table}: expected at least 2 labels, got {len(names)}: {names[0]}")
        groups = _sorted(row["group"] for row in rows) if "group" in rows[0] else ()
        decoding = Decoding(self.size, fit=self.fit)
        if "split" not in rows[0]:
            listing = _listing(root, rows, names, groups)
            refuse_repeats(listing)
            first, second = stratified(torch.tensor(listing.labels), self.test_share, self.split_seed, names)
            return Loaded(listing.split(decoding, first), listing.split(decoding, second), names, groups)
        train, test = (_listing(root, [row for row in rows if row["split"] == part], names, groups) for part in SPLITS)
        if not train.files:
            raise MatchZooError(f"{root / self.table}: no row has the split 'train'")
        refuse_overlap(train, test)
        held_out = test.split(decoding) if test.files else None
        return Loaded(train.split(decoding), held_out, names, groups)


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
            for row in reader:
                kept = {name: (row[name] or "").strip() for name in known}
                _check(root, f"{path}, row {reader.line_num}", kept)
                rows.append(kept)
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
    if row.get("split", "train") not in SPLITS:
        raise MatchZooError(f"{where}: split: expected 'train' or 'test', got '{row['split']}'")
    if not (root / row["file"]).is_file():
        parent = (root / row["file"]).parent
        near = did_you_mean(Path(row["file"]).name, [p.name for p in parent.iterdir()]) if parent.is_dir() else ""
        raise MatchZooError(f"{where}: there is no file {root / row['file']}{near if 'mean' in near else ''}")


def _sorted(found: Iterable[str]) -> tuple[str, ...]:
    names = set(found)
    return tuple(sorted(names, key=int) if all(name.isdecimal() for name in names) else sorted(names))


def _listing(root: Path, rows: list[dict[str, str]], names: tuple[str, ...], groups: tuple[str, ...]) -> Listing:
    label, group = ({name: i for i, name in enumerate(some)} for some in (names, groups))
    files: list[File] = [file_of(root, row["file"]) for row in rows]
    listed = [group[row["group"]] for row in rows] if groups else None
    return Listing(root, files, [label[row["label"]] for row in rows], listed)
