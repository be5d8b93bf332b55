"""The command matchzoo merge."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from matchzoo.cli import given
from matchzoo.core.errors import MatchZooError

if TYPE_CHECKING:
    import torch

    from matchzoo.hub.model import Model


def merge(
    models: Annotated[list[str], tyro.conf.Positional, tyro.conf.arg(metavar="MODEL")],
    output: Annotated[Path, tyro.conf.arg(aliases=["-o"])],
    method: Literal["mean", "task-arithmetic", "fisher"] = "mean",
    weights: tuple[float, ...] | None = None,
    start: str | None = None,
    scale: float = 0.3,
    part: str | None = None,
    samples: int = 500,
) -> None:
    """Make one model of several that were trained from one start on different samples.

    matchzoo merge runs/first runs/second --method fisher -o merged

    Args:
        models: folders of finished runs or of models, or USER/NAME[@REVISION] of the Hub; of one declaration.
        output: folder of the merged model; one that holds a model is replaced.
        method: mean; task-arithmetic, which adds what each learned since --start; or fisher, which weighs every
            parameter by how much predictions depend on it, on samples of each run's own data.
        weights: of the models, for mean and fisher; equal ones if not given.
        start: folder or name of the model that all were trained from, for task-arithmetic.
        scale: of what was learned, for task-arithmetic.
        part: name of the projector of runs in which several moved.
        samples: of each run's training samples, for fisher.
    """
    given.check(*(given.source(name) for name in (*models, *(() if start is None else (start,)))))

    from matchzoo.hub.merging import UNRELATED, relatedness
    from matchzoo.hub.merging import merge as merge_models
    from matchzoo.hub.trained import is_run_folder, open_model

    if samples < 1:
        raise MatchZooError(f"--samples: expected at least 1, got {samples}")

    def opened(name: str) -> "Model":
        return open_model(name, part=part if is_run_folder(Path(name).expanduser()) else None)

    opened_models = [opened(name) for name in models]
    inputs = None
    if method == "fisher":
        inputs = [_samples(name, samples) for name in models]
    start_model = None if start is None else opened(start)
    merged = merge_models(opened_models, method, weights=weights, start=start_model, scale=scale, inputs=inputs)
    related = relatedness(opened_models)
    if related < UNRELATED:
        message = "they hardly have a start in common, and what is between them is likely of no use"
        print(f"warning: the cosine of the models' parameters is {related:.2f}: {message}", file=sys.stderr)
    merged.save(output)
    print(f"merged {len(models)} models into {output} (cosine of their parameters {related:.2f})")
    print(f'use it: projector = {{ kind = "model", path = "{output}" }}')


def _samples(name: str, count: int) -> "torch.Tensor":
    """Training samples [n, …] of a run, as its projectors see them."""
    from matchzoo import recipes
    from matchzoo.evaluation.evaluation import some_rows
    from matchzoo.hub.trained import is_run_folder

    place = Path(name).expanduser()
    if not is_run_folder(place):
        raise MatchZooError(f"--method: fisher takes samples of each run's own data, and {name} is not a run's folder")
    recipe = recipes.open(place).recipe
    recipe.data.build(recipe.trainer.seed)
    split = recipe.data.training_set
    values = split.render(some_rows(split, count)).values
    return values if recipe.views is None else recipe.views.of(split).plain(values)
