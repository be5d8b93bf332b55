"""Whether predicted probabilities are the frequencies of right answers."""

import torch

from matchzoo.core.errors import MatchZooError


def expected_calibration_error(probabilities: torch.Tensor, labels: torch.Tensor, bins: int = 15) -> float:
    """Σ_b (n_b / n) |accuracy_b − confidence_b| over bins of equal width of the largest probability, in [0, 1].

    The mean over samples of how far, within a bin, the share of right answers is from the mean of the largest
    probabilities. It depends on the bins, and a constant prediction of the classes' shares has almost none: read it
    beside the accuracy.

    Examples:
        >>> expected_calibration_error(scores.softmax(1), labels)

    Args:
        probabilities: [n, c], rows of sum 1.
        labels: class indices [n].
        bins: of (0, 1]; the first has no samples for up to 1 / c.

    Raises:
        MatchZooError: shapes do not fit, or there is no sample or bin.

    Source: Guo et al., On calibration of modern neural networks, ICML 2017, equation 3.
    """
    if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1] or not len(labels) or bins < 1:
        got = f"{list(probabilities.shape)}, {list(labels.shape)} and {bins}"
        raise MatchZooError(f"calibration: expected probabilities [n, c], labels [n] and at least one bin, got {got}")
    confidence, predicted = probabilities.detach().double().cpu().max(1)
    right = (predicted == labels.cpu()).double()
    bin_of = (confidence * bins).ceil().long().clamp(1, bins) - 1
    gaps = torch.zeros(bins, dtype=torch.float64).index_add_(0, bin_of, right - confidence)
    return gaps.abs().sum().item() / len(labels)
