"""Scorers that ask whether a classifier's answers on the target hold together: on mixtures, and around a circle."""

from collections.abc import Callable

import attrs
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.step import Step

Predict = Callable[[torch.Tensor], torch.Tensor]
"""Samples [n, …] → their predicted classes [n]."""


@attrs.frozen
class MixedAgreement:
    """How often mixtures of two samples get the class of the larger part.

    Attributes:
        intra: among pairs of one predicted class; None where there are none.
        inter: among pairs of different ones; None where there are none.
    """

    intra: float | None
    inter: float | None

    @property
    def mean(self) -> float:
        """Of the two, or the one that there is."""
        known = [share for share in (self.intra, self.inter) if share is not None]
        return sum(known) / len(known)


def mixed_agreement(samples: torch.Tensor, predict: Predict, portion: float = 0.55, seed: int = 0) -> MixedAgreement:
    """Predictions on mixtures of target samples against those on what was mixed: MixVal. Higher counts as better.

    Every sample x_i meets one other x_j, by a random permutation; the share of mixtures λ x_i + (1 − λ) x_j that are
    predicted as x_i is, within predicted classes (are the clusters tight?) and across (are they apart?).

    Examples:
        >>> mixed_agreement(images, lambda x: network(x).argmax(1)).mean

    Args:
        samples: [n, …] float, n at least 2.
        predict: the classifier.
        portion: λ, above 0.5 and below 1.
        seed: of the pairs.

    Raises:
        MatchZooError: fewer than 2 samples, or another portion.

    Source: Hu et al., Mixed samples as probes for unsupervised model selection in domain adaptation, NeurIPS 2023,
    who average the two shares' *ranks* among candidates, where a single score is the mean of the shares (as in skada).
    A sample that the permutation leaves in its place is not a pair, and left out.
    """
    if not 0.5 < portion < 1:
        raise MatchZooError(f"portion: expected a number above 0.5 and below 1, got {portion}")
    if len(samples) < 2:
        raise MatchZooError(f"mixed agreement: expected at least 2 samples, got {len(samples)}")
    order = torch.randperm(len(samples), generator=Step(0, seed).rng("mixed agreement"))
    if bool((order == torch.arange(len(order))).all()):
        order = order.roll(1)
    pairs = (order != torch.arange(len(order))).to(samples.device)
    order = order.to(samples.device)

    own = predict(samples)
    agree = predict(portion * samples + (1 - portion) * samples[order]) == own
    same = own == own[order]

    def share(rows: torch.Tensor) -> float | None:
        return agree[rows].double().mean().item() if bool(rows.any()) else None

    return MixedAgreement(share(pairs & same), share(pairs & ~same))


def circular_accuracy(
    predict: Predict,
    fit: Callable[[torch.Tensor, torch.Tensor], Predict],
    source: torch.Tensor,
    labels: torch.Tensor,
    target: torch.Tensor,
) -> float:
    """Balanced accuracy, 0 to 1, on the source of a classifier that was fitted to the target as it is predicted to be:
    circular (or reverse) validation. Higher counts as better.

    Source → target → source: a classifier that carries nothing over cannot teach another one the way back. Classes
    that are predicted nowhere on the target are wrong on the source.

    Args:
        predict: the classifier that is rated.
        fit: target samples [m, …] and classes [m] → a classifier; the method that made the first, with the domains
            exchanged.
        source: samples [n, …].
        labels: [n] int64, of the source.
        target: samples [m, …] without labels.

    Raises:
        MatchZooError: other numbers of samples and labels.

    Source: Bruzzone and Marconcini, Domain adaptation problems: a DASVM classification technique and a circular
    validation strategy, PAMI 2010; balanced as in skada.
    """
    if labels.shape != (len(source),) or not len(source):
        raise MatchZooError(f"circular validation: {len(source)} source samples, labels {list(labels.shape)}")
    answers = predict(target)
    classes = answers.unique()
    backward = classes.expand(len(source)) if len(classes) == 1 else fit(target, answers)(source)
    right = (backward == labels).double()
    return torch.stack([right[labels == label].mean() for label in labels.unique()]).mean().item()
