"""Trained models of one architecture as one model."""

from collections.abc import Sequence
from typing import Literal

import attrs
import torch

from matchzoo.core.declaration.choices import checked
from matchzoo.core.errors import MatchZooError
from matchzoo.core.version import __version__
from matchzoo.hub.folders.declared_parts import table_of
from matchzoo.hub.model import Model
from matchzoo.models.merging import fisher_information, fisher_mean, mean_of, parameter_cosine, task_arithmetic

Method = Literal["mean", "task-arithmetic", "fisher"]
"""How models become one: see `merge`."""
UNRELATED = 0.1
"""Cosine of the parameters of two models below which they hardly have a start in common."""


@checked
def merge(
    models: Sequence[Model],
    method: Method = "mean",
    *,
    weights: Sequence[float] | None = None,
    start: Model | None = None,
    scale: float = 0.3,
    inputs: Sequence[torch.Tensor] | None = None,
) -> Model:
    """One model of several of the same declaration, that were trained from one start on different samples.

    Examples:
        >>> merged = merge([Model.load("first"), Model.load("second")], "fisher", inputs=[images, other_images])
        >>> merged.save("merged")

    Args:
        models: at least two. Parameters and buffers are merged, a frozen backbone stays what it is.
        method: ``mean``; ``task-arithmetic``, which adds ``scale`` times what every model learned since ``start``; or
            ``fisher``, which weighs every parameter by how much predictions depend on it (`fisher_mean`).
        weights: of the models, for ``mean`` and ``fisher``; equal ones if not given.
        start: the model that all were trained from, for ``task-arithmetic``.
        scale: λ of ``task-arithmetic``, to be chosen on samples that nothing is reported on.
        inputs: for ``fisher``: of each model [n, …], samples that it was trained on, a few hundred.

    Raises:
        MatchZooError: models differ in more than their tensors, or what the method needs is missing.
    """
    if len(models) < 2:
        raise MatchZooError(f"models: expected at least two to merge, got {len(models)}")
    _check_alike(models, start)
    tensors = [model.tensors for model in models]
    if method == "task-arithmetic":
        if start is None:
            raise MatchZooError('start: missing: "task-arithmetic" adds what models learned since their common start')
        if weights is not None:
            raise MatchZooError(
                'weights: "task-arithmetic" adds what every model learned, by one scale; leave them out'
            )
        merged = task_arithmetic(start.tensors, tensors, scale)
    elif start is not None:
        raise MatchZooError(f'start: is for method = "task-arithmetic", got "{method}"; leave it out')
    elif method == "fisher":
        merged = fisher_mean(tensors, _fishers(models, inputs), weights)
    else:
        merged = mean_of(tensors, weights)

    origins = ", ".join(model.digest[:12] for model in models)
    since = f" since {start.digest[:12]}" if start is not None else ""
    source = {"from": f"{method} of the models {origins}{since}"}
    licenses = {model.license for model in models}
    return attrs.evolve(
        models[0],
        tensors=merged,
        source=source,
        recipe="",
        scores=(),
        license=licenses.pop() if len(licenses) == 1 else "",
        versions={"matchzoo": __version__, "torch": torch.__version__},
        repository=None,
    )


def relatedness(models: Sequence[Model]) -> float:
    """The least `parameter_cosine` of the first model and another: below `UNRELATED` they hardly have a start in
    common, and a merged model is of no use."""
    return min(parameter_cosine(models[0].tensors, model.tensors) for model in models[1:])


def _check_alike(models: Sequence[Model], start: Model | None) -> None:
    """Raise unless models, and what they started from, differ in their tensors alone."""
    first = models[0]
    compared = [(f"models: number {number}", model) for number, model in enumerate(models[1:], 2)]
    for name, model in compared if start is None else [("start:", start), *compared]:
        for what, expected, got in (
            ("declaration", table_of(first.declared), table_of(model.declared)),
            ("shape of a sample", first.spec.shape, model.spec.shape),
            ("classes", first.spec.class_names or first.spec.classes, model.spec.class_names or model.spec.classes),
            ("units", first.spec.units, model.spec.units),
            ("backbones", first.backbones, model.backbones),
            ("steps of growth", first.steps, model.steps) if first.family == "generator" else ("", None, None),
        ):
            if expected != got:
                raise MatchZooError(f"{name} has another {what} than the first of the models: {got!r:.120}")


def _fishers(models: Sequence[Model], inputs: Sequence[torch.Tensor] | None) -> list[dict[str, torch.Tensor]]:
    """The Fisher information of each model on its own samples."""
    if inputs is None or len(inputs) != len(models):
        given = 0 if inputs is None else len(inputs)
        message = f'"fisher" needs samples of each of {len(models)} models that it was trained on, got {given}'
        raise MatchZooError(f"inputs: {message}")
    if models[0].family != "projector" or models[0].features != models[0].spec.classes:
        got = f"a {models[0].family}"
        got += f" of {models[0].features} features" if models[0].family == "projector" else ""
        classes = models[0].spec.classes
        raise MatchZooError(f'"fisher" is of classifiers: expected class scores ({classes} features), got {got}')
    fishers = []
    for model, samples in zip(models, inputs, strict=True):
        network = model.part.requires_grad_(True)
        values = samples.to(next(network.parameters()).dtype)
        fishers.append(fisher_information(network, values))
        network.requires_grad_(False)
    return fishers
