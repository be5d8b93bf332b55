"""Kernels, MMD and ratios against golden values that were computed apart from this code, in float64 and float32.

``golden/gram.npz`` holds two sets, x_de (40, 3) ~ N(0, 1.44 I) and x_nu (50, 3) ~ N((.5, -.25, .1), I), and for case A
(bandwidth 1) and B (.5, 1, 2), ridge 1e-3, what is computed of them.
"""

from pathlib import Path

import numpy as np
import pytest
import torch

from matchzoo.core.numerics.distances import gaussian, squared_distances
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.matchers import MMD
from matchzoo.matchers.mmd import mmd2
from matchzoo.matchers.ratio import f_divergence, pearson
from matchzoo.ratios import KLIEP, ULSIF, KernelMeanMatching, RuLSIF
from matchzoo.ratios.kernel_mean_matching import kernel_mean_matching

GOLDEN = np.load(Path(__file__).parents[1] / "golden/gram.npz")


def golden(name: str) -> torch.Tensor:
    return torch.tensor(GOLDEN[name])


def sets(dtype: torch.dtype = torch.float64) -> tuple[torch.Tensor, torch.Tensor]:
    return golden("x_de").to(dtype), golden("x_nu").to(dtype)


def bandwidths(case: str) -> list[float]:
    return golden(f"rect/{case}/f64/sigmas").tolist()


@pytest.mark.parametrize(("precision", "tolerance"), [("f64", 1e-12), ("f32", 2e-7)])
def test_gram_matrices(precision, tolerance):
    de, nu = sets(torch.float64 if precision == "f64" else torch.float32)
    for name, a, b in (("dede", de, de), ("denu", de, nu), ("nunu", nu, nu)):
        found = gaussian(squared_distances(a, b), 1.0)
        torch.testing.assert_close(found, golden(f"rect/A/{precision}/K_{name}")[0], rtol=0, atol=tolerance)


@pytest.mark.parametrize("case", ["A", "B"])
@pytest.mark.parametrize("estimator", ["biased", "unbiased"])
def test_mmd(case, estimator):
    name = "mmd2" if estimator == "biased" else "mmd2_unbiased"
    de, nu = sets()
    found = mmd2(nu, de, bandwidths(case), estimator)
    torch.testing.assert_close(found, golden(f"rect/{case}/f64/{name}"), rtol=0, atol=1e-12)
    de, nu = sets(torch.float32)
    found = mmd2(nu, de, bandwidths(case), estimator)
    torch.testing.assert_close(found, golden(f"rect/{case}/f32/{name}"), rtol=0, atol=2e-7 * len(bandwidths(case)))


@pytest.mark.parametrize("case", ["A", "B"])
def test_mmd_gradients(case):
    de, nu = (x.requires_grad_() for x in sets())
    mmd2(nu, de, bandwidths(case)).backward()
    torch.testing.assert_close(de.grad, golden(f"rect/{case}/f64/grad_de_mmd2"), rtol=0, atol=1e-12)
    torch.testing.assert_close(nu.grad, golden(f"rect/{case}/f64/grad_nu_mmd2"), rtol=0, atol=1e-12)


@pytest.mark.parametrize("case", ["A", "B"])
def test_root_of_mmd_but_for_its_offset(case, monkeypatch):
    monkeypatch.setattr("matchzoo.matchers.mmd.ROOT_OFFSET", 0.0)
    de, nu = (x.requires_grad_() for x in sets())
    found = MMD(bandwidths=tuple(bandwidths(case)), root=True).discrepancy((Samples(nu), Samples(de)), Step(1, 0)).value
    torch.testing.assert_close(found, golden(f"rect/{case}/f64/mmd"), rtol=0, atol=1e-12)
    found.backward()
    torch.testing.assert_close(de.grad, golden(f"rect/{case}/f64/grad_de_mmd"), rtol=0, atol=1e-12)
    torch.testing.assert_close(nu.grad, golden(f"rect/{case}/f64/grad_nu_mmd"), rtol=0, atol=1e-12)


@pytest.mark.parametrize("case", ["A", "B"])
@pytest.mark.parametrize("clip", [False, True])
def test_kernel_mean_matching(case, clip):
    de, nu = sets()
    found = kernel_mean_matching(nu, de, bandwidths(case), ridge=1e-3, clip=clip)
    torch.testing.assert_close(found, golden(f"rect/{case}/f64/ratio{'_clip' if clip else ''}"), rtol=0, atol=1e-9)


@pytest.mark.parametrize("case", ["A", "B"])
def test_kernel_mean_matching_by_bandwidth(case):
    for dtype, tolerance in ((torch.float64, 1e-9), (torch.float32, 5e-3)):
        de, nu = sets(dtype)
        for s, expected in zip(bandwidths(case), golden(f"rect/{case}/f64/ratio_per_sigma"), strict=True):
            found = kernel_mean_matching(nu, de, [s], ridge=1e-3)
            torch.testing.assert_close(found.double(), expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("case", ["A", "B"])
@pytest.mark.parametrize("loss", ["pd", "pd_clip", "loss_f_regsum", "loss_f_regmean"])
def test_pearson_objectives_and_gradients(case, loss):
    de, nu = (x.requires_grad_() for x in sets())
    ratio = kernel_mean_matching(nu, de, bandwidths(case), clip=loss == "pd_clip")
    value = pearson(ratio)
    if loss == "loss_f_regsum":
        value = -value - ratio.sum()
    if loss == "loss_f_regmean":
        value = -value - ratio.mean()
    torch.testing.assert_close(value, golden(f"rect/{case}/f64/{loss}").reshape(()), rtol=1e-9, atol=1e-9)
    value.backward()
    for x, side in ((de, "de"), (nu, "nu")):
        expected = golden(f"rect/{case}/f64/grad_{side}_{loss}")
        torch.testing.assert_close(x.grad, expected, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(("s", "ridge"), [(1.0, 0.1), (2.0, 0.01)])
def test_ulsif(s, ridge):
    de, nu = map(Samples, sets())
    prefix = f"extra/ulsif/s{s:g}_l{ridge:g}"
    raw, clipped = (
        ULSIF(bandwidths=(s,), ridges=(ridge,), clip=clip).fit(numerator=nu, denominator=de, step=Step(1, 0))
        for clip in (False, True)
    )
    torch.testing.assert_close(raw.denominator, golden(f"{prefix}/ratio_de_raw"), rtol=0, atol=1e-12)
    torch.testing.assert_close(clipped.denominator, golden(f"{prefix}/ratio_de_clipped_theta"), rtol=0, atol=1e-12)
    torch.testing.assert_close(clipped.numerator, golden(f"{prefix}/ratio_nu_clipped_theta"), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (RuLSIF(bandwidths=(1.0,), ridges=(0.1,), relative=0.1), "rulsif/a0.1/ratio_de"),
        (RuLSIF(bandwidths=(1.0,), ridges=(0.1,), relative=0.5), "rulsif/a0.5/ratio_de"),
        (KLIEP(bandwidths=(1.0,)), "kliep/s1/ratio_de_opt"),
        (KernelMeanMatching(bandwidths=(1.0,), constraint="non-negative"), "kmm_nonneg/s1/ratio"),
        (KernelMeanMatching(bandwidths=(2.0,), constraint="non-negative"), "kmm_nonneg/s2/ratio"),
    ],
)
def test_other_ratios(estimator, name):
    de, nu = map(Samples, sets())
    found = estimator.fit(numerator=nu, denominator=de, step=Step(1, 0)).denominator
    torch.testing.assert_close(found, golden(f"extra/{name}"), rtol=0, atol=1e-9)


@pytest.mark.parametrize("case", ["A", "B"])
def test_condition_numbers_and_the_second_moment(case):
    de, nu = map(Samples, sets())
    estimator = KernelMeanMatching(bandwidths=tuple(bandwidths(case)))
    ratio = estimator.fit(numerator=nu, denominator=de, step=Step(1, 0))
    expected = golden(f"rect/{case}/f64/cond").max().item()
    assert ratio.diagnostics()["condition_number"] == pytest.approx(expected, rel=1e-6)
    found = f_divergence(ratio, "pearson", "second-moment")
    torch.testing.assert_close(found, golden(f"rect/{case}/f64/pd_second_moment"), rtol=1e-9, atol=1e-9)
