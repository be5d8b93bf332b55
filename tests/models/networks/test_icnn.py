"""Input-convex networks: golden values, convexity, and weights that stay in their set."""

import pytest
import torch
from helpers.convex import golden_network

from matchzoo.core.spec import Spec
from matchzoo.models.networks import ICNN
from matchzoo.projectors.learned import Learned


def built(inputs: int = 3, outputs: int = 1, **words) -> ICNN:
    network = ICNN(**{"widths": [8, 8], **words})
    network.build((inputs,), (outputs,), torch.Generator().manual_seed(0))
    return network.double()


def test_golden_values(golden):
    values = golden("transport.npz")
    potential = golden_network(values)(torch.from_numpy(values["icnn_y"]))[:, 0]
    torch.testing.assert_close(potential, torch.from_numpy(values["icnn_psi"]), rtol=0, atol=1e-10)


@pytest.mark.parametrize("words", [{}, {"condition": 1}, {"strong_convexity": 0.5, "widths": [5]}])
def test_convex_in_every_output(words):
    network = built(3, 2, **words)
    x, y = torch.randn(2, 500, 3, dtype=torch.float64) * 3
    condition = torch.rand(500, 1, dtype=torch.float64) if "condition" in words else None
    share = torch.rand(500, 1, dtype=torch.float64)
    between = network(share * x + (1 - share) * y, condition)
    above = share * network(x, condition) + (1 - share) * network(y, condition)
    least = words.get("strong_convexity", 0.0) / 2 * share * (1 - share) * (x - y).square().sum(1, keepdim=True)
    assert (above - between - least).min() > -1e-9


def test_no_weight_is_lost_to_the_first_clamp_and_none_stays_negative():
    projector = Learned(network=ICNN(widths=[50, 50]), features=1)
    projector.build(Spec(shape=(2,)))
    weights = [layer.weight for layer in projector.network.convex]
    assert all((weight > 0).float().mean() > 0.99 for weight in weights)
    hidden_sum = weights[0].sum(1)
    assert 0.5 < hidden_sum.min() < hidden_sum.max() < 1.5  # means of the units below, not sums

    with torch.no_grad():
        for weight in weights:
            weight.sub_(0.02)
    direct = projector.network.direct[0].weight.detach().clone()
    projector.after_step()
    assert all(weight.min() == 0 and weight.max() > 0 for weight in weights)
    assert projector.network.direct[0].weight.equal(direct)
