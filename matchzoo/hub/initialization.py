"""Starting a projector from one that was trained before (``init``)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from matchzoo.core.declaration.structuring import kind_of
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.hub.model import Model
from matchzoo.hub.run_parts import RunParts
from matchzoo.hub.trained import is_run_folder, only, open_model
from matchzoo.projectors import Projector


@torch.no_grad()
def start(projector: Projector, name: str, path: str) -> dict[str, Any]:
    """Give a projector that is built the values of the one that its ``init`` names.

    Args:
        projector: changed in place.
        name: of the projector in its recipe; of a run that has a projector of that name, that one is taken.
        path: where its recipe declares it, for errors.

    Returns:
        What a run records: ``from``, and the repository and ``sha256`` of the model; of several those of each, in
        ``mean``.

    Raises:
        DeclarationError: nothing is there, or it is of another kind or layout; or the projector has no parameters.
    """
    where = f"{path}.init"
    assert projector.init is not None
    sources = (projector.init,) if isinstance(projector.init, str) else projector.init
    if not any(parameter.requires_grad for parameter in projector.parameters()):
        message = f"a projector of kind '{kind_of(projector)}' has no parameters that could start from others"
        raise DeclarationError([(where, f"{message}; leave it out")])

    started = []
    for source in sources:
        try:
            model = _model(source, name)
        except MatchZooError as error:
            raise DeclarationError([(where, str(error))]) from None
        expected, found = kind_of(projector), model.kind
        if expected != found or model.family != "projector":
            raise DeclarationError([(where, f"{source}: is a {model.family} of kind '{found}', expected '{expected}'")])
        problem = _differ(model.tensors, projector.state_dict())
        if problem:
            raise DeclarationError([(where, f"{source}: {problem}; give it the layout of the one it starts from")])
        started.append(model)

    projector.load_state_dict(_mean([model.tensors for model in started]))
    projector.after_step()
    about = [_about(source, model) for source, model in zip(sources, started, strict=True)]
    return about[0] if isinstance(projector.init, str) else {"mean": about}


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


def _differ(tensors: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> str:
    """How the layout of tensors differs from what is expected; empty where it does not."""
    for name, value in expected.items():
        if name not in tensors:
            return f"has no tensor {name}, expected one of shape {list(value.shape)}"
        if tensors[name].shape != value.shape:
            return f"{name} has shape {list(tensors[name].shape)}, expected {list(value.shape)}"
    surplus = next((name for name in tensors if name not in expected), None)
    return "" if surplus is None else f"has a tensor {surplus} of shape {list(tensors[surplus].shape)}, expected none"
