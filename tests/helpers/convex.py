"""The convex network of the golden file of transport."""

import numpy as np
import torch

from matchzoo.models.networks import ICNN


def golden_network(values: dict[str, np.ndarray]) -> ICNN:
    """Two inputs, two hidden layers of four units, float64."""
    network = ICNN(widths=[4, 4], beta=float(values["icnn_beta"]))
    network.build((2,), (1,), torch.Generator().manual_seed(0))
    network.double()
    with torch.no_grad():
        network.direct[0].weight.copy_(torch.from_numpy(values["icnn_W0"]))
        network.direct[0].bias.zero_()
        network.convex[0].weight.copy_(torch.from_numpy(values["icnn_W1"]))
        network.direct[1].weight.copy_(torch.from_numpy(values["icnn_V1"]))
        network.direct[1].bias.copy_(torch.from_numpy(values["icnn_c1"]))
        network.convex[1].weight.copy_(torch.from_numpy(values["icnn_w2"])[None])
        network.direct[2].weight.copy_(torch.from_numpy(values["icnn_v2"])[None])
        network.direct[2].bias.fill_(float(values["icnn_c2"]))
    return network
