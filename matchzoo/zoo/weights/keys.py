"""Keys of a file and keys of a network: renaming one into the other, and the layout that a card pins."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from matchzoo.core.errors import MatchZooError

if TYPE_CHECKING:
    import torch


def by_order(state: "dict[str, torch.Tensor]", target: "dict[str, torch.Tensor]") -> "dict[str, torch.Tensor]":
    """Rename weights to the target's keys by position, where every shape is equal.

    Raises:
        MatchZooError: another number of tensors, or a shape that differs, with its position and names.
    """
    if len(state) != len(target):
        raise MatchZooError(f"weights by order: {len(state)} tensors for a network of {len(target)}")
    for position, ((old, a), (new, b)) in enumerate(zip(state.items(), target.items(), strict=True)):
        if a.shape != b.shape:
            raise MatchZooError(f"weights by order: tensor {position}, {old} {list(a.shape)} for {new} {list(b.shape)}")
    return dict(zip(target, state.values(), strict=True))


def renamed(state: "dict[str, torch.Tensor]", renames: Iterable[tuple[str, str]]) -> "dict[str, torch.Tensor]":
    """Rename keys by regular expressions, one after the other, as `re.sub` does; a key that becomes empty is dropped.

    Raises:
        MatchZooError: an expression that cannot be compiled, or two keys that become one.
    """
    made: dict[str, torch.Tensor] = {}
    for old, value in state.items():
        new = old
        for pattern, replacement in renames:
            try:
                new = re.sub(pattern, replacement, new)
            except (re.error, IndexError) as error:
                raise MatchZooError(f"renames: '{pattern}' → '{replacement}': {error}") from None
        if new in made:
            raise MatchZooError(f"renames: two keys become '{new}', the second is '{old}'")
        if new:
            made[new] = value
    return made


def layout(state: "Mapping[str, torch.Tensor]") -> str:
    """The sha256 of the sorted lines ``key shape`` of a state: equal exactly if one fits where the other does."""
    lines = sorted(f"{key} {'x'.join(map(str, value.shape))}" for key, value in state.items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
