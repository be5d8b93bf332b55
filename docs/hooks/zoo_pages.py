"""The pages of the zoo, made from its cards when the site is built: no table of them is written by hand."""

from collections.abc import Callable
from typing import Any

from matchzoo import zoo
from matchzoo.core import shipped
from matchzoo.zoo.card import Card

HEAD = "*Made from the cards under `zoo/{folder}/` when this site is built.* `matchzoo show NAME` prints a card."
Row = Callable[[str, Any], dict[str, str]]


def summary_of(full: str) -> str:
    """The sentence that a card opens with."""
    path, _ = zoo.find(full)
    return shipped.header(path).split("\n")[0].rstrip(".")


def spaced(number: int | None) -> str:
    """A number with its thousands apart; empty for none."""
    return "" if number is None else f"{number:,}".replace(",", " ")


def backbone(name: str, card: zoo.BackboneCard) -> dict[str, str]:
    """A row of the table of backbones."""
    if card.resizes:
        pixels = f"any, resized to {card.size} by itself"
    elif card.fixed:
        pixels = f"{card.size} only"
    else:
        pixels = f"{card.size}, " + ("any" if card.multiple == 1 else f"multiples of {card.multiple}")
    millions = "" if card.parameters is None else f"{card.parameters / 1e6:.1f} M"
    return {
        "card": f"`{name}`",
        "what it is": summary_of(f"backbones/{name}"),
        "features": str(card.features),
        "pixels a side": pixels,
        "parameters": millions,
        "license of the weights": card.license,
        "published by": f"{card.source} ({card.library}: `{card.architecture}`)",
        "run by us": "unverified" if card.verified is None else "verified",
        "paper": card.paper,
    }


def dataset(name: str, card: zoo.DataCard) -> dict[str, str]:
    """A row of the table of data sets."""
    return {
        "card": f"`{name}`",
        "what it is": summary_of(f"datasets/{name}"),
        "classes": "" if card.classes is None else str(card.classes),
        "training": spaced(card.train),
        "test": spaced(card.test),
        "pixels": card.pixels,
        "license of the images": card.license,
        "published by": f"[{card.source}]({card.homepage})" if card.homepage else card.source,
        "how it comes": card.get,
        "paper": card.paper,
    }


def distilled(name: str, card: zoo.DistilledCard) -> dict[str, str]:
    """A row of the table of distilled sets."""
    where = "not published: make it" if card.status == "reproduce" else f"`{card.repo}` at `{card.commit[:8]}`"
    return {
        "card": f"`{name}`",
        "data": f"`{card.data}`",
        "backbone": f"`{card.backbone}`",
        "images": f"{card.images} of {card.size} px, {card.classes} classes",
        "top-1 %": f"{card.top1:.1f}",
        "measured by": card.protocol,
        "made by": f"`{card.command}`",
        "where": where,
        "license": card.license,
        "paper": card.paper,
    }


PAGES: dict[str, tuple[str, str, Row]] = {
    "backbones": (
        "Backbones of the zoo",
        "Frozen networks whose features are compared. *Verified*: somebody ran the published weights through this "
        "package and recorded their features ([what that means](../backbones.md#what-verified-means)).",
        backbone,
    ),
    "datasets": (
        "Data sets of the zoo",
        "Real samples that recipes know by name; any other folder of images will do as well "
        "([data](../data.md)). The license is the one that the publisher states.",
        dataset,
    ),
    "distilled": (
        "Distilled sets of the zoo",
        "Sets that anybody can make with the command beside them, or take from the Hub where they are published "
        "([to and from the Hub](../hub.md)). Accuracies are ours, on the test part of the data.",
        distilled,
    ),
}


def cell(text: str) -> str:
    """Text that stays within a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def table(rows: list[dict[str, str]]) -> str:
    """A table of rows with the same keys, which are its headings."""
    heads = list(rows[0])
    lines = [heads, ["---"] * len(heads), *([cell(row[head]) for head in heads] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def text(folder: str) -> str:
    """The page of a folder of cards, in Markdown."""
    title, lead, row = PAGES[folder]
    cards: dict[str, Card] = {full: zoo.load(full) for full in zoo.names(f"{folder}/*")}
    rows = [row(zoo.short_name(full), card) for full, card in cards.items()]
    return f"---\nhide: [toc]\n---\n\n# {title}\n\n{lead}\n\n{HEAD.format(folder=folder)}\n\n{table(rows)}\n"


def on_files(files: Any, config: Any, **_: Any) -> Any:
    """Add the pages to those of the site (a hook of MkDocs)."""
    from mkdocs.structure.files import File

    for folder in PAGES:
        files.append(File.generated(config, f"zoo/{folder}.md", content=text(folder)))
    return files
