"""Starting a projector or a generator from one that was trained before (``init``), or images from those of a set
(``initial``)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from matchzoo.core.declaration.structuring import kind_of, structure
from matchzoo.core.declaration.toml import read_toml
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import class_indices
from matchzoo.core.spec import Spec
from matchzoo.generators import Generator
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.hub.folders.declared_parts import family_of
from matchzoo.hub.model import Model
from matchzoo.hub.run_parts import RunParts, under
from matchzoo.hub.trained import is_run_folder, only, open_model
from matchzoo.projectors import Projector


@torch.no_grad()
def start(part: Projector | Generator, name: str, path: str) -> dict[str, Any]:
    """Give a part that is built the values of the one that its ``init`` names.

    Args:
        part: changed in place.
        name: of the part in its recipe; of a run that has a projector of that name, that one is taken.
        path: where its recipe declares it, for errors.

    Returns:
        What a run records: ``from``, and the repository and ``sha256`` of the model; of several those of each, in
        ``mean``.

    Raises:
        DeclarationError: nothing is there, or it is of another kind or layout; or the part has no parameters.
    """
    where, family = f"{path}.init", family_of(part)
    assert part.init is not None
    sources = (part.init,) if isinstance(part.init, str) else part.init
    if not any(parameter.requires_grad for parameter in part.parameters()):
        message = f"a {family} of kind '{kind_of(part)}' has no parameters that could start from others"
        raise DeclarationError([(where, f"{message}; leave it out")])

    started = []
    for source in sources:
        try:
            model = _generator(source) if family == "generator" else _model(source, name)
        except MatchZooError as error:
            raise DeclarationError([(where, str(error))]) from None
        expected, got = kind_of(part), model.kind
        if expected != got or model.family != family:
            raise DeclarationError([(where, f"{source}: is a {model.family} of kind '{got}', expected '{expected}'")])
        problem = _differ(model.tensors, part.state_dict())
        if problem:
            raise DeclarationError([(where, f"{source}: {problem}; give it the layout of the one it starts from")])
        started.append(model)

    part.load_state_dict(_mean([model.tensors for model in started]))
    part.after_step()
    about = [_about(source, model) for source, model in zip(sources, started, strict=True)]
    return about[0] if isinstance(part.init, str) else {"mean": about}


def start_from_set(generator: Generator, spec: Spec) -> dict[str, Any]:
    """Give a generator of images those of the distilled set that its ``initial`` names.

    Args:
        generator: built; of classes × images_per_class images.
        spec: of the data that it is built for.

    Returns:
        What a run records: ``from``, and the repository and license of the set.

    Raises:
        DeclarationError: no set is there, or it is of other classes or channels, or has too few images of a class.
    """
    source = generator.initial_set
    assert source is not None
    per_class = (generator.count or 0) // max(spec.classes or 1, 1)
    try:
        whole = DistilledDataset.load(source).with_classes(spec.class_names, source)
        chosen = whole.subset(per_class)
    except MatchZooError as error:
        raise DeclarationError([("generator.initial", str(error))]) from None
    if chosen.images.shape[1] != spec.shape[0]:
        message = f"{source}: its images have {chosen.images.shape[1]} channels, those of the data {spec.shape[0]}"
        raise DeclarationError([("generator.initial", message)])
    order = class_indices(chosen.labels).argsort(stable=True)
    generator.start_from(chosen.images[order])
    about = {"from": source, "repository": whole.repository, "license": whole.license}
    return {key: value for key, value in about.items() if value}


def _about(source: str, model: Model) -> dict[str, Any]:
    about = {"from": source, "repository": model.repository, "license": model.license, "sha256": model.digest}
    return {key: value for key, value in about.items() if value}


def _mean(tensors: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """The mean of some sets of tensors, by name; of counts (of batches that batch norm has seen) the first ones."""
    first = dict(tensors[0])
    if len(tensors) == 1:
        return first
    return {
        name: torch.stack([one[name] for one in tensors]).mean(0) if value.is_floating_point() else value
        for name, value in first.items()
    }


def _model(source: str, name: str) -> Model:
    """The model of a path, of ``user/name@revision``, or of a projector of a run: ``folder``, or ``folder#name``."""
    folder, _, part = source.partition("#")
    place = Path(folder).expanduser()
    if not is_run_folder(place):
        return open_model(source)
    parts = RunParts.open(place)
    part = part or (name if name in parts.names else only(parts))
    declared, tensors = parts.alone(part)
    return Model(declared=declared, tensors=tensors, spec=parts.specs.get(part, parts.spec))


def _generator(source: str) -> Model:
    """The model of a path, of ``user/name@revision``, or of the generator of a run."""
    place = Path(source).expanduser()
    if not is_run_folder(place):
        return open_model(source)
    parts, table = RunParts.open(place), read_toml(place / "recipe.toml").get("generator")
    tensors = under(parts.tensors, "generator/")
    if table is None or not tensors:
        raise MatchZooError(f"{source}: has no generator with values of its own")
    declared: Generator = structure(table, Generator)  # type: ignore[type-abstract]
    return Model(declared=declared, tensors=tensors, spec=parts.spec)


def _differ(tensors: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> str:
    """How the layout of tensors differs from what is expected; empty where it does not."""
    for name, value in expected.items():
        if name not in tensors:
            return f"has no tensor {name}, expected one of shape {list(value.shape)}"
        if tensors[name].shape != value.shape:
            return f"{name} has shape {list(tensors[name].shape)}, expected {list(value.shape)}"
    surplus = next((name for name in tensors if name not in expected), None)
    return "" if surplus is None else f"has a tensor {surplus} of shape {list(tensors[surplus].shape)}, expected none"
