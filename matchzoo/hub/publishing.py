"""A distilled set or a trained model as one commit of a repository of the Hub."""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from matchzoo.core.storage.hub_repository import HubRepository, filled
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.hub.folders import model_schema, model_writing, set_schema, shard, writing
from matchzoo.hub.folders.scores import own_scores
from matchzoo.hub.folders.validation import check, sha256
from matchzoo.hub.model import Model
from matchzoo.models.classifiers import stored_head


@attrs.frozen
class Pushed:
    """What a push did, or would do.

    Attributes:
        repo: the repository.
        commit: that it made; empty for a dry run.
        files: bytes of each file, by name.
        notes: what its publisher should know.
    """

    repo: str
    commit: str
    files: dict[str, int]
    notes: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Publication:
    """How something is published, as `matchzoo.hub.push` says."""

    private: bool | None = None
    license: str = ""
    message: str = ""
    force: bool = False
    dry_run: bool = False


def publish_set(distilled: DistilledDataset, repo: str, how: Publication) -> Pushed:
    """Publish a distilled set, as `matchzoo.hub.push` says."""
    place = HubRepository.to_push("dataset", repo, "set")
    check(distilled.images, distilled.labels, distilled.class_names)
    distilled = attrs.evolve(distilled, license=how.license or distilled.license)

    def replaces(there: Mapping[str, Path]) -> bool:
        about = _table(there[set_schema.METRICS])
        theirs = [_within(about, name, "sha256") for name in ("images", "labels")]
        ours = [sha256(distilled.images), sha256(distilled.labels)]
        same_number = _within(about, "images", "shape") == list(distilled.images.shape)  # a subset has the same recipe
        return theirs == ours or (same_number and _same_recipe(there[set_schema.RECIPE], distilled.recipe))

    with filled(lambda folder: writing.fill(distilled, folder, place.name)) as folder:
        files = _sizes(folder, writing.names_of(distilled))
        notes = [f"unknown: {name}" for name in distilled.unknown]
        if distilled.scores and not own_scores(distilled):
            notes.append("its scores are those of a set of other images, and are left out")
        notes += _notes("set", distilled.license, distilled.recipe)
        if how.dry_run:
            return Pushed(place.name, "", files, tuple(notes))

        commit, deleted = place.publish(
            folder,
            files,
            private=how.private,
            message=how.message or f"Distilled set, {len(distilled)} images",
            replaces=None if how.force else replaces,
            telling=(set_schema.METRICS, set_schema.RECIPE),
            ours=(*set_schema.NAMES, stored_head.NAME, shard.PATTERN),
            what="distilled set",
        )
    return Pushed(place.name, commit, files, (*notes, *_deleted(deleted)))


def publish_model(model: Model, repo: str, how: Publication) -> Pushed:
    """Publish a trained model, as `matchzoo.hub.push_model` says."""
    place = HubRepository.to_push("model", repo, "model")
    model = attrs.evolve(model, license=how.license or model.license)

    def replaces(there: Mapping[str, Path]) -> bool:
        about = _table(there[model_schema.CONFIG])
        if about.get("family") != model.family:
            return False
        tensors = about.get("tensors")
        theirs = {name: _within(tensors, name, "sha256") for name in tensors} if isinstance(tensors, dict) else None
        return theirs == model_writing.hashes(model.tensors) or _same_recipe(there[model_schema.RECIPE], model.recipe)

    with filled(lambda folder: model_writing.fill(model, folder, place.name)) as folder:
        files = _sizes(folder, [name for name in model_schema.FILES if (folder / name).is_file()])
        notes = _notes("model", model.license, model.recipe)
        cards = [str(backbone.get("card", "")) for backbone in model.backbones]
        files_of_cards = [card for card in cards if card.endswith(".toml")]
        if files_of_cards:
            notes.append(f"its backbone is of a card of yours: who pulls it needs {files_of_cards[0]} (--card)")
        if how.dry_run:
            return Pushed(place.name, "", files, tuple(notes))

        commit, deleted = place.publish(
            folder,
            files,
            private=how.private,
            message=how.message or f"{model.family.capitalize()} of kind {model.kind}",
            replaces=None if how.force else replaces,
            telling=(model_schema.CONFIG, model_schema.RECIPE),
            ours=model_schema.FILES,
            what="model",
        )
    return Pushed(place.name, commit, files, (*notes, *_deleted(deleted)))


def _sizes(folder: Path, names: Sequence[str]) -> dict[str, int]:
    return {name: (folder / name).stat().st_size for name in names}


def _table(path: Path) -> dict[str, Any]:
    """A JSON table that somebody published; empty if it is none."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return {}
    return table if isinstance(table, dict) else {}


def _within(table: Any, *keys: str) -> Any:
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table


def _same_recipe(path: Path, ours: str) -> bool:
    """Whether a file is our recipe, but for the device and the memory of the machine."""

    def table(text: str) -> dict[str, Any]:
        content = tomllib.loads(text)
        for key in ("device", "chunk"):
            content.get("trainer", {}).pop(key, None)
        return content

    try:
        return bool(ours) and table(path.read_text(encoding="utf-8")) == table(ours)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return False


def _deleted(names: Sequence[str]) -> list[str]:
    return [f"deleted there: {', '.join(names)}"] if names else []


def _notes(what: str, license: str, recipe: str) -> list[str]:
    notes = [] if license else [f"no license is chosen for the {what} (license, --license)"]
    paths = re.findall(r'"((?:/|~|[A-Za-z]:\\)[^"\n]+)"', recipe)
    if paths:
        notes.append(f"recipe.toml will show paths of this machine, such as {paths[0]}")
    return notes
