"""Networks beside a trained encoder: itself before training, and one that is trained on the same few labels."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from matchzoo.core.declaration.structuring import structure, to_table
from matchzoo.core.spec import Spec
from matchzoo.models.networks import MLP
from matchzoo.projectors import Average, Learned, Projector
from matchzoo.training.composition import Composition


def untrained(parts: Composition, space: str) -> list[Projector]:
    """The projectors that a space consists of, the one of samples first, with those that players move as they were
    initialized (again, where ``init`` started them elsewhere); an average is what it follows. Others are the same
    objects.

    Args:
        parts: of a run.
        space: name of a projector.
    """
    moved = moved_parts(parts, space)
    layers = []
    for name in reversed(parts.lineage(space)):
        followed = _followed(parts, name)
        projector = parts.projectors[followed]
        if followed in moved:
            fresh: Projector = structure(to_table(projector), Projector)  # type: ignore[type-abstract]
            fresh.build(parts.specs[followed])
            projector = fresh
        layers.append(projector)
    return layers


def moved_parts(parts: Composition, space: str) -> set[str]:
    """Names of the projectors of a space that players move; of an average, of what it follows."""
    moved = {part for player in parts.players.values() for part in player.moves}
    return moved & {_followed(parts, name) for name in parts.lineage(space)}


def _followed(parts: Composition, name: str) -> str:
    """The name of what an average follows; of any other projector its own."""
    while isinstance(average := parts.projectors[name], Average):
        name = average.of
    return name


def linear_head(parts: Composition, space: str, classes: int) -> Projector:
    """A linear map of the features of a space to class scores, initialized by the seed of the run."""
    head = Learned(network=MLP(widths=()), features=classes)
    head.build(Spec(shape=(int(parts.specs[space].features or 0),), seed=parts.spec.seed, space="few-labels"))
    return head


def fit_supervised(
    layers: Sequence[Projector],
    images: torch.Tensor,
    labels: torch.Tensor,
    rng: torch.Generator,
    *,
    steps: int = 300,
    batch: int = 128,
    lr: float = 2e-3,
    see: Callable[[torch.Tensor], torch.Tensor] = lambda images: images,
) -> None:
    """Minimize the mean cross-entropy of batches by Adam, trained in place.

    Args:
        layers: projectors one after the other, the last of which gives class scores [n, c].
        images: [n, …].
        labels: class indices [n].
        rng: of the batches, rows drawn with replacement; at most n of them.
        steps: how many.
        batch: rows of a step.
        lr: learning rate of Adam.
        see: what the first layer gets of the images of a batch; the images themselves if not given.
    """
    network = nn.Sequential(*layers).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=lr)
    count = min(batch, len(images))
    with torch.enable_grad():
        for _ in range(steps):
            rows = torch.randint(len(images), (count,), generator=rng).to(images.device)
            loss = F.cross_entropy(network(see(images[rows])), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    network.eval()
