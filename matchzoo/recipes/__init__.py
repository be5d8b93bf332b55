"""Recipes: declared compositions of parts and players, and what is done with them.

from matchzoo import recipes

recipes.names("lgm/*")
recipes.load("lgm/quickstart").run("runs/quickstart").metrics
"""

from typing import TYPE_CHECKING

from matchzoo.core.lazy import lazily
from matchzoo.recipes.door import FOLDER, about, full_name, load, load_with, names, open, table_with, text

if TYPE_CHECKING:
    from matchzoo.recipes.recipe import Recipe

__all__ = ["FOLDER", "Recipe", "about", "full_name", "load", "load_with", "names", "open", "table_with", "text"]

__getattr__, __dir__ = lazily(__name__, {"Recipe": "matchzoo.recipes.recipe"}, globals())
