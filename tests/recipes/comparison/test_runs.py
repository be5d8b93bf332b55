"""Runs beside each other: what a row holds, the gain over random, and the picture."""

import json

import pytest
import torch
from PIL import Image

from matchzoo.cli.main import main
from matchzoo.core.errors import MatchZooError
from matchzoo.recipes.comparison import report
from matchzoo.recipes.recipe import Recipe


@pytest.fixture
def runs(lgm, ring_recipe, tmp_path):
    """Two distillations of one recipe but for their images, a random selection of the first's size, and a ring."""
    lgm["trainer"]["steps"] = 2
    quick = {"kind": "linear-probe", "protocol": "nearest-centroid", "baselines": []}
    lgm["evaluation"] = [quick | {"baselines": ["random", "full"], "random_draws": 3}]
    Recipe.of(lgm).run(tmp_path / "own", quiet=True, name="lgm")
    lgm["evaluation"] = [quick]
    lgm["generator"]["images_per_class"] = 2
    Recipe.of(lgm).run(tmp_path / "two", quiet=True, name="lgm")
    lgm["generator"] = {"kind": "selection", "method": "random", "images_per_class": 2}
    lgm["trainer"] = {"steps": 0, "device": "cpu"}
    del lgm["players"]
    Recipe.of(lgm).run(tmp_path / "random", quiet=True, name="random")
    ring_recipe.run(tmp_path / "ring", quiet=True, name="gram")
    return tmp_path


def test_rows_and_the_gain_over_random(runs):
    made = report([runs / name for name in ("own", "two", "random", "ring")])
    own, two, random, ring = made.rows
    metrics = json.loads((runs / "own/metrics.json").read_text())
    scores = {r["method"]: torch.tensor(r["top1"], dtype=torch.float64) for r in metrics["results"]}
    assert own["method"] == "lgm"
    assert own["top1_mean"] == pytest.approx(scores["lgm"].mean().item())
    assert own["above_random"] == pytest.approx((scores["lgm"].mean() - scores["random"].mean()).item())
    assert own["above_random_standard_error"] == pytest.approx((scores["random"].var() / 3).sqrt().item())
    assert own["full_mean"] == pytest.approx(scores["full"].item())
    assert (own["images"], own["images_per_class"], own["bytes"]) == (10, 1, 10 * (4 * 192 + 8))
    assert own["training_seconds"] == metrics["seconds"]["training"]
    assert (two["images_per_class"], two["bytes"]) == (2, 2 * own["bytes"])
    assert two["above_random"] == pytest.approx(two["top1_mean"] - random["top1_mean"])  # the other run of its size
    assert "above_random_standard_error" not in two  # one draw of images
    assert made.table()[2][11].endswith("(one draw)")
    assert (random["space"], random["selection"]) == ("tiny", "random")
    assert "above_random" not in random
    assert ring["images"] is None
    assert "top1_mean" not in ring
    assert [len(row) for row in made.table()] == [13] * 5


def test_there_is_no_gain_over_random_images_of_another_number(runs, capsys):
    path = runs / "own" / "metrics.json"
    metrics = json.loads(path.read_text())
    for record in metrics["results"]:
        if record["method"] == "random":
            record["images"] = 9  # and its gain is there, as earlier versions wrote it
            assert "above" in record
    path.write_text(json.dumps(metrics))
    made = report([runs / "own"])
    [row] = made.rows
    assert "above_random" not in row
    assert "random_mean" not in row
    assert "9 real images against 10" in row["note"]
    assert made.table()[1][11] == "unequal"
    main(["report", str(runs / "own"), "--output", str(runs / "report.json")])
    assert "own: random: no gain, since numbers are unequal: 9 real images against 10" in capsys.readouterr().out


def test_random_of_other_views_is_not_compared(runs, lgm):
    for name, flip in (("same", 0.5), ("other", 0.0)):
        lgm["generator"]["method"] = "centroid"
        lgm["views"]["flip"] = flip
        Recipe.of(lgm).run(runs / name, quiet=True, name=name)
    same, other, _ = report([runs / "same", runs / "other", runs / "random"]).rows
    assert "above_random" in same
    assert "above_random" not in other


def test_runs_of_random_images_are_draws(runs, lgm):
    lgm["trainer"]["seed"] = 5
    Recipe.of(lgm).run(runs / "again", quiet=True, name="random")
    made = report([runs / "two", runs / "random", runs / "again"])
    two, *draws = made.rows
    [_, alone, drawn] = made.table()
    assert alone[8:11] == ["1", f"{two['top1_mean']:.1f}", ""]
    mean = (draws[0]["top1_mean"] + draws[1]["top1_mean"]) / 2
    error = abs(draws[0]["top1_mean"] - draws[1]["top1_mean"]) / 2  # of two seeds
    assert drawn[0] == "random, again"
    assert drawn[8:10] == ["2", f"{mean:.1f} ± {error:.1f}"]
    scores = torch.tensor([row["top1_mean"] for row in draws], dtype=torch.float64)
    assert two["above_random"] == pytest.approx(two["top1_mean"] - scores.mean().item())
    assert two["above_random_standard_error"] == pytest.approx((scores.var() / 2).sqrt().item())


@pytest.mark.usefixtures("drawn")
def test_the_command_writes_table_picture_and_rows(runs, capsys):
    out = runs / "out"
    files = [str(out / f"report.{suffix}") for suffix in ("json", "png", "md")]
    main(["report", str(runs / "own"), str(runs / "two"), str(runs / "random"), "--output", *files])
    said = capsys.readouterr().out
    assert "above random" in said
    assert said.count("wrote ") == 3
    assert len(json.loads((out / "report.json").read_text())["rows"]) == 3
    assert (out / "report.md").read_text().startswith("| run | method |")
    with Image.open(out / "report.png") as image:
        assert image.width > 1000
    with pytest.raises(SystemExit):
        main(["report", str(runs / "own"), "--output", "report.pdf"])
    assert "--output: expected names that end in .json, .png or .md, got report.pdf" in capsys.readouterr().err


def test_what_is_refused(runs):
    with pytest.raises(MatchZooError, match="expected at least one run"):
        report([])
    with pytest.raises(MatchZooError, match="no run is here"):
        report([runs])
    with pytest.raises(MatchZooError, match="none of these runs has a linear probe"):
        report([runs / "ring"]).figure()
