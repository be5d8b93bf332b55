"""Writing a model: every file in a temporary folder, which then takes the place of the old one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure

from matchzoo.core.declaration.toml import write_toml
from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing.curves import INK
from matchzoo.core.showing.figures import POINTS, image_grid, plane
from matchzoo.core.spec import as_table
from matchzoo.core.storage import files
from matchzoo.core.storage.files import file_sha256
from matchzoo.generators import Generator
from matchzoo.hub.folders import model_card
from matchzoo.hub.folders.declared_parts import table_of
from matchzoo.hub.folders.folder import refuse_another
from matchzoo.hub.folders.model_schema import (
    CARD,
    CONFIG,
    FORMAT,
    HASHED,
    PART,
    RECIPE,
    SAMPLE,
    SCHEMA,
    TENSORS,
    TrainedModel,
)
from matchzoo.hub.folders.validation import sha256

PLAIN = ("steps", "seed", "source", "backbones", "scores", "license", "versions", "repository")
"""Fields that ``config.json`` holds as they are."""
SHOWN = 50
"""Images of a sample."""


def write(model: TrainedModel, path: Path) -> None:
    """Write a model to a folder."""
    try:
        refuse_another(path, CONFIG, FORMAT, "model")
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_folder(path, lambda folder: fill(model, folder))
    except OSError as error:
        raise MatchZooError(f"{path}: cannot be written ({error.strerror}); give another place") from None


def fill(model: TrainedModel, folder: Path, repo: str = "") -> None:
    """Write all files into an empty folder."""
    _check(model)
    files.write_tensors(folder / TENSORS, model.tensors, {"format": f"{FORMAT}-{SCHEMA}"})
    files.write_text(folder / PART, write_toml(table_of(model.declared)))
    files.write_text(folder / RECIPE, model.recipe)

    hashed = [*HASHED]
    figure = sample(model)
    if figure is not None:
        files.write_with(folder / SAMPLE, lambda temporary: figure.savefig(temporary))
        hashed.append(SAMPLE)
    files.write_json(folder / CONFIG, table(model, {name: file_sha256(folder / name) for name in hashed}))
    files.write_text(folder / CARD, model_card.text(model, repo, picture=SAMPLE if figure is not None else ""))


def table(model: TrainedModel, files_sha256: Mapping[str, str]) -> dict[str, Any]:
    """What ``config.json`` says."""
    digests = hashes(model.tensors)
    tensors = {
        name: {"shape": list(x.shape), "dtype": str(x.dtype).removeprefix("torch."), "sha256": digests[name]}
        for name, x in model.tensors.items()
    }

    head = {"format": FORMAT, "schema": SCHEMA, "family": model.family, "kind": model.kind}
    fields = {name: getattr(model, name) for name in PLAIN}
    return {**head, "facts": as_table(model.spec), "tensors": tensors, "files": files_sha256, **fields}


def hashes(tensors: Mapping[str, torch.Tensor]) -> dict[str, str]:
    """The sha256 of the bytes of each tensor."""
    return {name: sha256(value) for name, value in tensors.items()}


def sample(model: TrainedModel) -> Figure | None:
    """A picture of what a generator makes; None for other parts, and for samples that are no images or points."""
    if not isinstance(model.declared, Generator):
        return None

    generator: Generator = model.part
    count = SHOWN if model.spec.is_images else POINTS
    count = count if generator.count is None else min(count, generator.count)
    values = generator.standardized_sample(count).values.float()
    if model.spec.is_images:
        return image_grid(values.clamp(0, 1))
    if values.ndim != 2 or values.shape[1] < 2:
        return None

    figure = Figure(figsize=(3.2, 3.2), dpi=120, layout="constrained")
    axes = figure.subplots()
    x, y = plane(values)(values).T.numpy()
    axes.scatter(x, y, s=2, c=INK, linewidths=0)
    axes.set_aspect("equal")
    axes.tick_params(labelsize=7)
    return figure


def _check(model: TrainedModel) -> None:
    """Raise where a value is not finite, or there is nothing to publish."""
    if not model.tensors:
        raise MatchZooError(f"a {model.family} of kind {model.kind} has no values of its own; there is nothing to save")
    wrong = [name for name, x in model.tensors.items() if x.is_floating_point() and not x.isfinite().all()]
    if wrong:
        raise MatchZooError(f"{wrong[0]} has values that are no finite numbers; train it again")
