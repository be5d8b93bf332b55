"""A trained model by a path or a name: of a folder, of a run's folder, or of the Hub."""

from pathlib import Path

import attrs

from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage.hub_repository import is_name
from matchzoo.hub import fetching
from matchzoo.hub.folders.model_schema import CONFIG
from matchzoo.hub.folders.reading import is_run
from matchzoo.hub.model import Model
from matchzoo.hub.run_parts import RunParts


def open_model(path: str, revision: str | None = None, part: str | None = None, card: str = "") -> Model:
    """The model of a path or a name; of a run, a projector with all that it stands on.

    Args:
        path: a folder that `Model.save` wrote, the folder of a run, or ``user/name`` of the Hub.
        revision: branch, tag or commit on the Hub.
        part: name of a projector of a run; needed where several moved.
        card: as `Model.load`.

    Raises:
        MatchZooError: nothing is there, or it is refused, with the remedy.
    """
    place = Path(path).expanduser()
    if is_run_folder(place):
        if revision is not None:
            raise MatchZooError(f"revision: {path} is a run's folder, which has none; leave it out")
        parts = RunParts.open(place)
        return parts.model(part or only(parts))
    if part is not None:
        raise MatchZooError(f"part: expected only with the folder of a run, which {path} is not; leave it out")
    if place.exists():
        if revision is not None:
            raise MatchZooError(f"revision: {path} is a folder, which has none; leave it out")
        return Model.load(place, card=card)
    if not is_name(path):
        raise MatchZooError(f"{path}: there is no such folder, and it is not a user/name of the Hub")
    return Model(**attrs.asdict(fetching.fetch_model(path, revision, card=card), recurse=False))


def only(parts: RunParts) -> str:
    """The name of the one projector of a run that moved or keeps state; raises where these are none or several."""
    if len(parts.names) == 1:
        return parts.names[0]
    known = ", ".join(parts.names)
    reason = f"several projectors moved; say which: {known}" if known else "none of its projectors moved or keeps state"
    raise MatchZooError(f"{parts.folder}: part: {reason}")


def is_run_folder(place: Path) -> bool:
    """Whether a folder is that of a run, and not of a model."""
    return is_run(place) and not (place / CONFIG).is_file()
