"""What a run knows of the set that it made."""

from importlib.metadata import version
from pathlib import PurePath
from platform import python_version
from typing import TYPE_CHECKING, Any

from matchzoo import __version__, zoo
from matchzoo.projectors import Backbone
from matchzoo.tables import to_table
from matchzoo.views import Views

if TYPE_CHECKING:
    from matchzoo.composition import Composition
    from matchzoo.recipe import Recipe

PACKAGES = ("torch", "torchvision", "timm", "numpy")
"""Packages whose versions decide what comes out."""
FREE = ("size", "fit", "sampling", "channels", "path", "root", "download")
"""Keys of a data table that do not say which data they are."""


def describe(recipe: "Recipe", parts: "Composition") -> dict[str, Any]:
    """The fields of `DistilledDataset` that say where a set comes from, of a built recipe."""
    data = to_table(recipe.data)
    return {
        "preprocessing": preprocessing(parts),
        "source": {**source(data), "class_order": list(parts.facts.class_names), "origin": parts.data.origin()},
        "backbones": tuple(one.origin() for one in parts.projectors.values() if isinstance(one, Backbone)),
        "recipe": recipe.to_toml(),
        "versions": {"matchzoo": __version__, "python": python_version(), **{p: version(p) for p in PACKAGES}},
    }


def preprocessing(parts: "Composition") -> dict[str, Any]:
    """Size, range, the views that training images were augmented by, and the normalisation of the backbone, or of
    each by its name in the recipe."""
    spaces = {name: one for name, one in parts.projectors.items() if isinstance(one, Backbone)}
    each = {name: _normalisation(backbone) for name, backbone in spaces.items()}
    own = each.get("projector", {"backbones": each})  # its name where it is the only one
    return {
        "size": list(parts.facts.shape[1:]),
        "range": [0, 1],
        "normalisation": {"by": "the backbone, not yet done to the images", **own} if each else "none",
        "views": to_table(parts.views or Views()),
    }


def _normalisation(backbone: Backbone) -> dict[str, list[float]]:
    mean, std = (x.flatten().tolist() for x in (backbone.mean, backbone.std))
    return {"mean": [round(v, 6) for v in mean], "std": [round(v, 6) for v in std]}


def source(data: Any) -> dict[str, Any]:
    """A recipe's data table and, where a card of the zoo is of the same data, its licence, source, page and paper."""
    table = {"kind": data} if isinstance(data, str) else dict(data)
    for name in zoo.names("datasets/*"):
        card = zoo.load(name, zoo.DataCard)
        if _same(card.data, table):
            about = {"licence": card.licence, "from": card.source, "homepage": card.homepage, "paper": card.paper}
            return {"data": table, "card": name, **{key: value for key, value in about.items() if value}}
    return {"data": table}


def _same(card: Any, table: dict[str, Any]) -> bool:
    """Whether a table is of a card's data: all that says which they are is equal, folders by their last name."""
    folder = [PurePath(str(one.get("path", ""))).name for one in (card, table)]
    said = {key: value for key, value in card.items() if key not in FREE}
    return folder[0] == folder[1] and all(table.get(key) == value for key, value in said.items())
