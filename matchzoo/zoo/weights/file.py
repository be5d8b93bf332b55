"""Weights in a local file."""

from pathlib import Path

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import MatchZooError
from matchzoo.zoo.weights.weights import Weights


@declare("file")
class FileWeights(Weights):
    """A local ``.safetensors`` file, or a ``.pth`` of plain tensors."""

    path: str
    """Path of the file; ``~`` is the home folder."""
    sha256: str | None = None
    """Hash of the file; must be given for anything but safetensors."""

    def fetch(self) -> Path:
        """The file itself."""
        missing = self.needs()
        if missing:
            raise MatchZooError(missing)
        return Path(self.path).expanduser()

    def needs(self) -> str:
        """The file, if it is not there."""
        there = Path(self.path).expanduser().is_file()
        return "" if there else f"the weights are expected at {self.path}, where there is no file"

    def bring(self) -> str:
        """Where it is looked for."""
        return f"put the file at {self.path}"
