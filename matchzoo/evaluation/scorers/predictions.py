"""Scorers that see class scores of samples without labels, and nothing else."""

import math

import torch
import torch.nn.functional as F

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.metrics.checking import checked_features

BLOCK = 1024
"""Rows whose similarities are held at once."""
UNCERTAIN = 5.0
"""Mean divergence from the uniform distribution, in nats, above which `matrix_norm` takes the softmax (the paper's)."""


def prediction_entropy(logits: torch.Tensor) -> float:
    """Mean entropy −Σ_c p_c log p_c of the predictions p = softmax(logits), 0 to log C nats. Lower counts as better.

    Examples:
        >>> prediction_entropy(network(images))  # a float

    Args:
        logits: class scores [n, C].

    Raises:
        MatchZooError: scores that are no matrix, or not finite.

    Source: Morerio, Cavazza and Murino, Minimal-entropy correlation alignment, ICLR 2018, who choose by it. skada
    divides by C as well.
    """
    return _entropies(_log_probabilities("prediction entropy", logits)).mean().item()


def mutual_information(logits: torch.Tensor) -> float:
    """H(p̄) − mean H(p), in nats: predictions that are certain, and not all of one class. Higher counts as better.

    p̄ is the mean of the predictions p = softmax(logits), H the entropy. It lies between 0 and log C.

    Args:
        logits: class scores [n, C].

    Raises:
        MatchZooError: scores that are no matrix, or not finite.

    Source: Bridle, Heading and MacKay, Unsupervised classifiers, mutual information and phantom targets, NeurIPS 1991.
    """
    log_probabilities = _log_probabilities("mutual information", logits)
    mean = torch.logsumexp(log_probabilities, 0, keepdim=True) - math.log(len(logits))
    return (_entropies(mean) - _entropies(log_probabilities).mean()).item()


def soft_neighborhood_density(logits: torch.Tensor, temperature: float = 0.05) -> float:
    """Mean entropy, in nats, of how similar every prediction is to all others. Higher counts as better.

    Predictions p = softmax(logits) are divided by their Euclidean length; row i of their cosines over the temperature
    goes through a softmax, in which a sample's similarity to itself is set to −1/temperature, as in the published code.
    Dense clusters of alike predictions have rows of high entropy. It holds a block of rows of the n × n similarities.

    Args:
        logits: class scores [n, C], n at least 2.
        temperature: positive.

    Raises:
        MatchZooError: fewer than 2 samples, scores that are no matrix or not finite, or a temperature that is not
            positive.

    Source: Saito et al., Tune it the right way: unsupervised validation of domain adaptation via soft neighborhood
    density, ICCV 2021.
    """
    if not temperature > 0:
        raise MatchZooError(f"temperature: expected a number above 0, got {temperature}")
    directions = F.normalize(_log_probabilities("soft neighborhood density", logits, least=2).exp())

    total = directions.new_zeros(())
    for rows in torch.arange(len(directions), device=directions.device).split(BLOCK):
        similarities = directions[rows] @ directions.T / temperature
        similarities[torch.arange(len(rows)), rows] = -1 / temperature
        total += _entropies(similarities.log_softmax(1)).sum()
    return (total / len(directions)).item()


def matrix_norm(logits: torch.Tensor, order: float = 4.0, threshold: float = UNCERTAIN) -> float:
    """The entrywise norm (mean_ic q_ic^p)^(1/p) of normalized scores q: MaNo. Higher counts as better.

    q is the softmax of the scores where the predictions are certain: where the mean over samples and classes of
    −log softmax is above the threshold. Else it is v / Σ_c v with v = 1 + s + s²/2, the Taylor polynomial of the
    exponential, which trusts the scores less. At 4, the order of the paper, it lies between 1/C and (1/C)^(1/4).

    Args:
        logits: class scores s [n, C].
        order: p, at least 1.
        threshold: η; 0 always takes the softmax.

    Raises:
        MatchZooError: scores that are no matrix or not finite, or an order below 1.

    Source: Xie et al., MaNo: exploiting matrix norm for unsupervised accuracy estimation under distribution shifts,
    NeurIPS 2024, equation 6. v is positive as it stands; skada subtracts the smallest of every row, and takes v of
    scores whose largest is 0.
    """
    if not order >= 1:
        raise MatchZooError(f"order: expected at least 1, got {order}")
    log_probabilities = _log_probabilities("matrix norm", logits)
    if -log_probabilities.mean() > threshold:
        normalized = log_probabilities.exp()
    else:
        [scores] = checked_features("matrix norm", 1, logits=logits)
        normalized = F.normalize(1 + scores + scores.square() / 2, p=1, dim=1)
    return normalized.pow(order).mean().pow(1 / order).item()


def _log_probabilities(title: str, logits: torch.Tensor, least: int = 1) -> torch.Tensor:
    """[n, C], float64."""
    [checked] = checked_features(title, least, logits=logits)
    return checked.log_softmax(1)


def _entropies(log_probabilities: torch.Tensor) -> torch.Tensor:
    """Entropy [n] of each row [n, C]; a probability that is 0 adds nothing."""
    return -torch.where(log_probabilities > -torch.inf, log_probabilities.exp() * log_probabilities, 0).sum(1)
