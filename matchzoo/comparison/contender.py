"""A set of labelled images that is to be evaluated, wherever it comes from."""

import os
from collections.abc import Sequence
from pathlib import Path

import attrs
import torch
import torch.nn.functional as F

from matchzoo.data import Split
from matchzoo.data.decoding import Decoding
from matchzoo.data.listing import class_folders, list_classes
from matchzoo.distilled import DistilledDataset
from matchzoo.errors import MatchZooError
from matchzoo.facts import Facts
from matchzoo.generators import Selection
from matchzoo.projectors import Backbone
from matchzoo.recipe import Recipe
from matchzoo.run import Run
from matchzoo.tables import to_table

Source = str | os.PathLike[str] | Run | DistilledDataset
"""What is evaluated: a run or its folder, a file or folder of a distilled set, a folder of a folder a class."""
FILES = ("images.safetensors", "distilled.safetensors")


@attrs.frozen(eq=False, kw_only=True)
class Contender:
    """A row of a matrix.

    Attributes:
        name: what tables call it.
        made_with: the backbone that it was distilled with (or the method that chose it, and its space); empty if that
            is not known.
        path: where it came from; empty for one in memory.
        images: [m, c, h, w] of the size of the data, labels in the order of the data's classes.
        bytes: of its images and labels as they are stored.
        notes: what was done to make it fit the data.
    """

    name: str
    made_with: str
    path: str
    images: Split
    bytes: int
    notes: tuple[str, ...]


def recipe_of(source: Source) -> Recipe | None:
    """The recipe that a set comes from, if it is a run."""
    if isinstance(source, Run):
        return source.recipe
    if isinstance(source, DistilledDataset) or not (Path(source).expanduser() / "recipe.toml").is_file():
        return None
    return Run.open(Path(source).expanduser()).recipe


def contenders(sources: Sequence[Source], facts: Facts) -> list[Contender]:
    """The sets, made to fit the data that ``facts`` are of; those of the same short name get their whole path.

    Raises:
        MatchZooError: there is no set, or it is given twice; its classes are not those of the data; its images are of
            other channels.
    """
    paths = [_path(source) for source in sources]
    twice = next((path for path in paths if path and paths.count(path) > 1), None)
    if twice is not None:
        raise MatchZooError(f"{twice}: given twice")
    short = [Path(path).expanduser().absolute().name.removesuffix(".safetensors") for path in paths]
    names = [path if short.count(name) > 1 else name for path, name in zip(paths, short, strict=True)]
    unnamed = [i for i, path in enumerate(paths) if not path]
    for number, i in enumerate(unnamed, start=1):
        names[i] = f"set {number}"
    return [_contender(*one, facts) for one in zip(sources, paths, names, strict=True)]


def space_of(recipe: Recipe) -> str:
    """The backbone's card, or the kind of the space."""
    projector = recipe.projector
    return Path(projector.card).stem if isinstance(projector, Backbone) else kind_of(projector)


def made_with(recipe: Recipe) -> str:
    """The space of a recipe; before it the method of a selection, which may be all."""
    if not isinstance(recipe.generator, Selection):
        return space_of(recipe)
    method = kind_of(recipe.generator.method)
    return method if method in ("random", "all") else f"{method}, {space_of(recipe)}"


def kind_of(part: object) -> str:
    """The kind of a declared part."""
    table = to_table(part)
    return table if isinstance(table, str) else str(table["kind"])


def _path(source: Source) -> str:
    if isinstance(source, DistilledDataset):
        return ""
    return str(source.folder if isinstance(source, Run) else source)


def _contender(source: Source, path: str, name: str, facts: Facts) -> Contender:
    recipe = recipe_of(source)
    side = facts.shape[-1]
    distilled = source if isinstance(source, DistilledDataset) else _read(Path(path).expanduser(), side, facts)
    notes = []
    matched = distilled.with_classes(facts.class_names, path or name)
    if distilled.class_names != facts.class_names:
        notes.append(f"{path or name}: its classes are in another order; its labels were matched by name")
    images = matched.images.float()
    if images.shape[1] != facts.shape[0]:
        raise MatchZooError(
            f"{path or name}: images of {images.shape[1]} channels, those of the data have {facts.shape[0]}"
        )
    if tuple(images.shape[1:]) != facts.shape:
        was = "x".join(map(str, images.shape[2:]))
        size = list(facts.shape[1:])
        images = F.interpolate(images, size=size, mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)
        notes.append(f"{path or name}: {was} pixels, resized to the {size[0]}x{size[1]} of the data")
    return Contender(
        name=name,
        made_with=made_with(recipe) if recipe else "",
        path=path,
        images=Split(images, matched.labels),
        bytes=distilled.bytes,
        notes=tuple(notes),
    )


def _read(path: Path, side: int, facts: Facts) -> DistilledDataset:
    """A distilled set in a file or folder, or the images of a folder with a folder for each class."""
    if path.is_file():
        return DistilledDataset.load(path)
    if not path.is_dir():
        raise MatchZooError(f"{path}: there is no such run, distilled set or folder of images")
    found = next((path / name for name in FILES if (path / name).is_file()), None)
    if found is not None:
        return DistilledDataset.load(found)
    if (path / "recipe.toml").is_file():
        return Run.open(path).distilled  # says why there is none
    try:
        names = class_folders(path)
        listing = list_classes(path, names)
    except MatchZooError as error:
        raise MatchZooError(f"{path}: no run, no distilled set ({' or '.join(FILES)}); as images: {error}") from None
    samples = listing.split(Decoding(side, facts.shape[0])).all()
    assert samples.labels is not None
    return DistilledDataset(samples.values.to(torch.float32), samples.labels, names)
