"""Groups of a data set as domains: some are environments of the training split, others splits of their own."""

import re
from collections.abc import Sequence

import attrs
import torch

from matchzoo.core.errors import DeclarationError, did_you_mean
from matchzoo.data.data import IN_TURN, Loaded
from matchzoo.data.split import Split

TEST = "-test"
"""Ends the name of the test part of a further split."""
TAKEN = frozenset({"real", "train", "test", "synthetic", "source", "environments", IN_TURN})
"""Names of sets that no further split may have."""

SHOWN = 8
"""Groups that a message lists."""


def split_name(group: str) -> str:
    """What the split of a group is called: its name, with a - for all but letters, digits, - and _."""
    return re.sub(r"[^\w-]+", "-", group).strip("-")


def held_out(loaded: Loaded, others: Sequence[str], unlabeled: Sequence[str] = ()) -> Loaded:
    """Data whose groups are domains, of which some are no training samples but splits of their own.

    The training samples of a domain ``sketch`` among the others are the split ``sketch``, its test samples the split
    ``sketch-test`` (`split_name`). What is left are the training and the test split, and their groups the environments.

    Args:
        loaded: with groups.
        others: names of groups; with none, the data stay as they are.
        unlabeled: those of the others whose training samples lose their labels; their test samples keep them.

    Raises:
        DeclarationError: a name is that of no group, nothing is left for training, or a split's name is taken.
    """
    check_groups(loaded.group_names, others, unlabeled)
    if not others:
        return loaded
    further: dict[str, Split] = dict(loaded.others)
    for name in others:
        group = [loaded.group_names.index(name)]
        train, test = (None if split is None else _of(split, group) for split in (loaded.train, loaded.test))
        if train is not None and name in unlabeled:
            train = train.without_labels()
        for end, split in (("", train), (TEST, test)):
            if split is not None:
                split.group = None
                further[split_name(name) + end] = split

    kept = [group for group, name in enumerate(loaded.group_names) if name not in others]
    train = _of(loaded.train, kept)
    if train is None:
        raise DeclarationError([("others", "no training sample is left; leave one of the groups out of them")])
    names = tuple(loaded.group_names[group] for group in kept)
    test = None if loaded.test is None else _of(loaded.test, kept)
    return attrs.evolve(loaded, train=train, test=test, group_names=names, others=further)


def check_groups(groups: Sequence[str], others: Sequence[str], unlabeled: Sequence[str]) -> None:
    """Raise unless every one of the others is a group, once, and can name a split, and those without labels are among
    them."""
    stray = [name for name in unlabeled if name not in others]
    if stray:
        raise DeclarationError([("unlabeled", f"'{stray[0]}' is not one of the others: {', '.join(others) or 'none'}")])
    if others and not groups:
        raise DeclarationError([("others", "the data have no groups of which some could be held out")])
    for name in others:
        if name not in groups:
            hint = did_you_mean(name, groups) if len(groups) > SHOWN else f"; the groups are {', '.join(groups)}"
            raise DeclarationError([("others", f"there is no group '{name}'{hint}")])
    if others and set(groups) == set(others):
        raise DeclarationError([("others", "no group is left for training; leave one of them out")])

    names = [split_name(name) + end for name in others for end in ("", TEST)]
    for name in names:
        if name in TAKEN or name == TEST or names.count(name) > 1:
            raise DeclarationError([("others", f"the name '{name}' is taken by another split; rename that group")])


def _of(split: Split, groups: Sequence[int]) -> Split | None:
    """The samples of some groups, whose numbers become their places in the list; None if there are none."""
    if split.group is None:
        return None
    chosen = torch.tensor(groups)
    matches = split.group.cpu()[:, None] == chosen
    rows = matches.any(1).nonzero().flatten()
    if not len(rows):
        return None
    part = split.part(rows)
    part.group = matches[rows].long().argmax(1)
    return part
