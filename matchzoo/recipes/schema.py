"""The JSON Schema of recipes, made of their classes: ``python -m matchzoo.recipes.schema`` writes the file that is
shipped, which a change of a declared field needs (``make schema``)."""

import json

from matchzoo.core import shipped
from matchzoo.core.declaration.schema import schema_of
from matchzoo.core.storage import files
from matchzoo.recipes.checking import FILE
from matchzoo.recipes.recipe import Recipe


def made() -> str:
    """The text of the schema of today's classes."""
    return json.dumps(schema_of(Recipe, "recipe of matchzoo"), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    files.write_text(shipped.root() / "recipes" / FILE, made())
