"""The command matchzoo plan."""

import tyro

from matchzoo import recipes
from matchzoo.cli.usage import Flag, Name, options_of
from matchzoo.core.showing.text import as_json


def plan(
    name: Name,
    json: Flag = False,
    classes: int | None = None,
    samples: int | None = None,
    overrides: tyro.conf.Suppress[tuple[str, ...]] = (),
) -> None:
    """Say what a recipe would take here, before anything is trained: memory, operations, time, and what changes them.

    Neither its data nor its weights need be here. Any field of the recipe can be overridden, as in matchzoo run.

    matchzoo plan lgm/imagenet-1k-dinov2 --trainer.chunk 64

    Args:
        name: of a recipe, or the path of a .toml file.
        json: print all numbers for programs.
        classes: number of classes of data that are not here and that no card describes; 0 for none.
        samples: number of training samples of such data.
        overrides: words of the command line that are not this command's own.
    """
    recipe = recipes.load_with(name, overrides, "planned", options_of("plan"))  # first: what follows is heavy to import

    from matchzoo.recipes.planning import plan as work_out

    planned = work_out(recipe, classes=classes, samples=samples)
    if json:
        print(as_json(planned.record()))
    else:
        print(planned.text())
