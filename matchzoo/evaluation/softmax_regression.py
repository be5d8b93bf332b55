"""Softmax regression to convergence: the linear probe's solver."""

import attrs
import torch
import torch.nn.functional as F

GRADIENT = 1e-5
"""Largest entry of the scaled gradient at which the solver stops."""


@attrs.frozen(eq=False)
class SoftmaxRegression:
    """A fitted linear classifier: logits = z Wᵀ + b.

    Attributes:
        weight: [c, d] float64, for raw features.
        bias: [c] float64.
        gradient: largest absolute entry of the objective's gradient where the solver stopped.
    """

    weight: torch.Tensor
    bias: torch.Tensor
    gradient: float

    def logits(self, features: torch.Tensor) -> torch.Tensor:
        """[n, d] → [n, c]."""
        return features.to(self.weight) @ self.weight.T + self.bias


def standardise(features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean [d] of features [n, d] and one scale, the root mean square of what is left when it is taken away."""
    mean = features.mean(0)
    scale = (features - mean).square().mean().sqrt().clamp_min(torch.finfo(features.dtype).tiny ** 0.5)
    return mean, scale


def fit_softmax_regression(
    features: torch.Tensor, labels: torch.Tensor, classes: int, penalties: tuple[float, ...], iterations: int = 500
) -> list[SoftmaxRegression]:
    """Minimise mean cross-entropy + λ/2 · ‖W‖² for each penalty λ, by L-BFGS in float64 from the last optimum.

    W acts on features that are centred and divided by one scale (`standardise`), so λ means the same for every
    backbone; the bias is free. The solver works along the principal axes of the features, each scaled by
    1/√(κ · variance + λ) with κ the mean of p(1 − p) at the start, which makes the problem nearly round: an exact
    change of variables, many times fewer steps. Where there are fewer samples than dimensions only their span is
    searched, which holds the optimum.

    Args:
        features: [n, d].
        labels: [n] int64.
        classes: c.
        penalties: λ > 0, best in descending order.
        iterations: at most so many a penalty.

    Returns:
        A classifier a penalty.
    """
    z = features.cpu().double() if features.device.type == "mps" else features.double()  # mps has no float64
    labels = labels.to(z.device)
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
        fitted.append(SoftmaxRegression(raw, bias.detach() - raw @ mean, gradient))
    return fitted


def top_k(logits: torch.Tensor, labels: torch.Tensor, k: int) -> float:
    """Share of rows [n, c] whose label is among the k largest logits; 1 if k ≥ c."""
    k = min(k, logits.shape[1])
    return (logits.topk(k, 1).indices == labels.to(logits.device)[:, None]).any(1).double().mean().item()
