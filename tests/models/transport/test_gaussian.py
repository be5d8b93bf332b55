"""Closed forms of Gaussian distributions against golden values."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.models.transport import bures, gaussian_cost, gaussian_map


def test_golden_values(golden):
    values = {key: torch.as_tensor(value) for key, value in golden("transport.npz").items() if "gauss" in key}
    given = [values[f"gauss_{name}"] for name in ("m1", "S1", "m2", "S2")]

    def close(found, name):
        torch.testing.assert_close(found, values[f"gauss_{name}"], rtol=0, atol=1e-9)

    close(bures(given[1], given[3]), "bures2")
    close(gaussian_cost(*given), "w2sq")
    matrix, shift = gaussian_map(*given)
    close(matrix, "map_A")
    close(shift, "map_b")
    for epsilon in (0.5, 0.05):
        entropic = gaussian_cost(*given, epsilon=epsilon)
        close(entropic, f"entropic_eps{epsilon}")
        within = [gaussian_cost(*given[k : k + 2], *given[k : k + 2], epsilon=epsilon) for k in (0, 2)]
        close(entropic - (within[0] + within[1]) / 2, f"sinkdiv_eps{epsilon}")
    with pytest.raises(MatchZooError, match="epsilon: expected at least 0, got -1"):
        gaussian_cost(*given, epsilon=-1)


def test_the_covariance_of_the_image_is_the_other_one():
    rng = torch.Generator().manual_seed(0)
    first, second = (x @ x.T for x in torch.randn(2, 3, 3, generator=rng).double())
    matrix, _ = gaussian_map(torch.zeros(3).double(), first, torch.ones(3).double(), second)
    torch.testing.assert_close(matrix @ first @ matrix, second)
