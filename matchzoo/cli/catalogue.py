"""What there is: recipes and cards with what they need, and whether that is on this machine. Light: loads no torch."""

import re
import shlex
import shutil
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import attrs
import tyro

from matchzoo import recipes, zoo
from matchzoo.cli.usage import Flag, Name
from matchzoo.core import shipped
from matchzoo.core.declaration.toml import read_text, read_toml
from matchzoo.core.errors import MatchZooError, did_you_mean
from matchzoo.core.showing.text import as_json
from matchzoo.core.storage import files

COST = re.compile(r"^matchzoo run \S+ +\((.+)\)$", re.MULTILINE)
"""What a run costs, in the comment that a recipe opens with: ``matchzoo run NAME   (1 minute on one CPU thread)``."""
INDENT = " " * 6
DATA = ("kind", "path", "root", "dataset", "subset")
"""The keys of ``[data]`` that say which data they are."""


@attrs.frozen
class Entry:
    """A recipe or card, as the list shows it.

    Attributes:
        kind: recipe, backbone, data set.
        name: as commands take it.
        summary: what it is, in a sentence.
        size: of a backbone, its features, parameters and pixels; of a data set, its classes and images; of a recipe,
            what a run costs.
        license: of the weights or images; of a recipe, empty.
        uses: cards that a recipe uses, such as ``backbone clip-vit-b16``, with what brings them (empty: is here).
        missing: what brings the rest that is not on this machine: commands, or a few words.
        verified: whether somebody ran a backbone's published weights; None for all else.
        path: its file.
    """

    kind: str
    name: str
    summary: str
    size: str
    license: str
    uses: dict[str, str]
    missing: tuple[str, ...]
    verified: bool | None
    path: Path

    @property
    def here(self) -> bool:
        """Whether all that it needs is on this machine."""
        return not self.missing and not any(self.uses.values())

    def lines(self, width: int, column: int) -> list[str]:
        """The entry as text.

        Args:
            width: of the lines, in characters.
            column: where its summary begins.
        """
        head = f"{'*' if self.here else ' '} {self.name}".ljust(column - 1)
        uses = [f"{name} (not here)" if bring else name for name, bring in self.uses.items()]
        parts = [self.size, *uses, self.license, "unverified" if self.verified is False else ""]
        room = width - len(head) - 1
        lines = [f"{head} {textwrap.shorten(self.summary, room, placeholder=' …', break_on_hyphens=False)}"]
        lines += _packed(" · ".join(part for part in parts if part).split(" · "), width)
        return lines + _packed([f"not here: {what}" for what in self.missing], width)

    def record(self) -> dict[str, Any]:
        """The entry for programs, with the declaration itself."""
        fields = attrs.asdict(self, filter=lambda field, _: field.name != "path")
        return {**fields, "here": self.here, "declaration": read_toml(self.path)}


def entries(pattern: str = "*") -> list[Entry]:
    """Recipes, backbones and data sets whose names match a shell pattern, in this order.

    Cards are matched by their full names (``backbones/clip-*``) and without their folder (``clip-*``).
    """
    cards = {name: zoo.load(name) for name in zoo.names()}
    listed = [_recipe(name, cards) for name in recipes.names(pattern)]
    chosen = set(zoo.names(pattern))
    for folder, (noun, _) in zoo.FOLDERS.items():
        listed += [_card(noun, name, cards[name]) for name in cards if name in chosen and name.startswith(f"{folder}/")]
    return listed


def text(found: list[Entry], width: int) -> str:
    """Entries in groups by kind, in lines of a width."""
    groups: dict[str, list[Entry]] = {}
    for entry in found:
        groups.setdefault(entry.kind, []).append(entry)
    blocks = []
    for kind, group in groups.items():
        column = min(max(len(entry.name) for entry in group) + 4, width // 2)
        lines = [f"{kind}s ({len(group)})"]
        lines += [line for entry in group for line in entry.lines(width, column)]
        blocks.append("\n".join(lines))
    footer = "* all that it needs is on this machine\n  how a card comes here: matchzoo list NAME"
    return "\n\n".join([*blocks, footer])


def _card(noun: str, full: str, card: zoo.Card) -> Entry:
    path, _ = zoo.find(full)
    name = zoo.short_name(full)
    return Entry(
        kind=noun,
        name=name,
        summary=_summary(path),
        size=card.summary(),
        license=card.license,
        uses={},
        missing=(card.bring(name),) if card.needs() else (),
        verified=card.verified is not None if isinstance(card, zoo.BackboneCard) else None,
        path=path,
    )


def _recipe(name: str, cards: dict[str, zoo.Card]) -> Entry:
    path = shipped.find(recipes.FOLDER, name, "recipe")
    table = read_toml(path)
    data = table["data"] if isinstance(table.get("data"), dict) else {"kind": table.get("data")}
    used = [full for full in dict.fromkeys([_data_of(data, cards), *_backbones_of(table)]) if full is not None]
    missing = []
    folder = str(data.get("path", ""))
    if _data_of(data, cards) is None and folder and not Path(folder).expanduser().exists():
        same = (card.get for card in cards.values() if isinstance(card, zoo.DataCard) and card.folder() == folder)
        missing.append(next(same, f"put data of your own at {folder}, or say --data.path"))
    cost = COST.search(shipped.header(path))
    return Entry(
        kind="recipe",
        name=name,
        summary=_summary(path),
        size=cost.group(1) if cost else "",
        license="",
        uses={
            f"{zoo.noun(full)} {zoo.short_name(full)}": cards[full].bring(zoo.short_name(full))
            if cards[full].needs()
            else ""
            for full in used
        },
        missing=tuple(missing),
        verified=None,
        path=path,
    )


def _summary(path: Path) -> str:
    """The sentence that a declaration opens with: its comment up to the first line that ends with a full stop."""
    lines = shipped.header(path).split("\n")
    end = next((i for i, line in enumerate(lines) if line.endswith(".")), 0)
    return " ".join(lines[: end + 1])


def _data_of(table: dict[str, Any], cards: dict[str, zoo.Card]) -> str | None:
    """The card whose ``[data]`` reads the same samples as a recipe's; None if there is none."""
    for full, card in cards.items():
        if isinstance(card, zoo.DataCard):
            expected = {"root": card.data.get("root"), **table}
            if all(expected.get(key) == card.data.get(key) for key in DATA):
                return full
    return None


def _backbones_of(value: Any) -> Iterator[str | None]:
    """Full names of the backbones that a table names, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "card" and isinstance(inner, str):
                yield zoo.full_name(inner)
            else:
                yield from _backbones_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _backbones_of(inner)


def _packed(parts: list[str], width: int) -> list[str]:
    """Parts with dots between them, as many in a line as fit; a part that is longer than a line is broken."""
    lines: list[str] = []
    for part in parts:
        joined = f"{lines[-1]} · {part}" if lines else ""
        if lines and len(joined) <= width:
            lines[-1] = joined
        else:
            lines += textwrap.wrap(part, width, initial_indent=INDENT, subsequent_indent=INDENT, break_on_hyphens=False)
    return lines


def list_(
    pattern: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="PATTERN")] = "*",
    json: Flag = False,
) -> None:
    """List recipes and cards: what they are, their license, and what of them is not on this machine.

    Args:
        pattern: a shell pattern of names, such as 'lgm/*', 'clip-*' or 'datasets/*'.
        json: print a list for programs.
    """
    listed = entries(pattern)
    if not listed:
        raise MatchZooError(f"nothing matches '{pattern}'{did_you_mean(pattern, _known())}")
    if json:
        print(as_json([entry.record() for entry in listed]))
    else:
        print(text(listed, min(shutil.get_terminal_size((120, 24)).columns, 120)))


def show(name: Name) -> None:
    """Print a recipe or card as it is written.

    Args:
        name: of a recipe, backbone or data set, or the path of a .toml file.
    """
    print(read_text(_find(name)), end="")


def copy(name: Name, file: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FILE")]) -> None:
    """Copy a recipe or card to a file of your own, to edit and use by its path.

    Args:
        name: of a recipe, backbone or data set.
        file: where to write; must end in .toml and not exist.
    """
    content = read_text(_find(name))
    if file.suffix != ".toml":
        raise MatchZooError(f"{file}: expected a name that ends in .toml")
    if file.exists():
        raise MatchZooError(f"{file}: already exists; give another name or remove it")
    if not file.parent.is_dir():
        raise MatchZooError(f"{file.parent}: there is no such folder")
    try:
        files.write_text(file, content)
    except OSError as error:
        raise MatchZooError(f"{file}: cannot be written ({error.strerror})") from None
    print(f"wrote {file}" if name.endswith(".toml") else f"wrote {file}; {_use(name, file)}")


def _find(name: str) -> Path:
    if zoo.full_name(name) is not None:
        return zoo.find(name)[0]
    if not name.endswith(".toml") and name not in recipes.names():
        raise MatchZooError(f"unknown name '{name}'{did_you_mean(name, _known())} ('matchzoo list' shows all)")
    return shipped.find(recipes.FOLDER, name, "recipe")


def _known() -> list[str]:
    return [*recipes.names(), *map(zoo.short_name, zoo.names()), *zoo.names()]


def _use(name: str, file: Path) -> str:
    """How a copy is used."""
    import tomlkit

    full = zoo.full_name(name)
    if full is None:
        return f"run it with: matchzoo run {file}"
    if full.startswith("backbones/"):
        return f"a recipe uses it with: matchzoo run NAME --projector.card {file}"
    if full.startswith("distilled/"):
        return "it says what is known of the set, and how it is made or fetched"
    table = tomlkit.inline_table()
    table.update(zoo.load(name, zoo.DataCard).data)
    return (
        f"a recipe uses it by its lines of [data], or with: matchzoo run NAME --data {shlex.quote(table.as_string())}"
    )
