"""Label shift by maximum likelihood, from a classifier's probabilities."""

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.ratios.label_shift.checking import checked_probabilities

EXCESS = 1e-9
"""Nats of mean log-likelihood, by its bound, to the optimum at which the iteration stops."""
ITERATIONS = 100_000


def log_likelihood(target: torch.Tensor, prior: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """mean_j log Σ_y p(y|x_j) q_y / p_y: how likely target samples are under shares q, up to a constant; concave in q.

    Args:
        target: probabilities p(y|x_j) [m, C] under the source's prior.
        prior: p(y) [C].
        shares: q(y) [C], differentiable.

    Returns:
        A scalar.
    """
    return (target @ (shares / prior)).log().mean()


def expectation_maximization(
    target: torch.Tensor, prior: torch.Tensor, excess: float = EXCESS, iterations: int = ITERATIONS
) -> torch.Tensor:
    """The shares q(y) [C] of most likelihood on the target: MLLS, by EM.

    Each iteration takes the mean over the target of the corrected predictions p(y|x) q_y/p_y / Σ_c p(c|x) q_c/p_c.
    With h_y = mean_j (p(y|x_j)/p_y / Σ_c …), the gradient, it is q_y ← q_y h_y, and max_y h_y − 1 bounds what is left
    to gain, since the likelihood is concave on the simplex; it stops there. The classifier must be calibrated on the
    source: what it is wrong about goes into q.

    Examples:
        >>> expectation_maximization(target_logits.softmax(1), prior=labels.bincount() / len(labels))

    Args:
        target: probabilities p(y|x) [m, C] under the source's prior.
        prior: p(y) [C], all positive.
        excess: nats of mean log-likelihood that may be left to gain.
        iterations: at most.

    Returns:
        [C], float64, of sum 1.

    Raises:
        MatchZooError: rows that are no probabilities, a prior that is not positive, a row that is possible in no
            class, or no convergence.

    Source: Saerens, Latinne and Decaestecker, Adjusting the outputs of a classifier to new a priori probabilities,
    Neural Computation 2002; the name MLLS and the need of calibration: Garg et al., A unified view of label shift
    estimation, NeurIPS 2020.
    """
    probabilities = checked_probabilities("label shift", target)
    prior = prior.detach().to(probabilities)
    if prior.shape != probabilities.shape[1:] or not bool((prior > 0).all()):
        raise MatchZooError(f"label shift: expected a positive prior [{probabilities.shape[1]}], got {prior.tolist()}")
    prior = prior / prior.sum()
    relative = probabilities / prior

    shares, left = prior.clone(), float("inf")
    for _ in range(iterations):
        gain = (relative / (relative @ shares)[:, None]).mean(0)
        left = gain.max().item() - 1
        if left <= excess:
            return shares
        shares = shares * gain
    raise MatchZooError(
        f"label shift: EM is within {left:.1e} nats of the optimum after {iterations} iterations, not {excess:g}; "
        "allow more of either: classes may hardly be told apart"
    )
