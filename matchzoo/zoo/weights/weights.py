"""The family of sources of weights, and the one reader. Nothing is unpickled but tensors, after the pinned hash."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matchzoo.core.declaration.declare import family
from matchzoo.core.errors import MatchZooError

if TYPE_CHECKING:
    import torch

SHORTEST_PIN = 8
"""Hexadecimal digits of a sha256 that are enough to pin a file (as many as torch.hub puts in a file's name)."""


@family("weights")
class Weights(ABC):
    """A source of the weights of a network: where the file is, and how it gets here."""

    @abstractmethod
    def fetch(self) -> Path | None:
        """The file on this machine, downloaded first where that is possible; None keeps the initialization.

        Raises:
            MatchZooError: the file is not here and cannot be downloaded, with the command that brings it.
        """

    @abstractmethod
    def needs(self) -> str:
        """What is not on this machine yet, and the command that brings it; empty if all is here. Asks no network."""

    def bring(self) -> str:
        """The command, or the few words, that bring the file where `fetch` cannot; empty where it can."""
        return ""

    def pin(self) -> str | None:
        """The sha256 that the file must have, or its first digits; None if it is not pinned."""
        return getattr(self, "sha256", None)

    def again(self) -> str:
        """How to replace a file that is damaged or another one than the card pins."""
        return "fetch the file again"

    def state(self) -> "dict[str, torch.Tensor] | None":
        """The tensors by name, in the order of the file; None keeps the network as it was initialized.

        Raises:
            MatchZooError: as `fetch`, or the file is not the pinned one, or it is damaged.
        """
        path = self.fetch()
        return None if path is None else read_weights(path, self.pin(), self.again())

    def origin(self) -> dict[str, Any]:
        """What a result records of the weights: the declared source and the sha256 of the file that was read.

        Raises:
            MatchZooError: as `fetch`.
        """
        from matchzoo.core.declaration.structuring import to_table
        from matchzoo.core.storage.files import file_sha256

        table = to_table(self)
        path = self.fetch()
        origin: dict[str, Any] = {"kind": table} if isinstance(table, str) else dict(table)
        return origin if path is None else {**origin, "sha256": file_sha256(path)}


def read_weights(path: Path, sha256: str | None, again: str = "fetch the file again") -> "dict[str, torch.Tensor]":
    """Tensors of a ``.safetensors`` file or, with its hash, of a ``.pth`` read with ``weights_only=True``.

    Args:
        path: the file.
        sha256: its hash or at least eight of its first digits; may be None for safetensors only.
        again: the remedy that messages give.

    Raises:
        MatchZooError: the hash differs, a pickle-based file has none, or the file is damaged or holds no tensors.
    """
    if sha256 is not None:
        from matchzoo.core.storage.files import file_sha256

        digest = file_sha256(path)
        if not digest.startswith(sha256.lower()):
            raise MatchZooError(f"{path}: sha256 is {digest}, but the card pins {sha256}; {again}")
        if len(sha256) < SHORTEST_PIN:
            raise MatchZooError(f"sha256: expected {SHORTEST_PIN} to 64 hexadecimal digits, got {sha256!r}")
    if path.suffix == ".safetensors":
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return load_file(path)
        except SafetensorError as error:
            raise MatchZooError(f"{path}: cannot be read as safetensors ({error}); {again}") from None
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
