"""The best state by validation is the result of a run."""

import copy

import pytest
import torch
from helpers.resuming import Stop, stop_after
from helpers.tables import RING

from matchzoo.core.errors import DeclarationError
from matchzoo.evaluation.figures import Figure
from matchzoo.recipes.recipe import Recipe


@pytest.fixture
def ring():
    table = copy.deepcopy(RING)
    table["data"]["validation_share"] = 0.2
    table["trainer"] |= {"steps": 6, "checkpoint_every": 1, "keep": 9, "best": {"by": "validation.mmd2", "every": 2}}
    table["evaluation"] = [{"kind": "two-sample", "samples": 50}, {"kind": "validation", "of": "two-sample"}]
    return table


def test_the_result_is_the_best_of_the_measured_steps(ring, tmp_path, monkeypatch):
    run = Recipe.of(ring).run(tmp_path / "run", quiet=True)
    best = run.metrics["best"]
    assert [step for step, _ in best["measured"]] == [2, 4, 6]
    assert [best["step"], best["value"]] == min(best["measured"], key=lambda pair: pair[1])
    assert run.step == best["step"]
    kept = run.generator_at(best["step"])
    assert run.generator.sample(4).values.equal(kept.sample(4).values)
    own = next(record for record in run.metrics["results"] if record["number"] == 1)
    assert own["mmd2"] == pytest.approx(best["value"], abs=1e-12)

    del ring["trainer"]["best"]
    plain = Recipe.of(ring).run(tmp_path / "plain", quiet=True)
    assert plain.generator_at(6).sample(4).values.equal(run.generator_at(6).sample(4).values)  # training is the same


def test_a_stopped_run_finds_the_same(ring, tmp_path, monkeypatch):
    whole = Recipe.of(ring).run(tmp_path / "whole", quiet=True, name="gan")
    ring["trainer"]["checkpoint_every"] = 3
    with monkeypatch.context() as context:
        stop_after(context, 5, "crash")
        with pytest.raises(Stop):
            Recipe.of(ring).run(tmp_path / "run", quiet=True)
    run = Recipe.of(ring).run(tmp_path / "run", quiet=True, name="gan")
    assert run.metrics["best"] == whole.metrics["best"]
    assert run.metrics["results"] == whole.metrics["results"]


def test_parts_of_another_shape_come_back(tmp_path, monkeypatch):
    """The best step may be one before the images grew."""
    monkeypatch.setattr(Figure, "is_better", lambda self, one, other: False)
    probe = {"kind": "linear-probe", "protocol": "nearest-centroid", "baselines": [], "seeds": 1}
    table = {
        "data": {"kind": "digits", "size": 8, "validation_share": 0.2},
        "generator": {"kind": "pyramid", "grow_every": 1},
        "players": {"generator": {"moves": ["generator"], "minimize": [{"kind": "mmd", "bandwidths": [1.0]}]}},
        "trainer": {"steps": 3, "device": "cpu", "best": {"by": "validation.top1_mean", "every": 1}},
        "evaluation": [{"kind": "validation", "of": probe}],
    }
    run = Recipe.of(table).run(tmp_path / "run", quiet=True)
    assert (run.step, run.metrics["steps"], len(run.generator.levels)) == (1, 3, 1)
    assert torch.allclose(run.distilled.images, run.generator.sample().values)


@pytest.mark.parametrize("by", ["two-sample.mmd2", "accuracy.top1"])
def test_what_is_of_the_test_part_never_chooses(ring, by, tmp_path):
    ring["trainer"]["best"]["by"] = by
    with pytest.raises(DeclarationError, match=r"trainer.best.by: .* those that may choose are validation"):
        Recipe.of(ring).run(tmp_path / "run", quiet=True)
