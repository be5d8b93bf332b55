"""Distilled sets and trained models to and from the Hugging Face Hub, each a repository of its own.

from matchzoo import hub

distilled = hub.pull("user/name", revision="…")
hub.push(distilled, "user/name")
generator = hub.pull_model("user/name").part
hub.push_model("runs/ring", "user/name", which="generator")

Tokens, private repositories, the endpoint, the cache and offline mode are those of ``huggingface_hub`` (``hf auth
login``, ``HF_TOKEN``, ``HF_ENDPOINT``, ``HF_HUB_CACHE``, ``HF_HUB_OFFLINE``); no token is logged or stored here.
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage.hub_errors import is_offline
from matchzoo.core.storage.hub_repository import Kind, Place, filled, is_name

if TYPE_CHECKING:
    from matchzoo.hub.distilled import DistilledDataset
    from matchzoo.hub.model import Family, Model
    from matchzoo.runs.run import Run

__all__ = ["Pushed", "is_name", "kind_of", "pull", "pull_model", "push", "push_model"]


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


def pull(
    repo: str,
    revision: str | None = None,
    *,
    class_names: str | Path | Sequence[str] | None = None,
    size: int | None = None,
    config: str | None = None,
    image_column: str = "image",
    label_column: str = "label",
) -> "DistilledDataset":
    """Fetch a set and check it from end to end; of an artefact the tensors are exact.

    A branch or tag is resolved to the commit that it is now, which `DistilledDataset.repository` keeps; files that are
    in the cache are not fetched again, and with ``HF_HUB_OFFLINE`` the last commit that was fetched is read.

    Args:
        repo: ``user/name`` or ``user/name@revision``: an artefact, parquet files, or folders of images; or the name of
            a card of the zoo (``distilled/*``), whose commit and hash are then those that must come.
        revision: branch, tag or commit; ``main`` if neither says one.
        class_names: as `DistilledDataset.load`.
        size: as `DistilledDataset.load`.
        config: as `DistilledDataset.load`.
        image_column: as `DistilledDataset.load`.
        label_column: as `DistilledDataset.load`.

    Raises:
        MatchZooError: no such repository or revision, no access, no network, what came is refused, or nobody has
            published the set of the card; with the remedy.
    """
    from matchzoo.data.reading.repository import Repository
    from matchzoo.hub.folders import reading, third_party_formats
    from matchzoo.hub.folders.writing import METRICS, NAMES, TENSORS
    from matchzoo.models.classifiers import stored_head
    from matchzoo.zoo import cards

    card = cards.named(repo)
    if card is not None:
        repo, revision = card.published(repo, revision)
    place = Place.of("dataset", repo, revision)
    given = third_party_formats.names_of(class_names)
    commit = place.resolve()
    at = {"repo": place.name, "revision": place.revision, "commit": commit}
    with place.explained():
        found = Repository.find(place.name, commit)

    def read(folder: Path) -> "DistilledDataset":
        if card is not None:
            card.check(folder / TENSORS)
        return reading.read_artefact(folder)

    if METRICS in found.names and TENSORS in found.names:
        distilled = reading.with_names(place.fetch(commit, [*NAMES, stored_head.NAME], read), given, repo)
    elif card is not None:
        raise MatchZooError(f"{repo}: holds no distilled set ({TENSORS}), which its card says; mend the card")
    else:
        distilled = third_party_formats.read_repository(
            found, given, size, third_party_formats.Chosen(config, image_column, label_column)
        )
    return attrs.evolve(distilled, repository=at)


def push(
    distilled: "DistilledDataset",
    repo: str,
    *,
    private: bool | None = None,
    licence: str = "",
    message: str = "",
    force: bool = False,
    dry_run: bool = False,
) -> Pushed:
    """Publish a set as an artefact, in one commit on ``main``; the repository is made where there is none.

    Files of an earlier push that this one has not (a head), and others that the card's ``data/train-*`` would name, are
    deleted in the same commit; all other files stay.

    Args:
        distilled: the set.
        repo: ``user/name``.
        private: visibility of a repository that is made; the account's default if not given. True refuses a public one
            that is there.
        licence: of the set (SPDX), for its card; that which it has if not given.
        message: of the commit.
        force: replace a set of another recipe, or other files of the same names.
        dry_run: say what would be uploaded, and ask the Hub nothing.

    Raises:
        MatchZooError: the set is not as it must be, the repository holds another one or is public and should not be,
            no access, or no network; with the remedy. The commit is made whole or not at all.
    """
    from matchzoo.hub.folders import shard, writing
    from matchzoo.hub.folders.validation import check, sha256
    from matchzoo.models.classifiers import stored_head

    place = Place.to_push("dataset", repo, "set")
    check(distilled.images, distilled.labels, distilled.class_names)
    distilled = attrs.evolve(distilled, licence=licence or distilled.licence)

    def replaces(there: Mapping[str, Path]) -> bool:
        about = _table(there[writing.METRICS])
        hashes = [_within(about, name, "sha256") for name in ("images", "labels")]
        own = [sha256(distilled.images), sha256(distilled.labels)]
        return hashes == own or _same_recipe(there[writing.RECIPE], distilled.recipe)

    with filled(lambda folder: writing.fill(distilled, folder, place.name)) as folder:
        files = _sizes(folder, writing.names_of(distilled))
        notes = [f"unknown: {name}" for name in distilled.unknown]
        notes += _notes("set", distilled.licence, distilled.recipe)
        if dry_run:
            return Pushed(place.name, "", files, tuple(notes))
        commit, gone = place.publish(
            folder,
            files,
            private=private,
            message=message or f"Distilled set, {len(distilled)} images",
            replaces=None if force else replaces,
            telling=(writing.METRICS, writing.RECIPE),
            ours=(*writing.NAMES, stored_head.NAME, shard.PATTERN),
            what="distilled set",
        )
        notes += _deleted(gone)
    return Pushed(place.name, commit, files, tuple(notes))


def pull_model(repo: str, revision: str | None = None, *, card: str = "") -> "Model":
    """Fetch a generator, projector or probe and check it from end to end; nothing of it is executed or unpickled.

    Args:
        repo: ``user/name`` or ``user/name@revision``.
        revision: as `pull`.
        card: as `Model.load`.

    Returns:
        The model; `Model.part` is the part itself, which does what the pushed one did, bit for bit.

    Raises:
        MatchZooError: as `pull`.
    """
    from matchzoo.hub.folders import model_reading
    from matchzoo.hub.folders.model_writing import FILES

    place = Place.of("model", repo, revision)
    commit = place.resolve()
    model = place.fetch(commit, FILES, lambda folder: model_reading.read(folder, card))
    return attrs.evolve(model, repository={"repo": place.name, "revision": place.revision, "commit": commit})


def push_model(
    model: "Model | Run | str | Path",
    repo: str,
    *,
    which: "Family | None" = None,
    private: bool | None = None,
    licence: str = "",
    message: str = "",
    force: bool = False,
    dry_run: bool = False,
) -> Pushed:
    """Publish a trained generator, projector or probe, in one commit on ``main``.

    A sample of an earlier push, where this one has none, is deleted in the same commit; all other files stay.

    Args:
        model: what `Model` holds, or a finished run or its folder.
        repo: ``user/name``.
        which: of a run: ``generator``, ``projector``, or ``probe`` (the linear classifier that its evaluation trains,
            which is trained again for it).
        private: as `push`.
        licence: as `push`.
        message: as `push`.
        force: replace a model of another recipe, or other files of the same names.
        dry_run: as `push`.

    Raises:
        MatchZooError: the run has no such part, or as `push`.
    """
    from matchzoo.hub.folders import model_writing as writing
    from matchzoo.hub.model import Model, opened

    place = Place.to_push("model", repo, "model")
    made = model if isinstance(model, Model) else opened(model, which)
    made = attrs.evolve(made, licence=licence or made.licence)

    def replaces(there: Mapping[str, Path]) -> bool:
        about = _table(there[writing.CONFIG])
        if about.get("family") != made.family:
            return False
        own = writing.hashes(made.tensors)
        said = about.get("tensors")
        same = isinstance(said, dict) and own == {name: _within(said, name, "sha256") for name in said}
        return same or _same_recipe(there[writing.RECIPE], made.recipe)

    with filled(lambda folder: writing.fill(made, folder, place.name)) as folder:
        files = _sizes(folder, [name for name in writing.FILES if (folder / name).is_file()])
        notes = _notes("model", made.licence, made.recipe)
        own = [one["card"] for one in made.backbones if str(one.get("card", "")).endswith(".toml")]
        notes += [f"its backbone is of a card of yours: who pulls it needs {own[0]} (--card)"] if own else []
        if dry_run:
            return Pushed(place.name, "", files, tuple(notes))
        commit, gone = place.publish(
            folder,
            files,
            private=private,
            message=message or f"{made.family.capitalize()} of kind {made.kind}",
            replaces=None if force else replaces,
            telling=(writing.CONFIG, writing.RECIPE),
            ours=writing.FILES,
            what="model",
        )
        notes += _deleted(gone)
    return Pushed(place.name, commit, files, tuple(notes))


def kind_of(repo: str, revision: str | None = None) -> Kind:
    """Whether ``user/name`` is a data set or a model of the Hub; offline, whether it was pulled as a model before.

    Raises:
        MatchZooError: it is both or neither, or the Hub cannot be asked.
    """
    kinds: tuple[Kind, Kind] = ("dataset", "model")
    found = [kind for kind in kinds if Place.of(kind, repo, revision).exists()]
    if len(found) > 1:
        raise MatchZooError(f"{repo}: is both a data set and a model on the Hub; say --kind dataset or --kind model")
    if not found and not is_offline():
        raise MatchZooError(
            f"there is no data set or model {repo.partition('@')[0]} on the Hub, or it is private (then: hf auth login)"
        )
    return found[0] if found else "dataset"


def _sizes(folder: Path, names: Sequence[str]) -> dict[str, int]:
    return {name: (folder / name).stat().st_size for name in names}


def _table(path: Path) -> dict[str, Any]:
    """A JSON table that somebody published; empty if it is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _within(table: Any, *keys: str) -> Any:
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table


def _same_recipe(path: Path, ours: str) -> bool:
    """Whether a file is our recipe, but for the device and the memory of the machine."""

    def table(text: str) -> dict[str, Any]:
        found = tomllib.loads(text)
        for key in ("device", "chunk"):
            found.get("trainer", {}).pop(key, None)
        return found

    try:
        return bool(ours) and table(path.read_text(encoding="utf-8")) == table(ours)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return False


def _deleted(names: Sequence[str]) -> list[str]:
    return [f"deleted there: {', '.join(names)}"] if names else []


def _notes(what: str, licence: str, recipe: str) -> list[str]:
    notes = [] if licence else [f"no licence is chosen for the {what} (licence, --licence)"]
    paths = re.findall(r'"((?:/|~|[A-Za-z]:\\)[^"\n]+)"', recipe)
    if paths:
        notes.append(f"recipe.toml will show paths of this machine, such as {paths[0]}")
    return notes
