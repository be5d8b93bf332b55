"""Mean and covariance against golden values and torch's own."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError
from matchzoo.matchers.statistics import moments


@pytest.mark.parametrize(("mean", "factor", "name"), [(True, 1.0, "coral_domainbed"), (False, 0.25, "coral_deep")])
def test_golden_values(mean, factor, name, golden):
    values = {key: torch.from_numpy(array) for key, array in golden("alignment.npz").items()}
    x = values["two_X"].clone().requires_grad_()
    distance = factor * (moments(x, mean=mean) - moments(values["two_Q"], mean=mean)).square().sum()
    torch.testing.assert_close(distance.detach(), values[name], rtol=0, atol=1e-12)
    distance.backward()
    torch.testing.assert_close(x.grad, values[f"{name}_dX"], rtol=0, atol=1e-12)


def test_weights_that_are_counts_of_equal_rows_move_mean_and_covariance():
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    weights = torch.tensor([1.0, 2.0, 0.5, 0.0, 1.0], dtype=torch.float64)
    rows = moments(x, weights)
    torch.testing.assert_close(rows[0] * 3**0.5, (weights / weights.sum()) @ x)
    torch.testing.assert_close(rows[1:] * 3, torch.cov(x.T, aweights=weights))


def test_a_single_sample_has_no_covariance():
    with pytest.raises(DeclarationError, match="at least 2 samples"):
        moments(torch.zeros(1, 3))
    with pytest.raises(DeclarationError, match="at least 2 samples"):
        moments(torch.zeros(2, 3), torch.tensor([1.0, 0.0]))
