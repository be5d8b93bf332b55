"""Runs: what a folder holds, and what is refused."""

import json
import os
import subprocess
import sys

import pytest
import torch
from PIL import Image
from safetensors import safe_open

from matchzoo import recipes
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.declaration.toml import read_toml
from matchzoo.core.errors import MatchZooError
from matchzoo.core.step import Step
from matchzoo.core.storage import files
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.ratios import kernel_mean_matching
from matchzoo.recipes.recipe import Recipe


@pytest.mark.usefixtures("drawn")
def test_a_distillation_leaves_everything_in_its_folder(lgm_recipe, tmp_path):
    run = lgm_recipe.run(tmp_path / "run", quiet=True, name="lgm")
    folder = tmp_path / "run"
    assert structure(read_toml(folder / "recipe.toml"), Recipe) == lgm_recipe
    distilled = run.distilled
    assert distilled.images.shape == (10, 3, 8, 8)
    assert distilled.images.dtype == torch.float32
    assert 0 <= distilled.images.min() <= distilled.images.max() <= 1
    assert distilled.labels.tolist() == list(range(10))
    assert distilled.class_names == tuple("0123456789")
    assert len(distilled) == 10
    assert distilled[3][1] == 3
    torch.testing.assert_close(run.generator.sample().values, distilled.images, rtol=0, atol=0)
    methods = [r["method"] for r in run.metrics["results"]]
    assert methods == ["lgm", "random", "centroid", "full"]
    for record in run.metrics["results"]:
        assert {"backbone", "top1_mean", "top1_std", "top5_mean", "seeds", "seconds", "evaluation"} <= record.keys()
    assert run.metrics["steps"] == 9
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == list(range(1, 10))
    assert run.metrics["last"] == {k: v for k, v in lines[-1].items() if k != "step"}
    session = json.loads((folder / "environment.json").read_text())["sessions"][0]
    assert {"matchzoo", "python", "packages", "device", "precision", "threads"} <= session.keys()
    assert {p.name for p in run.pictures} == {"curves.png", "distilled.png", "growth.png"}
    for picture in run.pictures:
        with Image.open(picture) as image:
            assert min(image.size) > 100
    assert sorted(p.stem for p in (folder / "snapshots").iterdir()) == [
        "step-00000004",
        "step-00000008",
        "step-00000009",
    ]


@pytest.mark.usefixtures("drawn")
def test_a_gram_net_gives_a_generator_and_no_images(ring_recipe, tmp_path):
    run = ring_recipe.run(tmp_path / "run", quiet=True)
    samples = run.generator.sample(7)
    assert samples.values.shape == (7, 2)
    assert torch.equal(samples.values, run.generator.sample(7).values)
    assert not torch.equal(samples.values, run.generator.sample(7, seed=1).values)
    with pytest.raises(MatchZooError, match="made no set of images"):
        _ = run.distilled
    assert {p.name for p in run.pictures} == {"curves.png", "samples.png"}
    assert run.checkpoints.steps() == [6, 9]
    assert torch.equal(run.generator_at(9).sample(7).values, samples.values)
    assert not torch.equal(run.generator_at(6).sample(7).values, samples.values)
    with pytest.raises(MatchZooError, match=r"no checkpoint of step 3 is kept \(6, 9\); set trainer.checkpoint_every"):
        run.generator_at(3)
    assert [r["method"] for r in run.metrics["results"]] == ["run", "test data"]


def test_the_same_recipe_gives_the_same_run_and_another_seed_another(ring_recipe, tmp_path):
    logs = []
    for name, recipe in (("a", ring_recipe), ("b", ring_recipe), ("c", ring_recipe.replace(**{"trainer.seed": 1}))):
        recipe.run(tmp_path / name, quiet=True)
        logs.append((tmp_path / name / "metrics.jsonl").read_text())
    assert logs[0] == logs[1] != logs[2]


def test_a_finished_run_is_only_opened(ring_recipe, tmp_path, monkeypatch):
    first = ring_recipe.run(tmp_path, quiet=True)
    monkeypatch.setattr("matchzoo.runs.execution.Session", None)
    again = ring_recipe.run(tmp_path, quiet=True)
    assert again.metrics == first.metrics
    assert recipes.open(tmp_path).recipe == ring_recipe


def test_a_folder_of_another_recipe_is_refused(ring_recipe, tmp_path):
    ring_recipe.run(tmp_path, quiet=True)
    other = ring_recipe.replace(**{"trainer.steps": 12})
    with pytest.raises(MatchZooError, match=r"another recipe \(trainer.steps is 9 there, 12 here\).*--output"):
        other.run(tmp_path, quiet=True)


def test_a_recipe_that_failed_before_its_first_checkpoint_can_be_mended_in_place(ring_recipe, lgm_recipe, tmp_path):
    broken = lgm_recipe.replace(**{"projector.card": "efficientnet-lite9"})
    with pytest.raises(MatchZooError, match="unknown backbone 'efficientnet-lite9'; did you mean 'efficientnet-lite"):
        broken.run(tmp_path / "new", quiet=True)
    assert not (tmp_path / "new").exists()
    (tmp_path / "recipe.toml").write_text(broken.to_toml())
    ring_recipe.run(tmp_path, quiet=True)
    assert recipes.open(tmp_path).recipe == ring_recipe


def test_the_device_is_not_part_of_a_runs_identity(ring_recipe, tmp_path):
    ring_recipe.run(tmp_path, quiet=True)
    ring_recipe.replace(**{"trainer.device": "auto"}).run(tmp_path, quiet=True)


def test_a_folder_with_something_else_is_refused(ring_recipe, tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(MatchZooError, match="not empty and holds no run"):
        ring_recipe.run(tmp_path)
    with pytest.raises(MatchZooError, match="is a file"):
        ring_recipe.run(tmp_path / "thesis.tex")
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_open_says_what_is_missing(tmp_path, ring_recipe):
    with pytest.raises(MatchZooError, match="no run is here"):
        recipes.open(tmp_path)
    (tmp_path / "recipe.toml").write_text(ring_recipe.to_toml())
    with pytest.raises(MatchZooError, match="not finished"):
        recipes.open(tmp_path)


def test_damaged_results_say_so(ring_recipe, tmp_path):
    run = ring_recipe.run(tmp_path, quiet=True)
    for name in ("metrics.json", "parts.safetensors", "environment.json", "metrics.jsonl"):
        path, again = tmp_path / name, name in ("environment.json", "metrics.jsonl")
        whole = path.read_bytes()
        path.write_bytes(b"\n" + whole[: len(whole) // 2] + b"\n}")
        if again:
            (tmp_path / "metrics.json").rename(tmp_path / "aside")
        with pytest.raises(MatchZooError, match=rf"{name}.*is damaged.*(remove metrics.json and start|fix)"):
            ring_recipe.run(tmp_path, quiet=True) if again else recipes.open(tmp_path).generator
        path.write_bytes(whole)
        if again:
            (tmp_path / "aside").rename(tmp_path / "metrics.json")
    assert recipes.open(tmp_path).metrics == run.metrics


def test_a_distilled_set_round_trips_exactly_and_other_files_are_refused(tmp_path):
    images, labels = torch.rand(4, 3, 5, 5), torch.tensor([0, 1, 1, 0])
    DistilledDataset(images, labels, ("cat", "dög")).save(tmp_path / "images.safetensors")
    again = DistilledDataset.load(tmp_path / "images.safetensors")
    assert torch.equal(again.images, images)
    assert torch.equal(again.labels, labels)
    assert again.class_names == ("cat", "dög")
    with safe_open(tmp_path / "images.safetensors", "pt") as file:
        assert file.metadata()["format"] == "matchzoo-distilled-1"
    (tmp_path / "other.safetensors").write_bytes(b"not a tensor file")
    for name, message in (("other", "not a distilled data set"), ("missing", "there is no such run, distilled set")):
        with pytest.raises(MatchZooError, match=message):
            DistilledDataset.load(tmp_path / f"{name}.safetensors")


def test_declared_recipes_load_round_trip_and_open_with_a_launch_line():
    for name in recipes.names():
        recipe = recipes.load(name)
        assert f"# matchzoo run {name} " in recipes.text(name)
        assert recipe.copy() == recipe
        assert hash(recipe.copy()) == hash(recipe)


def test_float64_runs_and_agrees_with_float32(ring_recipe, tmp_path):
    single = ring_recipe.run(tmp_path / "32", quiet=True)
    double = ring_recipe.replace(**{"trainer.precision": "float64"}).run(tmp_path / "64", quiet=True)
    for name, value in double.metrics["last"].items():
        assert single.metrics["last"][name] == pytest.approx(value, rel=2e-2)
    assert double.generator.sample(3).values.dtype == torch.float64


def test_a_second_process_on_a_run_is_refused(ring_recipe, tmp_path):
    folder = tmp_path / "run"
    with (
        files.held(folder),
        pytest.raises(MatchZooError, match=rf"run: process {os.getpid()} on .* is using it; wait until"),
    ):
        ring_recipe.run(folder, quiet=True)
    assert not folder.exists()
    ring_recipe.run(folder, quiet=True)
    assert not (folder / files.LOCK).exists()


def test_a_recipe_that_cannot_be_built_leaves_no_folder(ring, tmp_path):
    ring["projector"]["features"] = 4
    ring["players"]["projector"]["maximize"][0]["estimator"] = "ulsif"
    ring["projector"]["network"] = {"kind": "convnet"}
    with pytest.raises(MatchZooError):
        structure(ring, Recipe).run(tmp_path / "run", quiet=True)
    assert not (tmp_path / "run").exists()


def test_what_killed_processes_left_beside_a_folder_is_tidied(tmp_path):
    def write(folder):
        (folder / "a").write_text("new")

    ours = subprocess.Popen([sys.executable, "-c", ""])
    ours.wait()
    dead, alive = ours.pid, os.getppid()
    for name in (f".set.tmp-{dead}", f".set.old.tmp-{dead}", f".set.tmp-{alive}", ".other.tmp-1"):
        (tmp_path / name).mkdir()
    (tmp_path / f".set.old.tmp-{dead}/a").write_text("kept")
    with pytest.raises(RuntimeError):  # the new one is not made: the old one is back
        files.write_folder(tmp_path / "set", lambda folder: (_ for _ in ()).throw(RuntimeError))
    assert (tmp_path / "set/a").read_text() == "kept"
    files.write_folder(tmp_path / "set", write)
    assert (tmp_path / "set/a").read_text() == "new"
    assert {path.name for path in tmp_path.iterdir()} == {"set", f".set.tmp-{alive}", ".other.tmp-1"}


def test_the_terms_of_a_finished_run_say_what_they_make_of_its_parts(ring_recipe, tmp_path):
    """A ratio's weights are those that its estimator gives to the features of the run's own generator and projector."""
    run = ring_recipe.run(tmp_path / "run", quiet=True)
    found = run.discrepancies()
    assert found.keys() == {"generator/minimize[0]", "projector/maximize[0]"}
    ratio = found["projector/maximize[0]"].ratio
    parts, step = ring_recipe.build(), Step(10, 0)
    real = parts.data.render(parts.data.draw(16, step.rng("data", 0))).values
    made = run.generator.render(run.generator.draw(16, step.rng("generator", 0))).values
    with torch.no_grad():
        features = [run.projectors["projector"](x) for x in (real, made)]
        expected = kernel_mean_matching(*features, [1.0], ridge=0.1)
    torch.testing.assert_close(ratio.denominator, expected, rtol=1e-4, atol=1e-5)
    assert found["projector/maximize[0]"].diagnostics()["mean"] == pytest.approx(expected.mean().item(), rel=1e-4)
    assert found["generator/minimize[0]"].ratio is None
