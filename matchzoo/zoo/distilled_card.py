"""What is known of a distilled set: the recipe that makes it, what was measured, and whether somebody published it."""

from pathlib import Path
from typing import Literal

import attrs

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, between, not_empty, positive
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.zoo.card import Card


@declare
class DistilledCard(Card):
    """A distilled set that is on the Hub (``published``), or that anybody can make (``reproduce``).

    No card names a repository that is not there: commit and hash are of what was pushed.
    """

    status: Literal["published", "reproduce"]
    """Whether it is on the Hub, or has to be made by its recipe."""
    recipe: str = attrs.field(validator=not_empty())
    """Name of the recipe."""
    command: str = attrs.field(validator=not_empty())
    """What makes it."""
    repo: str = ""
    """Data set of the Hub, if it is published."""
    commit: str = ""
    """Commit of the repository (40 hexadecimal digits), if it is published."""
    sha256: str = ""
    """Hash of its ``images.safetensors``, if it is published."""
    data: str = attrs.field(validator=not_empty())
    """Card of the data set that it stands for."""
    backbone: str = attrs.field(validator=not_empty())
    """Card of the backbone that it was made with."""
    images: int = attrs.field(validator=at_least(1))
    """Number of images."""
    classes: int = attrs.field(validator=at_least(1))
    """Number of classes."""
    size: int = attrs.field(validator=positive())
    """Pixels a side."""
    top1: float = attrs.field(validator=between(0, 100))
    """Accuracy on the test part in percent."""
    protocol: str = attrs.field(validator=not_empty())
    """How that was measured."""
    license: str = attrs.field(validator=not_empty())
    """License of the set (SPDX), or of the data where nobody has chosen one."""
    source: str = attrs.field(validator=not_empty())
    """Who made it, or who measured it."""
    paper: str = ""
    """The paper to cite."""

    def __attrs_post_init__(self) -> None:
        pins = {"repo": self.repo, "commit": self.commit, "sha256": self.sha256}
        if self.status == "reproduce":
            problems = [(name, "only of a set that is published (status)") for name, value in pins.items() if value]
        else:
            problems = [(name, "missing: the set is published (status)") for name, value in pins.items() if not value]
            digits = {"commit": 40, "sha256": 64}
            problems += [
                (name, f"expected {count} hexadecimal digits, got {pins[name]!r}")
                for name, count in digits.items()
                if pins[name] and (len(pins[name]) != count or set(pins[name]) - set("0123456789abcdef"))
            ]
        if problems:
            raise DeclarationError(problems)

    def published(self, name: str, revision: str | None = None) -> tuple[str, str]:
        """Repository and commit.

        Args:
            name: of the card, for messages.
            revision: that somebody asked for; a card has one commit only.

        Raises:
            MatchZooError: nobody has published it, with the command that makes it; or another revision is asked for.
        """
        if self.status == "reproduce":
            folder = f"runs/{self.recipe}"
            raise MatchZooError(
                f"{name}: nobody has published this set; make it here with: {self.command}; then it is in {folder}, "
                "which takes the place of its name"
            )
        if revision not in (None, self.commit):
            raise MatchZooError(f"{name}: is pinned to commit {self.commit}; for another give {self.repo}@{revision}")
        return self.repo, self.commit

    def check(self, tensors: Path) -> None:
        """Raise if a file of tensors is not the one that the card pins."""
        from matchzoo.core.storage.files import file_sha256

        digest = file_sha256(tensors)
        if digest != self.sha256:
            raise MatchZooError(f"{tensors.name}: sha256 is {digest}, but the card pins {self.sha256}")

    def summary(self) -> str:
        """Images, pixels, and what was measured."""
        per_class = f"{self.images / self.classes:g} a class"
        return f"{self.images} images, {per_class} · {self.size} px · top-1 {self.top1:g} % · {self.backbone}"

    def needs(self) -> str:
        """The set, if it is not in the Hub's cache; one that is not published has to be made."""
        if self.status == "reproduce":
            return f"nobody has published it: {self.command}"
        from matchzoo.core.storage.hub_cache import cached_file

        cached = cached_file(self.repo, "images.safetensors", self.commit, "dataset")
        return "" if cached is not None else f"it is not in the Hub's cache here: matchzoo pull {self.repo}"

    def bring(self, name: str) -> str:
        """The command that makes or fetches it."""
        return self.command if self.status == "reproduce" else f"matchzoo pull {name}"
