"""A set of labeled images that is to be evaluated, wherever it comes from."""

import os
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from matchzoo.core.class_names import sort_names
from matchzoo.core.declaration.structuring import kind_of
from matchzoo.core.errors import MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.data import Data, Split
from matchzoo.evaluation.baselines import class_counts
from matchzoo.generators import Selection
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.hub.folders.reading import NamedError, artifact_of, with_names
from matchzoo.hub.third_party.formats import TORCH_FILES, ShapeError, are_folders, names_of
from matchzoo.hub.third_party.tensor_form import TensorForm
from matchzoo.models.classifiers.stored_head import Head
from matchzoo.projectors import Backbone
from matchzoo.recipes import door
from matchzoo.recipes.comparison.fitting import fit_of, fitted, names_are_text
from matchzoo.recipes.recipe import Recipe
from matchzoo.runs.run import Run
from matchzoo.runs.runnable import Runnable

Source = str | os.PathLike[str] | Run | DistilledDataset
"""What is evaluated: a run or its folder, a distilled set, or whatever `DistilledDataset.load` reads."""


@attrs.frozen(eq=False, kw_only=True)
class EvaluatedSet:
    """A row of a matrix.

    Attributes:
        name: what tables call it.
        made_with: the backbone that it was distilled with (or the method that chose it, and its space); empty if that
            is not known.
        path: where it came from; empty for one in memory.
        images: [m, c, h, w] of the size of the data, labels in the order of the data's classes.
        classes: of the data.
        bytes: of its images and labels as they are stored.
        notes: what was done to make it fit the data.
        head: that travels with it, of the data's classes in their order; None if there is none.
    """

    name: str
    made_with: str
    path: str
    images: Split
    classes: int
    bytes: int
    notes: tuple[str, ...]
    head: Head | None = None

    @property
    def counts(self) -> tuple[int, ...]:
        """Images of every class of the data."""
        assert self.images.labels is not None
        return class_counts(self.images.labels, self.classes)


@attrs.frozen(eq=False, kw_only=True)
class Opened:
    """A source, as far as it can be read before the data are known.

    Attributes:
        name: what tables call it.
        path: where it came from; empty for one in memory.
        recipe: what made it; None if that is not known.
        distilled: the set; None where its images are read at the size of the data.
    """

    name: str
    path: str
    recipe: Runnable | None
    distilled: DistilledDataset | None


def opened(
    sources: Sequence[Source],
    class_names: str | Path | Sequence[str] | None = None,
    size: int | None = None,
    form: TensorForm | None = None,
) -> list[Opened]:
    """The sources; those of the same short name get their whole path.

    Raises:
        MatchZooError: one is given twice, is not there, not finished, or not as it must be; or class names or a form
            of tensors are given, and all of them say theirs.
    """
    paths = [_path(source) for source in sources]
    twice = next((path for path in paths if path and paths.count(path) > 1), None)
    if twice is not None:
        raise MatchZooError(f"{twice}: given twice")
    opened = [_open(source, class_names, size) for source in sources]
    if form is not None and not form.says_nothing and not any(Path(path).suffix in TORCH_FILES for path in paths):
        raise MatchZooError("experiment, range, mean, std, clamp and logits are of .pt and .pth files; no set is one")
    names = names_of(class_names)
    if names and opened and all(one.distilled is not None and one.distilled.class_names != names for one in opened):
        raise MatchZooError("every set says its class names; leave out class_names (--class-names)")
    short = [one.name for one in opened]
    opened = [attrs.evolve(one, name=one.path) if one.path and short.count(one.name) > 1 else one for one in opened]
    unnamed = [i for i, one in enumerate(opened) if not one.path]
    for number, i in enumerate(unnamed, start=1):
        opened[i] = attrs.evolve(opened[i], name=f"set {number}")
    return opened


def evaluated_sets(
    sources: Sequence[Opened],
    data: Data,
    spec: Spec,
    class_names: str | Path | Sequence[str] | None = None,
    form: TensorForm | None = None,
    images_per_class: int | None = None,
) -> list[EvaluatedSet]:
    """The sets, made to fit the data that ``spec`` are of.

    Raises:
        MatchZooError: the classes of one are not those of the data, or cannot be told; or its images cannot be made
            to fit.
    """
    return [_evaluated(one, data, spec, class_names, form, images_per_class) for one in sources]


def spaces_of(recipe: Runnable) -> dict[str, str]:
    """The backbone's card, or the kind, of each space of a recipe by its name."""
    return {
        name: Path(projector.card).stem if isinstance(projector, Backbone) else kind_of(projector)
        for name, projector in recipe.spaces.items()
    }


def made_with(recipe: Runnable) -> str:
    """The spaces of a recipe; of a selection its method, which may be all, and the first space, where it chose."""
    spaces = list(spaces_of(recipe).values())
    if not isinstance(recipe.generator, Selection):
        return " + ".join(spaces)
    method = kind_of(recipe.generator.method)
    return method if method in ("random", "all") else f"{method}, {spaces[0]}"


def _path(source: Source) -> str:
    if isinstance(source, DistilledDataset):
        return ""
    return str(source.folder if isinstance(source, Run) else source)


def _open(source: Source, class_names: Any, size: int | None) -> Opened:
    if not isinstance(source, Run | DistilledDataset):
        path = Path(source).expanduser()
        name = path.absolute().name.removesuffix(".safetensors")
        if path.is_dir() and (path / "recipe.toml").is_file() and artifact_of(path) != path:
            source = door.open(path)
        elif artifact_of(path) is not None or not path.exists():
            try:
                distilled = DistilledDataset.load(os.fspath(source), class_names=class_names, size=size)
            except NamedError:  # they are for the others
                distilled = DistilledDataset.load(os.fspath(source), size=size)
            except ShapeError:  # the data say at which size and how they are read
                return Opened(name=name, path=os.fspath(source), recipe=None, distilled=None)
            at = distilled.repository if distilled.repository is not None and not path.exists() else None
            name = f"{at['repo']}@{at['commit'][:8]}" if at else name
            return Opened(name=name, path=os.fspath(source), recipe=_recipe(distilled), distilled=distilled)
        else:
            return Opened(name=name, path=os.fspath(source), recipe=None, distilled=None)
    if isinstance(source, Run):
        name = source.folder.absolute().name
        return Opened(name=name, path=str(source.folder), recipe=source.recipe, distilled=source.distilled)
    source = source if source.named else with_names(source, names_of(class_names), "set")
    return Opened(name="set", path="", recipe=_recipe(source), distilled=source)


def _recipe(distilled: DistilledDataset) -> Recipe | None:
    """What made a set; None if it does not say, or in words that this version does not know."""
    try:
        table = tomllib.loads(distilled.recipe)
        if isinstance(table.get("data"), dict):
            table["data"].pop("download", None)  # a stranger's recipe may say what is read, not where to write
        return Recipe.of(table) if table else None
    except (MatchZooError, tomllib.TOMLDecodeError):
        return None


def _evaluated(
    one: Opened,
    data: Data,
    spec: Spec,
    class_names: Any,
    form: TensorForm | None,
    images_per_class: int | None,
) -> EvaluatedSet:
    title, distilled = one.path or one.name, one.distilled
    if distilled is None:
        distilled = _read(one.path, data, spec, class_names, form)
    if images_per_class is not None:
        try:
            distilled = distilled.subset(images_per_class)
        except MatchZooError as error:
            raise MatchZooError(f"{title}: {error}") from None
        one = attrs.evolve(one, name=f"{one.name}, {images_per_class} a class")
    notes = [f"{title}: unknown: {', '.join(distilled.unknown)}"] if one.path and distilled.unknown else []

    by_folder = one.distilled is None and are_folders(Path(one.path).expanduser())
    if not distilled.named and not by_folder and names_are_text(data):
        _refuse_ambiguous(title, distilled.class_names, spec.class_names)
    matched = distilled.with_classes(spec.class_names, title)
    if distilled.class_names != spec.class_names:
        notes.append(f"{title}: its classes are in another order; its labels were matched by name")

    try:
        images, changes = fitted(matched.images.float(), spec.shape, fit_of(data))
    except MatchZooError as error:
        raise MatchZooError(f"{title}: {error}") from None
    return EvaluatedSet(
        name=one.name,
        made_with=made_with(one.recipe) if one.recipe else "",
        path=one.path,
        images=Split(images, matched.labels),
        classes=len(spec.class_names),
        bytes=distilled.bytes,
        notes=(*notes, *(f"{title}: {change}" for change in changes)),
        head=matched.head,
    )


def _read(path: str, data: Data, spec: Spec, class_names: Any, form: TensorForm | None) -> DistilledDataset:
    """A set of others, its images in files at the size and with the fit of the data."""
    fit, side = fit_of(data), spec.shape[-1]
    of_tensors = attrs.asdict(form) if form is not None and Path(path).suffix in TORCH_FILES else {}
    try:
        return DistilledDataset.load(path, class_names=class_names, size=side, fit=fit, **of_tensors)
    except ShapeError:
        raise MatchZooError(
            f"{path}: images that are not square, and the data do not say how such become so; choose: "
            f'DistilledDataset.load("{path}", size={side}, fit="pad").save(FOLDER), or fit="crop"; then evaluate that '
            "folder"
        ) from None


def _refuse_ambiguous(title: str, own: Sequence[str], wanted: Sequence[str]) -> None:
    """Raise if bare numbers meet class names that are numbers too, and these are counted in more than one way."""
    by_number, by_text = sort_names(wanted), tuple(sorted(wanted))
    if set(own) != set(wanted) or by_number == by_text:
        return
    label = next(i for i, names in enumerate(zip(by_number, by_text, strict=True)) if len(set(names)) > 1)
    raise MatchZooError(
        f"{title}: its labels are bare numbers, and the data call their classes by numbers, which are counted in two "
        f"ways: as numbers ({', '.join(by_number[:3])}, …) and, by torchvision, as text ({', '.join(by_text[:3])}, "
        f"…). Label {label} may be '{by_number[label]}' or '{by_text[label]}': give the names in label order with "
        "class_names (--class-names FILE)"
    )
