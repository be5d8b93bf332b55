"""What a ratio's term says of its estimates: the numbers, their cost, the log of a run, and the picture of them."""

import gc
import json
import weakref

import numpy as np
import pytest
import torch

from matchzoo.core.numerics.distances import gaussian, squared_distances
from matchzoo.core.samples import Samples
from matchzoo.core.showing.curves import curves
from matchzoo.core.step import Step
from matchzoo.matchers import MMD, RatioMatcher
from matchzoo.matchers.ratio import ratio_diagnostics
from matchzoo.ratios import KLIEP, ULSIF, Classifier, KernelMeanMatching, Ratio, RuLSIF
from matchzoo.ratios.kernel_mean_matching import kernel_mean_matching

STEP = Step(1, 0)
NAMES = {"mean", "minimum", "negative_share", "effective_share"}
ESTIMATORS = [
    KernelMeanMatching(bandwidths=(1.0,)), ULSIF(bandwidths=(1.0,), ridges=(0.1,)),
    RuLSIF(bandwidths=(1.0,), ridges=(0.1,), relative=0.3), KLIEP(bandwidths=(1.0,)), Classifier(ridges=(0.1,)),
]  # fmt: skip


def points(n: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_numbers_of_the_estimate_before_it_is_clipped() -> None:
    p, q = points(30) + 0.5, points(40, 1)
    matcher = RatioMatcher(estimator=KernelMeanMatching(bandwidths=(0.5, 1.0), ridge=0.01), regularizer="clip")
    found = matcher.discrepancy((Samples(p), Samples(q)), STEP)
    r = kernel_mean_matching(p, q, [0.5, 1.0], 0.01).numpy()
    expected = {
        "mean": r.mean(),
        "minimum": r.min(),
        "negative_share": (r < 0).mean(),
        "effective_share": r.sum() ** 2 / (r**2).sum() / 40,
    }
    assert r.min() < 0
    assert found.diagnostics() == pytest.approx(expected)
    grams = [gaussian(squared_distances(q, q), s).numpy() + 0.01 * np.eye(40) for s in (0.5, 1.0)]
    assert found.diagnostics(thorough=True) == pytest.approx(
        expected | {"condition_number": max(map(np.linalg.cond, grams))}
    )


def test_a_relative_ratio_has_the_mean_of_the_mixture() -> None:
    p, q = points(300) + 0.5, points(400, 1)
    matcher = RatioMatcher(estimator=RuLSIF(bandwidths=(1.0,), ridges=(0.1,), relative=0.5, clip=False))
    matcher.discrepancy((Samples(p), Samples(q)), STEP)
    ratio = matcher.estimator.fit(Samples(p), Samples(q), STEP)
    mean = (ratio.numerator.mean() + ratio.denominator.mean()).item() / 2
    assert (
        matcher.discrepancy((Samples(p), Samples(q)), STEP).diagnostics()["mean"]
        == pytest.approx(mean)
        == pytest.approx(1, abs=0.06)
    )


def test_what_is_not_finite_is_left_out() -> None:
    ratio = Ratio(denominator=torch.ones(5), matrices=(torch.zeros(5, 5),))
    assert ratio.diagnostics()["condition_number"] == float("inf")
    assert set(ratio_diagnostics(ratio, thorough=True)) == NAMES


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("form", ["centered", "lower-bound"])
def test_no_graph_and_no_samples_are_kept(estimator, form) -> None:
    if form == "lower-bound" and not estimator.out_of_sample:
        pytest.skip("the estimator has no such form")
    matcher = RatioMatcher(estimator=estimator, form=form)
    leaf = points(12).requires_grad_()
    real, synthetic = Samples(1.0 * leaf + 0.3), Samples(2.0 * leaf)
    found = matcher.discrepancy((real, synthetic), STEP)
    found.value.backward()
    found = found.detached()
    watched = [weakref.ref(x) for x in (real, synthetic, real.values, synthetic.values)]
    del real, synthetic
    gc.collect()
    assert [ref() for ref in watched] == [None] * 4
    kept = [found.ratio.denominator, *found.ratio.matrices]
    assert not any(x.requires_grad for x in kept)
    assert set(found.diagnostics()) == NAMES


def test_other_terms_have_none() -> None:
    matcher = MMD(bandwidths=(1.0,))
    assert matcher.discrepancy((Samples(points(5)), Samples(points(6))), STEP).diagnostics(thorough=True) == {}


def test_a_run_records_them_where_it_records_at_all(ring_recipe, ring, tmp_path, monkeypatch) -> None:
    from matchzoo.recipes.recipe import Recipe

    asked = []
    name = "matchzoo.matchers.ratio.ratio_diagnostics"
    monkeypatch.setattr(name, lambda ratio, t=False: asked.append(t) or ratio_diagnostics(ratio, t))
    ring["trainer"] |= {"steps": 45, "log_every": 2, "checkpoint_every": 7}
    run = Recipe.of(ring).run(tmp_path / "run", quiet=True)
    records = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]
    assert [record["step"] for record in records] == [1, *range(2, 45, 2), 45]
    assert len(asked) == len(records)
    term = "projector/maximize[0]"
    for record in records:
        thorough = record["step"] in (1, 20, 40, 45)
        names = {f"{term}/{name}" for name in NAMES | ({"condition_number"} if thorough else set())}
        assert record.keys() == {"step", term, "generator/minimize[0]"} | names
        assert 0 <= record[f"{term}/negative_share"] < 1
        assert 0 < record[f"{term}/effective_share"] <= 1
    assert run.metrics["last"][f"{term}/condition_number"] > 1


def titles(records: list) -> list[str]:
    figure = curves(records)
    figure.draw_without_rendering()
    return [axis.get_title() for axis in figure.axes if axis.axison]


def test_curves_have_panels_for_diagnostics_and_for_names_they_do_not_know() -> None:
    plain = [{"step": i, "one/minimize[0]": 1.0 / i} for i in range(1, 50)]
    assert titles(plain) == ["one/minimize[0]"]
    five = [{"step": 1, **{f"one/minimize[{i}]": float(i - 2) for i in range(5)}}]
    assert titles(five) == [f"one/minimize[{i}]" for i in range(5)]
    term = "two/maximize[0]"
    ratio = {"mean": 1.0, "minimum": -300.0, "effective_share": 0.2, "negative_share": 0.0}
    records = [record | {term: 0.0} | {f"{term}/{k}": v for k, v in ratio.items()} for record in plain]
    records[0] |= {f"{term}/condition_number": 1e5, f"{term}/other": 3.0}
    assert titles(records) == [
        "one/minimize[0]", "two/maximize[0]", "mean ratio (should be 1)", "smallest ratio (should not be below 0)",
        "shares of the synthetic samples", "condition number", "other",
    ]  # fmt: skip
    by_title = {axis.get_title(): axis for axis in curves(records).axes}
    scales = [by_title[t].get_yscale() for t in ("one/minimize[0]", "condition number", "mean ratio (should be 1)")]
    assert scales == ["log", "log", "linear"]
    assert by_title["smallest ratio (should not be below 0)"].get_ylim()[0] < -300
    assert [line.get_ydata()[0] for line in by_title["mean ratio (should be 1)"].lines[1:]] == [1]
