"""Row cosines against plain loops and their dead rows, and a statistic of every class against the bare one."""

import math

import pytest
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers import RowCosine, Squared, StatisticMatcher
from matchzoo.matchers.distance import cosine_distance, row_cosine_distance
from matchzoo.matchers.statistics import HeadGradient, PerClass

STEP = Step(3, 0)


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_row_cosines_are_those_of_a_plain_loop():
    a, b = normal(2, 5, 4), normal(2, 5, 4, seed=1)
    total = 0.0
    for p, q in zip(a.reshape(10, 4).tolist(), b.reshape(10, 4).tolist(), strict=True):
        dot = sum(x * y for x, y in zip(p, q, strict=True))
        total += 1 - dot / math.sqrt(sum(x * x for x in p) * sum(y * y for y in q))
    assert row_cosine_distance(a, b).item() == pytest.approx(total, rel=1e-12)
    assert row_cosine_distance(a[0, 0], b[0, 0]).item() == pytest.approx(cosine_distance(a[0, 0], b[0, 0]).item())
    padded = (torch.nn.functional.pad(x, (0, 3)) for x in (a, b))
    assert row_cosine_distance(*padded).item() == pytest.approx(total, rel=1e-12)
    scale = normal(2, 5, 1, seed=2).exp()
    assert row_cosine_distance(scale * a, 1e-30 * b).item() == pytest.approx(total, rel=1e-9)


def test_dead_rows_count_nothing_and_have_no_gradient():
    a, b = normal(6, 4), normal(6, 4, seed=1)
    a[1], b[2], a[3], b[3] = 0, 0, 0, 0
    alive = [0, 4, 5]
    p, q = a.clone().requires_grad_(), b.clone().requires_grad_()
    value = row_cosine_distance(p, q)
    torch.testing.assert_close(value, row_cosine_distance(a[alive], b[alive]))
    for gradient in torch.autograd.grad(value, [p, q]):
        assert gradient[[1, 2, 3]].eq(0).all()
        assert gradient[alive].abs().max() > 0.01
    assert row_cosine_distance(torch.zeros(3, 2), torch.zeros(3, 2)) == 0


def test_its_gradients_are_those_of_finite_differences():
    a, b = normal(3, 4).requires_grad_(), normal(3, 4, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(row_cosine_distance, (a, b))
    assert torch.autograd.gradgradcheck(row_cosine_distance, (a, b))


def sets(classes: int = 3) -> list[Samples]:
    """Not in the order of their classes, and not as many of each."""
    made = []
    for seed, n in ((0, 11), (1, 7)):
        order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
        made.append(Samples(normal(n, 5, seed=seed), (torch.arange(n) % classes)[order]))
    return made


def only(samples: Samples, label: int) -> Samples:
    return samples.rows((samples.labels == label).nonzero().flatten())


def matcher(statistic, distance, classes: int = 3) -> StatisticMatcher:
    made = StatisticMatcher(statistic=statistic, distance=distance)
    made.build(Spec(shape=(5,), classes=classes, features=5))
    return made


@pytest.mark.parametrize("distance", [RowCosine(), Squared()])
def test_it_is_the_sum_of_the_bare_matcher_over_the_classes(distance):
    grouped = matcher(PerClass(statistic=HeadGradient(std=1.0)), distance)
    bare = matcher(HeadGradient(std=1.0), distance)
    both = sets()
    each = [bare.discrepancy([only(s, c) for s in both], STEP).value for c in range(3)]
    torch.testing.assert_close(grouped.discrepancy(both, STEP).value, sum(each))
    assert not torch.allclose(grouped.discrepancy(both, STEP).value, bare.discrepancy(both, STEP).value, rtol=0.05)


@pytest.mark.parametrize("distance", [RowCosine(), Squared()])
def test_with_one_group_it_is_the_bare_matcher(distance):
    grouped = matcher(PerClass(statistic=HeadGradient(std=1.0)), distance)
    grouped.statistic.classes = 1  # of the groups; the head still has three outputs
    bare = matcher(HeadGradient(std=1.0), distance)
    both = [only(s, 0) for s in sets()]
    torch.testing.assert_close(
        grouped.discrepancy(both, STEP).value, bare.discrepancy(both, STEP).value, rtol=0, atol=0
    )


def test_rows_keep_their_weights():
    statistic = PerClass(statistic=HeadGradient(std=1.0))
    statistic.build(Spec(shape=(5,), classes=3, features=5))
    samples = sets()[0]
    times = torch.arange(11) % 4 + 1
    weighted = Samples(samples.values, samples.labels, times.double())
    repeated = samples.rows(torch.arange(11).repeat_interleave(times))
    torch.testing.assert_close(statistic.measure(weighted, STEP), statistic.measure(repeated, STEP))


def test_what_cannot_be_grouped_is_refused():
    statistic = PerClass(statistic=HeadGradient())
    with pytest.raises(DeclarationError, match="needs data with labels"):
        statistic.build(Spec(shape=(5,)))
    statistic.build(Spec(shape=(5,), classes=4))
    with pytest.raises(MatchZooError, match=r"no sample of class 3 among 11.*real_batch of at least as many"):
        statistic.measure(sets()[0], STEP)
    with pytest.raises(DeclarationError, match="this set has no labels"):
        statistic.measure(Samples(normal(4, 5)), STEP)
    soft = Samples(normal(4, 5), torch.full((4, 4), 0.25))
    with pytest.raises(DeclarationError, match=r"has probabilities as labels \(generator\.soft_labels\)"):
        statistic.measure(soft, STEP)
