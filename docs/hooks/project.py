"""Version and place of the project on every page: of ``matchzoo/core/version.py`` and of ``pyproject.toml``."""

import runpy
import tomllib
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig

ROOT = Path(__file__).parents[2]


def repository() -> str:
    """The address of the repository; empty as long as it is not known."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    address: str = project["tool"]["hatch"]["metadata"]["hooks"]["custom"]["repository"]
    return address


def version() -> str:
    """The version that the pages describe."""
    number: str = runpy.run_path(str(ROOT / "matchzoo/core/version.py"))["__version__"]
    return number


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Tell the theme: the version stands in the footer, the repository in the header."""
    config.copyright = f"matchzoo {version()}, Apache-2.0"
    address = repository()
    if address:
        config.repo_url = address
        config.repo_name = address.split("/", 3)[-1]
        config.edit_uri = "edit/main/docs/"
    return config
