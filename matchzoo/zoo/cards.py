"""The one reader of cards: names, and from a name or a file to a typed card.

A card's full name is its path below ``zoo/`` without ``.toml``: ``backbones/clip-vit-b16``, ``datasets/cifar10``,
``distilled/digits-lgm-efficientnet-lite0-ipc1``. The name without its folder will do where only one card has it.
"""

from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from typing import Any, TypeVar, overload

import attrs

from matchzoo.core import shipped
from matchzoo.core.declaration.renamed import in_todays_words
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.declaration.toml import read_toml
from matchzoo.core.errors import DeclarationError, MatchZooError, did_you_mean
from matchzoo.zoo.backbone_card import BackboneCard
from matchzoo.zoo.card import Card
from matchzoo.zoo.data_card import DataCard
from matchzoo.zoo.distilled_card import DistilledCard

C = TypeVar("C", bound=Card)

FOLDERS: dict[str, tuple[str, type[Card]]] = {
    "backbones": ("backbone", BackboneCard),
    "datasets": ("data set", DataCard),
    "distilled": ("distilled set", DistilledCard),
}
"""The folders of ``zoo/``: what messages call a card there, and its class."""


def names(pattern: str = "*") -> list[str]:
    """Full names of the cards whose full name, or name without its folder, matches a shell pattern; sorted.

    ``backbones/*`` are all backbones, ``clip-*`` and ``backbones/clip-*`` those of CLIP.
    """
    return [name for name in _all() if fnmatchcase(name, pattern) or fnmatchcase(_without_folder(name), pattern)]


def _all() -> tuple[str, ...]:
    """Full names of all cards."""
    return tuple(sorted(f"{folder}/{name}" for folder in FOLDERS for name in shipped.names(f"zoo/{folder}")))


def full_name(name: str) -> str | None:
    """The full name that a name stands for; None if no card has it.

    Raises:
        MatchZooError: cards of several folders have it.
    """
    matching = [full for full in _all() if name in (full, _without_folder(full))]
    if len(matching) > 1:
        raise MatchZooError(f"'{name}' is the name of {' and of '.join(matching)}: give the folder too")
    return matching[0] if matching else None


def short_name(full: str) -> str:
    """A full name without its folder, or the full name where another folder has a card of that name."""
    name = _without_folder(full)
    return name if [_without_folder(other) for other in _all()].count(name) == 1 else full


def noun(full: str) -> str:
    """What messages call a card of a full name: ``backbone``, ``data set``."""
    return _listed(full)[0]


def find(name: str, kind: type[Card] | None = None) -> tuple[Path, type[Card]]:
    """The file of a card and its class.

    Args:
        name: full or without its folder, or the path of a .toml file.
        kind: the class that is expected; any if not given.

    Raises:
        MatchZooError: there is no such card (with the nearest name), it is of another kind, or several have the name.
    """
    expected = next((called for called, cls in FOLDERS.values() if cls is kind), "card")
    if name.endswith(".toml"):
        path = shipped.find("zoo", name, expected)
        return path, kind or _class_of(path)
    full = full_name(name)
    if full is None:
        known = {short_name(other) for other in names() if kind in (None, _listed(other)[1])}
        hint = did_you_mean(name, known | set(names()) if "/" in name else known)
        raise MatchZooError(
            f"unknown {expected} '{name}'{hint} ('matchzoo list' shows all; a file's path ends in .toml)"
        )
    cls = _listed(full)[1]
    if kind not in (None, cls):
        raise MatchZooError(f"'{name}' is a {noun(full)} ({full}); expected a {expected}")
    return shipped.root() / "zoo" / f"{full}.toml", cls


@overload
def load(name: str) -> Card: ...
@overload
def load(name: str, kind: type[C]) -> C: ...
def load(name: str, kind: type[Card] | None = None) -> Card:
    """The card of a name, or of the path of a .toml file.

    Args:
        name: full (``datasets/cifar10``), or without its folder where only one card has it (``cifar10``).
        kind: the class that is expected, such as `BackboneCard`; any if not given.

    Raises:
        MatchZooError: as `find`, or the file is not a valid card (with all problems).
    """
    path, cls = find(name, kind)
    try:
        return structure(in_todays_words(read_toml(path)), cls)
    except DeclarationError as error:
        called = next(called for called, known in FOLDERS.values() if known is cls)
        raise DeclarationError([("", f"{name} is not a valid {called} card:"), *error.problems]) from None


def remedy(folder: str, dataset: str | None = None) -> str:
    """How the data of a folder that is not here come to it, where a card knows; else an empty string.

    Args:
        folder: as the data's table says it.
        dataset: of torchvision, whose folder is shared by many.
    """
    for card in (load(name, DataCard) for name in names("datasets/*")):
        if card.folder() == folder and card.data.get("dataset") == dataset:
            return f"; {card.get}"
    return ""


def _without_folder(full: str) -> str:
    return full.partition("/")[2]


def _listed(full: str) -> tuple[str, type[Card]]:
    return FOLDERS[full.partition("/")[0]]


def _class_of(path: Path) -> type[Card]:
    """The class of a file outside the zoo: the one that has most of its keys."""
    keys = set(read_toml(path))
    classes = [cls for _, cls in FOLDERS.values()]
    return max(classes, key=lambda cls: len(keys & set(attrs.fields_dict(cls))))  # type: ignore[arg-type]


FREE = ("size", "fit", "sampling", "validation_share", "channels", "path", "root", "download")
"""Keys of a data table that do not say which data they are."""


def same_data(card: Any, table: dict[str, Any]) -> bool:
    """Whether a table is of a card's data: all that says which they are is equal, folders by their last name."""
    folder = [PurePath(str(one.get("path", ""))).name for one in (card, table)]
    declared = {key: value for key, value in card.items() if key not in FREE}
    return folder[0] == folder[1] and all(table.get(key) == value for key, value in declared.items())


def named(name: str) -> DistilledCard | None:
    """The card of a name (full, or without its folder); None if it is not that of a distilled set."""
    if name.endswith(".toml") or "@" in name:
        return None
    full = full_name(name)
    if full is None or not full.startswith("distilled/"):
        return None
    return load(full, DistilledCard)
