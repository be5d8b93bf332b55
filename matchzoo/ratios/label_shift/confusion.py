"""Label shift from a classifier's confusion matrix: black box shift estimation."""

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.ratios.label_shift.checking import checked_labels, checked_probabilities

CONDITION = 1e8
"""Of the confusion matrix, above which its classes are not told apart."""


def black_box_shift(
    source: torch.Tensor, labels: torch.Tensor, target: torch.Tensor, *, soft: bool = False
) -> torch.Tensor:
    """Weights w_y = q(y) / p(y) [C] that solve C w = μ: BBSE.

    C_ij = p(ŷ = i, y = j) on the source and μ_i = q(ŷ = i) on the target, as p(ŷ|y) is the same on both. ŷ is the
    likeliest class or, where it is ``soft``, drawn from the predicted probabilities: shares are then sums of them. The
    classifier need be neither accurate nor calibrated, only one whose confusion matrix can be inverted. Estimates may
    be negative; set those to 0 (`ClassRatio` does). Σ_y p(y) w_y = 1 holds by itself.

    Examples:
        >>> black_box_shift(source_logits.softmax(1), labels, target_logits.softmax(1))

    Args:
        source: predicted probabilities [n, C] of source samples that the classifier was not trained on.
        labels: [n] int64, theirs.
        target: predicted probabilities [m, C].
        soft: use the probabilities themselves.

    Returns:
        [C], float64, on the CPU.

    Raises:
        MatchZooError: rows that are no probabilities, other numbers of classes or labels, a class without a source
            sample, or a confusion matrix that cannot be inverted.

    Source: Lipton, Wang and Smola, Detecting and correcting for label shift with black box predictors, ICML 2018.
    """
    p, q = (checked_probabilities("label shift", rows).cpu() for rows in (source, target))
    classes = p.shape[1]
    if q.shape[1] != classes:
        raise MatchZooError(f"label shift: {classes} classes on the source, {q.shape[1]} on the target")
    labels = checked_labels(labels, len(p), classes)

    def answers(rows: torch.Tensor) -> torch.Tensor:
        return rows if soft else torch.nn.functional.one_hot(rows.argmax(1), classes).to(rows)

    confusion = answers(p).T @ torch.nn.functional.one_hot(labels, classes).to(p) / len(p)
    if not torch.linalg.cond(confusion) < CONDITION:
        message = "label shift: the confusion matrix cannot be inverted: some class is never predicted, or is "
        raise MatchZooError(f'{message}confused evenly; use soft probabilities, or method = "maximum-likelihood"')
    return torch.linalg.solve(confusion, answers(q).mean(0))
