"""Statistics of plain tensors, outside of any recipe."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.statistics import (
    ClassMeans,
    CrossCorrelation,
    HeadGradient,
    NetworkGradient,
    PerClass,
    Risk,
    Statistic,
    StatisticalFlow,
    class_means,
    cross_correlation,
    head_gradient,
    statistical_flow,
)

FEATURES, LABELS = torch.randn(12, 5, generator=torch.Generator().manual_seed(0)), torch.arange(12) % 3
WEIGHTS = torch.rand(12, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("statistic", "features"),
    [
        (HeadGradient(), FEATURES),
        (HeadGradient(heads=2), FEATURES),
        (ClassMeans(), FEATURES),
        (ClassMeans(of="others"), FEATURES),
        (StatisticalFlow(), FEATURES),
        (PerClass(statistic=HeadGradient()), FEATURES),
        (Risk(), FEATURES[:, :3]),
    ],
)
def test_a_call_on_tensors_is_the_measure_of_a_recipe(statistic: Statistic, features: torch.Tensor):
    step, samples = Step(7, 3), Samples(features, LABELS, WEIGHTS)
    called = statistic(features, LABELS, WEIGHTS, step)
    statistic.build(Spec(shape=(5,), classes=3, features=features.shape[1]))
    assert torch.equal(called, statistic.measure(samples, step))
    assert torch.equal(called, statistic(samples, step=step))


def test_functions_and_objects_agree():
    step = Step(0, 0)
    weight = 0.01 * torch.randn(3, 5, generator=step.rng("head"))
    assert torch.equal(HeadGradient()(FEATURES, LABELS), head_gradient(FEATURES, LABELS, weight, torch.zeros(3)))
    assert torch.equal(ClassMeans()(FEATURES, LABELS), class_means(FEATURES, LABELS, 3))
    assert torch.equal(StatisticalFlow()(FEATURES, LABELS), statistical_flow(FEATURES, LABELS, 3))


def test_the_number_of_classes_can_be_said():
    assert HeadGradient()(FEATURES, LABELS, classes=10).shape == (10, 6)
    assert HeadGradient()(FEATURES, torch.full((12, 4), 0.25)).shape == (4, 6)


def test_samples_of_any_shape_are_flattened():
    assert ClassMeans()(torch.rand(6, 3, 4, 4), torch.arange(6) % 2).shape == (2, 48)


def test_a_joint_statistic_takes_its_sets():
    x, y = FEATURES, FEATURES + WEIGHTS[:, None]
    assert torch.equal(CrossCorrelation(eps=0.1)(x, y), cross_correlation(x, y, 0.1))
    assert CrossCorrelation()(Samples(x), y).shape == (5, 5)
    with pytest.raises(MatchZooError, match="expected two sets, got 1"):
        CrossCorrelation()(x)


def test_what_is_missing_is_said():
    with pytest.raises(DeclarationError, match="needs at least 2 classes, got none"):
        HeadGradient()(FEATURES)
    with pytest.raises(MatchZooError, match=r"in your own training loop call network_gradient\(network, …\)"):
        NetworkGradient(network="classifier")(FEATURES, LABELS)


def test_a_gradient_reaches_the_values():
    values = FEATURES.clone().requires_grad_()
    HeadGradient()(values, LABELS).square().sum().backward()
    assert values.grad.abs().sum() > 0
