"""Weights behind a URL, kept in the cache of torch.hub under a name that carries their hash."""

import os
import re
import urllib.parse
from pathlib import Path
from typing import Any

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.storage.paths import is_below
from matchzoo.zoo.weights.weights import Weights

HASHED = re.compile(r"-([0-9a-f]{8,64})\.")


@declare("url")
class UrlWeights(Weights):
    """A file behind a URL, downloaded once into torch.hub's cache (``TORCH_HOME``)."""

    url: str
    """Address of the file."""
    sha256: str | None = None
    """Hash of the file; must be given unless the name carries it, as in ``resnet18-f37072fd.pth``."""

    def __attrs_post_init__(self) -> None:
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme not in ("https", "http"):
            raise DeclarationError([("url", f"expected https://… or http://…, got {shown(self.url)!r}")])
        if "@" in parts.netloc:
            raise DeclarationError([("url", "names an account, which would stand in results; fetch the file yourself")])
        if not is_name(self._file):
            raise DeclarationError([("url", f"expected one that ends in the name of a file, got {shown(self.url)!r}")])

    def origin(self) -> dict[str, Any]:
        """The declared source, less the query of its address, which may hold a key; and the sha256 of the file."""
        return {**super().origin(), "url": shown(self.url)}

    def pin(self) -> str | None:
        """The declared hash, or the digits in the name of the file."""
        return self.sha256 or hash_in(self._file)

    def fetch(self) -> Path:
        """The file in the cache, downloaded if it is not there."""
        return download(self.url, self._path(), self.pin())

    def needs(self) -> str:
        """The file, if it is not in the cache."""
        return "" if os.path.isfile(self._path()) else missing(shown(self.url), self._path())

    def again(self) -> str:
        """The cache keeps what it has."""
        return "remove the file and it is fetched again"

    def _path(self) -> Path:
        return cache() / self._file

    @property
    def _file(self) -> str:
        return urllib.parse.urlsplit(self.url).path.rpartition("/")[2]


@declare("torchvision")
class TorchvisionWeights(Weights):
    """Published weights of torchvision: torchvision knows the address, the name of the file carries the hash."""

    name: str
    """Name in torchvision, such as ``ResNet50_Weights.IMAGENET1K_V2``."""
    file: str
    """File that the name stands for, with the first digits of its hash: ``resnet50-11ad3fa6.pth``."""

    def __attrs_post_init__(self) -> None:
        if not is_name(self.file):
            raise DeclarationError([("file", f"expected the name of a file without folders, got {self.file!r}")])

    def pin(self) -> str | None:
        """The digits in the name of the file."""
        return hash_in(self.file)

    def fetch(self) -> Path:
        """The file in the cache, downloaded from torchvision's address if it is not there.

        Raises:
            MatchZooError: torchvision does not know the name, means another file by it, or there is no network.
        """
        path = cache() / self.file
        return path if os.path.isfile(path) else download(self._url(), path, self.pin())

    def needs(self) -> str:
        """The file, if it is not in the cache."""
        return "" if os.path.isfile(cache() / self.file) else missing(f"torchvision's {self.name}", cache() / self.file)

    def again(self) -> str:
        """The cache keeps what it has."""
        return "remove the file and it is fetched again"

    def _url(self) -> str:
        import torchvision

        try:
            weights: Any = torchvision.models.get_weight(self.name)
        except (ValueError, AttributeError, KeyError):
            raise MatchZooError(f"weights.name: torchvision knows no weights '{self.name}'") from None
        if weights.url.rsplit("/", 1)[-1] != self.file:
            raise MatchZooError(f"weights.file: '{self.name}' is {weights.url.rsplit('/', 1)[-1]}, not {self.file}")
        return str(weights.url)


def cache() -> Path:
    """Where torch.hub keeps its downloads: ``$TORCH_HOME/hub/checkpoints`` (found without importing torch)."""
    home = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return Path(os.environ.get("TORCH_HOME", os.path.join(home, "torch"))).expanduser() / "hub" / "checkpoints"


def is_name(file: str) -> bool:
    """Whether this is the name of a file, without folders."""
    return is_below(file) and "/" not in file


def shown(url: str) -> str:
    """An address as messages and results show it: without account and query, in which keys are given."""
    parts = urllib.parse.urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def hash_in(name: str) -> str | None:
    """The digits of a sha256 that a file's name carries; None if it carries none."""
    hashed = HASHED.search(name)
    return hashed.group(1) if hashed else None


def missing(what: str, path: Path) -> str:
    """What is not in the cache, and where it would be."""
    return f"the weights {what} are not in the cache of this machine: they are fetched on first use, or put into {path}"


def download(url: str, path: Path, pin: str | None) -> Path:
    """Download a file, unless it is there, whole or not at all.

    Raises:
        MatchZooError: there is no hash to hold it against, the address cannot be reached, the hash differs, or the
            cache cannot be written.
    """
    if os.path.isfile(path):
        return path
    if pin is None:
        raise MatchZooError(f"{shown(url)}: nothing is downloaded without a hash; give weights.sha256")
    import torch

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(url, str(path), hash_prefix=pin, progress=False)
    except RuntimeError as error:  # torch.hub's word for a hash that differs
        raise MatchZooError(f"{shown(url)}: is not the file that the card pins ({error})") from None
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
            raise MatchZooError(
                f"{path.parent}: cannot be written ({error.strerror}); set TORCH_HOME to another folder, or put the "
                f"file of {shown(url)} there"
            ) from None
        raise MatchZooError(f"{missing(shown(url), path)} (the download failed: {error})") from None
    return path
