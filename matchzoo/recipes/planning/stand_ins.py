"""Recipes built without their data and weights: what they would take can be seen from a few stand-ins.

A backbone of made-up weights has the memory and the operations of the published one, four synthetic images tell what a
thousand take, and the card of a data set knows how much there is of it.
"""

import contextlib
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import torch
from torch.overrides import TorchFunctionMode

from matchzoo import zoo
from matchzoo.core.declaration.structuring import structure, to_table
from matchzoo.core.declaration.toml import write_toml
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.data import Combined, Data, Hub, Shifted, ShiftedEnvironments, Split, Subset, Torchvision
from matchzoo.data.data import ENVIRONMENT, IN_TURN
from matchzoo.data.images.imagenet import ImageNet, wnids
from matchzoo.data.reading.encoded import undecoded
from matchzoo.data.reading.store import budget
from matchzoo.data.sources import direct_sources, single_sources
from matchzoo.projectors import Backbone
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.composition import Composition
from matchzoo.training.engine import Engine

FEW = 4
"""Classes of the synthetic images that are built."""
ANYWAY = (
    *("size", "fit", "range", "channels", "sampling", "split_seed", "download", "root", "attribute"),
    *("test_share", "validation_share"),
)
"""Fields of data that leave their number as it is, or say how it is parted."""


@attrs.frozen
class Known:
    """What is known of the real samples.

    Attributes:
        spec: shape, classes and (0: not known) number of the training samples.
        bytes: that they take in memory; 0 for those that stay on disk.
        source: where that is known from.
    """

    spec: Spec
    bytes: int
    source: str


def known(recipe: Recipe, classes: int | None = None, samples: int | None = None) -> Known:
    """What there is of the recipe's data, from what the user says, else its card, else the data themselves.

    Nothing is decoded and nothing is downloaded.

    Raises:
        MatchZooError: the data are not here and no card describes them, with the remedy; or their size is not said.
    """
    data, seed = recipe.copy().data, recipe.trainer.seed
    name, card = _card_of(data)
    subset = len(wnids(data.subset)) if isinstance(data, ImageNet) else None
    if (classes, samples, card, subset) == (None, None, None, None):
        return _read(data, seed)
    source = "as you say" if (classes, samples) != (None, None) else "as data.subset says"
    if card is not None and (classes is None or samples is None):
        source = f"as the card {name} says{'; not here yet' if card.needs() else ''}"
    class_counts = [one for one in (classes, None if card is None else card.classes, subset) if one is not None]
    if not class_counts:
        message = "missing; it goes with --samples where no card describes the data (0: no labels)"
        raise MatchZooError(f"--classes: {message}")
    shape = _shape(data, card)
    train, test = (0, 0) if card is None else _parts(data, card)
    train = train if samples is None else samples
    counts = [train - round(data.validation_share * train), test]
    sizes = [count * int(torch.Size(shape).numel()) for count in counts]
    names = tuple(map(str, range(class_counts[0])))
    spec = Spec(shape=shape, classes=class_counts[0] or None, class_names=names, count=counts[0], seed=seed)
    return Known(spec, sum(size for size in sizes if size <= budget()), source)


def _parts(data: Data, card: zoo.DataCard) -> tuple[int, int]:
    """Training and test samples, for data that are parted by another share than the card's as they are then."""
    train, test = card.train or 0, card.test or 0
    share = getattr(data, "test_share", None)
    if share is None or share == getattr(structure(card.data, Data), "test_share", None):  # type: ignore[type-abstract]
        return train, test
    kept = round(share * (train + test))
    return train + test - kept, kept


def _read(data: Data, seed: int) -> Known:
    """Of data (a copy of one's own) that no card describes: as they are here."""
    for source in single_sources(data):
        if isinstance(source, Hub):
            raise MatchZooError(
                f"data.repo: a plan fetches nothing; say what {source.repo} has: --classes N --samples N"
            )
        if isinstance(source, Torchvision):
            source.download = False
    try:
        with undecoded():
            spec = data.build(seed)
    except DeclarationError:
        raise
    except MatchZooError as error:
        raise MatchZooError(f"{error}; or say what there will be: --classes N --samples N") from None
    splits = [split for split in (data.training_set, data.test_set) if split is not None and not split.mapped]
    return Known(spec, sum(split.values.nbytes for split in splits), "as they are here")


def _card_of(data: Data) -> tuple[str, zoo.DataCard | None]:
    """The card of data and its name, whatever their size in pixels and the folder that they are in."""

    def content(one: Data) -> tuple[type, dict]:
        table = to_table(one)
        table = dict(table) if isinstance(table, dict) else {}
        ignored = (*ANYWAY, "path") if isinstance(one, ImageNet) else ANYWAY
        return type(one), {key: value for key, value in table.items() if key not in ignored}

    for full in zoo.names("datasets/*"):
        card = zoo.load(full, zoo.DataCard)
        if content(structure(card.data, Data)) == content(data):  # type: ignore[type-abstract]
            return zoo.short_name(full), card
    return "", None


def _shape(data: Data, card: zoo.DataCard | None) -> tuple[int, int, int]:
    """Of an image, by the field ``size`` or else the card; that of the first of several data sets."""
    while isinstance(data, Combined | Shifted | ShiftedEnvironments | Subset):  # which leave shapes as they are
        data = direct_sources(data)[0]
    size = getattr(data, "size", None)
    if size is None and card is not None:
        square = re.match(r"(\d+)x(\d+)\b", card.pixels)
        size = int(square[1]) if square and square[1] == square[2] else None
    if size is None:
        raise MatchZooError("data.size: missing; say how many pixels a side: --data.size N")
    return getattr(data, "channels", 3), size, size


@contextlib.contextmanager
def made_up_weights(recipe: Recipe) -> Iterator[Recipe]:
    """A recipe whose backbones need no file of weights; messages name their cards as they were."""
    with tempfile.TemporaryDirectory() as folder:
        changes: dict[str, str] = {}
        names: dict[str, str] = {}
        for space, projector in recipe.spaces.items():
            if isinstance(projector, Backbone):
                card = to_table(zoo.load(projector.card, zoo.BackboneCard))
                path = Path(folder) / f"{space}.toml"
                path.write_text(write_toml({**card, "weights": "random"}), encoding="utf-8")
                where = f"projectors.{space}" if recipe.projectors else "projector"
                changes[f"{where}.card"], names[str(path)] = str(path), projector.card
        try:
            yield recipe.replace(**changes)
        except MatchZooError as error:
            text = str(error)
            for made_up, name in names.items():
                text = text.replace(made_up, name)
            if text == str(error):
                raise
            raise MatchZooError(text) from None


def waiting(recipe: Recipe) -> list[str]:
    """What of the weights of the recipe's backbones is not on this machine, and how it comes."""
    cards = {projector.card for projector in recipe.spaces.values() if isinstance(projector, Backbone)}
    needs = {name: zoo.load(name, zoo.BackboneCard).needs() for name in sorted(cards)}
    return [f"{name}: {need}" for name, need in needs.items() if need]


def built(recipe: Recipe, spec: Spec, engine: Engine) -> Composition:
    """The parts of a recipe with `FEW` classes of synthetic images and as many real ones, the terms for all classes.

    Raises:
        MatchZooError: a part cannot take what the one before it gives.
    """
    fresh = _one_a_class(recipe).copy()
    images_per_class = getattr(recipe.generator, "images_per_class", None) or 0
    parts = Composition.build(
        fresh.declared(),
        engine,
        spec=attrs.evolve(spec, images_per_class=images_per_class),
        generated=lambda known_of: _fewer(known_of, FEW),
        around=lambda projector: _Alike() if isinstance(projector, Backbone) else contextlib.nullcontext(),
    )
    if parts.generator is not None:
        parts.generator.before_step(Step(fresh.trainer.steps, spec.seed))
    _stand_in(parts)
    engine.place(parts.data)
    return parts if parts.views is None else attrs.evolve(parts, views=parts.views.of(parts.data.training_set))


def _stand_in(parts: Composition) -> None:
    """Give the data a few samples of every class and group, which every split that a term names has."""
    data, spec = parts.data, parts.spec
    rows = max(FEW, len(spec.group_names))
    labels = None if spec.classes is None else torch.arange(rows) % min(spec.classes, FEW)
    group = torch.arange(rows) % len(spec.group_names) if spec.group_names else None
    values = torch.rand(rows, *spec.shape)
    split = Split((values * 255).to(torch.uint8) if spec.is_images else values, labels, group)

    data.training_set, data.test_set, data.class_names, data.group_names = (
        split,
        None,
        spec.class_names,
        spec.group_names,
    )
    named = {name.rstrip("'") for _, _, term in parts.terms() for name in parts.sets_of(term)}
    named |= {made_of.rstrip("'") for derived in parts.sets.values() for made_of in derived.made_of}
    known_names = {"real", "train", "synthetic", "source", IN_TURN, *parts.sets}
    others = {name: split for name in named - known_names if not name.startswith(ENVIRONMENT)}
    data.other_splits = torch.nn.ModuleDict(others)
    if labels is not None:
        data.by_class = tuple((labels == label).nonzero().flatten() for label in labels.unique())


class _Alike(TorchFunctionMode):
    """Within, weights that would be drawn are all alike: for a network of 86 million it saves most of a long wait."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in (torch.Tensor.normal_, torch.Tensor.uniform_):
            with torch.no_grad():
                return args[0].fill_(0.01)
        return args[0] if func is torch.Tensor.erfinv_ else func(*args, **(kwargs or {}))


def _one_a_class(recipe: Recipe) -> Recipe:
    if (getattr(recipe.generator, "images_per_class", None) or 1) == 1:
        return recipe
    return recipe.replace(**{"generator.images_per_class": 1})


def _fewer(spec: Spec, classes: int) -> Spec:
    if spec.classes is None or spec.classes <= classes:
        return spec
    return attrs.evolve(spec, classes=classes, class_names=spec.class_names[:classes])


@attrs.frozen
class Size:
    """What a generator holds after its last growth.

    Attributes:
        samples: that it has; 0 for endless ones.
        parameters: numbers that a player can move.
        rest: numbers besides.
    """

    samples: int
    parameters: int
    rest: int


def generator_size(recipe: Recipe, spec: Spec) -> Size:
    """The size of a recipe's generator for all classes, from generators of two, three and four of them.

    What a set of images holds is a polynomial of second degree in the number of classes (images, and the classes'
    probabilities of each), so three numbers of classes tell those of any.
    """
    each = getattr(recipe.generator, "images_per_class", None) or 1
    recipe = _one_a_class(recipe)

    def size(classes: int) -> tuple[int, int, int]:
        generator = recipe.copy().generator
        if generator is None:
            return 0, 0, 0
        generator.build(_fewer(spec, classes))
        generator.before_step(Step(recipe.trainer.steps, spec.seed))
        tensors = list(generator.buffers())
        return generator.count or 0, sum(p.numel() for p in generator.parameters()), sum(t.numel() for t in tensors)

    if spec.classes is None or spec.classes <= FEW:
        return Size(*(each * number for number in size(FEW)))
    c, sizes = spec.classes, (size(2), size(3), size(4))
    weights = ((c - 3) * (c - 4) // 2, -(c - 2) * (c - 4), (c - 2) * (c - 3) // 2)
    weighted = (sum(w * s for w, s in zip(weights, one, strict=True)) for one in zip(*sizes, strict=True))
    return Size(*(each * number for number in weighted))
