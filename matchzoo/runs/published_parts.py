"""A part of a finished run as a model of its own, which can be saved and published.

from matchzoo import hub, recipes
from matchzoo.runs.published_parts import model_of_run

generator = model_of_run(recipes.open("runs/ring"), "generator")
generator.save("ring")
hub.push_model(generator, "user/ring")
"""

import json
from typing import Any

import attrs
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from matchzoo.core.errors import MatchZooError
from matchzoo.core.spec import structure_spec
from matchzoo.core.step import Step
from matchzoo.core.structuring import to_table
from matchzoo.evaluation import LinearProbe, Trained
from matchzoo.evaluation.probe_training import TrainedProbe, train
from matchzoo.hub.folders.declared_parts import CLASSES, Family
from matchzoo.hub.model import Model
from matchzoo.projectors import Backbone
from matchzoo.runs import provenance
from matchzoo.runs.run import Run
from matchzoo.training.loop import load_part

PARTS = "parts.safetensors"
"""In the folder of a run: what its players moved."""


def model_of_run(run: Run, family: Family) -> Model:
    """A part of a finished run.

    Args:
        run: that `matchzoo.recipes.open` opens, or `Recipe.run` returns.
        family: ``generator``, ``projector`` (the one that a player has moved), or ``probe``: the classifier of the
            run's linear probe, which is trained again (`probe_of_run`).

    Raises:
        MatchZooError: it has no such part.
    """
    if not isinstance(run, Run):
        raise MatchZooError(f"run: expected a Run, got {run!r:.80}; open its folder with matchzoo.recipes.open")
    if family not in CLASSES:
        raise MatchZooError(f"family: expected generator, projector or probe, got {family!r}")
    if family == "probe":
        return _probe(run)
    return _moved(run, family)


def probe_of_run(run: Run, *, quiet: bool = True) -> TrainedProbe:
    """Train the classifier of a run's linear probe on its synthetic images again, with the first of its seeds.

    Of several spaces, in the first. Data and backbone of the recipe must be on this machine; a projector that the run
    has moved is as it became.

    Args:
        run: finished, with a linear probe among its evaluations.
        quiet: show no progress.

    Raises:
        MatchZooError: the run has no linear probe, or one whose protocol keeps all features (k-nn).
    """
    recipe = run.recipe
    evaluation = next((one for one in recipe.evaluation if isinstance(one, LinearProbe)), None)
    if evaluation is None:
        raise MatchZooError(
            f"{run.folder}: its recipe has no linear probe; give it one (as in lgm/quickstart), and run it again"
        )

    engine = recipe.engine()
    parts = recipe.build(engine)
    evaluation.check(parts)
    space, projector = next(iter(parts.projectors.items()))
    if not isinstance(projector, Backbone):
        projector.before_step(Step(recipe.trainer.steps, recipe.trainer.seed))
        tensors = load_file(run.folder / PARTS)
        if any(name.startswith(f"{space}/") for name in tensors):
            load_part(projector, space, tensors)

    trained = Trained(parts=parts, engine=engine, method=run.folder.name, seed=recipe.trainer.seed, quiet=quiet)
    return train(trained, evaluation, run.generator.sample(), title=str(run.folder))


def _probe(run: Run) -> Model:
    """The model of the classifier of a run's linear probe."""
    about = _about(run)
    trained = probe_of_run(run)
    backbones = about["backbones"][:1] if isinstance(trained.probe.projector, Backbone) else ()
    about |= {"backbones": backbones, "scores": (trained.record,)}
    return Model.of(trained.probe, trained.spec, **about)


def _moved(run: Run, family: Family) -> Model:
    """The model of the generator of a run, or of the one projector that its players moved."""
    path = run.folder / PARTS
    if not path.is_file():
        raise MatchZooError(f"{run.folder}: has no {path.name}; run it again in another folder")
    with safe_open(path, "pt") as file:
        spec = structure_spec(file.metadata()["facts"])
    tensors = load_file(path)

    recipe = run.recipe.copy()
    of_family = {"generator": recipe.generator} if family == "generator" else recipe.spaces
    parts = {name: part for name, part in of_family.items() if part is not None}
    moved = [name for name in parts if any(key.startswith(f"{name}/") for key in tensors)]
    if len(moved) > 1:
        raise MatchZooError(f"{run.folder}: expected one projector that players moved, got {', '.join(moved)}")
    if not moved:
        reason = "nobody moved its projector; a frozen backbone is published where it comes from"
        raise MatchZooError(f"{run.folder}: has no {family} of its own: {reason}")

    [name] = moved
    views = recipe.views
    if family == "projector":  # what it is built by are views, and no features yet
        size = None if views is None else views.size
        shape = spec.shape if size is None else (spec.shape[0], size, size)
        spec = attrs.evolve(spec, shape=shape, features=None)
    spec = attrs.evolve(spec, space="projector")
    return Model(declared=parts[name], tensors=_of_part(tensors, name), spec=spec, **_about(run))


def _of_part(tensors: dict[str, torch.Tensor], name: str) -> dict[str, torch.Tensor]:
    """The tensors ``name/…``, without that prefix."""
    prefix = f"{name}/"
    return {key.removeprefix(prefix): tensor for key, tensor in tensors.items() if key.startswith(prefix)}


def _about(run: Run) -> dict[str, Any]:
    """What a run says of the origin of its parts."""
    sessions = json.loads((run.folder / "environment.json").read_text(encoding="utf-8"))["sessions"]
    last = sessions[-1]
    spaces = last.get("projectors") or {"projector": last.get("projector") or {}}
    return {
        "steps": run.recipe.trainer.steps,
        "seed": run.recipe.trainer.seed,
        "source": {**provenance.source(to_table(run.recipe.data)), "origin": last.get("data")},
        "backbones": tuple(origin for origin in spaces.values() if origin.get("card")),
        "recipe": run.recipe.to_toml(),
        "scores": tuple(run.metrics["results"]),
        "versions": {"matchzoo": last["matchzoo"], "python": last["python"], **last["packages"]},
    }
