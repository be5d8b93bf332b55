"""Weights in a repository of the Hugging Face Hub, fetched once and kept in its own cache."""

from pathlib import Path
from typing import Any

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import DeclarationError
from matchzoo.core.storage.paths import is_below
from matchzoo.zoo.weights.weights import Weights


@declare("hub")
class HubWeights(Weights):
    """A file of a model repository of the Hub.

    It is downloaded on first use into the Hub's cache (``HF_HUB_CACHE``) and read from there ever after, without a word
    to the network. A branch or tag is resolved to a commit when it is fetched; `commit` and `origin` say to which.
    """

    repo: str
    """Repository, such as ``timm/vit_small_patch14_dinov2.lvd142m``."""
    file: str = "model.safetensors"
    """File in the repository."""
    revision: str = "main"
    """Branch, tag or commit."""
    sha256: str | None = None
    """Hash of the file; must be given for anything but safetensors."""

    def __attrs_post_init__(self) -> None:
        odd = [name for name in ("file", "revision") if not is_below(getattr(self, name))]
        if odd:
            raise DeclarationError([(n, f"leads out of the repository, got {getattr(self, n)!r}") for n in odd])

    def fetch(self) -> Path:
        """The file in the cache, downloaded if it is not there.

        Raises:
            MatchZooError: no such repository, revision or file, no access, or neither a cached file nor a network.
        """
        cached = self.cached()
        if cached is not None:
            return cached

        from matchzoo.core.storage.hub_errors import explained

        where = {"file": self.file, "doing": "download", "field": "weights"}
        remedy = f"where it can be: {self._command}"
        with explained(self.repo, self.revision, "model", remedy=remedy, **where):
            from huggingface_hub import hf_hub_download

            return Path(hf_hub_download(self.repo, self.file, revision=self.revision))

    def needs(self) -> str:
        """The file, if it is not in the cache."""
        if self.cached() is not None:
            return ""
        return f"the weights {self._name} are not in the Hub's cache here; where it can be reached: {self._command}"

    def again(self) -> str:
        """The command that replaces the file in the cache."""
        return f"{self._command} --force-download"

    def cached(self) -> Path | None:
        """The file in the cache; None if it was not fetched yet. Asks no network."""
        from matchzoo.core.storage.hub_cache import cached_file

        return cached_file(self.repo, self.file, self.revision)

    def commit(self) -> str:
        """The commit that the revision was resolved to when the file was fetched; empty if it was not."""
        path = self.cached()
        depth = len(Path(self.file).parts)  # …/snapshots/COMMIT/FILE
        return "" if path is None else path.parents[depth - 1].name

    def origin(self) -> dict[str, Any]:
        """The declared source with the commit and the sha256 of the file."""
        facts = super().origin()
        return {**facts, "commit": self.commit()}

    @property
    def _command(self) -> str:
        return f"hf download {self.repo} {self.file} --revision {self.revision}"

    @property
    def _name(self) -> str:
        return f"{self.repo}@{self.revision}/{self.file}"
