"""Optimizers and schedules of a network that is trained, and a batch that is too small for it."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.scratch import fit_network
from matchzoo.evaluation.scratch.fitting import rate_at
from matchzoo.models.networks import MLP


def test_rates_by_hand():
    assert [rate_at(epoch, 3, 1.0, "step") for epoch in range(3)] == [1.0, 1.0, 0.1]
    assert [rate_at(epoch, 4, 2.0, "cosine") for epoch in (0, 2)] == pytest.approx([2.0, 1.0])


@pytest.mark.parametrize("kind", ["adam", "adamw"])
def test_it_is_torchs_optimizer_written_out(kind):
    rng = torch.Generator().manual_seed(0)
    x, y = torch.randn(6, 5, generator=rng), torch.arange(6) % 3
    network = MLP(widths=(4,))
    network.build((5,), (3,), rng)
    theirs = copy.deepcopy(network)
    options = {"lr": 0.1, "weight_decay": 0.1}
    order = torch.Generator().manual_seed(1)
    fit_network(network, x, y, order, epochs=2, batch=6, optimizer=kind, schedule="cosine", **options)

    optimizer = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[kind](theirs.parameters(), **options)
    order = torch.Generator().manual_seed(1)
    for rate in (0.1, 0.05):
        optimizer.param_groups[0]["lr"] = rate
        rows = torch.randperm(6, generator=order)
        optimizer.zero_grad()
        F.cross_entropy(theirs(x[rows]), y[rows]).backward()
        optimizer.step()
    for p, q in zip(network.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(p, q)


def test_batch_norm_of_one_image_is_told():
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    with pytest.raises(MatchZooError, match=r"a batch of one image.*another batch size"):
        fit_network(network, torch.rand(3, 2), torch.arange(3) % 2, torch.Generator(), epochs=1, batch=2)
