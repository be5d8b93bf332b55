"""What a run knows of the set that it made."""

from importlib.metadata import version
from platform import python_version
from typing import Any

from matchzoo import zoo
from matchzoo.core.declaration.structuring import to_table
from matchzoo.core.version import __version__
from matchzoo.data.identity import identity
from matchzoo.data.views import Views
from matchzoo.hub.folders.declared_parts import backbones_of
from matchzoo.projectors import Backbone
from matchzoo.runs.runnable import Runnable
from matchzoo.training.composition import Composition
from matchzoo.zoo.cards import same_data

PACKAGES = ("torch", "torchvision", "timm", "numpy")
"""Packages whose versions decide what comes out."""


def describe(recipe: Runnable, parts: Composition) -> dict[str, Any]:
    """The fields of `DistilledDataset` that say where a set comes from, of a built recipe."""
    data = to_table(recipe.data)
    return {
        "preprocessing": preprocessing(parts),
        "source": {
            **source(data),
            "class_order": list(parts.spec.class_names),
            "origin": parts.data.origin(),
            "splits": identity(parts.data)["splits"],
        },
        "backbones": tuple(one.origin() for part in parts.projectors.values() for one in backbones_of(part).values()),
        "recipe": recipe.to_toml(),
        "versions": {"matchzoo": __version__, "python": python_version(), **{p: version(p) for p in PACKAGES}},
    }


def preprocessing(parts: Composition) -> dict[str, Any]:
    """Size, range, the views that training images were augmented by, and the normalization of the backbone, or of
    each by its name in the recipe."""
    spaces = {name: one for name, one in parts.projectors.items() if isinstance(one, Backbone)}
    each = {name: _normalization(backbone) for name, backbone in spaces.items()}
    projectors = each.get("projector", {"backbones": each})  # its name where it is the only one
    return {
        "size": list(parts.spec.shape[1:]),
        "range": [0, 1],
        "normalization": {"by": "the backbone, not yet done to the images", **projectors} if each else "none",
        "views": to_table(parts.views or Views()),
    }


def _normalization(backbone: Backbone) -> dict[str, list[float]]:
    mean, std = (x.flatten().tolist() for x in (backbone.mean, backbone.std))
    return {"mean": [round(v, 6) for v in mean], "std": [round(v, 6) for v in std]}


def source(data: Any) -> dict[str, Any]:
    """A recipe's data table and, where a card of the zoo is of the same data, its license, source, page and paper."""
    table = {"kind": data} if isinstance(data, str) else dict(data)
    for name in zoo.names("datasets/*"):
        card = zoo.load(name, zoo.DataCard)
        if same_data(card.data, table):
            about = {"license": card.license, "from": card.source, "homepage": card.homepage, "paper": card.paper}
            return {"data": table, "card": name, **{key: value for key, value in about.items() if value}}
    return {"data": table}
