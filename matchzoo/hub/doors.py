"""Distilled sets and trained models to and from the Hugging Face Hub, each a repository of its own.

from matchzoo import hub

distilled = hub.pull("user/name", revision="…")
hub.push(distilled, "user/name")
generator = hub.pull_model("user/name").part

What is heavy to import is imported when a door is used.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage.hub_errors import is_offline

if TYPE_CHECKING:
    from matchzoo.core.storage.hub_repository import Kind
    from matchzoo.data.reading.decoding import Fit
    from matchzoo.hub.distilled import DistilledDataset
    from matchzoo.hub.folders.declared_parts import Family
    from matchzoo.hub.model import Model
    from matchzoo.hub.publishing import Pushed

__all__ = ["kind_of", "pull", "pull_model", "push", "push_model"]


def pull(
    repo: str,
    revision: str | None = None,
    *,
    class_names: str | Path | Sequence[str] | None = None,
    size: int | None = None,
    fit: "Fit | None" = None,
    config: str | None = None,
    image_column: str = "image",
    label_column: str = "label",
) -> "DistilledDataset":
    """Fetch a set and check it from end to end; of an artifact the tensors are exact.

    A branch or tag is resolved to the commit that it is now, which `DistilledDataset.repository` keeps; files that are
    in the cache are not fetched again, and with ``HF_HUB_OFFLINE`` the last commit that was fetched is read.

    Args:
        repo: ``user/name`` or ``user/name@revision``: an artifact, parquet files, or folders of images; or the name of
            a card of the zoo (``distilled/*``), whose commit and hash are then those that must come.
        revision: branch, tag or commit; ``main`` if neither says one.
        class_names: as `DistilledDataset.load`.
        size: as `DistilledDataset.load`.
        fit: as `DistilledDataset.load`.
        config: as `DistilledDataset.load`.
        image_column: as `DistilledDataset.load`.
        label_column: as `DistilledDataset.load`.

    Raises:
        MatchZooError: no such repository or revision, no access, no network, what came is refused, or nobody has
            published the set of the card; with the remedy.
    """
    from matchzoo.hub import fetching
    from matchzoo.hub.distilled import DistilledDataset

    chosen = {"fit": fit, "config": config, "image_column": image_column, "label_column": label_column}
    fields = fetching.fetch_set(repo, revision, class_names=class_names, size=size, **chosen)
    return DistilledDataset(**attrs.asdict(fields, recurse=False))


def push(
    artifact: "DistilledDataset | Model | str | Path",
    repo: str,
    *,
    private: bool | None = None,
    license: str = "",
    message: str = "",
    force: bool = False,
    dry_run: bool = False,
) -> "Pushed":
    """Publish a distilled set or a trained model, in one commit on ``main``; the repository is made if there is none.

    Files of an earlier push that this one has not (a head, the sample of a generator), and others that the card's
    ``data/train-*`` would name, are deleted in the same commit; all other files stay.

    Args:
        artifact: the set or model, or its folder; of a run's folder, the distilled set in it. A part of a run is made a
            model by `matchzoo.runs.published_parts.model_of_run`.
        repo: ``user/name``.
        private: visibility of a repository that is made; the account's default if not given. True refuses a public one
            that is there.
        license: of the set or model (SPDX), for its card; that which it has if not given.
        message: of the commit.
        force: replace a set or model of another recipe, or other files of the same names.
        dry_run: say what would be uploaded, and ask the Hub nothing.

    Raises:
        MatchZooError: the set or model is not as it must be, the repository holds another one or is public and should
            not be, no access, or no network; with the remedy. The commit is made whole or not at all.
    """
    from matchzoo.hub.distilled import DistilledDataset
    from matchzoo.hub.folders.model_schema import CONFIG
    from matchzoo.hub.model import Model
    from matchzoo.hub.publishing import Publication, publish_model, publish_set

    how = Publication(private=private, license=license, message=message, force=force, dry_run=dry_run)
    if isinstance(artifact, str | Path):
        is_model = (Path(artifact).expanduser() / CONFIG).is_file()
        artifact = Model.load(artifact) if is_model else DistilledDataset.load(artifact)
    if isinstance(artifact, Model):
        return publish_model(artifact, repo, how)
    if isinstance(artifact, DistilledDataset):
        return publish_set(artifact, repo, how)
    raise MatchZooError(
        f"artifact: expected a DistilledDataset, a Model or the folder of one, got {artifact!r:.80}; of a run give "
        "run.distilled"
    )


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
    from matchzoo.hub import fetching
    from matchzoo.hub.model import Model

    return Model(**attrs.asdict(fetching.fetch_model(repo, revision, card=card), recurse=False))


def push_model(
    model: "Model | str | Path",
    repo: str,
    *,
    which: "Family | None" = None,
    private: bool | None = None,
    license: str = "",
    message: str = "",
    force: bool = False,
    dry_run: bool = False,
) -> "Pushed":
    """Publish a trained generator, projector or probe, as `push` does, and nothing else.

    Args:
        model: what `Model` holds, or its folder. A part of a run is made a model by
            `matchzoo.runs.published_parts.model_of_run`.
        repo: ``user/name``.
        which: the family that it must be of: ``generator``, ``projector`` or ``probe``; any of them if not given.
        private: as `push`.
        license: as `push`.
        message: as `push`.
        force: replace a model of another recipe, or other files of the same names.
        dry_run: as `push`.

    Raises:
        MatchZooError: it is no model or another one, with the call that makes one of a run; or as `push`.
    """
    from matchzoo.core.declaration.choices import check_argument
    from matchzoo.core.storage.hub_repository import HubRepository
    from matchzoo.hub.folders.declared_parts import Family
    from matchzoo.hub.publishing import Publication, publish_model

    check_argument("which", which, Family | None)
    place = HubRepository.to_push("model", repo, "model")
    how = Publication(private=private, license=license, message=message, force=force, dry_run=dry_run)
    return publish_model(_model(model, which), place.name, how)


def _model(source: Any, which: "Family | None") -> "Model":
    """A model, or that of a folder; raises if it is none, or not the one that is wanted."""
    from matchzoo.hub.folders.reading import is_run
    from matchzoo.hub.model import Model

    is_path = isinstance(source, str | Path)
    title = str(source if is_path else getattr(source, "folder", "model"))
    if is_path and not is_run(Path(source).expanduser()):
        source = Model.load(source)
    if not isinstance(source, Model):
        part = which or "generator"
        raise MatchZooError(
            f"{title}: expected a Model or the folder of one, got {'a run' if is_path else type(source).__name__}; "
            "make a model of a part of a run: from matchzoo.runs.published_parts import model_of_run, then "
            f'hub.push_model(model_of_run(recipes.open("{title}"), "{part}"), …); or on the command line: '
            f"matchzoo push {title} USER/NAME --model {part}"
        )
    if which not in (None, source.family):
        raise MatchZooError(f"{title}: is a {source.family}, not a {which}")
    return source


def kind_of(repo: str, revision: str | None = None) -> "Kind":
    """Whether ``user/name`` is a data set or a model of the Hub; offline, whether it was pulled as a model before.

    Raises:
        MatchZooError: it is both or neither, or the Hub cannot be asked.
    """
    from matchzoo.core.storage.hub_repository import HubRepository

    kinds: tuple[Kind, Kind] = ("dataset", "model")
    existing = [kind for kind in kinds if HubRepository.of(kind, repo, revision).exists()]
    if len(existing) > 1:
        raise MatchZooError(f"{repo}: is both a data set and a model on the Hub; say --kind dataset or --kind model")
    if not existing and not is_offline():
        raise MatchZooError(
            f"there is no data set or model {repo.partition('@')[0]} on the Hub, or it is private (then: hf auth login)"
        )
    return existing[0] if existing else "dataset"
