"""How well clusters without names agree with classes."""

import torch
import torch.nn.functional as F

from matchzoo.core.errors import MatchZooError
from matchzoo.models.transport.exact import assignment


def confusion(predicted: torch.Tensor, labels: torch.Tensor, clusters: int, classes: int) -> torch.Tensor:
    """How many samples of every class are in every cluster, [clusters, classes] int64.

    Args:
        predicted: clusters [n] int64, from 0.
        labels: class indices [n].
        clusters: how many there are.
        classes: how many there are.
    """
    cells = predicted.cpu() * classes + labels.cpu()
    return torch.bincount(cells, minlength=clusters * classes).reshape(clusters, classes)


def best_assignment(counts: torch.Tensor) -> torch.Tensor:
    """The class of every cluster [k] int64, no class twice, for which most samples are right; −1 for clusters that are
    left over where there are more of them than classes.

    Args:
        counts: `confusion` [k, c].

    Raises:
        MatchZooError: SciPy is not installed, which solves it.

    Source: Kuhn, The Hungarian method for the assignment problem, 1955.
    """
    clusters, classes = counts.shape
    side = max(clusters, classes)
    square = F.pad(counts, (0, side - classes, 0, side - clusters))
    assigned = torch.from_numpy(assignment(-square))[:clusters]
    return assigned.where(assigned < classes, -1)


def hungarian_accuracy(
    predicted: torch.Tensor, labels: torch.Tensor, rows: torch.Tensor | None = None
) -> tuple[float, torch.Tensor]:
    """The share of samples whose cluster is that of their class, in percent, where each cluster is given the class for
    which most of all samples are right, no class twice (`best_assignment`).

    Examples:
        >>> accuracy, assigned = hungarian_accuracy(KMeans(10).fit_predict(features), labels)
        >>> novel, _ = hungarian_accuracy(predicted, labels, labels >= 7)  # of some classes, by the same assignment

    Args:
        predicted: clusters [n] int64, from 0; there may be more or fewer than classes.
        labels: class indices [n].
        rows: [n] bool, the samples of which the share is taken; the assignment is always that of all of them.

    Returns:
        The share, and the class of every cluster [k].

    Raises:
        MatchZooError: shapes do not fit, no row is wanted, or SciPy is not installed.
    """
    predicted, labels = torch.as_tensor(predicted), torch.as_tensor(labels)
    if predicted.shape != labels.shape or predicted.ndim != 1 or not len(labels):
        got = f"{list(predicted.shape)} and {list(labels.shape)}"
        raise MatchZooError(f"clustering: expected clusters [n] and as many labels [n], got {got}")
    if rows is not None and not bool(rows.any()):
        raise MatchZooError("clustering: expected at least one sample whose share is taken, got none")
    clusters, classes = int(predicted.max()) + 1, int(labels.max()) + 1
    assigned = best_assignment(confusion(predicted.long(), labels.long(), clusters, classes))
    right = assigned[predicted.cpu().long()] == labels.cpu()
    chosen = right if rows is None else right[rows.cpu()]
    return 100 * chosen.double().mean().item(), assigned
