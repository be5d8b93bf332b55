"""Weights of samples in a ratio: their shares of the means over p and over q."""

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.core.samples import Samples

Shares = torch.Tensor | None
"""How much each of n samples counts in a mean, [n] of a sum of 1; None where all count alike."""
Both = tuple[Shares, Shares]
"""The shares of the numerator's and of the denominator's samples."""


def mean(values: torch.Tensor, shares: Shares = None) -> torch.Tensor:
    """The mean Σ_i w_i f(x_i) […] of values f [n, …], w_i = 1/n where there are no shares."""
    return values.mean(0) if shares is None else shares.to(values) @ values


def second_moment(values: torch.Tensor, shares: Shares = None) -> torch.Tensor:
    """The mean Σ_i w_i φ(x_i) φ(x_i)ᵀ [b, b] of values φ [n, b]."""
    if shares is None:
        return values.mT @ values / len(values)
    return (values * shares.to(values)[:, None]).mT @ values


def relative_weights(samples: Samples) -> Shares:
    """Weights [n] of a mean of 1: shares times n; None where all samples count alike.

    Args:
        samples: whose weights are shares, as `with_shares` gives them.
    """
    return None if samples.weights is None else samples.weights * len(samples)


def shares_of(numerator: Samples, denominator: Samples, device: torch.device | str = "cpu") -> Both:
    """Shares [n] and [m] of both sets in float64, without a graph, on a device that has it."""

    def exact(samples: Samples) -> Shares:
        if samples.weights is None:
            return None
        shares = double(samples.weights.detach()).to(device)
        return shares / shares.sum()

    return exact(numerator), exact(denominator)


def pooled_shares(numerator: Samples, denominator: Samples) -> Shares:
    """Shares [n + m] in means over both sets pooled, the numerator's first: a set counts by how many samples it has,
    and these by their weights; None where all samples count alike."""
    if numerator.weights is None and denominator.weights is None:
        return None
    sets = (numerator, denominator)
    parts = [
        x.values.new_ones(len(x)) if w is None else w for x, w in zip(sets, map(relative_weights, sets), strict=True)
    ]
    return torch.cat(parts) / (len(numerator) + len(denominator))


def with_shares(samples: Samples, name: str) -> tuple[Samples, torch.Tensor | None]:
    """Samples whose weights are shares above 0, and which rows [n] (bool) of all these are; those without weights as
    they are, and None.

    Args:
        samples: n, with weights [n] ≥ 0 or without; those of weight 0 are left out, and those whose share is 0 in the
            precision of the samples.
        name: what messages call them.

    Raises:
        MatchZooError: weights of another shape, negative ones, some that are not finite, or all 0.
    """
    if samples.weights is None:
        return samples, None
    weights = double(checked_weights(samples.weights, len(samples), f"{name}: weights"))
    weights = weights / weights.detach().max()
    kept = (weights / weights.sum()).to(samples.values) > 0
    if not bool(kept.all()):
        samples, weights = samples.rows(kept.nonzero().flatten()), weights[kept.to(weights.device)]
    shares = (weights / weights.sum()).to(samples.values)
    return Samples(samples.values, samples.labels, shares, samples.index, samples.origin), kept


def checked_weights(weights: torch.Tensor, count: int, name: str) -> torch.Tensor:
    """Weights [n] of samples as they are.

    Args:
        weights: to look at.
        count: how many samples there are, n.
        name: what messages call them.

    Raises:
        MatchZooError: they are of another shape, negative, not finite, or all 0.
    """
    if weights.shape != (count,):
        raise MatchZooError(f"{name}: expected one of each of {count} samples, [{count}], got {list(weights.shape)}")
    values = weights.detach()
    wrong = (~((values >= 0) & values.isfinite())).nonzero().flatten()
    if len(wrong):
        row = int(wrong[0])
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise MatchZooError(
            f"{name}: expected finite numbers of at least 0, got {values[row].item():g} in row {row} (from 0){more}"
        )
    if not bool((values > 0).any()):
        raise MatchZooError(f"{name}: all {count} are 0, so nothing counts; give weights above 0, or none")
    return weights


def spread(values: torch.Tensor, kept: torch.Tensor | None, others: torch.Tensor | None = None) -> torch.Tensor:
    """Values [n] at all samples.

    Args:
        values: at the samples that are kept, in order.
        kept: which these are, [n] bool; None for all.
        others: at the others, in order; 0 if not given.
    """
    if kept is None or bool(kept.all()):
        return values
    whole = values.new_zeros(len(kept)).index_put((kept,), values)
    return whole if others is None else whole.index_put((~kept,), others.to(values))
