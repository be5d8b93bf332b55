"""What the parts of a data set are called: in folders, tables, arrays and repositories alike."""

import re
from collections.abc import Callable, Collection, Iterable

import attrs

from matchzoo.core.errors import MatchZooError

WORDS = {
    "train": ("train", "training", "trainval"),
    "test": ("test", "testing", "eval", "evaluation"),
    "validation": ("validation", "valid", "val", "dev"),
}
"""What the splits are called, after the `datasets` library; upper and lower case are alike."""
APART = "[-._ 0-9]"
"""What is between the words of a name, after the same."""
_ENDINGS = re.compile("(?:sets?|data|images|imgs)$")


@attrs.frozen
class Assigned:
    """Which parts are for training and for testing, by their names.

    Attributes:
        train: None where there is no such part.
        test: the same.
        left: labeled parts that are neither.
        unlabeled: parts without labels.
    """

    train: str | None
    test: str | None
    left: tuple[str, ...] = ()
    unlabeled: tuple[str, ...] = ()

    def notes(self) -> list[str]:
        """What a person should know of the parts that are not read."""
        instead = f"'{self.test}'" if self.test else "a share of the training part"
        roles = {name: f"'{self.train}' is for training" for name in self.left if split_of(name) == "train"}
        lines = [f"'{name}' is left out; {roles.get(name, f'{instead} is for testing')}" for name in self.left]
        return lines + [f"'{name}' has no labels and is left out; {instead} is for testing" for name in self.unlabeled]


def split_of_word(word: str) -> str | None:
    """The split that a single word is a name of."""
    return next((split for split, known in WORDS.items() if word.lower() in known), None)


def split_of(name: str) -> str | None:
    """The split that the first of a name's words speaks of: ``Training``, ``seg_train``, ``test_images``, ``TestSet``,
    ``val2017``; None where none does, as in ``contest`` or ``strain``."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    words = [word.lower() for word in re.split(APART, spaced)]
    splits = (split_of_word(word) or split_of_word(_ENDINGS.sub("", word)) for word in words)
    return next(filter(None, splits), None)


def assign(names: Iterable[str], where: object, has_labels: Callable[[str], bool] = lambda name: True) -> Assigned:
    """Which part is for training and which for testing: test before validation, labeled before unlabeled.

    Args:
        names: of the parts.
        where: what messages begin with.
        has_labels: whether a part has labels; asked of those for testing.

    Raises:
        MatchZooError: several parts could be the one, and none is called ``train`` or ``test``.
    """
    by_split: dict[str | None, list[str]] = {}
    for name in sorted(names):
        by_split.setdefault(split_of(name), []).append(name)
    training = by_split.get("train", [])
    testing = [*by_split.get("test", []), *by_split.get("validation", [])]
    unlabeled = tuple(name for name in testing if not has_labels(name))

    train = _one(training, "train", f"{where}: which is for training")
    candidates = (
        [name for name in by_split.get(split, []) if name not in unlabeled] for split in ("test", "validation")
    )
    first = next(filter(None, candidates), [])
    test = _one(first, "test", f"{where}: which is for testing")
    left = tuple(name for name in [*training, *testing] if name not in (train, test, *unlabeled))
    return Assigned(train, test, left, unlabeled)


def _one(names: Collection[str], called: str, question: str) -> str | None:
    """The only name, else the one that is called so (in any case, if that is the only one)."""
    if len(names) < 2:
        return next(iter(names), None)
    exact = [name for name in names if name == called] or [name for name in names if name.lower() == called]
    if len(exact) != 1:
        raise MatchZooError(f"{question}, {' or '.join(names)}? call that one {called}")
    return exact[0]
