"""A head that is handed on: the map that is never made, the same views in both spaces, and what the matrix says."""

import pytest
import torch

from matchzoo.cli import main
from matchzoo.comparison import Matrix, evaluate
from matchzoo.data import Digits
from matchzoo.distilled import DistilledDataset
from matchzoo.evaluation import Converged
from matchzoo.evaluation.bench import Bench
from matchzoo.evaluation.classifiers import LinearClassifier
from matchzoo.evaluation.inheritance import Inheritance, inherited
from matchzoo.evaluation.ridge import fit_ridge


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize(("n", "d"), [(12, 20), (50, 20)])
def test_the_head_of_mapped_features_is_ridge_on_the_heads_scores(n, d):
    """Against the map [d_home, d] written out, and the head applied after it."""
    z, home, head = random(n, d) + 3, random(n, 15, seed=1) - 2, LinearClassifier(random(4, 15, seed=2), random(4))
    penalties = (1.0, 1e-3)
    maps, tests = fit_ridge(z, home, 15, penalties), random(30, d, seed=3)
    for one, linear in zip(inherited(head, z, home, penalties), maps, strict=True):
        torch.testing.assert_close(one.scores(tests), head.scores(linear.scores(tests)), rtol=0, atol=1e-10)


def test_a_linear_change_of_space_loses_nothing():
    home, head = random(60, 8), LinearClassifier(random(3, 8, seed=1), random(3, seed=2))
    change, shift = random(8, 8, seed=3), random(8, seed=4)
    [one] = inherited(head, home @ change + shift, home, [1e-12])
    tests = random(100, 8, seed=5)
    torch.testing.assert_close(one.scores(tests @ change + shift), head.scores(tests), rtol=0, atol=1e-6)


@pytest.fixture
def benches(lgm_recipe):
    """Of one network under two names."""
    engine = lgm_recipe.engine()
    parts = lgm_recipe.build(engine)
    names = ("one", "two")
    return [
        Bench(parts.data, parts.projector, parts.views, engine, Converged(), name=n, enough=(2, 40), quiet=True)
        for n in names
    ]


def test_both_spaces_see_the_same_views(benches):
    """The same network under another name: features are equal row by row, and many images give the head's own score."""
    one, two = benches
    inheritance = Inheritance.of(one)
    two.protocol = "none of its business"
    training = one.data.training_set
    own, home = inheritance._views(two, [training] * 2), inheritance._at_home([training] * 2)
    for a, b in zip(own, home, strict=True):
        assert torch.equal(a.features.values, b.features.values)
    assert not torch.equal(own[0].features.values, own[1].features.values)
    record = inheritance.record(two, [training] * 2)
    assert record["protocol"] == "inheritance"
    assert record["head_backbone"] == "one"
    assert record["head_bytes"] == 4 * 10 * 257
    assert record["top1_mean"] == pytest.approx(record["head_top1"], abs=2)
    full = one.record("full", [training], full=True)
    assert full["top1"] == [record["head_top1"]]
    assert inheritance.record(one, [training] * 2)["top1"] == [record["head_top1"]]


def test_the_labels_of_the_test_set_choose_nothing(benches):
    one, two = benches
    before = Inheritance.of(one)
    records = [before.record(two, [two.data.training_set])]
    for bench in benches:
        bench.test.labels = bench.test.labels.roll(1)
    after = Inheritance.of(one)
    records.append(after.record(two, [two.data.training_set]))
    assert torch.equal(before.head.weight, after.head.weight)
    assert records[0]["chosen"] == records[1]["chosen"]
    assert records[0]["top1"] != records[1]["top1"]


def test_in_a_matrix(tiny_card, tmp_path):
    """Beside the plain probe: another table, whose bytes hold the head; at home the head's own score."""
    from conftest import TINY_CARD

    other = tmp_path / "other.toml"
    other.write_text(TINY_CARD.replace("test_vit", "test_byobnet").replace("= 64", "= 256"))
    data = Digits(size=8)
    data.build(0)
    rows = torch.tensor([int((data.training_set.labels == c).nonzero()[0]) for c in range(10)])
    names = tuple("0123456789")
    DistilledDataset(data.training_set.render(rows).values, torch.arange(10), names).save(tmp_path / "a.safetensors")
    common = {"data": data, "protocols": ["ridge"], "device": "cpu", "quiet": True, "seeds": 2}
    cards = [str(tiny_card), str(other)]
    matrix = evaluate(
        [tmp_path / "a.safetensors"], cards, inherit=cards[0], baselines=["random"], random_draws=3, **common
    )
    assert matrix.protocols == ["ridge", "inheritance"]
    assert len(matrix.records) == 2 * 2 * 2
    home, away = (matrix.record("a", card, "inheritance") for card in cards)
    assert home["top1_mean"] == home["head_top1"] == away["head_top1"]
    assert len(away["top1"]) == 2
    assert matrix.record("random", cards[1], "inheritance")["seeds"] == 3
    plain = matrix.record("a", cards[1])
    assert away["bytes"] == plain["bytes"] + 4 * 10 * 257
    assert "head_bytes" not in plain
    assert len(matrix.about["notes"]) == 1
    assert f"the head of {tiny_card}, trained on all training images" in matrix.about["notes"][0]
    assert "it is 10.3 kB" in matrix.about["notes"][0]
    assert matrix.about["backbones"].keys() == set(cards)
    away_only = evaluate([tmp_path / "a.safetensors"], cards[1:], inherit=cards[0], **common)
    assert away_only.record("a", cards[1], "inheritance")["top1"] == away["top1"]


def test_on_the_command_line(lgm_recipe, tiny_card, tmp_path, capsys):
    lgm_recipe.replace(**{"trainer.steps": 1, "evaluation": []}).run(tmp_path / "run", quiet=True)
    command = ["evaluate", tmp_path / "run", "--backbone", tiny_card, "--inherit", tiny_card, "--protocol", "ridge"]
    command += ["--seeds", "1", "--device", "cpu", "--quiet", "--output", tmp_path / "m.json"]
    main([str(word) for word in command])
    assert "top-1 %, protocol inheritance" in capsys.readouterr().out
    assert Matrix.load(tmp_path / "m.json").protocols == ["ridge", "inheritance"]
