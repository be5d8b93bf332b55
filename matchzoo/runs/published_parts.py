"""A part of a finished run as a model of its own, which can be saved and published.

from matchzoo import hub, recipes
from matchzoo.runs.published_parts import model_of_run

generator = model_of_run(recipes.open("runs/ring"), "generator")
generator.save("ring")
hub.push_model(generator, "user/ring")
"""

from typing import Any

import attrs
import torch

from matchzoo.core.declaration.structuring import to_table
from matchzoo.core.errors import MatchZooError, did_you_mean
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.evaluation import LinearProbe, Trained
from matchzoo.evaluation.probe_training import TrainedProbe, train
from matchzoo.generators import DecodedGenerator
from matchzoo.hub.model import Model
from matchzoo.hub.run_parts import RunParts, under
from matchzoo.models.classifiers.image_classifier import Probe
from matchzoo.projectors import Backbone, Projector
from matchzoo.runs.folder import inputs, provenance
from matchzoo.runs.run import Run
from matchzoo.training.loop import load_part


def model_of_run(run: Run, which: str) -> Model:
    """A part of a finished run.

    Args:
        run: that `matchzoo.recipes.open` opens, or `Recipe.run` returns.
        which: ``generator`` (one among codes together with its codec, as a `DecodedGenerator`); the name of a
            projector, with all that it stands on (a head with its encoder: a stack); ``projector``, the only one that
            moved or keeps state, whatever its name; or ``probe``: the classifier of the run's linear probe, which is
            trained again (`probe_of_run`).

    Raises:
        MatchZooError: it has no such part; the error names those that it has.
    """
    if not isinstance(run, Run):
        raise MatchZooError(f"run: expected a Run, got {run!r:.80}; open its folder with matchzoo.recipes.open")
    parts = run.parts
    if which in parts.projectors or which == "projector":
        return _projector(run, parts, which)
    if which == "generator":
        return _generator(run, parts)
    if which == "probe":
        return _probe(run)
    known = _known(run, parts)
    expected = f"{', '.join(known)} or probe" if known else "probe"
    raise MatchZooError(f"{run.folder}: which: expected {expected}, got {which!r}{did_you_mean(str(which), known)}")


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
    evaluation = next((one for one in run.evaluations if isinstance(one, LinearProbe)), None)
    if evaluation is None:
        raise MatchZooError(
            f"{run.folder}: its recipe has no linear probe; give it one (as in lgm/quickstart), and run it again"
        )

    engine = recipe.engine()
    parts = recipe.build(engine)
    inputs.check(run.folder, inputs.describe(parts))
    evaluation.check(parts)
    space, projector = next(iter(parts.projectors.items()))
    if not isinstance(projector, Backbone):
        projector.before_step(Step(run.step, recipe.trainer.seed))
        tensors = run.parts.tensors
        if any(name.startswith(f"{space}/") for name in tensors):
            load_part(projector, space, tensors)

    trained = Trained(parts=parts, engine=engine, method=run.folder.name, seed=recipe.trainer.seed, quiet=quiet)
    return train(trained, evaluation, run.generator.sample(), title=str(run.folder))


def _probe(run: Run) -> Model:
    """The model of the classifier of a run's linear probe."""
    about = _about(run)
    trained = probe_of_run(run)
    projector: Any = trained.probe.projector
    space = next(iter(run.recipe.spaces))
    about |= {"backbones": run.backbones(space), "scores": (trained.record,)}
    probe = _with(trained.probe, run.parts.assembled(space).part) if projector.names_another else trained.probe
    return Model.of(probe, trained.spec, **about)


@torch.no_grad()
def _with(probe: Probe, projector: Projector) -> Probe:
    """A trained probe on a projector of the same values that names no other one."""
    other = Probe(projector=projector, size=probe.size)
    classes, features = probe.weight.shape
    other.make_room(Spec(shape=(features,), classes=classes, features=features, class_names=probe.class_names))
    other.weight.copy_(probe.weight)
    other.bias.copy_(probe.bias)
    return other


def _generator(run: Run, parts: RunParts) -> Model:
    generator = run.recipe.copy().generator
    tensors = under(parts.tensors, "generator/")
    if generator is None or not tensors:
        known = ", ".join(parts.names) or "nothing"
        raise MatchZooError(f"{run.folder}: has no generator with values of its own; it has {known}")
    if generator.reads_data:
        reason = "maps a data set, which a model does not hold; use run.generator here, or publish a projector"
        raise MatchZooError(f"{run.folder}: the generator {reason}")
    generator.init = None  # all of its values are here
    about, spec = _about(run), attrs.evolve(parts.spec, space="projector")
    if generator.space is None:
        return Model(declared=generator, tensors=tensors, spec=spec, **about)

    codec = parts.assembled(generator.space)
    assert isinstance(codec.declared, Projector)
    whole = DecodedGenerator(generator=generator, codec=codec.declared)
    by_part = {"generator": tensors, "codec": codec.tensors}
    joined = {f"{part}.{name}": x for part, held in by_part.items() for name, x in held.items()}
    return Model(declared=whole, tensors=joined, spec=attrs.evolve(spec, shape=codec.spec.shape), **about)


def _projector(run: Run, parts: RunParts, which: str) -> Model:
    """The model of a projector of a run, or of the only one that moved or keeps state."""
    name = which
    if which not in parts.projectors:
        if len(parts.names) != 1:
            reason = f"has several projectors; expected one of {', '.join(parts.names)}"
            reason = reason if parts.names else "nobody moved its projectors and they keep no state"
            raise MatchZooError(f"{run.folder}: which: {reason}, got {which!r}")
        name = parts.names[0]
    return parts.model(name, **_about(run, *parts.lineage(name)))


def _known(run: Run, parts: RunParts) -> list[str]:
    """The names of the parts that moved or keep state."""
    return [*(["generator"] if run.recipe.generator is not None else []), *parts.names]


def _about(run: Run, *projectors: str) -> dict[str, Any]:
    """What a run says of the origin of its parts; ``projectors`` are those that a part stands on, all if not given."""
    last = run.environment
    return {
        "steps": run.step,
        "seed": run.recipe.trainer.seed,
        "source": {**provenance.source(to_table(run.recipe.data)), "origin": last.get("data")},
        "backbones": run.backbones(*projectors),
        "recipe": run.recipe.to_toml(),
        "scores": tuple(run.metrics["results"]),
        "versions": {"matchzoo": last["matchzoo"], "python": last["python"], **last["packages"]},
    }
