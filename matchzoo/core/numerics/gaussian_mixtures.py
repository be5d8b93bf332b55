"""Mixtures of Gaussians of one covariance, and what is known of them under noise."""

import math

import attrs
import torch


@attrs.frozen(eq=False)
class SmoothedMixture:
    """x from Σ_k π_k N(c_k, S), and y = x + σ ξ with ξ from N(0, I): the density of y, and the moments of x given y.

    Examples:
        >>> mixture = SmoothedMixture(centers=torch.tensor([[-1.0], [1.0]]), covariance=torch.eye(1) / 16)
        >>> mixture.denoised(torch.randn(5, 1), 0.5).shape
        torch.Size([5, 1])

    Attributes:
        centers: c [k, d].
        covariance: S [d, d], symmetric, without negative eigenvalues.
        shares: π [k], not negative, of sum 1; equal ones if not given.
    """

    centers: torch.Tensor
    covariance: torch.Tensor
    shares: torch.Tensor | None = None

    def log_density(self, points: torch.Tensor, sigma: torch.Tensor | float) -> torch.Tensor:
        """log p(y) [n] in nats at points y [n, d], for σ [n], [] or a number."""
        variance, logits = self._joint(points, sigma)
        volume = variance.log().sum(1) / 2 + points.shape[1] / 2 * math.log(2 * math.pi)
        return logits.logsumexp(1) - volume

    def denoised(self, points: torch.Tensor, sigma: torch.Tensor | float) -> torch.Tensor:
        """The posterior mean of x given y, [n, d], at points y [n, d], for σ [n], [] or a number."""
        weights, means, _ = self._posterior(points, sigma)
        return (weights[:, :, None] * means).sum(1)

    def posterior_covariance(self, points: torch.Tensor, sigma: torch.Tensor | float) -> torch.Tensor:
        """Cov(x | y) [n, d, d] at points y [n, d], for σ [n], [] or a number: σ² times the Jacobian of `denoised`."""
        weights, means, within = self._posterior(points, sigma)
        deviations = means - (weights[:, :, None] * means).sum(1, keepdim=True)
        return within + torch.einsum("nk,nki,nkj->nij", weights, deviations, deviations)

    def _joint(self, points: torch.Tensor, sigma: torch.Tensor | float) -> tuple[torch.Tensor, torch.Tensor]:
        """The variances [n, d] of y along the axes of S, and log π_k − |y − c_k|² / 2 [n, k] in these units."""
        eigenvalues, axes = self._axes(points)
        sigma = torch.as_tensor(sigma, dtype=points.dtype, device=points.device).expand(len(points))
        variance = eigenvalues + sigma[:, None].square()
        offsets = (points[:, None] - self.centers.to(points)) @ axes
        logits = -0.5 * (offsets.square() / variance[:, None]).sum(2)
        shares = torch.full_like(logits[0], 1 / len(logits[0])) if self.shares is None else self.shares.to(points)
        return variance, logits + shares.log()

    def _posterior(
        self, points: torch.Tensor, sigma: torch.Tensor | float
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Of x given y and its Gaussian: the Gaussian's probability [n, k], mean [n, k, d] and covariance [n, d, d]."""
        eigenvalues, axes = self._axes(points)
        variance, logits = self._joint(points, sigma)
        centers = self.centers.to(points)
        gain = eigenvalues / variance  # [n, d]
        means = centers + ((points[:, None] - centers) @ axes * gain[:, None]) @ axes.T
        within = (axes * (gain * (variance - eigenvalues))[:, None]) @ axes.T
        return logits.softmax(1), means, within

    def _axes(self, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        eigenvalues, axes = torch.linalg.eigh(self.covariance.to(like))
        return eigenvalues.clamp_min(0), axes
