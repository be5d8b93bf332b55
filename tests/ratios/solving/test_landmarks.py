"""Kernel mean matching by landmarks: equal to the whole kernel where every sample is one, and near it where few are."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.kernels import Gaussian, Laplacian, Polynomial
from matchzoo.ratios import KernelMeanMatching, basis
from matchzoo.ratios.solving import landmarks
from matchzoo.ratios.solving.landmarks import LandmarkMatching


def points(n: int, d: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


P, Q = 0.8 * points(50, 2) + 0.4, points(40, 2, 1)


@pytest.mark.parametrize("fields", [{}, {"constraint": "non-negative"}, {"constraint": "non-negative", "bound": 1.5}])
@pytest.mark.parametrize("kernel", [None, Laplacian(bandwidths=(1.0,))], ids=["gaussian", "laplacian"])
def test_with_every_sample_a_landmark_it_is_that_of_the_whole_kernel(monkeypatch, kernel, fields):
    monkeypatch.setattr(landmarks, "BLOCK", 16)
    choice = {"bandwidths": (1.0,)} if kernel is None else {"kernel": kernel}
    whole = KernelMeanMatching(ridge=0.1, **choice, **fields).fit(P, Q)
    by_all = KernelMeanMatching(ridge=0.1, landmarks=90, **choice, **fields).fit(P, Q)
    torch.testing.assert_close(by_all.denominator, whole.denominator, rtol=0, atol=1e-6)
    torch.testing.assert_close(by_all.numerator, whole.numerator, rtol=0, atol=1e-6)
    assert by_all.diagnostics()["kernel_error"] == pytest.approx(0, abs=1e-9)


def test_the_error_of_the_kernel_falls_with_landmarks():
    ratios = [KernelMeanMatching(bandwidths=(1.0,), ridge=0.1, landmarks=count).fit(P, Q) for count in (5, 20, 60)]
    errors = [ratio.diagnostics()["kernel_error"] for ratio in ratios]
    assert errors[0] > errors[1] > errors[2] >= 0
    whole = KernelMeanMatching(bandwidths=(1.0,), ridge=0.1).fit(P, Q).denominator
    assert (ratios[2].denominator - whole).abs().max() < 0.03


def test_a_polynomial_kernel_has_few_features():
    """Ridge regression on 1, x, y, x², … has as many features as a kernel of degree 2: 6 landmarks are exact."""
    kernel = Polynomial(degree=2)
    found = LandmarkMatching(kernel, P, Q, Q[:12], 0.1)
    assert found.kernel_error == pytest.approx(0, abs=1e-9)
    assert len(found.coefficients) == 6
    whole = KernelMeanMatching(kernel=kernel, ridge=0.1)(P, Q)
    torch.testing.assert_close(found.at(Q), whole, rtol=1e-6, atol=1e-8)


def test_long_work_is_announced_and_gradients_are_refused(monkeypatch, capsys):
    monkeypatch.setattr(basis, "LONG", 0.0)
    LandmarkMatching(Gaussian(bandwidths=(1.0,)), P, Q, Q[:9], 0.1)
    assert "kernel mean matching of 40 rows with 9 landmarks: about" in capsys.readouterr().err
    with pytest.raises(MatchZooError, match="no gradient passes landmarks"):
        KernelMeanMatching(landmarks=5)(P, Q.clone().requires_grad_())
