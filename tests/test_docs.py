"""What the README and the documentation tell users to type works as it is written."""

import re
import shlex
from pathlib import Path

import pytest

from matchzoo.cli import split_overrides
from matchzoo.overrides import flags, override
from matchzoo.recipe import Recipe
from matchzoo.shipped import find, names
from matchzoo.tables import read_toml, structure

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(language: str) -> list:
    found = []
    for page in PAGES:
        for i, block in enumerate(re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.M | re.S)):
            found.append(pytest.param(block, id=f"{page.name}-{i}"))
    return found


@pytest.mark.parametrize("block", blocks("python"))
def test_python_blocks_run(block, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "documentation", "exec"), {})


def test_commands_name_what_there_is():
    lines = [
        line.split("#")[0].strip()
        for page in PAGES
        for block in re.findall(r"^```(?:bash|text)\n(.*?)^```", page.read_text(), re.M | re.S)
        for line in block.splitlines()
        if line.startswith("matchzoo run ")
    ]
    assert len(lines) >= 8
    for line in lines:
        own, overrides = split_overrides(shlex.split(line)[2:])
        if own[0] in ("NAME", "mine.toml"):
            continue
        structure(override(read_toml(find("recipes", own[0], "recipe")), Recipe, flags(overrides)), Recipe)


def test_every_recipe_is_on_its_page():
    page = (ROOT / "docs/recipes.md").read_text()
    assert all(f"`{name}`" in page for name in names("recipes"))


def test_every_public_family_member_is_in_the_reference():
    from matchzoo.declare import FAMILIES

    page = (ROOT / "docs/reference.md").read_text()
    for registry in FAMILIES.values():
        for kind in registry.names():
            cls = registry[kind]
            module = cls.__module__
            shown = (
                f"::: {module}\n",
                f"::: {module}.{cls.__name__}\n",
                f"::: {module.rsplit('.', 1)[0]}.{cls.__name__}\n",
            )
            assert any(line in page for line in shown), f"{module}.{cls.__name__} is missing in docs/reference.md"
