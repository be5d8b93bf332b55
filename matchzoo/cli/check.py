"""The commands about recipes as files: matchzoo check, matchzoo schema."""

import sys
from pathlib import Path
from typing import Annotated

import tyro

from matchzoo import recipes
from matchzoo.cli.usage import Flag, options_of
from matchzoo.core import shipped
from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing.text import as_json

EDITORS = ".taplo.toml"
"""The file by which taplo and Even Better TOML associate files with a schema."""
ASSOCIATION = """# Recipes of matchzoo in this folder, for editors of TOML (taplo, Even Better TOML).
[[rule]]
include = ["**/*.toml"]
exclude = ["**/pyproject.toml", "**/.taplo.toml"]

[rule.schema]
path = {path}
enabled = true
"""


def check(
    files: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="FILE")],
    overrides: tyro.conf.Suppress[tuple[str, ...]] = (),
) -> None:
    """Say all that is wrong with recipes, or that nothing is, and run nothing.

    What data and weights say shows when a recipe is planned or run. Fields can be overridden, as in matchzoo run.

    matchzoo check mine.toml

    Args:
        files: .toml files, or names of recipes.
        overrides: words of the command line that are not this command's own.
    """
    if not files:
        raise MatchZooError("check: give files, such as mine.toml, or names of recipes")
    wrong = []
    for name in files:
        try:
            recipes.load_with(name, overrides, "run", options_of("check"))
        except MatchZooError as error:
            wrong.append(str(error))
        else:
            print(f"{name}: is valid")
    if wrong:
        raise MatchZooError("\n".join(wrong))


def schema(associate: Flag = False) -> None:
    """Print the JSON Schema of recipes, by which editors complete and check them while they are written.

    matchzoo schema > recipe.schema.json

    Args:
        associate: in place of this, write a .taplo.toml that tells editors to check the .toml files of this folder by
            the schema.
    """
    from matchzoo.recipes.checking import FILE, schema_text

    if not associate:
        print(schema_text(), end="")
        return
    place = Path(EDITORS)
    if place.exists():
        raise MatchZooError(f"{EDITORS}: already exists; add a rule with the schema of matchzoo schema to it")
    path = shipped.root() / "recipes" / FILE
    place.write_text(ASSOCIATION.format(path=as_json(str(path))), encoding="utf-8")
    print(f"wrote {EDITORS}: editors check the .toml files of this folder by {path}", file=sys.stderr)
