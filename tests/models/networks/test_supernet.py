"""Supernets: a path is a plain network of its operations, and what is refused."""

import pytest
import torch
import torch.nn.functional as F

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.models.networks import Supernet
from matchzoo.models.networks.supernet import OPERATIONS


def built(**fields: object) -> Supernet:
    network = Supernet(**fields)
    network.build((1, 7, 6), (3,), torch.Generator().manual_seed(0))
    return network


def convolved(layer: torch.nn.Module, x: torch.Tensor, stride: int = 1) -> torch.Tensor:
    return F.conv2d(x, layer[0].weight, layer[0].bias, stride, layer[0].kernel_size[0] // 2).relu()


def test_a_path_is_its_operations_one_after_the_other() -> None:
    network = built(widths=(4, 5))
    x = torch.randn(6, 1, 7, 6)
    ones = torch.ones(1, 1, 7, 6)
    for path in network.paths:
        maps = convolved(network.convolutions[0], x)
        assert maps.shape == (6, 4, 7, 6)
        for edge, name in enumerate(path):
            if edge == 1:
                maps = convolved(network.convolutions[1], maps, 2)
                assert maps.shape == (6, 5, 4, 3)
                ones = torch.ones(1, 1, 4, 3)
            if name == "average-3":  # of the pixels that are there
                box = torch.ones(maps.shape[1], 1, 3, 3)
                maps = F.conv2d(maps, box, padding=1, groups=len(box)) / F.conv2d(ones, box[:1], padding=1)
            elif name == "max-3":
                padded = F.pad(maps, (1, 1, 1, 1), value=-torch.inf)
                maps = padded.unfold(2, 3, 1).unfold(3, 3, 1).flatten(4).amax(4)
            elif name != "skip":
                maps = convolved(network.edges[edge][name], maps)
        expected = maps.flatten(1) @ network.last.weight.T + network.last.bias
        torch.testing.assert_close(network.choose(path)(x), expected)
        ones = torch.ones(1, 1, 7, 6)
    assert len(list(network.paths)) == 25


def test_all_paths_share_the_rest_and_a_step_draws_one() -> None:
    network = built(widths=(4,), operations=[["conv-3", "skip", "conv-5"]])
    assert list(network.shared_parameters()) == [
        "convolutions.0.0.weight",
        "convolutions.0.0.bias",
        "last.weight",
        "last.bias",
    ]
    network.choose(["conv-5"])(torch.randn(2, 1, 7, 6)).sum().backward()
    idle = {name for name, value in network.named_parameters() if value.grad is None}
    assert idle == {"edges.0.conv-3.0.weight", "edges.0.conv-3.0.bias"}

    rng = torch.Generator().manual_seed(1)
    drawn = torch.stack([network.draw(rng) for _ in range(300)])
    assert network.path.item() == 2
    assert torch.bincount(drawn[:, 0]).min() > 65  # each about 100 times
    network.resample(torch.Generator().manual_seed(1))
    assert network.path.equal(drawn[0])
    assert network.is_resampled
    assert not built(widths=(4,), operations=[["skip"]]).is_resampled


def test_the_number_of_parameters() -> None:
    convolutions = 12 * 10 + 24 * (9 * 12 + 1)
    operations = sum(c * (k * k * c + 1) for c in (12, 24) for k in (3, 5))
    network = Supernet()
    assert network.operations == (OPERATIONS, OPERATIONS)
    network.build((1, 8, 8), (10,), torch.Generator().manual_seed(0))
    assert sum(p.numel() for p in network.parameters()) == convolutions + operations + 10 * (24 * 16 + 1)


def test_what_is_refused() -> None:
    with pytest.raises(DeclarationError, match="operations: expected a list for each of the 2 convolutions, got 1"):
        Supernet(operations=[["skip"]])
    with pytest.raises(DeclarationError, match=r"operations\[0\]: expected at least one operation, and each once"):
        Supernet(widths=(4,), operations=[["skip", "skip"]])
    with pytest.raises(DeclarationError, match="did you mean 'conv-3'"):
        Supernet(widths=(4,), operations=[["conv3"]])
    with pytest.raises(DeclarationError, match="supernet maps images to vectors"):
        Supernet().build((5,), (2,), torch.Generator())
    network = built(widths=(4,))
    with pytest.raises(MatchZooError, match=r"path\[0\]: unknown operation 'conv-4'; did you mean 'conv-"):
        network.choose(["conv-4"])
    with pytest.raises(MatchZooError, match="expected an operation for each of 1 edges"):
        network.choose(["skip", "skip"])
