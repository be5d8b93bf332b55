"""Where images and labels lie in a file of torch.

The files of the condensation papers hold a list of experiments, each (images, labels), under ``data``, and accuracies
beside it; others hold a table, or images and labels in two files.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.hub.third_party.unpickling import REMEDY, StoredArray, content_of

Pair = tuple[Any, Any]
"""Images and labels as they are stored."""


def stored_set(path: Path, experiment: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """Images [m, …] and labels [m] or [m, c] of a file, of any type and order of channels, without gradients.

    Args:
        path: the file; of one that is called ``images…`` and holds images alone, labels are read of ``labels…``
            beside it.
        experiment: which of several sets, from 0.

    Raises:
        MatchZooError: there is no set, or several and none is chosen; with what was found and the remedy.
    """
    images, labels = _chosen(path, _sets(path), experiment)
    try:
        size = path.stat().st_size
        return _tensor(images, size), _tensor(labels, size)
    except MatchZooError as error:
        raise MatchZooError(f"{path}: {error}") from None


def _sets(path: Path) -> list[Pair]:
    """The sets of a file, at least one."""
    content = content_of(path)
    sets = _found(content)
    if not sets and _is_images(content):
        beside = path.with_name("labels" + path.name.removeprefix("images"))
        if path.name.startswith("images") and beside.is_file():
            return [(content, content_of(beside))]
        raise MatchZooError(
            f"{path}: expected images and labels, found images without labels ({shown(content)}): save both with "
            "torch.save((images, labels), PATH), or have a file labels… beside one called images…"
        )
    if not sets:
        raise MatchZooError(f"{path}: expected images and labels, found {shown(content)}; {REMEDY}")
    return sets


def _chosen(path: Path, sets: Sequence[Pair], experiment: int | None) -> Pair:
    if experiment is None and len(sets) > 1:
        sizes = sorted({len(images) for images, _ in sets})
        shown = " or ".join(map(str, sizes[:3]))
        raise MatchZooError(
            f"{path}: holds {len(sets)} experiments, of {shown} images each: say which (--experiment 0 to "
            f"{len(sets) - 1}, experiment=0)"
        )
    if (experiment or 0) >= len(sets):
        known = f"0 to {len(sets) - 1}" if len(sets) > 1 else "0, for there is one set"
        raise MatchZooError(f"{path}: experiment: expected {known}, got {experiment}")
    return sets[experiment or 0]


def _found(content: Any) -> list[Pair]:
    """The sets of what a file holds: one, or those of a list; empty if there is none."""
    if isinstance(content, Mapping):
        pair = _named_pair(content)
        return [pair] if pair is not None else _found(content["data"]) if "data" in content else []
    if not isinstance(content, list | tuple) or not content:
        return []
    if len(content) == 2 and _is_images(content[0]) and _is_labels(content[1]):
        return [(content[0], content[1])]
    inner = [_found(one) for one in content]
    return [sets[0] for sets in inner] if all(len(sets) == 1 for sets in inner) else []


def _named_pair(table: Mapping[Any, Any]) -> Pair | None:
    """Images and labels of a table: by these names, else the only values that can be so."""
    if _is_images(table.get("images")) and _is_labels(table.get("labels")):
        return table["images"], table["labels"]
    images = [value for value in table.values() if _is_images(value)]
    if len(images) != 1:
        return None
    rows = len(images[0]) if isinstance(images[0], list | tuple) else images[0].shape[0]
    labels = [value for value in table.values() if _is_labels(value) and len(_as_list(value)) == rows]
    return (images[0], labels[0]) if len(labels) == 1 else None


def _as_list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else range(value.shape[0])


def _is_images(value: Any) -> bool:
    if isinstance(value, torch.Tensor | StoredArray):
        return len(value.shape) in (3, 4)
    shapes = {tuple(one.shape) if isinstance(one, torch.Tensor | StoredArray) else () for one in _listed(value)}
    return len(shapes) == 1 and len(shapes.pop()) in (2, 3)


def _is_labels(value: Any) -> bool:
    if isinstance(value, torch.Tensor | StoredArray):
        return len(value.shape) in (1, 2)
    return bool(_listed(value)) and all(isinstance(one, int) for one in _listed(value))


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _tensor(stored: Any, size: int) -> torch.Tensor:
    """A tensor of a tensor, an array, or a list of these or of numbers; raises if it is more than a file can hold."""
    parts = stored if isinstance(stored, list | tuple) else [stored]
    if all(isinstance(part, int) for part in parts):
        return torch.tensor(parts)

    tensors = [part.tensor() if isinstance(part, StoredArray) else part.detach() for part in parts[:1]]
    declared = len(parts) * tensors[0].numel() * tensors[0].element_size()
    if declared > size:
        raise MatchZooError(f"a tensor of shape {list(tensors[0].shape)} declares more than the file holds")
    tensors += [part.tensor() if isinstance(part, StoredArray) else part.detach() for part in parts[1:]]
    return tensors[0] if parts[0] is stored else torch.stack(tensors)


def shown(value: Any) -> str:
    """What somebody stored, in a few words."""
    if isinstance(value, torch.Tensor):
        return f"a tensor {str(value.dtype).removeprefix('torch.')} {list(value.shape)}"
    if isinstance(value, StoredArray):
        return f"an array of numpy {list(value.shape)}"
    if isinstance(value, Mapping):
        entries = [f"{str(key)!a:.40}: {_kind(entry)}" for key, entry in list(value.items())[:6]]
        return f"a table of {', '.join(entries)}{', …' if len(value) > 6 else ''}"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}: {', '.join(map(_kind, value[:3]))}"
    return f"a {type(value).__name__}"


def _kind(value: Any) -> str:
    if isinstance(value, Mapping | list | tuple):
        return f"a {'table' if isinstance(value, Mapping) else type(value).__name__} of {len(value)}"
    return shown(value)
