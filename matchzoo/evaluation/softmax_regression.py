"""Softmax regression to convergence: the linear probe's solver."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F

from matchzoo.evaluation.classifiers import LinearClassifier, double, standardise

GRADIENT = 1e-5
"""Largest entry of the scaled gradient at which the solver stops."""


def fit_softmax_regression(
    features: torch.Tensor, labels: torch.Tensor, classes: int, penalties: Sequence[float], iterations: int = 500
) -> list[LinearClassifier]:
    """Minimise mean cross-entropy + λ/2 · ‖W‖² for each penalty λ, by L-BFGS in float64 from the last optimum.

    W acts on features that are centred and divided by one scale (`standardise`), so λ means the same for every
    backbone; the bias is free. The solver works along the principal axes of the features, each scaled by
    1/√(κ · variance + λ) with κ the mean of p(1 − p) at the start, which makes the problem nearly round: an exact
    change of variables, many times fewer steps. Where there are fewer samples than dimensions only their span is
    searched, which holds the optimum.

    Args:
        features: [n, d].
        labels: [n] int64, or probabilities [n, c].
        classes: c.
        penalties: λ > 0, best in descending order.
        iterations: at most so many a penalty.

    Returns:
        A classifier a penalty.
    """
    z = double(features)
    labels = labels.to(z.device) if labels.ndim == 1 else labels.to(z)
    mean, scale = standardise(z)
    z = (z - mean) / scale
    if len(z) < z.shape[1]:
        _, singular, axes = torch.linalg.svd(z, full_matrices=False)
        variances = singular.square() / len(z)
    else:
        variances, columns = torch.linalg.eigh(z.T @ z / len(z))
        axes = columns.T
    z = z @ axes.T
    weight = torch.zeros(classes, len(axes), dtype=z.dtype, device=z.device)
    bias = torch.zeros(classes, dtype=z.dtype, device=z.device, requires_grad=True)
    fitted = []
    for penalty in penalties:
        chances = torch.softmax(torch.addmm(bias.detach(), z, weight.T), 1)
        curvature = (chances * (1 - chances)).mean()
        stretch = (variances.clamp_min(0) * curvature + penalty).rsqrt()
        scaled = (weight / stretch).requires_grad_()
        stretched = z * stretch
        ridge = 0.5 * penalty * stretch.square()
        solver = torch.optim.LBFGS(
            [scaled, bias],
            max_iter=iterations,
            history_size=20,
            tolerance_grad=GRADIENT,
            tolerance_change=0,
            line_search_fn="strong_wolfe",
        )

        def closure(
            scaled: torch.Tensor = scaled,
            stretched: torch.Tensor = stretched,
            ridge: torch.Tensor = ridge,
            solver: torch.optim.LBFGS = solver,
        ) -> torch.Tensor:
            solver.zero_grad()
            value = F.cross_entropy(torch.addmm(bias, stretched, scaled.T), labels) + (ridge * scaled.square()).sum()
            value.backward()
            return value

        solver.step(closure)
        closure()
        assert scaled.grad is not None
        assert bias.grad is not None
        gradient = max((scaled.grad / stretch).abs().max().item(), bias.grad.abs().max().item())
        weight = (scaled * stretch).detach()
        raw = weight @ axes / scale
        fitted.append(LinearClassifier(raw, bias.detach() - raw @ mean, gradient))
    return fitted
