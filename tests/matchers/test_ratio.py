"""f-divergences read off ratios: closed forms, bounds, gradients, the losses of GANs, and the trainer."""

import numpy as np
import pytest
import scipy.integrate
import torch
import torch.nn.functional as F

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError
from matchzoo.core.samples import Samples, as_samples
from matchzoo.core.step import Step
from matchzoo.matchers import Matcher, RatioMatcher
from matchzoo.matchers.ratio import DIVERGENCES, f_divergence, pearson
from matchzoo.ratios import Classifier, KernelMeanMatching, Ratio, RatioEstimator
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.loop import Training

STEP = Step(1, 0)
FORMS = [
    (d, f) for d in DIVERGENCES for f in ("centered", "lower-bound", "second-moment" if d == "pearson" else "plain")
]


def points(n: int, d: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def true_ratio(n: int = 200_000, logs: bool = True) -> Ratio:
    """The ratio of p = N(0.5, 1) and q = N(0, 1.2²), exact, at many samples of both."""
    p, q = points(n, 1)[:, 0] + 0.5, 1.2 * points(n, 1, 1)[:, 0]

    def log(x: torch.Tensor) -> torch.Tensor:
        return -((x - 0.5) ** 2) / 2 + x**2 / (2 * 1.44) + np.log(1.2)

    at = log(p), log(q)
    return Ratio(denominator=at[1].exp(), numerator=at[0].exp, logs=at if logs else None)


def truth(divergence: str) -> float:
    """By quadrature of the definitions."""

    def p(x: float) -> float:
        return np.exp(-((x - 0.5) ** 2) / 2) / np.sqrt(2 * np.pi)

    def q(x: float) -> float:
        return np.exp(-(x**2) / 2.88) / np.sqrt(2 * np.pi * 1.44)

    def kl(a, b):
        return scipy.integrate.quad(lambda x: a(x) * np.log(a(x) / b(x)), -12, 12)[0]

    def mixture(x: float) -> float:
        return (p(x) + q(x)) / 2

    return {
        "pearson": lambda: scipy.integrate.quad(lambda x: (p(x) - q(x)) ** 2 / q(x), -12, 12)[0],
        "kl": lambda: kl(p, q),
        "reverse-kl": lambda: kl(q, p),
        "jensen-shannon": lambda: (kl(p, mixture) + kl(q, mixture)) / 2,
    }[divergence]()


@pytest.mark.parametrize(("divergence", "form"), FORMS)
@pytest.mark.parametrize("logs", [True, False])
def test_the_true_ratio_gives_the_divergence_of_quadrature(divergence, form, logs):
    found = f_divergence(true_ratio(logs=logs), divergence, form).item()
    assert found == pytest.approx(truth(divergence), abs=0.015)


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_the_functions_of_a_divergence_belong_together(divergence):
    f = DIVERGENCES[divergence]
    r = torch.tensor([0.1, 0.5, 1.0, 2.0, 9.0], dtype=torch.float64, requires_grad=True)
    value = f.plain(r, r.log())
    [slope] = torch.autograd.grad(value.sum(), r)
    torch.testing.assert_close(f.at_numerator(r, r.log()), slope)
    torch.testing.assert_close(f.at_denominator(r, r.log()), value - r * slope)
    torch.testing.assert_close(f.centered(r, r.log()), value - slope[2] * (r - 1))
    assert value[2].item() == pytest.approx(0, abs=1e-15)
    assert f.centered(r, r.log()).min() >= -1e-15


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_the_lower_bound_of_another_ratio_is_lower(divergence):
    right = true_ratio()
    for power, factor in ((0.8, 1.0), (1.0, 1.5), (1.2, 0.7)):
        logs = tuple(power * log + np.log(factor) for log in right.logs)
        wrong = Ratio(denominator=logs[1].exp(), numerator=logs[0].exp, logs=logs)
        assert f_divergence(wrong, divergence, "lower-bound") < truth(divergence) + 0.002


def test_a_relative_ratio_gives_the_divergence_from_the_mixture():
    right, a = true_ratio(), 0.3
    relative = [r / (a * r + 1 - a) for r in (right.numerator, right.denominator)]
    ratio = Ratio(denominator=relative[1], numerator=lambda: relative[0], relative=a)
    values = {
        form: f_divergence(ratio, "pearson", form).item() for form in ("centered", "second-moment", "lower-bound")
    }
    assert values["second-moment"] == pytest.approx(values["centered"], abs=0.01)
    assert values["lower-bound"] == pytest.approx(values["centered"], abs=0.01)
    assert 0 < values["centered"] < truth("pearson")


@pytest.mark.parametrize("regularizer", ["none", "clip", "mean", "sum"])
def test_regularizers(regularizer):
    p, q = Samples(points(20, 2) + 0.5), Samples(points(15, 2, 1))
    ratio = KernelMeanMatching(bandwidths=(0.7,), ridge=1e-3).fit(p, q, STEP).denominator
    assert ratio.min() < 0
    expected = {
        "none": pearson(ratio),
        "clip": pearson(ratio.clamp_min(0)),
        "mean": pearson(ratio) + 0.5 * ratio.mean(),
        "sum": pearson(ratio) + 0.5 * ratio.sum(),
    }[regularizer]
    estimator = KernelMeanMatching(bandwidths=(0.7,), ridge=1e-3)
    matcher = RatioMatcher(estimator=estimator, regularizer=regularizer, strength=0.5)
    torch.testing.assert_close(matcher.discrepancy((p, q), STEP).value, expected)


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_negative_ratios_give_finite_divergences(divergence):
    ratio = Ratio(denominator=torch.tensor([-3.0, 0.0, 1e-30, 2.0], requires_grad=True))
    value = f_divergence(ratio, divergence, "centered")
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(ratio.denominator.grad).all()


def test_the_bound_of_jensen_shannon_is_the_loss_of_a_discriminator_and_large_logits_are_finite():
    real, fake = 3 * points(6, 1), 3 * points(6, 1, 1)
    for scale in (1.0, 300.0):
        logits = [(scale * x).float().requires_grad_() for x in (real, fake)]
        estimator = Classifier(features="logit")
        bound = RatioMatcher(estimator=estimator, divergence="jensen-shannon", form="lower-bound", regularizer="none")
        value = bound.discrepancy([Samples(x) for x in logits], STEP).value
        loss = (
            F.binary_cross_entropy_with_logits(logits[0], torch.ones(6, 1))
            + F.binary_cross_entropy_with_logits(logits[1], torch.zeros(6, 1))
        ) / 2
        torch.testing.assert_close(value, np.log(2) - loss)
        gradients = torch.autograd.grad(value, logits, allow_unused=True)
        assert torch.isfinite(gradients[1]).all()


def test_a_gan_is_a_recipe():
    """Its discriminator is a learned projector of one feature, the logit; two players, one after the other."""
    logit = {"kind": "classifier", "features": "logit"}
    table = {
        "data": {"kind": "ring", "points": 200, "test_points": 5},
        "generator": {"kind": "noise", "dimension": 3, "network": {"kind": "mlp", "widths": [16]}},
        "projector": {"kind": "learned", "features": 1, "network": {"kind": "mlp", "widths": [32]}},
        "players": {
            "critic": {
                "moves": ["projector"],
                "maximize": [
                    {"kind": "ratio", "divergence": "jensen-shannon", "form": "lower-bound", "estimator": logit}
                ],
            },
            "generator": {
                "moves": ["generator"],
                "minimize": [{"kind": "ratio", "divergence": "reverse-kl", "form": "plain", "estimator": logit}],
            },
        },
        "trainer": {"steps": 1, "batch": 32, "device": "cpu", "schedule": [["critic"], ["generator"]]},
    }
    recipe = structure(table, Recipe)
    engine = recipe.engine()
    training = Training(recipe.build(engine), recipe.trainer, engine)
    values = [training.step(number) for number in range(1, 31)]
    bounds = [v["critic/maximize[0]"].item() for v in values]
    assert np.mean(bounds[-5:]) > bounds[0]  # it learns to tell them apart
    assert all(b <= np.log(2) for b in bounds)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"form": "plain"}, "form: 'plain' of pearson is called 'second-moment'"),
        ({"divergence": "kl", "form": "second-moment"}, "form: 'second-moment' of kl is called 'plain'"),
    ],
)
def test_forms_that_do_not_fit(change, message):
    table = {"kind": "ratio", "estimator": {"kind": "kernel-mean-matching", "bandwidths": [1.0]}, **change}
    with pytest.raises(DeclarationError, match=message):
        structure(table, Matcher)


def test_a_lower_bound_needs_ratios_at_real_samples():
    class Pointwise(RatioEstimator):
        out_of_sample = False

        def estimate(self, numerator, denominator, step):
            return Ratio(denominator=torch.ones(len(denominator)))

    with pytest.raises(DeclarationError, match="form: 'lower-bound' needs ratios at real samples: this method gives"):
        RatioMatcher(estimator=Pointwise(), form="lower-bound")


@pytest.mark.parametrize(("regularizer", "copies"), [("clip", 1), ("mean", 1), ("sum", 2)])
def test_weights_of_samples_are_repeated_samples(regularizer, copies):
    """Of a mean of 2: the sum of ratios then has twice as many terms."""
    p, q = points(8, 2) + 0.3, points(6, 2, 1)
    u, v = torch.tensor([1, 3, 2, 2, 1, 3, 2, 2]), torch.tensor([2, 1, 3, 2, 3, 1])
    fields = {"form": "centered", "regularizer": regularizer}
    matcher = RatioMatcher(estimator=KernelMeanMatching(bandwidths=(1.0,), ridge=0.01), **fields, strength=copies)
    again = RatioMatcher(estimator=KernelMeanMatching(bandwidths=(1.0,), ridge=0.02), **fields)
    weighted = Samples(p, weights=u.double()), Samples(q, weights=v.double())
    repeated = p.repeat_interleave(u, 0), q.repeat_interleave(v, 0)
    torch.testing.assert_close(matcher(*weighted), again(*repeated), rtol=1e-9, atol=0)
    first, second = (
        m.discrepancy([as_samples(x) for x in sets], STEP).diagnostics()
        for m, sets in ((matcher, weighted), (again, repeated))
    )
    for name in ("mean", "minimum", "negative_share"):
        assert first[name] == pytest.approx(second[name])
