"""A split of samples: the moments of its channels, its parts, and shares of every class and group."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError
from matchzoo.data import Split
from matchzoo.data.split import stratified_by_group


def test_moments_are_those_of_all_pixels():
    values = (torch.rand(700, 3, 4, 5, generator=torch.Generator().manual_seed(0)) * 255).to(torch.uint8)
    values[:, 2] = 7
    rows = torch.arange(10, 700)
    mean, std = Split(values, rows=rows, mapped=True).moments
    flat = values[rows].double().transpose(0, 1).flatten(1) / 255
    torch.testing.assert_close(mean.flatten(), flat.mean(1), rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(std.flatten()[:2], flat.std(1, correction=0)[:2], rtol=1e-5, atol=1e-6)
    assert std[2] == 1


@pytest.mark.parametrize("mapped", [False, True])
def test_parts_of_a_split_and_splits_without_labels(mapped):
    values = torch.arange(40, dtype=torch.uint8).view(10, 1, 2, 2)
    rows = torch.tensor([9, 3, 5, 1])
    split = Split(values, torch.tensor([0, 1, 2, 3]), torch.tensor([1, 0, 1, 0]), rows=rows, mapped=mapped, key="k")
    part = split.part(torch.tensor([2, 0]))
    assert torch.equal(part.gather(torch.arange(2)), values[[5, 9]])
    assert (part.labels.tolist(), part.group.tolist(), part.mapped) == ([2, 0], [1, 1], mapped)
    bare = part.without_labels()
    assert (bare.labels, bare.group, bare.fingerprint) == (None, None, part.fingerprint)
    assert torch.equal(bare.all().values, part.all().values)


def test_shares_of_every_class_in_every_group():
    labels = torch.tensor([0] * 10 + [1] * 5 + [0] * 1 + [1] * 10 + [-1] * 3)
    groups = torch.tensor([0] * 15 + [1] * 14)
    first, second = stratified_by_group(labels, groups, 0.2, 0)
    assert torch.equal(torch.cat([first, second]).sort().values, torch.arange(29))
    pairs = list(zip(groups[second].tolist(), labels[second].tolist(), strict=True))
    assert [pairs.count(pair) for pair in ((0, 0), (0, 1), (1, 0), (1, 1), (1, -1))] == [2, 1, 0, 2, 0]
    with pytest.raises(DeclarationError, match="test_share: no class has two samples in a group"):
        stratified_by_group(torch.tensor([0, 1]), torch.tensor([0, 0]), 0.5, 0)
