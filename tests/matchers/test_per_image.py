"""A class for each synthetic image: clusters of the real side, and what is compared."""

import itertools

import attrs
import pytest
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.data.pool import Pool
from matchzoo.data.split import Split
from matchzoo.matchers import Cache, ClassMeans, Cosine, InducedProbe, PerImage, Squared, StatisticMatcher
from matchzoo.matchers import class_clusters as clusters_of
from matchzoo.matchers.per_image import given_to
from matchzoo.matchers.statistics import HeadGradient, StatisticalFlow, statistical_flow

CLASSES, IMAGES = 2, 3
SPEC = Spec(
    shape=(4,),
    classes=CLASSES,
    class_names=("a", "b"),
    count=24,
    features=4,
    images_per_class=IMAGES,
    space="projector",
)
FLOW = StatisticMatcher(statistic=StatisticalFlow(), distance=Squared())


class Images:
    """A generator of given samples."""

    def __init__(self, values: torch.Tensor) -> None:
        self.values, self.labels = values, torch.arange(len(values)) // IMAGES

    def sample(self) -> Samples:
        return Samples(self.values, self.labels, index=torch.arange(len(self.values)))


def ready(term: PerImage, real: Samples, images: torch.Tensor, weights: torch.Tensor | None = None) -> PerImage:
    """A term that has seen its data."""
    term.build(attrs.evolve(SPEC, count=len(real)))
    term.bind({"generator": Images(images)})
    pool = Pool(
        {"real": Split(real.values, real.labels)},
        ("a", "b"),
        lambda split, space: Samples(split.values, split.labels),
        Step(0, 3),
        weights,
    )
    term.prepare(pool)
    return term


@pytest.fixture
def real() -> Samples:
    """Three tight groups of four rows in each of two classes."""
    middles = 10 * torch.randn(CLASSES * IMAGES, 4, dtype=torch.float64)
    values = (middles[:, None] + 0.01 * torch.randn(CLASSES * IMAGES, 4, 4, dtype=torch.float64)).flatten(0, 1)
    order = torch.randperm(24)
    return Samples(
        values[order], (torch.arange(24) // 12)[order], index=torch.arange(24), group=(torch.arange(24) // 4)[order]
    )


def test_every_image_takes_the_group_that_it_starts_in(real):
    """Images that start at rows of the groups, in any order within their class, keep these."""
    middles = torch.stack([real.values[real.group == group].mean(0) for group in range(6)])
    places = torch.tensor([2, 0, 1, 4, 5, 3])
    term = ready(PerImage(matcher=FLOW), real, middles[places])
    assert torch.equal(places[term.clusters], real.group)

    synthetic = term.generator[0].sample()
    assert term.discrepancy([real, synthetic], Step(1, 0)).value.item() == pytest.approx(0, abs=1e-12)


def test_the_assignment_is_the_best_of_all(real):
    start = torch.randn(6, 4, dtype=torch.float64)
    labels, clusters = torch.arange(6) // IMAGES, real.group
    numbers = given_to(start, labels, real.values, clusters, IMAGES)
    centers = torch.stack([real.values[clusters == group].mean(0) for group in range(6)])

    def length(order: torch.Tensor) -> float:
        return (centers - start[order]).square().sum().item()

    orders = itertools.product(itertools.permutations(range(3)), itertools.permutations(range(3, 6)))
    assert length(numbers) == pytest.approx(min(length(torch.tensor(a + b)) for a, b in orders))


def test_it_is_the_term_on_finer_classes_by_hand(real):
    images = torch.randn(6, 4, dtype=torch.float64)
    term = ready(PerImage(matcher=FLOW), real, images)
    expected = (statistical_flow(real.values, term.clusters, 6) - statistical_flow(images, torch.arange(6), 6)).square()
    value = term.discrepancy([real, term.generator[0].sample()], Step(1, 0)).value
    torch.testing.assert_close(value, expected.sum())


def test_means_are_exact_for_flows_and_weigh_as_much_as_their_samples(real):
    images = torch.randn(6, 4, dtype=torch.float64, requires_grad=True)
    weighted = attrs.evolve(real, weights=1 + torch.rand(24, dtype=torch.float64))
    step = Step(1, 0)
    for matcher, close in (
        (FLOW, 1e-12),
        (StatisticMatcher(statistic=HeadGradient(std=1e-5), distance=Cosine()), 1e-6),
    ):
        values = []
        for means in (False, True):
            term = ready(PerImage(matcher=matcher, reference=Cache(), means=means), real, images.detach())
            synthetic = attrs.evolve(term.generator[0].sample(), values=images)
            values.append(term.discrepancy([weighted, synthetic], step).value)
            assert values[-1].requires_grad
        torch.testing.assert_close(*values, atol=close, rtol=close)


def test_clusters_weigh_the_same_or_as_many_samples_as_they_have(real):
    """A head's gradient by hand, whose rows are of one image each; sizes need another number of each cluster."""
    uneven = real.rows(((real.group < 5) | (torch.arange(24) % 2 == 0)).nonzero().flatten())
    uneven = attrs.evolve(uneven, index=torch.arange(len(uneven)))
    images, step = torch.randn(6, 4, dtype=torch.float64), Step(1, 0)
    statistic = HeadGradient(std=0.1)
    statistic.build(attrs.evolve(SPEC, classes=6))
    for sizes in (False, True):
        term = PerImage(matcher=StatisticMatcher(statistic=HeadGradient(std=0.1), distance=Squared()), sizes=sizes)
        term = ready(term, uneven, images)
        counts = term.clusters.bincount(minlength=6).double()
        real_weights = torch.ones(len(uneven)).double() if sizes else 1 / counts[term.clusters]
        one = Samples(uneven.values, term.clusters, real_weights)
        other = Samples(images, torch.arange(6), counts if sizes else None)
        expected = (statistic.measure(one, step) - statistic.measure(other, step)).square().sum()
        value = term.discrepancy([uneven, term.generator[0].sample()], step).value
        torch.testing.assert_close(value, expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("sizes", [False, True])
@pytest.mark.parametrize("is_stored", [False, True])
def test_balanced_classes_are_not_balanced_twice(real, sizes, is_stored):
    """Rows with weights, as in a cache of balanced classes, are rows that are drawn as often: clusters weigh the same,
    or as much as their rows together."""
    often = torch.where(real.labels == 0, 3, 1)
    images, step = torch.randn(6, 4, dtype=torch.float64), Step(1, 0)
    term = PerImage(matcher=StatisticMatcher(statistic=HeadGradient(std=0.1), distance=Squared()), sizes=sizes)
    term = ready(term, real, images, often.float())
    drawn = (
        attrs.evolve(real, weights=often.double())
        if is_stored
        else real.rows(torch.arange(24).repeat_interleave(often))
    )
    masses = term.clusters.bincount(often.double(), minlength=6)
    one = Samples(real.values, term.clusters, often if sizes else often / masses[term.clusters])
    other = Samples(images, torch.arange(6), masses if sizes else None)
    statistic = HeadGradient(std=0.1)
    statistic.build(attrs.evolve(SPEC, classes=6))
    expected = (statistic.measure(one, step) - statistic.measure(other, step)).square().sum()
    value = term.discrepancy([drawn, term.generator[0].sample()], step).value
    torch.testing.assert_close(value, expected, rtol=1e-6, atol=0)


def test_an_induced_probe_has_a_column_of_each_image(real):
    term = ready(PerImage(matcher=InducedProbe()), real, torch.randn(6, 4, dtype=torch.float64))
    value = term.discrepancy([real, term.generator[0].sample()], Step(1, 0)).value
    by_hand = InducedProbe()
    by_hand.build(attrs.evolve(SPEC, classes=6))
    finer = attrs.evolve(real, labels=term.clusters), attrs.evolve(term.generator[0].sample(), labels=torch.arange(6))
    torch.testing.assert_close(value, by_hand.discrepancy(finer, Step(1, 0)).value)


def test_clusters_are_within_classes():
    labels = torch.arange(30) % 3
    clusters = clusters_of(torch.randn(30, 4), labels, 4)
    assert torch.equal(clusters // 4, labels)
    assert clusters.bincount(minlength=12).min() > 0
    with pytest.raises(MatchZooError, match="class 0 has 10 samples, too few for 11 clusters"):
        clusters_of(torch.randn(30, 4), labels, 11)


def test_what_is_refused():
    for fields, match in (
        ({"reference": ClassMeans()}, "use reference = 'cache' and means = true"),
        ({"means": True}, "are of stored features"),
        ({"sets": ("real", "target")}, "which is the default"),
        (
            {"matcher": StatisticMatcher(statistic=StatisticalFlow(), distance=Squared(), space="x")},
            "the term around it",
        ),
    ):
        with pytest.raises(DeclarationError, match=match):
            PerImage(**{"matcher": FLOW, **fields})
    with pytest.raises(DeclarationError, match="the generator has no images of classes"):
        PerImage(matcher=FLOW).build(attrs.evolve(SPEC, images_per_class=0))
