"""What commands are given, looked at before anything heavy is loaded."""

from pathlib import Path

import pytest

from matchzoo.cli import given
from matchzoo.core.errors import MatchZooError


def test_backbones_are_those_of_runs_in_order_and_each_once(tmp_path: Path) -> None:
    for name, text in {
        "one": '[projector]\nkind = "backbone"\ncard = "clip-rn50"\n',
        "two": '[projectors]\na = { kind = "backbone", card = "mobilenetv2" }\nb = { card = "clip-rn50" }\n',
    }.items():
        (tmp_path / name / "distilled").mkdir(parents=True)
        (tmp_path / name / "recipe.toml").write_text(text)
    places = [str(tmp_path / "one"), str(tmp_path / "two" / "distilled"), str(tmp_path / "none")]
    assert given.own_backbones(places) == ("clip-rn50", "mobilenetv2")


def test_all_that_is_wrong_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "mine").mkdir(parents=True)
    looks = [
        given.there(Path("a.csv")),
        given.there(Path("a.csv")),
        given.source("runs/mina"),
        given.source("runs/mine"),
    ]
    with pytest.raises(MatchZooError) as caught:
        given.check(*looks)
    assert str(caught.value).split("\n") == [
        "a.csv: no such file",
        "runs/mina: there is no such run, set or model; did you mean 'runs/mine'?",
    ]
    given.check(given.source("user/name"), given.source("user/name@v2"))
