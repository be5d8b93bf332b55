"""KLIEP's choice of a bandwidth: held-out objectives by brute force, golden sections, blocks."""

import math

import pytest
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.numerics.distances import gaussian, squared_distances
from matchzoo.core.numerics.kernels import Linear, RationalQuadratic
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.ratios import KLIEP, ULSIF, basis, kliep
from matchzoo.ratios.basis import design_at, folds, narrowed
from matchzoo.ratios.kliep import HeldOut, likeliest


def points(n: int, d: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_held_out_objective_is_that_of_leaving_folds_out(monkeypatch):
    monkeypatch.setattr(kliep, "SEARCHING", 1e-11)
    monkeypatch.setattr(kliep, "BLOCK", 7)
    p, q, rows = 0.8 * points(23, 2) + 0.4, points(31, 2, 1), torch.tensor([0, 3, 4, 9, 17, 22])
    parts = folds(len(p), Step(0, 0)), folds(len(q), Step(0, 0))
    held_out = HeldOut(p, q, rows, parts)
    for s in (2.0, 0.7, 1.1):
        total = 0.0
        for of_p, of_q in zip(*parts, strict=True):
            centers = p[[row for row in rows.tolist() if row not in of_p.tolist()]]
            rest_p, rest_q = (
                x[[i for i in range(len(x)) if i not in held.tolist()]] for x, held in ((p, of_p), (q, of_q))
            )
            theta = likeliest(*(gaussian(squared_distances(x, centers), s) for x in (rest_p, rest_q)))
            at_p, at_q = (gaussian(squared_distances(x, centers), s) @ theta for x in (p[of_p], q[of_q]))
            total += (at_p.log().mean() - at_q.mean() + 1).item() / 5
        assert held_out.loss(s) == pytest.approx(-total, abs=1e-6)
    assert held_out.loss(1e-3) == math.inf


def test_golden_sections_find_the_minimum_between_neighbors():
    def loss(x: float) -> float:
        tried.append(x)
        return (math.log(x) - math.log(0.31)) ** 2

    tried: list[float] = []
    best = narrowed({x: loss(x) for x in (0.1, 0.2, 0.6, 1.7)}, loss, 12)
    assert best == pytest.approx(0.31, rel=0.01)
    assert all(0.1 <= x <= 0.6 for x in tried[4:])
    assert len(tried) == 16
    assert narrowed({2.0: 1.0}, loss, 3) == 2.0


def test_bandwidths_are_refined_by_default_and_where_asked():
    p, q = 0.8 * points(60, 2) + 0.4, points(50, 2, 1)
    listed = (0.2, 0.8, 3.0)
    assert KLIEP(bandwidths=listed).fit(p, q).chosen["bandwidth"] in listed
    assert KLIEP(bandwidths=listed, refine=True).fit(p, q).chosen["bandwidth"] not in listed
    kept = KLIEP(refine=False).fit(p, q).chosen["bandwidth"] / Samples(p).typical_distance(Samples(q), "median")
    assert any(kept == pytest.approx(float(s.partition("*")[0])) for s in basis.CANDIDATES if "*" in s)


@pytest.mark.parametrize("estimator", [KLIEP(bandwidths=(1.0,)), ULSIF(bandwidths=(1.0,), ridges=(0.1,))])
def test_kernels_by_blocks_give_the_same_ratio(monkeypatch, estimator):
    p, q = 0.8 * points(130, 3) + 0.4, points(120, 3, 1)  # more than there are centers
    whole = estimator.fit(p, q)
    monkeypatch.setattr(basis, "BLOCK", 16)
    blocks = estimator.fit(p, q)
    torch.testing.assert_close(blocks.denominator, whole.denominator, rtol=0, atol=1e-12)
    torch.testing.assert_close(blocks.at(p), whole.numerator, rtol=0, atol=1e-12)
    moved = q.clone().requires_grad_()
    assert design_at(moved, Samples(p), 1.0).requires_grad


def test_another_kernel_is_at_its_optimum():
    p, q = 0.8 * points(40, 2) + 0.4, points(30, 2, 1)
    kernel = RationalQuadratic(alphas=(0.5,))
    ratio = KLIEP(kernel=kernel).fit(p, q)
    theta = likeliest(kernel(p, p), kernel(q, p))
    torch.testing.assert_close(ratio.denominator, kernel(q, p) @ theta, rtol=1e-9, atol=0)
    gain = (kernel(p, p) / ratio.numerator[:, None]).mean(0) / kernel(q, p).mean(0)
    assert gain.max() <= 1 + 1e-9
    with pytest.raises(MatchZooError, match="the kernel has negative values"):
        KLIEP(kernel=Linear()).fit(p, q)
    with pytest.raises(DeclarationError, match="kernel: has its own bandwidth"):
        KLIEP(kernel=kernel, bandwidths=(1.0,))
