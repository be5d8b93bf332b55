"""Scorers that estimate the risk on the target by losses of labeled source samples, weighted by a density ratio."""

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double


def importance_weighted_risk(losses: torch.Tensor, weights: torch.Tensor) -> float:
    """mean(w ℓ): the risk on the target, where w = p_target(x) / p_source(x). Lower is better.

    Unbiased where the labels depend on x alike in both domains and the source covers the target; its variance grows
    with that of w. Weights are not normalized.

    Examples:
        >>> weights = ULSIF()(target_features, source_features)  # [n]
        >>> importance_weighted_risk(F.cross_entropy(logits, labels, reduction="none"), weights)

    Args:
        losses: ℓ [n], of source samples that the classifier was not trained on.
        weights: w [n].

    Raises:
        MatchZooError: no samples, or other numbers of losses and weights.

    Source: Sugiyama, Krauledat and Müller, Covariate shift adaptation by importance weighted cross validation, JMLR
    2007.
    """
    losses, weights = _pairs(losses, weights, 1)
    return (weights * losses).mean().item()


def deep_embedded_risk(losses: torch.Tensor, weights: torch.Tensor) -> float:
    """mean(w ℓ) + η (mean(w) − 1), η = −cov(w ℓ, w) / var(w): DEV. Lower is better.

    The weighted risk with w as its control variate: the mean of w is 1 in truth, and its error tells some of that of
    the risk. Constant weights leave nothing to correct.

    Args:
        losses: ℓ [n], n at least 2, as in `importance_weighted_risk`.
        weights: w [n].

    Raises:
        MatchZooError: fewer than 2 samples, or other numbers of losses and weights.

    Source: You et al., Towards accurate model selection in deep unsupervised domain adaptation, ICML 2019.
    """
    losses, weights = _pairs(losses, weights, 2)
    weighted = weights * losses
    centered = weights - weights.mean()
    variance = centered.square().sum()
    eta = -(centered * weighted).sum() / variance if variance > 0 else variance
    return (weighted.mean() + eta * (weights.mean() - 1)).item()


def _pairs(losses: torch.Tensor, weights: torch.Tensor, least: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Losses [n] and weights [n] in float64."""
    if losses.ndim != 1 or losses.shape != weights.shape or len(losses) < least:
        got = f"{list(losses.shape)} and {list(weights.shape)}"
        raise MatchZooError(f"weighted risk: expected losses [n] and weights [n], n at least {least}, got {got}")
    return double(losses.detach()), double(weights.detach())
