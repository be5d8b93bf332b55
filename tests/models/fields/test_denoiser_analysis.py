"""Agreement of denoisers by hand, and Jacobians of those that are known."""

import pytest
import torch
from helpers.fields import CENTERS, STD

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.gaussian_mixtures import SmoothedMixture
from matchzoo.models.fields import agreement, denoiser_jacobian, shrinkage_basis


def test_agreement_by_hand():
    y = torch.tensor([[1.0, 1.0], [0.0, 2.0]])
    same = agreement(y / 2, y / 2, y)
    assert (same.gap, same.cosine) == pytest.approx((0, 1))
    first, second = torch.tensor([[0.0, 1.0], [0.0, 0.0]]), torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    found = agreement(first, second, y)
    assert found.gap == pytest.approx(2 * (1 + 0.5) / (0.5 + 1))
    assert found.cosine == pytest.approx((0 + 1) / 2)
    with pytest.raises(MatchZooError, match="three tensors of one shape"):
        agreement(first, second[:1], y)


def test_the_jacobian_of_the_exact_denoiser_is_a_covariance():
    ring = SmoothedMixture(CENTERS, STD**2 * torch.eye(2, dtype=torch.float64))
    y = torch.randn(20, 2, dtype=torch.float64)
    jacobian = denoiser_jacobian(lambda points: ring.denoised(points, 0.5), y)
    torch.testing.assert_close(jacobian, ring.posterior_covariance(y, 0.5) / 0.25)
    torch.testing.assert_close(jacobian, jacobian.mT)
    values, vectors = shrinkage_basis(jacobian)
    assert values.min() > 0
    assert (values[:, 0] >= values[:, 1]).all()
    torch.testing.assert_close(vectors @ torch.diag_embed(values) @ vectors.mT, jacobian)


def test_the_order_of_derivatives():
    """Number i of D after number j of y, also of images."""
    matrix = torch.randn(4, 4, dtype=torch.float64)
    y = torch.randn(3, 1, 2, 2, dtype=torch.float64)
    jacobian = denoiser_jacobian(lambda points: (points.flatten(1) @ matrix.T).view_as(points), y)
    torch.testing.assert_close(jacobian, matrix.expand(3, 4, 4))
