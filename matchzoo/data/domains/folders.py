"""Folders of domains, which hold the folders of their classes."""

from collections.abc import Sequence
from pathlib import Path

from matchzoo.core.class_names import sort_names
from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing.progress import note
from matchzoo.data.reading.folders import FEWEST, class_folders, sub_folders
from matchzoo.data.reading.listing import Listing, list_classes
from matchzoo.data.reading.numbering import UNLABELED

SHOWN = 8
"""Names that a message lists."""


def domain_folders(folder: Path, wanted: Sequence[str] = ()) -> tuple[str, ...]:
    """Names of the folders of domains in a folder: those that are wanted, in that order; else all of them, in the order
    of `sort_names`.

    Raises:
        MatchZooError: one that is wanted is not there (the message says which are), or there are less than two.
    """
    there = sub_folders(folder)
    missing = [name for name in wanted if name not in there]
    if missing:
        found = f"found {_shown(there)}" if there else "there are no folders"
        shown = ", ".join(f"'{name}'" for name in missing)
        raise MatchZooError(
            f"{folder}: no folder of the domain{'s' * (len(missing) > 1)} {shown}; {found}; is the copy whole, and is "
            "data.path the folder that holds the domains?"
        )
    names = tuple(wanted) or there
    if len(set(names)) < 2:
        raise MatchZooError(f"{folder}: expected folders of at least 2 domains, got {_shown(names) or 'none'}")
    if wanted and len(names) < len(there):
        note(f"{folder}: folders that are not read: {_shown([name for name in there if name not in names])}")
    return names


def classes_of_domains(folder: Path, domains: Sequence[str], unlabeled: Sequence[str] = ()) -> tuple[str, ...]:
    """Names of the classes of all domains together, in the order of `sort_names`; those that a domain lacks are told.

    Args:
        folder: of the folders of domains.
        domains: their names.
        unlabeled: those of them that need no folders of classes.

    Raises:
        MatchZooError: another domain has no folder of a class, or all of them together have less than two.
    """
    by_domain = {domain: sub_folders(folder / domain) for domain in domains}
    empty = [domain for domain, names in by_domain.items() if not names and domain not in unlabeled]
    if empty:
        raise MatchZooError(
            f"{folder / empty[0]}: expected a folder for each class of this domain, found none; domain/class/image is "
            "read with data.domains, class/image without; images without classes are read where the domain is among "
            "data.unlabeled"
        )
    names = sort_names(name for inner in by_domain.values() for name in inner)
    if len(names) < FEWEST:
        class_folders(folder / domains[0])  # raises
    for domain, inner in by_domain.items():
        missing = [name for name in names if name not in inner]
        if missing and inner:
            note(f"{folder / domain}: lacks {len(missing)} of {len(names)} classes: {_shown(missing)}")
    return names


def list_domains(folder: Path, domains: Sequence[str], classes: Sequence[str]) -> Listing:
    """All images of ``folder/<domain>/<class>/``, with the number of their class as label and of their domain as group;
    a domain may lack classes, and one without folders of classes holds images without labels.

    Raises:
        MatchZooError: there are no images, in a domain or at all, or a file or folder cannot be looked at.
    """
    paths: list[str] = []
    cells: list[tuple[int, int]] = []
    for group, domain in enumerate(domains):
        inner = list(enumerate(classes)) if sub_folders(folder / domain) else [(UNLABELED, "")]
        paths += [f"{domain}/{name}".rstrip("/") for _, name in inner]
        cells += [(label, group) for label, _ in inner]

    listing = list_classes(folder, paths, may_lack=True)
    labels, groups = ([cells[number][i] for number in listing.labels] for i in range(2))
    without = [domain for group, domain in enumerate(domains) if group not in set(groups)]
    if without:
        raise MatchZooError(f"{folder / without[0]}: no images that can be read")
    return Listing(folder, listing.files, labels, groups)


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
