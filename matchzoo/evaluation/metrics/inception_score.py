"""The Inception score of a classifier's probabilities."""

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.step import Step
from matchzoo.evaluation.metrics.subset_values import SubsetValues


def inception_score(probabilities: torch.Tensor, splits: int = 10, seed: int | None = 0) -> SubsetValues:
    """exp(mean of KL(p(y|x) ‖ p(y))) of generated samples, p(y) the mean of p(y|x): from 1 to the number of classes.

    High where each sample is surely of one class, and all classes are alike in number. It sees neither real samples nor
    variety within a class; read a distance beside it. Values of different classifiers do not compare.

    Examples:
        >>> inception_score(classifier(images).softmax(1)).mean

    Args:
        probabilities: [n, c], rows of sum 1.
        splits: parts of about n / splits samples, each of which has a score; 1 to n.
        seed: of the order in which samples are split; None for the order that they have.

    Returns:
        A score for each part, with their mean and deviation, as publications give it.

    Raises:
        MatchZooError: these are no probabilities, or there are fewer samples than splits.

    Source: Salimans et al., Improved techniques for training GANs, NeurIPS 2016, section 4, and its code (ten splits).
    """
    if probabilities.ndim != 2 or not 1 <= splits <= len(probabilities):
        raise MatchZooError(
            f"Inception score: expected probabilities [n, c] and 1 to n splits, got {list(probabilities.shape)} and "
            f"{splits}"
        )
    p = probabilities.detach().cpu().double()
    if not bool((p >= 0).all()) or not bool(((p.sum(1) - 1).abs() < 1e-3).all()):
        raise MatchZooError("Inception score: rows of probabilities are at least 0 and sum to 1; use scores.softmax(1)")

    n = len(p)
    if seed is not None:
        p = p[torch.randperm(n, generator=Step(0, seed).rng("Inception score"))]
    scores = []
    for i in range(splits):
        part = p[i * n // splits : (i + 1) * n // splits]
        entropies = -torch.xlogy(part, part).sum(1)
        marginal = part.mean(0)
        scores.append((-torch.xlogy(marginal, marginal).sum() - entropies.mean()).exp())
    return SubsetValues(torch.stack(scores))
