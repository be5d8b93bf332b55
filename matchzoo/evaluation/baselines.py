"""Real images that stand for a data set: what a distilled set must beat."""

import torch

from matchzoo.samples import Samples


def random_rows(labels: torch.Tensor, per_class: int, rng: torch.Generator) -> torch.Tensor:
    """Rows of ``per_class`` random samples of every class, classes in order, without repeats where there are enough."""
    chosen = []
    for rows in class_rows(labels):
        order = rows[torch.randperm(len(rows), generator=rng)]
        chosen.append(order[torch.arange(per_class) % len(order)])
    return torch.cat(chosen)


def centroid_rows(features: Samples, per_class: int) -> torch.Tensor:
    """Rows of the ``per_class`` samples of every class whose features [n, d] are nearest (L2) to the class mean."""
    assert features.labels is not None
    chosen = []
    for rows in class_rows(features.labels.cpu()):
        own = features.values[rows.to(features.values.device)]
        order = (own - own.mean(0)).square().sum(1).argsort().cpu()
        chosen.append(rows[order[torch.arange(per_class) % len(order)]])
    return torch.cat(chosen)


def nearest_rows(queries: Samples, features: Samples) -> torch.Tensor:
    """For each query the row of the sample of its class with the largest cosine of features; [number of queries]."""
    assert queries.labels is not None
    assert features.labels is not None
    similarity = torch.nn.functional.normalize(queries.values) @ torch.nn.functional.normalize(features.values).T
    similarity[queries.labels[:, None] != features.labels] = -2
    return similarity.argmax(1).cpu()


def class_rows(labels: torch.Tensor) -> list[torch.Tensor]:
    """Rows of every class, in order."""
    return [(labels == label).nonzero().flatten() for label in range(int(labels.max()) + 1)]
