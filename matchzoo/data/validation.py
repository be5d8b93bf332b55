"""Training samples that are kept apart, so that something can be chosen by them: the split ``validation``."""

from collections.abc import Mapping

import torch

from matchzoo.core.errors import DeclarationError
from matchzoo.core.step import Step
from matchzoo.data.reading.numbering import UNLABELED
from matchzoo.data.split import Split, stratified, stratified_by_group

VALIDATION = "validation"
"""The split of the training samples that are kept apart."""


def validation_rows(train: Split, share: float, class_names: tuple[str, ...] = ()) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows [k] of training samples that stay, and those [n − k] that are kept apart, ascending; the same in every run.

    Args:
        train: the training samples.
        share: of those that are kept apart, in (0, 1): the same of every class (in every group) where there are
            labels, else at random.
        class_names: for the error.

    Raises:
        DeclarationError: a class has fewer than two samples, or one of both parts would be empty.
    """
    labels, group = train.labels, train.group
    if labels is not None and not labels.is_meta and not labels.is_floating_point():
        if group is not None:
            return stratified_by_group(labels.cpu(), group.cpu(), share, 0)
        if not bool((labels == UNLABELED).any()):
            return stratified(labels.cpu(), share, 0, class_names)

    count = round(share * len(train))
    if not 0 < count < len(train):
        message = f"{share} of {len(train)} training samples are {count}; both parts need one"
        raise DeclarationError([("data.validation_share", message)])
    order = torch.randperm(len(train), generator=Step(0, 0).rng(VALIDATION))
    return order[count:].sort().values, order[:count].sort().values


def kept_apart(
    train: Split,
    others: Mapping[str, Split],
    share: float,
    *,
    aligned: tuple[str, ...] = (),
    clean_labels: torch.Tensor | None = None,
    class_names: tuple[str, ...] = (),
) -> tuple[Split, dict[str, Split], torch.Tensor | None]:
    """Training samples without a share of them, which becomes the split ``validation``.

    Rows of splits that are aligned with the training samples go with theirs: those of ``night`` become
    ``night-validation``.

    Args:
        train: the training samples.
        others: further splits by name.
        share: in (0, 1).
        aligned: names of further splits whose row i belongs to row i of the training samples.
        clean_labels: [n] of the training samples.
        class_names: for errors.

    Returns:
        The training samples that stay, the further splits, and the clean labels [k] of those that stay.

    Raises:
        DeclarationError: as `validation_rows`, or a further split has that name.
    """
    if VALIDATION in others:
        message = f"the data have a split '{VALIDATION}' already; leave it out, and use that one"
        raise DeclarationError([("data.validation_share", message)])
    stay, apart = validation_rows(train, share, class_names)
    splits = {VALIDATION: train.part(apart)}
    for name, split in others.items():
        splits[name] = split
        if name in aligned:
            splits |= {name: split.part(stay), f"{name}-{VALIDATION}": split.part(apart)}
    return train.part(stay), splits, None if clean_labels is None else clean_labels[stay]
