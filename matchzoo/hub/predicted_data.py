"""The samples of another data set, in groups by what trained classifiers say of them."""

from pathlib import Path
from typing import Any, Literal

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, not_empty
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.data.data import Data, Loaded
from matchzoo.data.split import Split
from matchzoo.hub.model import Model
from matchzoo.hub.run_parts import RunParts
from matchzoo.hub.trained import is_run_folder, open_model

BLOCK = 1024
"""Samples that are classified at once."""
GROUPS = {"right": ("right", "wrong"), "agreement": ("agreed", "disputed")}


@declare("predicted")
class Predicted(Data):
    """The training samples of another data set, in two groups for each of some trained classifiers: those that it is
    right and wrong about, or those that all of them are alike right or wrong about and the others.

    The groups are the environments of a recipe, in the order of the classifiers; with several of these every sample is
    there once for each. Other splits are those of the source. A group without samples is refused, since nothing can be
    drawn of it.

    Two rounds of training are so two recipes: the loss of the worst of the groups ``right`` and ``wrong`` of an earlier
    run is group DRO without annotated groups, ``wrong_times`` is JTT's upweighting, and ``labels = "predicted"`` trains
    a head to say what another network says.

    Source: Zhang et al., Rich feature construction for the optimization-generalization dilemma (Bonsai), ICML 2022; Liu
    et al., Just train twice (JTT), ICML 2021.
    """

    source: Data
    """Labeled samples."""
    models: tuple[str, ...] = attrs.field(validator=not_empty())
    """The classifiers: folders of runs or of saved models, or models of the Hub. Of a run it is the last projector that
    moved and has a feature for every class, or the one of ``folder#name``."""
    groups: Literal["right", "agreement"] = "right"
    """``right`` and ``wrong`` of each classifier; or ``agreed``, where all of them are right or all are wrong, and
    ``disputed``."""
    labels: Literal["true", "predicted"] = "true"
    """Those of the source, or what the classifier says whose group it is."""
    wrong_times: int = attrs.field(default=1, validator=at_least(1))
    """How often a sample is there that the classifier is wrong about."""

    def load(self) -> Loaded:
        """Load the source and ask the classifiers; raises where there are no labels, a classifier is not there or takes
        other samples, or a group has none."""
        loaded = self.source.load()
        true, classes = loaded.train.labels, len(loaded.class_names)
        if true is None:
            raise DeclarationError([("data.source", "expected labels, got none")])
        if loaded.aligned:
            message = f"'{loaded.aligned[0]}' is aligned with it, and rows in groups would not be its partners"
            raise DeclarationError([("data.source", message)])
        if self.groups == "agreement" and len(self.models) < 2:
            raise DeclarationError([("data.models", "agreement is of at least 2 classifiers, got 1")])

        said, self.digests = [], []
        for position, path in enumerate(self.models):
            try:
                model = classifier(path, classes)
                self.digests.append(model.digest)
                said.append(predictions(model, loaded.train))
            except MatchZooError as error:
                raise DeclarationError([(f"data.models[{position}]", str(error))]) from None

        right = torch.stack([labels == true for labels in said])
        agreed = (right == right[0]).all(0)
        rows, group, labels, names = [], [], [], []
        for position, own in enumerate(said):
            first = right[position] if self.groups == "right" else agreed
            times = torch.where(right[position], 1, self.wrong_times)
            chosen = torch.arange(len(true)).repeat_interleave(times)
            rows.append(chosen)
            group.append(2 * position + (~first[chosen]).long())
            labels.append((own if self.labels == "predicted" else true)[chosen])
            suffix = f"-{position}" if len(said) > 1 else ""
            names += [f"{name}{suffix}" for name in GROUPS[self.groups]]
        _check_groups(torch.cat(group), names)
        train = loaded.train.part(torch.cat(rows))
        train.labels, train.group = torch.cat(labels), torch.cat(group)
        return attrs.evolve(loaded, train=train, group_names=tuple(names))

    def origin(self) -> dict[str, Any]:
        """The origin of the source, and paths and hashes of the classifiers."""
        hashes = getattr(self, "digests", [])
        models = [{"from": path, "sha256": digest} for path, digest in zip(self.models, hashes, strict=False)]
        return {**self.source.origin(), "models": models}


def classifier(path: str, classes: int) -> Model:
    """The trained model of a path whose features are scores of so many classes; of a run the last such projector.

    Raises:
        MatchZooError: there is none.
    """
    folder, _, part = path.partition("#")
    place = Path(folder).expanduser()
    if is_run_folder(place):
        parts = RunParts.open(place)
        scoring = [name for name in parts.names if name in parts.specs and parts.specs[name].features == classes]
        if not part and not scoring:
            raise MatchZooError(
                f"{folder}: no projector that moved has {classes} features, which would be class scores"
            )
        model = parts.model(part or scoring[-1])
    else:
        model = open_model(path)
    if model.family != "projector" or model.features != classes:
        has = f"{model.features} features" if model.family == "projector" else "no features"
        raise MatchZooError(f"{path}: is a {model.family} with {has}, expected {classes}, which are class scores")
    return model


@torch.no_grad()
def predictions(model: Model, split: Split) -> torch.Tensor:
    """The most probable class [n] of each sample of a split, without augmentation.

    Raises:
        MatchZooError: the model takes samples of another shape.
    """
    expected, found = list(model.spec.shape), list(split.shape)
    if expected != found:
        raise MatchZooError(f"the classifier takes samples of shape {expected}, but here a sample has shape {found}")
    part = model.part
    dtype = next((parameter.dtype for parameter in part.parameters()), torch.float32)
    blocks = torch.arange(len(split)).split(BLOCK)
    return torch.cat([part.project(split.render(rows).values.to(dtype)).argmax(1) for rows in blocks])


def _check_groups(group: torch.Tensor, names: list[str]) -> None:
    counts = torch.bincount(group, minlength=len(names)).tolist()
    empty = [name for name, count in zip(names, counts, strict=True) if not count]
    if empty:
        message = f"no training sample is {' or '.join(empty)}, of which nothing can be drawn; train for fewer steps"
        raise DeclarationError([("data.models", message)])
