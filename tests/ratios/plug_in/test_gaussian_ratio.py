"""The ratio of two Gaussians: scipy's densities, discriminant analysis, and samples on a line."""

import numpy as np
import pytest
import scipy.stats
import torch
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis

from matchzoo.core.errors import MatchZooError
from matchzoo.ratios import GaussianRatio
from matchzoo.ratios.plug_in.gaussian_ratio import gaussian_log_density


def sets() -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(0)
    shear = np.array([[1.0, 0.4, 0.0], [0.0, 0.7, 0.2], [0.0, 0.0, 1.3]])
    return torch.tensor(rng.normal(size=(60, 3)) @ shear + 0.4), torch.tensor(rng.normal(size=(40, 3)))


def test_densities_are_those_of_scipy():
    p, q = sets()
    expected = scipy.stats.multivariate_normal(q.numpy().mean(0), np.cov(q.numpy().T)).logpdf(p.numpy())
    np.testing.assert_allclose(gaussian_log_density(p, q.mean(0), torch.cov(q.mT)).numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize("covariance", ["full", "shared"])
def test_the_ratio_is_that_of_discriminant_analysis(covariance):
    """Of equal priors, whose log-odds are the log-ratio; scikit-learn divides two covariances by n − 1."""
    p, q = sets()
    x, labels = torch.cat([q, p]).numpy(), np.repeat([0, 1], [40, 60])
    ratio = GaussianRatio(covariance=covariance, ridge=1e-12).fit(p, q)
    if covariance == "shared":
        theirs = LinearDiscriminantAnalysis(priors=[0.5, 0.5], solver="lsqr", store_covariance=True).fit(x, labels)
        pooled = sum(np.cov(some.numpy().T, bias=True) * len(some) for some in (p, q)) / 100
        step = np.linalg.solve(pooled, theirs.means_[1] - theirs.means_[0])
        expected = q.numpy() @ step - (theirs.means_[1] + theirs.means_[0]) @ step / 2
        np.testing.assert_allclose(ratio.logs[1].numpy(), expected, rtol=1e-8)
        return
    theirs = QuadraticDiscriminantAnalysis(priors=[0.5, 0.5]).fit(x, labels)
    np.testing.assert_allclose(ratio.logs[1].numpy(), theirs.decision_function(q.numpy()), rtol=0.2, atol=0.2)
    of_p, of_q = (
        scipy.stats.multivariate_normal(some.numpy().mean(0), np.cov(some.numpy().T, bias=True)).logpdf(q.numpy())
        for some in (p, q)
    )
    np.testing.assert_allclose(ratio.logs[1].numpy(), of_p - of_q, rtol=1e-8)


def test_a_diagonal_covariance_is_a_product_of_columns():
    p, q = sets()
    columns = [GaussianRatio(ridge=1e-12).fit(p[:, i : i + 1], q[:, i : i + 1]).denominator for i in range(3)]
    together = GaussianRatio(covariance="diagonal", ridge=1e-12).fit(p, q).denominator
    torch.testing.assert_close(together, columns[0] * columns[1] * columns[2], rtol=1e-8, atol=0)


def test_samples_on_a_line_and_far_points_have_finite_ratios():
    p, q = sets()
    flat = torch.cat([p[:, :1], p[:, :1]], 1)
    ratio = GaussianRatio().fit(flat, q[:, :2])
    for x in (q[:, :2], 1e6 * q[:, :2]):
        assert torch.isfinite(ratio.at(x)).all()


def test_points_that_all_coincide_have_no_covariance():
    same = torch.full((4, 2), 0.3, dtype=torch.float64)
    with pytest.raises(MatchZooError, match="the covariance has no inverse in float64"):
        gaussian_log_density(same, same[0], torch.zeros(2, 2, dtype=torch.float64))
    assert GaussianRatio().fit(same, same).denominator.eq(1).all()
