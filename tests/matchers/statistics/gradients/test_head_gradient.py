"""The closed form of the head's gradient against autograd, at the head and through a network to the pyramid."""

import sys

import pytest
import timm
import torch
import torch.nn.functional as F

from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.generators.images import decode
from matchzoo.matchers.distance import cosine_distance
from matchzoo.matchers.statistics import HeadGradient
from matchzoo.matchers.statistics.gradients.head_gradient import head_gradient


def problem(n: int = 40, d: int = 24, c: int = 7, dtype: torch.dtype = torch.float64) -> tuple[torch.Tensor, ...]:
    rng = torch.Generator().manual_seed(0)
    z = torch.randn(n, d, generator=rng, dtype=dtype)
    labels = torch.randint(c, (n,), generator=rng)
    return z, labels, torch.randn(c, d, generator=rng, dtype=dtype) * 0.3, torch.randn(c, generator=rng, dtype=dtype)


def by_autograd(z, labels, weight, bias, create_graph=False, sample_weights=None):
    weight, bias = weight.clone().requires_grad_(), bias.clone().requires_grad_()
    losses = F.cross_entropy(z @ weight.T + bias, labels, reduction="none")
    loss = losses.mean() if sample_weights is None else (losses * sample_weights / sample_weights.sum()).sum()
    dw, db = torch.autograd.grad(loss, [weight, bias], create_graph=create_graph)
    return torch.cat([dw, db[:, None]], 1)


def test_closed_form_is_the_gradient():
    z, labels, weight, bias = problem()
    found = head_gradient(z, labels, weight, bias)
    assert found.shape == (7, 25)
    torch.testing.assert_close(found, by_autograd(z, labels, weight, bias), rtol=0, atol=1e-15)


def test_soft_labels_and_sample_weights():
    z, labels, weight, bias = problem()
    soft = torch.rand(40, 7, dtype=torch.float64).softmax(1)
    torch.testing.assert_close(
        head_gradient(z, soft, weight, bias), by_autograd(z, soft, weight, bias), rtol=0, atol=1e-15
    )
    weights = torch.rand(40, dtype=torch.float64)
    torch.testing.assert_close(
        head_gradient(z, labels, weight, bias, weights),
        by_autograd(z, labels, weight, bias, sample_weights=weights),
        rtol=0,
        atol=1e-15,
    )
    one_hot = F.one_hot(labels, 7).double()
    torch.testing.assert_close(head_gradient(z, one_hot, weight, bias), head_gradient(z, labels, weight, bias))


def test_a_weight_counts_a_sample_so_many_times():
    z, labels, weight, bias = problem(4)
    doubled = head_gradient(torch.cat([z, z[:1]]), torch.cat([labels, labels[:1]]), weight, bias)
    weights = torch.tensor([2.0, 1, 1, 1], dtype=torch.float64)
    torch.testing.assert_close(head_gradient(z, labels, weight, bias, weights), doubled)


def test_float32_is_close_and_half_precision_is_taken_to_float32():
    z, labels, weight, bias = problem(512, 96, 20)
    exact = head_gradient(z, labels, weight, bias)
    single = head_gradient(z.float(), labels, weight.float(), bias.float())
    torch.testing.assert_close(single.double(), exact, rtol=1e-4, atol=1e-7)
    half = head_gradient(z.bfloat16(), labels, weight.float(), bias.float())
    assert half.dtype == torch.float32


def test_matching_loss_and_pyramid_gradient_are_those_of_a_differentiated_gradient():
    """Loss and gradient to every level, through a network: closed form against create_graph, float64."""
    torch.manual_seed(0)
    network = timm.create_model("test_vit", num_classes=0, img_size=32).double().eval().requires_grad_(False)
    levels = [torch.randn(6, 3, s, s, dtype=torch.float64, requires_grad=True) for s in (1, 4, 32)]
    labels = torch.arange(6) % 3
    real = torch.randn(3, network.num_features + 1, dtype=torch.float64)
    weight = torch.randn(3, network.num_features, dtype=torch.float64) * 0.01
    bias = torch.zeros(3, dtype=torch.float64)
    results = []
    for form in (head_gradient, lambda *a: by_autograd(*a, create_graph=True)):
        loss = cosine_distance(form(network(decode(levels, 32)), labels, weight, bias), real)
        results.append((loss, torch.autograd.grad(loss, levels)))
    (loss, gradients), (loss_, gradients_) = results
    assert abs(loss.item() - loss_.item()) <= 1e-12
    for a, b in zip(gradients, gradients_, strict=True):
        assert a.abs().max() > 0
        assert (a - b).abs().max() <= 1e-12


@pytest.mark.parametrize("heads", [None, 3])
@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_blocks_of_rows_are_exact_and_keep_nothing(heads, soft, weighted, monkeypatch):
    """Value and gradients, of features and of probabilities, of blocks against all rows at once, in float64."""
    z, labels, weight, bias = problem()
    if heads:
        weight = torch.randn(heads, *weight.shape, dtype=torch.float64) * 0.3
        bias = torch.randn(heads, 7, dtype=torch.float64)
    targets = torch.rand(40, 7, dtype=torch.float64).softmax(1).requires_grad_() if soft else labels
    weights = torch.rand(40, dtype=torch.float64) if weighted else None
    z.requires_grad_()
    inputs = [z, targets] if soft else [z]
    direction = torch.randn(*bias.shape, 25, dtype=torch.float64)

    def both() -> tuple[torch.Tensor, ...]:
        value = head_gradient(z, targets, weight, bias, weights)
        return value, *torch.autograd.grad((value * direction).sum(), inputs)

    whole = both()
    kept: list[torch.Size] = []
    monkeypatch.setattr(sys.modules[head_gradient.__module__], "BLOCK", 9 * bias.numel())  # 9 rows: 40 are 5 blocks
    with torch.autograd.graph.saved_tensors_hooks(lambda x: kept.append(x.shape) or x, lambda x: x):
        pieces = both()
    for a, b in zip(whole, pieces, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-15)
    assert not any(
        shape.numel() >= 40 * 7 and shape not in (z.shape, targets.shape) for shape in kept if shape[:1] == (40,)
    )


def test_several_heads_are_the_gradients_of_each():
    z, labels, _, _ = problem()
    weight, bias = torch.randn(3, 7, 24, dtype=torch.float64), torch.randn(3, 7, dtype=torch.float64)
    found = head_gradient(z, labels, weight, bias)
    for one, w, b in zip(found, weight, bias, strict=True):
        torch.testing.assert_close(one, by_autograd(z, labels, w, b), rtol=0, atol=1e-15)


def test_heads_of_the_statistic_are_drawn_anew_each_step_and_one_is_as_before():
    z, labels, _, _ = problem(dtype=torch.float32)
    measured = {}
    for heads in (1, 4):
        statistic = HeadGradient(std=0.5, heads=heads)
        statistic.classes = 7
        measured[heads] = [statistic.measure(Samples(z, labels), Step(n, 0)) for n in (1, 1, 2)]
        assert torch.equal(measured[heads][0], measured[heads][1])
        assert not torch.equal(measured[heads][0], measured[heads][2])
    assert measured[1][0].shape == (7, 25)
    assert measured[4][0].shape == (4, 7, 25)
    weight = torch.randn(7, 24, generator=Step(1, 0).rng("head")) * 0.5
    torch.testing.assert_close(measured[1][0], head_gradient(z, labels, weight, torch.zeros(7)))


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e5])
def test_cosine_distance_is_scale_free(scale):
    a, b = torch.randn(3, 5, dtype=torch.float64), torch.randn(3, 5, dtype=torch.float64)
    torch.testing.assert_close(cosine_distance(scale * a, b), cosine_distance(a, b))
    assert cosine_distance(a, a).item() == pytest.approx(0, abs=1e-15)
    assert cosine_distance(a, -a).item() == pytest.approx(2)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e6])
def test_cosine_distance_of_zero_is_one_and_its_gradient_points_along_the_other(dtype, scale):
    b = scale * torch.linspace(-1, 2, 5, dtype=dtype)
    for swapped in (False, True):
        a = torch.zeros(5, dtype=dtype, requires_grad=True)
        value = cosine_distance(b, a) if swapped else cosine_distance(a, b)
        [gradient] = torch.autograd.grad(value, a)
        assert value.item() == 1
        torch.testing.assert_close(gradient, -b / b.square().sum())
        assert gradient.square().isfinite().all()
    zeros = torch.zeros(5, dtype=dtype, requires_grad=True)
    assert cosine_distance(zeros, torch.zeros(5, dtype=dtype)).item() == 1
    assert torch.autograd.grad(cosine_distance(zeros, torch.zeros(5, dtype=dtype)), zeros)[0].eq(0).all()


def test_cosine_distance_near_zero_has_the_gradient_of_finite_differences():
    """From 0 to where it is a cosine, which it is, to the bit, from a millionth of the other's length on."""
    b, way = torch.linspace(-1, 2, 5, dtype=torch.float64), torch.linspace(2, 1, 5, dtype=torch.float64)
    for length in (0.0, 1e-9, 1e-8, 5e-7):
        a = (length * way).requires_grad_()
        assert torch.autograd.gradcheck(lambda x: cosine_distance(x, b), a, eps=1e-10, rtol=1e-3)
    for length in (2e-6, 1e-3, 1.0, 1e5):
        found, expected = [(length * way).float().requires_grad_() for _ in range(2)]
        value = cosine_distance(found, b.float())
        plain = 1 - (expected @ b.float()) / (torch.linalg.vector_norm(expected) * torch.linalg.vector_norm(b.float()))
        assert torch.equal(value, plain)
        assert torch.equal(*(torch.autograd.grad(x, y)[0] for x, y in ((value, found), (plain, expected))))
    for length in (1e-24, 1e-30):  # a norm that underflows
        assert 0 <= cosine_distance((length * way).float(), b.float()).item() <= 2


@pytest.mark.parametrize("fused", [False, True])
def test_adam_leaves_a_zero_under_a_cosine(fused):
    """Adam's mean of squares keeps the first gradient for thousands of steps, so it must not be large either."""
    a, b = torch.zeros(8, requires_grad=True), torch.linspace(-1, 1, 8)
    adam = torch.optim.Adam([a], lr=0.1, fused=fused)
    for _ in range(50):
        [a.grad] = torch.autograd.grad(cosine_distance(a, b), [a])
        adam.step()
    assert F.cosine_similarity(a, b, dim=0).item() > 0.9
