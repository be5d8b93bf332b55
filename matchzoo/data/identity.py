"""What data are, in so many words as tell whether they have changed: classes, counts, and a digest of every split."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from matchzoo.data.data import Data

SHOWN = 4
"""Names that a message lists before it counts the others."""


def identity(data: Data) -> dict[str, Any]:
    """What some data are, as JSON values.

    Args:
        data: built.

    Returns:
        ``class_names``, ``group_names``, and in ``splits`` by name: ``samples`` (a count), ``shape`` of one of them,
        ``per_class`` (counts; None without labels), and ``digest`` (`Split.digest`).
    """
    splits = {}
    for name, split in data.sets().items():
        if name == "train":
            continue  # another name of ``real``
        counts = None
        if split.labels is not None and not split.labels.is_floating_point():
            counts = split.labels.cpu().bincount(minlength=len(data.class_names)).tolist()
        splits[name] = {
            "samples": len(split),
            "shape": list(split.shape),
            "per_class": counts,
            "digest": split.digest,
        }
    return {"class_names": list(data.class_names), "group_names": list(data.group_names), "splits": splits}


def are_splits(value: Any) -> bool:
    """Whether a stored value can be the ``splits`` of an `identity`."""
    kinds = {"samples": int, "shape": list, "per_class": list | None, "digest": str}
    return isinstance(value, dict) and all(
        isinstance(split, dict) and all(isinstance(split.get(key), kind) for key, kind in kinds.items())
        for split in value.values()
    )


@attrs.frozen
class Change:
    """How data differ from what they were.

    Attributes:
        messages: a phrase for each difference; none where they are the same.
        fits: names, splits and shapes agree, so that what was trained on the old data can be used with the new.
    """

    messages: tuple[str, ...] = ()
    fits: bool = True

    def __bool__(self) -> bool:
        return bool(self.messages)


def change(before: Mapping[str, Any], now: Mapping[str, Any], *, resized: bool = False) -> Change:
    """How data differ from what they were.

    Args:
        before: `identity` of then.
        now: of today.
        resized: the samples are meant to be of another shape, so that only names and counts can be compared.
    """
    names = [
        *_of_names("classes", before["class_names"], now["class_names"]),
        *_of_names("groups", before["group_names"], now["group_names"]),
        *_of_names("splits", list(before["splits"]), list(now["splits"])),
    ]
    shapes, contents = [], []
    for name, old in before["splits"].items():
        new = now["splits"].get(name)
        if new is None:
            continue
        label = "training samples" if name == "real" else f"samples of '{name}'"
        if old["shape"] != new["shape"] and not resized:
            shapes.append(f"{label}: of shape {new['shape']}, were {old['shape']}")
        elif old["samples"] != new["samples"] or old["per_class"] != new["per_class"]:
            classes = _by_class(old["per_class"], new["per_class"], now["class_names"])
            contents.append(f"{label}: {new['samples']}, were {old['samples']}{classes}")
        elif old["digest"] != new["digest"] and not resized:
            contents.append(f"{label}: as many, but not the same ones")
    return Change((*names, *shapes, *contents), fits=not names and not shapes)


def _of_names(what: str, before: Sequence[str], now: Sequence[str]) -> list[str]:
    if list(before) == list(now):
        return []
    if sorted(before) == sorted(now):
        return [f"{what} are in another order ({_short(now)}; was {_short(before)})"]
    gone, added = [name for name in before if name not in now], [name for name in now if name not in before]
    told = [f"{_short(names)} {verb}" for names, verb in ((gone, "gone"), (added, "new")) if names]
    return [f"{what}: {', '.join(told)}"]


def _short(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"'{name}'" for name in names[:SHOWN]) + more


def _by_class(before: Sequence[int] | None, now: Sequence[int] | None, names: Sequence[str]) -> str:
    """The classes whose counts changed, where classes can be compared."""
    if before is None or now is None or not len(before) == len(now) == len(names):
        return ""
    changed = [f"{name} {n}, was {m}" for name, m, n in zip(names, before, now, strict=True) if m != n]
    more = f" and {len(changed) - SHOWN} more classes" if len(changed) > SHOWN else ""
    return f" ({'; '.join(changed[:SHOWN])}{more})" if changed else ""
