"""A folder that somebody published: nothing of it is believed before it has been checked, and nothing is executed."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs
import yaml

from matchzoo.core.declaration.renamed import in_todays_words
from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage.files import file_sha256
from matchzoo.core.storage.paths import is_below

CODE = (".py", ".pyc", ".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".bin", ".joblib", ".so", ".sh", ".dll", ".exe")
"""Endings of files that could run, or that only a pickle's reader reads."""
RUNS = re.compile(
    r"<\s*(script|iframe|object|embed)\b|<[^>]*\son\w+\s*=|<([^>]*=\s*[\"']?)?\s*javascript:|(?<!\\)\]\(\s*javascript:",
    re.IGNORECASE,
)
"""What a browser would run of the text of a card; names of classes may hold such words, escaped."""
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Characters by which a text could steer a terminal."""
REMEDY = "fetch or make it again"


@attrs.frozen
class Folder:
    """What is read of a folder, and how; every method raises a `MatchZooError` with the file, the reason and a remedy.

    Attributes:
        path: of the folder.
        what: messages call it: ``distilled set``, ``model``.
        format: that its table must name.
        schema: the newest that is read.
        table_name: the JSON file that says what is in it.
        limits: bytes of files that are read whole.
    """

    path: Path
    what: str
    format: str
    schema: int
    table_name: str
    limits: Mapping[str, int]

    def file(self, name: Any) -> Path:
        """A file of it; raises if it is missing, too large to be read whole, or outside of the folder."""
        if not is_below(name) or ":" in name:
            raise MatchZooError(
                f"{self.table_name}: {name!a:.80} is not a name of a file in the folder; nothing else is read"
            )
        path = self.path / name
        refuse_links_out(self.path, (path,))
        if not path.is_file():
            raise MatchZooError(f"{name}: is missing; {REMEDY}")
        size = path.stat().st_size
        if size > self.limits.get(name, size):
            raise MatchZooError(f"{name}: {size} bytes, at most {self.limits[name]} are read")
        return path

    def refuse_code(self) -> None:
        """Raise if there is code or a pickle beside the files: nothing would run it here, but it does not belong."""
        for path in sorted(self.path.rglob("*")):
            if path.suffix.lower() in CODE:
                name = path.relative_to(self.path).as_posix()
                raise MatchZooError(f"{name}: a {self.what} holds neither code nor pickles, and none is run; remove it")

    def table(self, kinds: Mapping[str, tuple[type, ...]], lists_of_tables: Iterable[str] = ()) -> dict[str, Any]:
        """What its JSON file says: of the format, of a schema that is known, with fields of the right types."""
        file = self.table_name
        try:
            text = self.file(file).read_text(encoding="utf-8")
            about = json.loads(text, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise MatchZooError(f"{file}: cannot be read as JSON ({str(error)[:200]}); {REMEDY}") from None

        if not isinstance(about, dict) or about.get("format") != self.format:
            raise MatchZooError(f"{file}: is not that of a {self.what} (its 'format' should be '{self.format}')")
        schema = about.get("schema")
        if type(schema) is not int or schema < 1:
            raise MatchZooError(f"{file}: schema: expected a whole number from 1, got {schema!r:.80}")
        if schema > self.schema:
            raise MatchZooError(
                f"it was written by a newer matchzoo (schema {schema}, this one reads up to {self.schema}): "
                "pip install --upgrade matchzoo-torch"
            )

        about = in_todays_words(about)
        for name, allowed in kinds.items():
            if name not in about or not isinstance(about[name], allowed):
                wanted = " or ".join("null" if kind is type(None) else kind.__name__ for kind in allowed)
                raise MatchZooError(f"{file}: {name}: expected {wanted}, got {about.get(name)!r:.80}")
        for name in lists_of_tables:
            if not all(isinstance(entry, dict) for entry in about[name]):
                raise MatchZooError(f"{file}: {name}: expected a list of tables")
        _check_values(file, about)
        return about

    def check_hashes(self, hashes: Any, required: Iterable[str]) -> None:
        """Raise where a file has not the sha256 that is said of it, or a required one has none."""
        if not isinstance(hashes, dict):
            raise MatchZooError(f"{self.table_name}: expected a table 'files', got {hashes!r:.80}")
        for name, expected in hashes.items():
            digest = file_sha256(self.file(name))
            if digest != expected:
                raise MatchZooError(
                    f"{name}: its sha256 is {digest}, {self.table_name} says {expected!s:.80}; {REMEDY}"
                )

        unsaid = [name for name in required if name not in hashes]
        if unsaid:
            raise MatchZooError(f"{self.table_name}: has no hash of {unsaid[0]}; {REMEDY}")

    def toml(self, name: str) -> tuple[str, dict[str, Any]]:
        """A TOML file as text and as a table."""
        try:
            text = self.file(name).read_text(encoding="utf-8")
            return text, tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            raise MatchZooError(f"{name}: cannot be read as TOML ({str(error)[:200]}); {REMEDY}") from None

    def check_card(self, name: str) -> None:
        """Raise if the card's head is no plain YAML, or its text would run something in a browser."""
        try:
            text = self.file(name).read_text(encoding="utf-8-sig")
            head = text.split("---\n", 2)[1] if text.startswith("---\n") and text.count("---\n") > 1 else ""
            metadata = yaml.safe_load(head)
        except (ValueError, IndexError, RecursionError, yaml.YAMLError) as error:
            reason = (str(error).splitlines() or [""])[0]
            raise MatchZooError(f"{name}: its head cannot be read as plain YAML ({reason}); {REMEDY}") from None

        if not isinstance(metadata, dict):
            raise MatchZooError(f"{name}: has no head of YAML; {REMEDY}")
        wrong = RUNS.search(text.split("---\n", 2)[2])
        if wrong is not None:
            raise MatchZooError(f"{name}: holds code for a browser ({wrong[0]!a:.80}); remove it")


def _check_values(file: str, about: Mapping[str, Any]) -> None:
    """Raise unless what a table says of backbones and scores is of the types that cards and tables show, and no text
    of it steers a terminal."""
    for backbone in about["backbones"]:
        texts = ("card", "architecture", "license")
        wrong = next((key for key in texts if not isinstance(backbone.get(key, ""), str)), None)
        if wrong is None and not isinstance(backbone.get("weights", {}), dict | None):
            wrong = "weights"
        if wrong is not None:
            raise MatchZooError(
                f"{file}: backbones: {wrong}: expected another type, got {backbone[wrong]!r:.80}; {REMEDY}"
            )

    for record in about["scores"]:
        for key in ("top1_mean", "top1_std", "top5_mean", "top5_std", "seeds"):
            if isinstance(record.get(key), bool) or not isinstance(record.get(key), int | float | None):
                raise MatchZooError(f"{file}: scores: {key}: expected a number, got {record[key]!r:.80}; {REMEDY}")

    unchecked: list[Any] = [about]
    while unchecked:
        value = unchecked.pop()
        if isinstance(value, dict):
            unchecked += [*value, *value.values()]
        elif isinstance(value, list):
            unchecked += value
        elif isinstance(value, str) and CONTROL.search(value):
            raise MatchZooError(f"{file}: {value!a:.80} has control characters; {REMEDY}")


def refuse_links_out(folder: Path, paths: Iterable[Path]) -> None:
    """Raise if a file of a folder is a link to one outside of it."""
    root = folder.resolve()
    if root.parent.name == "snapshots" and (root.parent.parent / "blobs").is_dir():
        root = root.parent.parent  # the Hub's cache, whose files are links to its blobs
    for path in paths:
        if not path.resolve().is_relative_to(root):
            name = path.relative_to(folder).as_posix()
            raise MatchZooError(f"{name}: is a link that leads out of the folder; copy the file into it")


def refuse_another(path: Path, table_name: str, format: str, what: str) -> None:
    """Raise if a folder that is to be written holds anything but what it may replace."""
    if path.exists() and not path.is_dir():
        raise MatchZooError(f"{path}: is a file; give the name of a folder")
    if path.is_dir() and any(path.iterdir()):
        try:
            ours = json.loads((path / table_name).read_text(encoding="utf-8")).get("format") == format
        except (OSError, ValueError, AttributeError):
            ours = False
        if not ours:
            raise MatchZooError(f"{path}: is not empty and holds no {what}; give another folder")


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")
