"""Addresses of the project in the package's metadata, all made of ``[tool.matchzoo] repository`` in pyproject.toml."""

from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


def urls(repository: str) -> dict[str, str]:
    """What an index links to; nothing as long as the place of the repository is not known (empty)."""
    if not repository:
        return {}
    return {
        "Repository": repository,
        "Documentation": f"{repository}/tree/main/docs",
        "Changelog": f"{repository}/blob/main/docs/changelog.md",
        "Issues": f"{repository}/issues",
    }


class Addresses(MetadataHookInterface):
    """Fills ``urls``, which pyproject.toml calls dynamic."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Put the addresses into the metadata of ``[project]``."""
        metadata["urls"] = urls(self.config["repository"])
