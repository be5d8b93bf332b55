"""The induced probe against ridge regression in feature space and finite differences, its loss against plain loops."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.numerics.losses import soft_cross_entropy
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers import InducedProbe
from matchzoo.matchers.induced_probe import probe_loss, sample_space_probe

C = 4


def problem(n: int = 12, d: int = 9, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % C
    return torch.randn(n, d, generator=rng, dtype=torch.float64) + labels[:, None], labels


def built(**fields) -> InducedProbe:
    matcher = InducedProbe(**fields)
    matcher.build(Spec(shape=(3, 8, 8), classes=C))
    return matcher


@pytest.mark.parametrize(("n", "d"), [(4, 9), (12, 9), (30, 9), (8, 40)])
@pytest.mark.parametrize("ridge", [1e-4, 1e-1, 10.0])
@pytest.mark.parametrize("soft", [False, True])
def test_it_is_ridge_regression_in_feature_space(n, d, ridge, soft):
    """The primal solution, and least squares on rows that hold the penalty, with an unpenalized bias."""
    z, labels = problem(n, d)
    y = F.one_hot(labels, C).double()
    if soft:
        y = (y + torch.rand(n, C, dtype=torch.float64, generator=torch.Generator().manual_seed(1))).softmax(1)
    weight, bias = sample_space_probe(z, y if soft else labels, C, ridge)
    centered = z - z.mean(0)
    strength = ridge * centered.square().sum(1).mean()
    primal = torch.linalg.solve(centered.T @ centered + strength * torch.eye(d).double(), centered.T @ (y - y.mean(0)))
    torch.testing.assert_close(weight, primal, rtol=0, atol=1e-10)
    rows = torch.cat([torch.cat([z, torch.ones(n, 1).double()], 1), strength.sqrt() * torch.eye(d + 1).double()[:d]])
    solution = torch.linalg.lstsq(rows, torch.cat([y, torch.zeros(d, C).double()])).solution
    torch.testing.assert_close(torch.cat([weight, bias[None]]), solution, rtol=0, atol=1e-10)


def test_the_loss_is_that_of_plain_loops():
    real, synthetic = Samples(*problem(10, seed=3)), Samples(*problem(8))
    found = built(ridge=0.1, temperature=0.5).discrepancy([real, synthetic], Step(1, 0)).value
    weight, bias = sample_space_probe(synthetic.values, synthetic.labels, C, 0.1)
    total = 0.0
    for z, label in zip(real.values, real.labels.tolist(), strict=True):
        scores = [((z @ weight[:, k]).item() + bias[k].item()) / 0.5 for k in range(C)]
        total += math.log(sum(map(math.exp, scores))) - scores[label]
    assert found.item() == pytest.approx(total / 10, rel=1e-12)


def test_weights_of_real_samples_repeat_them_and_soft_labels_are_shared():
    z, labels = problem(6, seed=3)
    synthetic, matcher = Samples(*problem(8)), built()
    times = torch.tensor([1, 3, 2, 1, 5, 1])
    rows = torch.arange(6).repeat_interleave(times)
    soft = F.one_hot(labels, C) * 0.7 + 0.3 / C
    for y in (labels, soft):
        weighted = matcher.discrepancy([Samples(z, y, times.float()), synthetic], Step(1, 0)).value
        repeated = matcher.discrepancy([Samples(z[rows], y[rows]), synthetic], Step(1, 0)).value
        torch.testing.assert_close(weighted, repeated)
    one_hot = matcher.discrepancy([Samples(z, F.one_hot(labels, C)), synthetic], Step(1, 0)).value
    torch.testing.assert_close(one_hot, matcher.discrepancy([Samples(z, labels), synthetic], Step(1, 0)).value)
    scores = torch.randn(6, C, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    by_hand = -(soft * (scores / 0.3).log_softmax(1)).sum(1)
    torch.testing.assert_close(soft_cross_entropy(scores, soft, 0.3), by_hand.mean())


def test_order_and_scale_do_not_matter():
    (z, labels), (s, synthetic_labels) = problem(10, seed=3), problem(8)
    matcher = built()
    value = matcher.discrepancy([Samples(z, labels), Samples(s, synthetic_labels)], Step(1, 0)).value
    a, b = (torch.randperm(n, generator=torch.Generator().manual_seed(1)) for n in (10, 8))
    mixed = matcher.discrepancy([Samples(z[a], labels[a]), Samples(s[b], synthetic_labels[b])], Step(1, 0)).value
    torch.testing.assert_close(mixed, value)
    scaled = matcher.discrepancy([Samples(50 * z + 3, labels), Samples(50 * s + 3, synthetic_labels)], Step(1, 0)).value
    torch.testing.assert_close(scaled, value)


def test_the_gradient_is_that_of_finite_differences():
    real, (s, labels) = Samples(*problem(10, seed=3)), problem(8)
    matcher = built(ridge=0.05, temperature=0.3)
    s.requires_grad_()
    soft = (F.one_hot(labels, C) + 0.1).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda s: matcher.discrepancy([real, Samples(s, labels)], Step(1, 0)).value, [s])
    assert torch.autograd.gradcheck(
        lambda s, y: matcher.discrepancy([real, Samples(s, y)], Step(1, 0)).value, [s, soft]
    )


def test_some_rows_a_step_are_the_steps_own_draw():
    real, synthetic = Samples(*problem(40, seed=3)), Samples(*problem(8))
    matcher = built(rows=15)
    first, again, second = (matcher.discrepancy([real, synthetic], Step(n, 0)).value for n in (1, 1, 2))
    assert first == again
    assert first != second
    many = torch.stack([matcher.discrepancy([real, synthetic], Step(n, 0)).value for n in range(400)])
    whole = built().discrepancy([real, synthetic], Step(1, 0)).value
    assert abs(many.mean() - whole) < 4 * many.std() / 20
    torch.testing.assert_close(built(rows=1000).discrepancy([real, synthetic], Step(1, 0)).value, whole)


class Copies(TorchDispatchMode):
    """Notes the copies between devices that whoever makes them waits for."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[str] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func is torch.ops.aten._to_copy.default and kwargs.get("device", args[0].device) != args[0].device:
            self.waited += [] if kwargs.get("non_blocking") else [str(func)]
        return func(*args, **kwargs)


def test_no_copy_to_the_device_is_waited_for():
    """On ``meta``, which is as any other device to a copy."""
    real, synthetic = (Samples(z.to("meta"), labels.to("meta")) for z, labels in (problem(10, seed=3), problem(8)))
    with Copies() as copies:
        assert built(rows=5).discrepancy([real, synthetic], Step(1, 0)).value.is_meta
    assert copies.waited == []
    with Copies() as copies:
        torch.eye(3).to("meta")
    assert copies.waited == ["aten._to_copy.default"]


def test_float32_is_close_and_half_precision_is_taken_to_float32():
    real, synthetic = Samples(*problem(10, seed=3)), Samples(*problem(8))
    exact = built().discrepancy([real, synthetic], Step(1, 0)).value
    single = [Samples(s.values.float(), s.labels) for s in (real, synthetic)]
    torch.testing.assert_close(built().discrepancy(single, Step(1, 0)).value.double(), exact, rtol=1e-4, atol=1e-5)
    half = [Samples(s.values.bfloat16(), s.labels) for s in (real, synthetic)]
    assert built().discrepancy(half, Step(1, 0)).value.dtype == torch.float32


def test_a_system_that_rounding_breaks_is_not_finite():
    weight, _ = sample_space_probe(torch.zeros(4, 3), torch.arange(4), C, 1e-2)
    assert not weight.isfinite().any()


def test_what_cannot_be_measured_is_refused():
    samples = Samples(*problem())
    bare = Samples(samples.values)
    with pytest.raises(DeclarationError, match="the real samples have none"):
        built().discrepancy([bare, samples], Step(1, 0))
    with pytest.raises(DeclarationError, match="the synthetic samples have none"):
        built().discrepancy([samples, bare], Step(1, 0))
    with pytest.raises(MatchZooError, match="synthetic side: takes no weights"):
        built().discrepancy([samples, Samples(*problem(), torch.ones(12))], Step(1, 0))
    with pytest.raises(DeclarationError, match="at least 2 classes, got none"):
        InducedProbe().build(Spec(shape=(2,)))
    for field in ("ridge", "temperature"):
        with pytest.raises(DeclarationError, match="a number above 0"):
            InducedProbe(**{field: 0.0})


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
def test_blocks_of_real_rows_give_what_one_product_gives(monkeypatch, dtype):
    """With weights, and with soft labels; of features in half precision those that float16 holds."""
    z, labels = problem(11, seed=3)
    z, weights = z.to(dtype), torch.linspace(0, 2, 11)
    soft = torch.rand(11, C, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).softmax(1)
    for y, shares in ((labels, None), (labels, weights), (soft, weights)):
        found = []
        for block in (2**20, 3 * C):
            monkeypatch.setitem(probe_loss.__globals__, "BLOCK", block)
            synthetic = problem(8)[0].requires_grad_()
            value = built().discrepancy([Samples(z, y, shares), Samples(synthetic, problem(8)[1])], Step(1, 0)).value
            found.append((value.detach(), *torch.autograd.grad(value, synthetic)))
        torch.testing.assert_close(found[0], found[1], rtol=0, atol=1e-12)
