"""What is in a folder here or in a repository of the Hub, checked from end to end: the fields of a set or a model."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage.hub_repository import HubRepository, is_name
from matchzoo.data.reading.repository import Repository
from matchzoo.hub.folders import model_reading, reading
from matchzoo.hub.folders.model_schema import FILES, ModelFields
from matchzoo.hub.folders.set_schema import METRICS, NAMES, TENSORS, SetFields
from matchzoo.hub.third_party import formats
from matchzoo.hub.third_party.tensor_form import AS_STORED
from matchzoo.models.classifiers import stored_head
from matchzoo.zoo import cards

FILE_SUFFIXES = (".safetensors", *formats.TORCH_FILES)
"""Of files that hold a set; what ends so is not a name of a repository."""
ClassNames = str | Path | Sequence[str] | None
"""Names in label order, or a file of them."""


def read_set(path: str | Path, *, class_names: ClassNames = None, size: int | None = None, **chosen: Any) -> SetFields:
    """The set of a folder or file, of a card of the zoo, or of a repository of the Hub.

    Args:
        path: as `DistilledDataset.load`.
        class_names: as `DistilledDataset.load`.
        size: as `DistilledDataset.load`.
        chosen: fields of `matchzoo.hub.third_party.formats.Chosen`.

    Raises:
        MatchZooError: with the reason and the remedy.
    """
    place = Path(path).expanduser()
    if place.suffix not in formats.TORCH_FILES and not chosen.get("form", AS_STORED).says_nothing:
        raise MatchZooError(f"{path}: experiment, range, mean, std, clamp and logits are only of .pt and .pth files")
    if place.exists():
        names = formats.names_of(class_names)
        return reading.read(place, names, size, formats.Chosen(**chosen), source=str(path))

    if isinstance(path, str) and cards.named(path) is not None:
        return fetch_set(path, class_names=class_names)
    if isinstance(path, str) and is_name(path) and place.suffix not in FILE_SUFFIXES:
        try:
            return fetch_set(path, class_names=class_names, size=size, **chosen)
        except (reading.NamedError, formats.ShapeError):
            raise
        except MatchZooError as error:
            raise MatchZooError(f"{path}: there is no such folder here; on the Hub: {error}") from None
    raise MatchZooError(f"{path}: there is no such run, distilled set or folder of images")


def fetch_set(
    repo: str,
    revision: str | None = None,
    *,
    class_names: ClassNames = None,
    size: int | None = None,
    **chosen: Any,
) -> SetFields:
    """The set of a repository of the Hub, as `matchzoo.hub.pull` says."""
    name = repo
    card = cards.named(repo)
    if card is not None:
        name, revision = card.published(repo, revision)
    place = HubRepository.of("dataset", name, revision)
    names = formats.names_of(class_names)
    commit = place.resolve()
    with place.explained():
        repository = Repository.find(place.name, commit)

    def read(folder: Path) -> SetFields:
        if card is not None:
            card.check(folder / TENSORS)
        return reading.read_artifact(folder)

    if METRICS in repository.names and TENSORS in repository.names:
        fields = place.fetch(commit, [*NAMES, stored_head.NAME], read)
        fields = reading.with_names(fields, names, name)
    elif card is not None:
        raise MatchZooError(f"{name}: holds no distilled set ({TENSORS}), which its card says; fix the card")
    else:
        fields = formats.read_repository(repository, names, size, formats.Chosen(**chosen))
    return attrs.evolve(fields, repository=_origin(place, commit))


def read_model(folder: str | Path, card: str = "") -> ModelFields:
    """The model of a folder, or of a repository of the Hub.

    Args:
        folder: as `Model.load`.
        card: as `Model.load`.

    Raises:
        MatchZooError: with the reason and the remedy.
    """
    path = Path(folder).expanduser()
    if not path.exists() and is_name(str(folder)):
        return fetch_model(str(folder), card=card)
    return model_reading.read(path, card)


def fetch_model(repo: str, revision: str | None = None, *, card: str = "") -> ModelFields:
    """The model of a repository of the Hub, as `matchzoo.hub.pull_model` says."""
    place = HubRepository.of("model", repo, revision)
    commit = place.resolve()
    fields = place.fetch(commit, FILES, lambda folder: model_reading.read(folder, card))
    return attrs.evolve(fields, repository=_origin(place, commit))


def _origin(place: HubRepository, commit: str) -> dict[str, str]:
    """What a set or model records of where it was pulled from."""
    return {"repo": place.name, "revision": place.revision, "commit": commit}
