"""The classifier by cosines: against torch's, and what it does not see."""

import torch
import torch.nn.functional as F

from matchzoo.models.networks import CosineClassifier


def test_scores_are_cosines_over_the_temperature():
    network = CosineClassifier(temperature=0.1)
    network.build((2, 3), (4,), torch.Generator().manual_seed(0))
    network.double()
    x = torch.randn(5, 2, 3, dtype=torch.float64)
    scores = network(x)
    expected = F.cosine_similarity(x.flatten(1)[:, None], network.directions[None], dim=2) / 0.1
    torch.testing.assert_close(scores, expected, rtol=1e-12, atol=1e-12)
    network.directions.data *= torch.tensor([1.0, 2.0, 3.0, 4.0])[:, None]
    torch.testing.assert_close(network(7 * x), scores, rtol=1e-12, atol=1e-12)  # lengths do not count
    assert sum(p.numel() for p in network.parameters()) == 24
