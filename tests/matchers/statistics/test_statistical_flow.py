"""Class centers and flows against plain loops, and what they do not change under."""

import pytest
import torch
import torch.nn.functional as F

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers import StatisticMatcher
from matchzoo.matchers.distance import Cosine, Squared, cosine_distance, squared_distance
from matchzoo.matchers.statistics import ClassMeans, StatisticalFlow
from matchzoo.matchers.statistics.class_means import class_means, other_means
from matchzoo.matchers.statistics.statistical_flow import statistical_flow

C, D = 5, 7
COUNTS = {1: [1] * C, 3: [3] * C, "unequal": [2, 1, 5, 3, 4]}


def problem(per_class=3, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Features [n, 7] in float64 and shuffled labels [n] of five classes."""
    rng = torch.Generator().manual_seed(seed)
    labels = torch.arange(C).repeat_interleave(torch.tensor(COUNTS[per_class]))
    labels = labels[torch.randperm(len(labels), generator=rng)]
    return torch.randn(len(labels), D, generator=rng, dtype=torch.float64) + labels[:, None], labels


def loops(z, labels, weights=None) -> torch.Tensor:
    """Flows [c, d], number by number."""
    weights = [1.0] * len(z) if weights is None else weights.tolist()
    centers = []
    for c in range(C):
        mine = [i for i in range(len(z)) if labels[i] == c]
        mass = sum(weights[i] for i in mine)
        centers.append([sum(weights[i] * z[i, j].item() for i in mine) / mass for j in range(z.shape[1])])
    flows = []
    for c in range(C):
        others = [k for k in range(C) if k != c]
        flows.append([sum(centers[k][j] for k in others) / len(others) - centers[c][j] for j in range(z.shape[1])])
    return torch.tensor(flows, dtype=torch.float64)


@pytest.mark.parametrize("per_class", COUNTS)
def test_flows_are_those_of_plain_loops(per_class):
    z, labels = problem(per_class)
    torch.testing.assert_close(statistical_flow(z, labels, C), loops(z, labels), rtol=0, atol=1e-14)
    weights = torch.rand(len(z), generator=torch.Generator().manual_seed(1), dtype=torch.float64) + 0.1
    torch.testing.assert_close(statistical_flow(z, labels, C, weights), loops(z, labels, weights), rtol=0, atol=1e-14)


@pytest.mark.parametrize("per_class", COUNTS)
def test_a_flow_is_the_centered_class_mean_turned_and_stretched(per_class):
    z, labels = problem(per_class)
    centers = class_means(z, labels, C)
    torch.testing.assert_close(statistical_flow(z, labels, C), C / (C - 1) * (centers.mean(0) - centers))
    z_, labels_ = problem(per_class, seed=5)
    centers_ = class_means(z_, labels_, C)
    torch.testing.assert_close(
        cosine_distance(statistical_flow(z, labels, C), statistical_flow(z_, labels_, C)),
        cosine_distance(centers - centers.mean(0), centers_ - centers_.mean(0)),
        rtol=0,
        atol=1e-14,
    )


def test_images_of_a_class_may_be_averaged_first():
    """Views first, then images, then classes is the same as all at once; so is any number of images per class."""
    z, labels = problem(3)
    order = labels.argsort(stable=True)
    means = z[order].reshape(C, 3, D).mean(1)
    torch.testing.assert_close(statistical_flow(z, labels, C), statistical_flow(means, torch.arange(C), C))


def test_moving_all_features_changes_no_flow():
    z, labels = problem("unequal")
    moved = z + 100 * torch.randn(D, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(statistical_flow(moved, labels, C), statistical_flow(z, labels, C), rtol=0, atol=1e-12)


def test_weighted_class_means_stand_for_the_whole_set():
    """Means with their counts, and two partial means of a class: as all samples."""
    z, labels = problem("unequal")
    whole = Samples(z, labels)
    counts = torch.bincount(labels, minlength=C).double()
    means = Samples(class_means(z, labels, C), torch.arange(C), counts)
    first, second = slice(0, 7), slice(7, None)
    parts = []
    for part in (first, second):
        there = labels[part].unique()
        parts += [(z[part][labels[part] == c].mean(0), c, float((labels[part] == c).sum())) for c in there]
    halves = Samples(
        torch.stack([p[0] for p in parts]), torch.stack([p[1] for p in parts]), torch.tensor([p[2] for p in parts])
    )
    assert len(halves) > C
    for statistic in (StatisticalFlow(), ClassMeans(), ClassMeans(of="others")):
        statistic.build(Spec(shape=(3, 8, 8), classes=C))
        expected = statistic.measure(whole, Step(1, 0))
        for other in (means, halves):
            torch.testing.assert_close(statistic.measure(other, Step(1, 0)), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("per_class", COUNTS)
def test_probabilities_and_weights_are_soft_counts(per_class):
    z, labels = problem(per_class)
    one_hot = F.one_hot(labels, C).double()
    torch.testing.assert_close(class_means(z, one_hot, C), class_means(z, labels, C), rtol=0, atol=1e-14)
    soft = (torch.randn(len(z), C, dtype=torch.float64, generator=torch.Generator().manual_seed(3))).softmax(1)
    repeated = class_means(z.repeat(C, 1), torch.arange(C).repeat_interleave(len(z)), C, soft.T.flatten())
    torch.testing.assert_close(class_means(z, soft, C), repeated)
    weights = torch.arange(1, len(z) + 1)
    times = torch.arange(len(z)).repeat_interleave(weights)
    torch.testing.assert_close(class_means(z, soft, C, weights), class_means(z[times], soft[times], C))


def test_the_gradient_is_that_of_finite_differences():
    z, labels = problem("unequal")
    real = statistical_flow(*problem(3, seed=9), C)
    soft = (F.one_hot(labels, C) + 0.1).double().requires_grad_()
    z.requires_grad_()
    weights = torch.linspace(0.5, 2, len(z), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda z: statistical_flow(z, labels, C), [z])
    assert torch.autograd.gradcheck(lambda *a: statistical_flow(a[0], a[1], C, a[2]), [z, soft, weights])
    assert torch.autograd.gradcheck(lambda z: cosine_distance(statistical_flow(z, labels, C), real), [z])


def test_float32_is_close_and_half_precision_is_taken_to_float32():
    z, labels = problem("unequal")
    exact = statistical_flow(z, labels, C)
    torch.testing.assert_close(statistical_flow(z.float(), labels, C).double(), exact, rtol=1e-5, atol=1e-6)
    assert statistical_flow(z.bfloat16(), labels, C).dtype == torch.float32


def test_the_decoupled_loss_is_two_terms():
    """α MSE of own centers + (1 − α) MSE of the others', as terms of weights α and 1 − α, over C · d."""
    real, synthetic = Samples(*problem("unequal")), Samples(*problem(3, seed=4))
    a, b = class_means(real.values, real.labels, C), class_means(synthetic.values, synthetic.labels, C)
    spec, value = Spec(shape=(3, 8, 8), classes=C), 0.0
    for of, weight in (("own", 0.7), ("others", 0.3)):
        term = StatisticMatcher(statistic=ClassMeans(of=of), distance=Squared(), weight=weight)
        term.build(spec)
        value += term.weight * term.discrepancy([real, synthetic], Step(1, 0)).value.item() / (C * D)
    others = torch.stack([torch.cat([a[:c], a[c + 1 :]]).mean(0) for c in range(C)])
    others_ = torch.stack([torch.cat([b[:c], b[c + 1 :]]).mean(0) for c in range(C)])
    assert value == pytest.approx(0.7 * F.mse_loss(a, b).item() + 0.3 * F.mse_loss(others, others_).item(), rel=1e-12)
    torch.testing.assert_close(other_means(a), others)


def test_as_a_term_it_is_the_cosine_of_flows():
    real, synthetic = Samples(*problem("unequal")), Samples(*problem(1, seed=4))
    term = StatisticMatcher(statistic=StatisticalFlow(), distance=Cosine())
    term.build(Spec(shape=(3, 8, 8), classes=C))
    found = term.discrepancy([real, synthetic], Step(1, 0)).value
    flows = [loops(s.values, s.labels) for s in (real, synthetic)]
    assert found.item() == pytest.approx(
        1 - F.cosine_similarity(*[f.flatten() for f in flows], dim=0).item(), rel=1e-12
    )
    zero = Samples(torch.zeros_like(synthetic.values), synthetic.labels)
    assert term.discrepancy([real, zero], Step(1, 0)).value.item() == 1
    assert squared_distance(flows[0], flows[0]).item() == 0


def test_what_cannot_be_measured_is_refused():
    z, labels = problem("unequal")
    with pytest.raises(MatchZooError, match=r"no sample of class 1, 3 among 11; .* of 5.*reference = \"class-means\""):
        class_means(z[(labels != 1) & (labels != 3)], labels[(labels != 1) & (labels != 3)], C)
    with pytest.raises(MatchZooError, match="no sample of class 2"):
        class_means(z, labels, C, (labels != 2).double())
    for statistic in (StatisticalFlow(), ClassMeans()):
        with pytest.raises(DeclarationError, match="needs at least 2 classes, got 1"):
            statistic.build(Spec(shape=(2,), classes=1))
        with pytest.raises(DeclarationError, match="got none"):
            statistic.build(Spec(shape=(2,)))
        statistic.build(Spec(shape=(2,), classes=C))
        with pytest.raises(DeclarationError, match="needs labels, and this set has none"):
            statistic.measure(Samples(z), Step(1, 0))


def test_means_in_blocks_are_those_of_all_rows(monkeypatch):
    (z, labels), weights = problem(), torch.linspace(0.1, 2, 15, dtype=torch.float64)
    for y in (labels, F.one_hot(labels, C) * 0.7 + 0.3 / C):
        whole = class_means(z, y, C, weights)
        with monkeypatch.context() as small:
            small.setitem(class_means.__globals__, "BLOCK", 2 * D)
            torch.testing.assert_close(class_means(z, y, C, weights), whole, rtol=0, atol=1e-12)
    torch.testing.assert_close(class_means(z.half(), labels, C), class_means(z.half().float(), labels, C))
