"""Choices among runs by scorers, beside those by labels."""

import pytest

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import MatchZooError
from matchzoo.recipes.comparison import choose
from matchzoo.recipes.recipe import Recipe

DIGITS = {"kind": "digits", "size": 8, "channels": 1}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    made = {}
    for name, projector in (("means", {"kind": "location-scale"}), ("coral", {"kind": "recoloring", "ridge": 0.1})):
        shifts = [{"kind": "rotated", "degrees": 20.0}]
        table = {
            "data": {
                "kind": "combined",
                "environments": {"upright": DIGITS},
                "others": {"target": {"kind": "shifted", "source": DIGITS, "shifts": shifts}},
                "unlabeled": ["target"],
            },
            "projectors": {"aligned": projector},
            "trainer": {"steps": 0, "device": "cpu"},
            "evaluation": [{"kind": "adapted-accuracy", "scorers": ["entropy"], "baselines": []}],
        }
        made[name] = tmp_path_factory.mktemp("runs") / name
        structure(table, Recipe).run(made[name], quiet=True)
    return made


def test_the_choice_and_the_oracles_are_shown(folders):
    choice = choose([str(folder) for folder in folders.values()], "adapted-accuracy.entropy")
    assert choice.chosen["run"] == choice.oracle["run"] == "coral"
    assert choice.rows[0]["score"] > choice.rows[1]["score"]
    assert choice.table()[1][3] == "chosen, best by labels"
    assert choice.in_words().endswith("coral, 0.0 points below the best by labels of the target")
    with pytest.raises(MatchZooError, match=r"did you mean 'adapted-accuracy\.entropy'"):
        choose([folders["means"]], "adapted-accuracy.entrpy")
    with pytest.raises(MatchZooError, match="at least one run"):
        choose([], "unlabeled.mano")


def test_the_command_shows_it(folders, capsys):
    from matchzoo.cli.main import main

    paths = [str(folder) for folder in folders.values()]
    main(["report", *paths, "--by", "adapted-accuracy.entropy"])
    assert "points below the best by labels" in capsys.readouterr().out
