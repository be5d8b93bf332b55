"""Writing an artifact: every file in a temporary folder, which then takes the place of the old one."""

import json
import re
from pathlib import Path
from typing import Any

import attrs
import torch
from PIL import Image

from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import class_indices
from matchzoo.core.storage import files
from matchzoo.core.storage.files import file_sha256
from matchzoo.hub.folders import card, shard
from matchzoo.hub.folders.folder import refuse_another
from matchzoo.hub.folders.scores import own_scores
from matchzoo.hub.folders.set_schema import (
    CARD,
    CLASSES,
    FORMAT,
    GRID,
    HASHED,
    METRICS,
    NAMES,
    RECIPE,
    SCHEMA,
    TENSORS,
    SetFields,
)
from matchzoo.hub.folders.validation import check, rounded, sha256
from matchzoo.models.classifiers import stored_head

TILE, TILES = 64, (10, 5)
"""Pixels a side, at least, of an image in the preview; its columns and rows."""
PLAIN = ("source", "backbones", "scores", "license", "versions", "repository", "preprocessing", "named")
"""Fields that ``metrics.json`` holds as they are."""


def write(distilled: SetFields, path: Path, repo: str = "") -> None:
    """Write a set to a folder, or its tensors to a ``.safetensors``; ``repo`` is named in the card."""
    try:
        check(distilled.images, distilled.labels, distilled.class_names)
        if distilled.head is not None:
            distilled.head.check(len(distilled.class_names))
    except MatchZooError as error:
        raise MatchZooError(f"{path}: cannot be saved: {error}") from None

    try:
        if path.suffix == ".safetensors":
            path.parent.mkdir(parents=True, exist_ok=True)
            _tensors(distilled, path)
            return

        refuse_another(path, METRICS, FORMAT, "distilled set")
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_folder(path, lambda folder: fill(distilled, folder, repo))
    except OSError as error:
        raise MatchZooError(f"{path}: cannot be written ({error.strerror}); give another place") from None


def fill(distilled: SetFields, folder: Path, repo: str = "") -> None:
    """Write all files of a checked set into an empty folder, with those of its scores that are of it."""
    distilled = attrs.evolve(distilled, scores=own_scores(distilled))
    _tensors(distilled, folder / TENSORS)
    (folder / shard.NAME).parent.mkdir()
    images, labels, names = distilled.images, distilled.labels, distilled.class_names
    files.write_with(folder / shard.NAME, lambda temporary: shard.write(temporary, images, labels, names))
    files.write_text(folder / RECIPE, distilled.recipe)
    files.write_with(folder / GRID, lambda temporary: preview(distilled).save(temporary))
    if distilled.head is not None:
        distilled.head.write(folder / stored_head.NAME)

    hashed = names_of(distilled, HASHED)
    files.write_json(folder / METRICS, table(distilled, {name: file_sha256(folder / name) for name in hashed}))
    files.write_text(folder / CARD, card.text(distilled, repo))


def names_of(distilled: SetFields, names: tuple[str, ...] = NAMES) -> tuple[str, ...]:
    """The files of a set's artifact (or some of them), and that of its head if it has one."""
    return names if distilled.head is None else (*names, stored_head.NAME)


def table(distilled: SetFields, hashes: dict[str, str]) -> dict[str, Any]:
    """What ``metrics.json`` says."""
    tensors = {
        name: {"shape": list(x.shape), "dtype": str(x.dtype).removeprefix("torch."), "sha256": sha256(x)}
        for name, x in (("images", distilled.images), ("labels", distilled.labels))
    }
    content = {"format": FORMAT, "schema": SCHEMA, **tensors, "class_names": list(distilled.class_names)}
    if distilled.head is not None:
        content["head"] = distilled.head.about()

    fields = {name: getattr(distilled, name) for name in PLAIN}
    return {**content, "images_per_class": distilled.images_per_class, "files": hashes, **fields}


def preview(distilled: SetFields) -> Image.Image:
    """The first image of every class, for as many as there is room, in label order."""
    labels = class_indices(distilled.labels)
    first_rows = [int((labels == label).nonzero()[0]) for label in labels.unique()]
    columns, rows = TILES
    chosen = first_rows[: columns * rows]
    if len(chosen) < columns * rows and len(first_rows) < 3:  # few classes: more of each
        chosen = list(range(min(len(distilled), columns * rows)))

    height, width = distilled.images.shape[2:]
    scale = max(1, -(-TILE // max(height, width)))
    tile = (width * scale, height * scale)
    shown = min(columns, len(chosen))
    lines = -(-len(chosen) // shown)
    grid = Image.new("RGB", (shown * (tile[0] + 2) - 2, lines * (tile[1] + 2) - 2), "white")

    for position, row in enumerate(chosen):
        pixels = rounded(distilled.images[row].expand(3, -1, -1)).numpy()
        corner = (position % shown * (tile[0] + 2), position // shown * (tile[1] + 2))
        grid.paste(Image.fromarray(pixels).resize(tile, Image.Resampling.NEAREST), corner)
    return grid


def export(distilled: SetFields, folder: Path) -> None:
    """Write a folder of images for each class, as `DistilledDataset.export` says."""
    try:
        check(distilled.images, distilled.labels, distilled.class_names)
        if folder.is_dir() and any(folder.iterdir()):
            raise MatchZooError(f"{folder}: is not empty; give another folder")
        folder.parent.mkdir(parents=True, exist_ok=True)
        files.write_folder(folder, lambda temporary: _export(distilled, temporary))
    except OSError as error:
        raise MatchZooError(f"{folder}: cannot be written ({error.strerror}); give another place") from None


def _export(distilled: SetFields, folder: Path) -> None:
    names = distilled.class_names
    digits = max(4, len(str(len(names) - 1)))
    class_folders = [f"{label:0{digits}d}_{_plain(name)}" for label, name in enumerate(names)]
    files.write_json(folder / CLASSES, dict(zip(class_folders, names, strict=True)))
    for class_folder in class_folders:
        (folder / class_folder).mkdir()

    for row, label in enumerate(class_indices(distilled.labels).tolist()):
        (folder / class_folders[label] / f"{row:05d}.png").write_bytes(shard.png(distilled.images[row]))


def _plain(name: str) -> str:
    """A class name as a part of a file name on every system: word characters, dots and dashes."""
    return re.sub(r"[^\w.-]+", "_", name).strip("._")[:60] or "class"


def _tensors(distilled: SetFields, path: Path) -> None:
    metadata = {"class_names": json.dumps(distilled.class_names), "format": f"{FORMAT}-{SCHEMA}"}
    metadata |= {} if distilled.named else {"named": "false"}
    tensors: dict[str, torch.Tensor] = {"images": distilled.images, "labels": distilled.labels}
    files.write_tensors(path, tensors, metadata)
