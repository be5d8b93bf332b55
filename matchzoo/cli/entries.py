"""Recipes and cards with what they need, and whether that is on this machine. Light: loads no torch."""

import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from matchzoo import recipes, zoo
from matchzoo.cli.given import cards_of
from matchzoo.core import shipped
from matchzoo.core.declaration.toml import read_toml

COST = re.compile(r"^matchzoo run \S+ +\((.+)\)$", re.MULTILINE)
"""What a run costs, in the comment that a recipe opens with: ``matchzoo run NAME   (1 minute on one CPU thread)``."""
RUNS = "runs.json"
"""Beside the recipes: those that were run to their end, by name, each with the number of seeds that
``benchmarks/recipes.py`` ran it on."""
NEVER = "never run to its end by us"
INDENT = " " * 6
HERE = "* all that it needs is on this machine"
WRAPPED: dict[str, Any] = {"break_on_hyphens": False, "break_long_words": False}
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
        seeds: of a recipe, on how many seeds our benchmark ran it to its end, 0 where it was run otherwise; None where
            it was never run, and for all else.
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
    seeds: int | None
    path: Path

    @property
    def group(self) -> str:
        """What it stands under in a list: the method of a recipe, the kind of a card."""
        return f"{self.name.partition('/')[0]}: recipes" if self.kind == "recipe" else f"{self.kind}s"

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
        never = self.kind == "recipe" and self.seeds is None
        runs = NEVER if never else f"run on {self.seeds} seed{'s' * (self.seeds > 1)}" if self.seeds else ""
        parts = [self.size, *uses, self.license, "unverified" if self.verified is False else "", runs]
        room = width - len(head) - 1
        lines = [f"{head} {textwrap.shorten(self.summary, room, placeholder=' …', break_on_hyphens=False)}"]
        lines += _packed(" · ".join(part for part in parts if part).split(" · "), width)
        return lines + _packed([f"not here: {what}" for what in self.missing], width)

    def record(self) -> dict[str, Any]:
        """The entry for programs, with the declaration itself."""
        fields = attrs.asdict(self, filter=lambda field, _: field.name != "path")
        return {**fields, "here": self.here, "declaration": read_toml(self.path)}


def entries(pattern: str = "*") -> list[Entry]:
    """Recipes, backbones and data sets whose names match a shell pattern or begin so, in this order.

    Cards are matched by their full names (``backbones/clip-*``) and without their folder (``clip-*``). A pattern
    without wildcards is a name; else a folder (``lgm``); else the last part of names (``quickstart``); else their
    beginning.
    """
    cards = {name: zoo.load(name) for name in zoo.names()}
    bring = {full: card.bring(zoo.short_name(full)) if card.needs() else "" for full, card in cards.items()}
    chosen_recipes, chosen = matching(pattern)
    seeds = runs()
    listed = [_recipe(name, cards, bring, seeds.get(name)) for name in chosen_recipes]
    for folder, (noun, _) in zoo.FOLDERS.items():
        of_folder = [name for name in cards if name in chosen and name.startswith(f"{folder}/")]
        listed += [_card(noun, name, cards[name], bring[name]) for name in of_folder]
    return listed


def matching(pattern: str) -> tuple[list[str], set[str]]:
    """Names of recipes, and full names of cards, that a pattern stands for; see `entries`."""
    if any(sign in pattern for sign in "*?["):
        return recipes.names(pattern), set(zoo.names(pattern))
    for wider in (pattern, f"{pattern.rstrip('/')}/*", f"*/{pattern}", f"{pattern}*"):
        chosen = recipes.names(wider), set(zoo.names(wider))
        if any(chosen):
            return chosen
    return [], set()


def overview(found: list[Entry], width: int) -> str:
    """Names in groups: recipes by method, cards by kind; first those that can be used here, with a star."""
    groups: dict[str, list[Entry]] = {}
    for entry in found:
        groups.setdefault(entry.group, []).append(entry)
    blocks = []
    for kind in dict.fromkeys(entry.kind for entry in found):
        of_kind = [group for group in groups.values() if group[0].kind == kind]
        lines = [f"{kind}s ({sum(map(len, of_kind))})"]
        for group in of_kind:
            marked = [f"{'*' if entry.here else ''}{entry.name}" for entry in _here_first(group)]
            lines += textwrap.wrap("  ".join(marked), width, initial_indent="  ", subsequent_indent=INDENT, **WRAPPED)
        blocks.append("\n".join(lines))
    return "\n\n".join([*blocks, HERE + "\n  what one is and needs: matchzoo list NAME, or the beginning of names"])


def text(found: list[Entry], width: int) -> str:
    """Entries in groups (recipes by method, cards by kind), those that can be used here first, in lines of a width."""
    groups: dict[str, list[Entry]] = {}
    for entry in found:
        groups.setdefault(entry.group, []).append(entry)
    blocks = []
    for name, group in groups.items():
        column = min(max(len(entry.name) for entry in group) + 4, width // 2)
        here = sum(entry.here for entry in group)
        lines = [f"{name} ({len(group)}{f', {here} can be used here' if len(group) > 1 else ''})"]
        lines += [line for entry in _here_first(group) for line in entry.lines(width, column)]
        blocks.append("\n".join(lines))
    return "\n\n".join([*blocks, HERE + "\n  how a card comes here: matchzoo list NAME"])


def _here_first(group: list[Entry]) -> list[Entry]:
    """Entries, those first that can be used here, and among these the quick start."""
    return sorted(group, key=lambda entry: (not entry.here, entry.name != shipped.FIRST))


def _card(noun: str, full: str, card: zoo.Card, bring: str) -> Entry:
    path, _ = zoo.find(full)
    name = zoo.short_name(full)
    return Entry(
        kind=noun,
        name=name,
        summary=_summary(path),
        size=card.summary(),
        license=card.license,
        uses={},
        missing=(bring,) if bring else (),
        verified=card.verified is not None if isinstance(card, zoo.BackboneCard) else None,
        seeds=None,
        path=path,
    )


def _recipe(name: str, cards: dict[str, zoo.Card], bring: dict[str, str], seeds: int | None) -> Entry:
    path = shipped.find(recipes.FOLDER, name, "recipe")
    table = read_toml(path)
    data = table["data"] if isinstance(table.get("data"), dict) else {"kind": table.get("data")}
    sources = {field: (part, _data_of(part, cards)) for field, part in _nested(data, "data")}
    of_cards = [full for _, full in sources.values()] + list(map(zoo.full_name, cards_of(table)))
    used = [full for full in dict.fromkeys(of_cards) if full is not None]
    missing = []
    for field, (part, full) in sources.items():
        folder = str(part.get("path", ""))
        if full is None and folder and not Path(folder).expanduser().exists():
            same = (card.get for card in cards.values() if isinstance(card, zoo.DataCard) and card.folder() == folder)
            missing.append(next(same, f"put data of your own at {folder}, or say --{field}.path"))
    cost = COST.search(shipped.header(path))
    return Entry(
        kind="recipe",
        name=name,
        summary=_summary(path),
        size=cost.group(1) if cost else "",
        license="",
        uses={f"{zoo.noun(full)} {zoo.short_name(full)}": bring[full] for full in used},
        missing=tuple(missing),
        verified=None,
        seeds=seeds,
        path=path,
    )


def runs() -> dict[str, int]:
    """The recipes that were run to their end, each with the seeds of the benchmark."""
    path = shipped.root() / recipes.FOLDER / RUNS
    recorded: dict[str, int] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return recorded


def _summary(path: Path) -> str:
    """The sentence that a declaration opens with: its comment up to the first line that ends with a full stop."""
    lines = shipped.header(path).split("\n")
    end = next((i for i, line in enumerate(lines) if line.endswith(".")), 0)
    return " ".join(lines[: end + 1])


def _nested(table: dict[str, Any], field: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """A table of data with its path, and those of the data sets that it is made of."""
    yield field, table
    for key, inner in table.items():
        for number, part in enumerate(inner if isinstance(inner, list) else [inner]):
            if isinstance(part, dict):
                yield from _nested(part, f"{field}.{key}.{number}" if isinstance(inner, list) else f"{field}.{key}")


def _data_of(table: dict[str, Any], cards: dict[str, zoo.Card]) -> str | None:
    """The card whose ``[data]`` reads the same samples as a recipe's; None if there is none."""
    for full, card in cards.items():
        if isinstance(card, zoo.DataCard):
            expected = {"root": card.data.get("root"), **table}
            if all(expected.get(key) == card.data.get(key) for key in DATA):
                return full
    return None


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
