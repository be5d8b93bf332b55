"""Conditional matching: the mean of a term over groups, by hand."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers import MMD, PerGroup, mmd2

SPEC = Spec(shape=(2,), classes=3, class_names=("a", "b", "c"))


def samples(n: int) -> Samples:
    return Samples(torch.randn(n, 2, dtype=torch.float64), torch.arange(n) % 3)


def value(term: PerGroup, *sets: Samples) -> torch.Tensor:
    term.build(SPEC)
    return term.discrepancy(sets, Step(1, 0)).value


def test_the_mean_of_the_groups():
    x, y = samples(12), samples(9)
    by_hand = torch.stack(
        [mmd2(x.values[x.labels == c], y.values[y.labels == c], bandwidths=[1.0]) for c in range(3)]
    ).mean()
    torch.testing.assert_close(value(PerGroup(matcher=MMD(bandwidths=[1.0])), x, y), by_hand)


def test_merged_groups_and_groups_that_a_set_lacks():
    x, y = samples(12), samples(9)
    whole = mmd2(x.values, y.values, bandwidths=[1.0])
    torch.testing.assert_close(value(PerGroup(matcher=MMD(bandwidths=[1.0]), merge=(0, 0, 0)), x, y), whole)
    few = y.rows((y.labels == 1).nonzero().flatten())
    alone = mmd2(x.values[x.labels == 1], few.values, bandwidths=[1.0])
    torch.testing.assert_close(value(PerGroup(matcher=MMD(bandwidths=[1.0])), x, few), alone)


def test_subgroups_of_the_data():
    x, y = samples(12), samples(9)
    grouped = [Samples(one.values, group=one.labels) for one in (x, y)]
    term = PerGroup(matcher=MMD(bandwidths=[1.0]), by="group")
    term.build(Spec(shape=(2,), group_names=("a", "b", "c")))
    expected = value(PerGroup(matcher=MMD(bandwidths=[1.0])), x, y)
    torch.testing.assert_close(term.discrepancy(grouped, Step(1, 0)).value, expected)


def test_what_is_refused():
    term = PerGroup(matcher=MMD(bandwidths=[1.0]))
    with pytest.raises(DeclarationError, match="by: the data have no classes"):
        term.build(Spec(shape=(2,)))
    with pytest.raises(DeclarationError, match="merge: expected a group of each of 3, got 2"):
        PerGroup(matcher=MMD(bandwidths=[1.0]), merge=(0, 1)).build(SPEC)
    x = samples(12)
    with pytest.raises(DeclarationError, match="no group has samples of every set"):
        value(term, x.rows(torch.tensor([0])), x.rows(torch.tensor([1])))
    with pytest.raises(DeclarationError, match="a set of this term has no labels"):
        value(term, x, Samples(x.values))
