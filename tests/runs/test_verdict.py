"""The verdict of a run: in its results, on its page, as a line and as an exit code."""

import copy
import json

import pytest
import torch
from helpers.tables import HEAD, RING

from matchzoo import recipes
from matchzoo.cli.main import main
from matchzoo.core.declaration.toml import write_toml
from matchzoo.core.storage import files
from matchzoo.recipes.recipe import Recipe
from matchzoo.runs.verdict import beside_real, by_themselves, findings, guesses

REAL = torch.randn(300, 2, generator=torch.Generator().manual_seed(0))
IMAGES = torch.rand(20, 1, 8, 8, generator=torch.Generator().manual_seed(0))


def test_samples_beside_real_ones() -> None:
    others = torch.randn(300, 2, generator=torch.Generator().manual_seed(1))
    assert not [*beside_real(others, REAL)]
    [far] = beside_real(others + 5, REAL)
    assert "that of a single point" in far
    [collapsed] = beside_real(REAL.mean(0) + 0.01 * others, REAL)
    assert "collapsed" in collapsed


def test_images_by_themselves() -> None:
    assert not [*by_themselves(IMAGES)]
    [constant] = by_themselves(IMAGES.mean((1, 2, 3), keepdim=True).expand_as(IMAGES))
    assert "constant images" in constant
    [alike] = by_themselves(IMAGES[:1].expand_as(IMAGES))
    assert "all alike" in alike
    assert not [*by_themselves(IMAGES[:1])]


def test_guessing_in_every_evaluation() -> None:
    records = [{"number": 0, "top1": 9.0}, {"number": 0, "top1": 95.0}, {"number": 1, "top1": 10.0}]
    [finding] = guesses(records, 10)
    assert str(finding) == "accuracy: top-1 is 10.0 %, and guessing one of 10 classes has 10.0 %"
    assert not [*guesses([*records, {"number": 2, "top1_mean": 60.0}], 10)]  # a shift misleads it, elsewhere it knows
    assert not [*guesses([{"number": 0, "mmd2": 1.0}], 10)]


def test_a_run_that_went_wrong_says_so_everywhere(tmp_path, capsys) -> None:
    table = copy.deepcopy(RING)  # nine steps: no modes yet
    (tmp_path / "ring.toml").write_text(write_toml(table))
    main(["run", str(tmp_path / "ring.toml"), "-o", str(tmp_path / "run"), "--quiet"])
    output = capsys.readouterr()
    run = recipes.open(tmp_path / "run")
    warnings = json.loads((run.folder / "metrics.json").read_text())["warnings"]
    assert [str(finding) for finding in run.warnings] == [f"{one['about']}: {one['reason']}" for one in warnings]
    assert warnings[-1]["about"] == "mode-coverage"
    assert "of 8 modes" in warnings[-1]["reason"]
    assert "warning: mode-coverage: " in output.out
    assert "with --strict the exit code is 3" in output.err
    page = run.page.read_text()
    assert 'class="warnings"' in page
    assert warnings[-1]["reason"] in page
    with pytest.raises(SystemExit) as stopped:
        main(["run", str(tmp_path / "ring.toml"), "-o", str(tmp_path / "run"), "--quiet", "--strict"])
    assert stopped.value.code == 3

    metrics = {key: value for key, value in run.metrics.items() if key != "warnings"}  # as of an earlier version
    files.write_json(run.folder / "metrics.json", metrics)
    assert recipes.open(run.folder).warnings == []


def test_a_run_that_went_well_says_nothing(tmp_path, capsys) -> None:
    table = copy.deepcopy(HEAD) | {"evaluation": [{"kind": "accuracy"}]}
    table["trainer"] |= {"steps": 60, "log_every": 1}
    run = Recipe.of(table).run(tmp_path / "run", quiet=True)
    assert run.warnings == []
    assert run.metrics["warnings"] == []
    assert "warning" not in str(run)
    assert 'class="warnings"' not in run.page.read_text()
    assert findings(run.rebuilt().parts, [], [], []) == []
