"""Networks by name, as the command takes them: known without torch, so that a mistake costs no import of it."""

import tomllib
from collections.abc import Sequence
from typing import Any

from matchzoo.core.errors import MatchZooError, did_you_mean
from matchzoo.zoo.backbone_card import CLASSIFIERS

SHIPPED: dict[str, dict[str, Any]] = {
    "convnet": {"kind": "convnet"},
    "mlp": {"kind": "mlp"},
    "resnet18": {"kind": "resnet", "depth": 18},
    "resnet34": {"kind": "resnet", "depth": 34},
}
"""Names of the shipped networks that classify images, each with its table."""
OPTION = "from_scratch (--from-scratch)"
EXPECTED = (
    f"{', '.join(SHIPPED)}, torchvision:NAME, timm:NAME, or a table such as '{{ kind = \"convnet\", width = 64 }}'"
)


def network_tables(words: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The table of each network by the name that results have for it.

    Args:
        words: as `EXPECTED` says.

    Raises:
        MatchZooError: a word is none of these, with the nearest name, or two are the same network.

    Examples:
        >>> network_tables(["resnet18", "timm:resnet18"])["timm:resnet18"]
        {'kind': 'architecture', 'name': 'timm:resnet18'}
    """
    tables: dict[str, dict[str, Any]] = {}
    for word in words:
        name, table = _named(word.strip())
        if name in tables:
            raise MatchZooError(f"{OPTION}: '{name}' is given twice")
        tables[name] = table
    return tables


def name_of(table: dict[str, Any]) -> str:
    """What results call the network of a table: its kind, and what it says beside it."""
    if table.get("kind") == "architecture":
        return str(table.get("name"))
    told = [f"{key} {value}" for key, value in table.items() if key != "kind"]
    return ", ".join([str(table.get("kind")), *told])


def _named(word: str) -> tuple[str, dict[str, Any]]:
    if word.startswith("{"):
        try:
            table = tomllib.loads(f"network = {word}")["network"]
        except tomllib.TOMLDecodeError as error:
            raise MatchZooError(f"{OPTION}: '{word}' is not a table ({error}); expected {EXPECTED}") from None
        if "kind" not in table:
            raise MatchZooError(f"{OPTION}: {word} does not say its kind; expected {EXPECTED}")
        return name_of(table), table
    library, colon, name = word.partition(":")
    if colon and library in CLASSIFIERS and name:
        return word, {"kind": "architecture", "name": word}
    if colon:
        near = did_you_mean(library, CLASSIFIERS)
        raise MatchZooError(f"{OPTION}: '{word}' names no library and architecture{near}; expected {EXPECTED}")
    if word in SHIPPED:
        return word, SHIPPED[word]
    near = did_you_mean(word, SHIPPED)
    raise MatchZooError(f"{OPTION}: unknown network '{word}'{near}; expected {EXPECTED}")
