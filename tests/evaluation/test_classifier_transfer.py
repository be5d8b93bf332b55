"""A head that is handed on: the map that is never made, the same views in both spaces, and what the matrix says."""

import json

import attrs
import pytest
import torch
from safetensors.torch import save_file

from matchzoo.cli.main import main
from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage import files
from matchzoo.core.storage.files import file_sha256
from matchzoo.data import Digits
from matchzoo.evaluation.classifier_transfer import ClassifierTransfer, inherited
from matchzoo.evaluation.probe_harness import ProbeHarness
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.models.classifiers import Converged
from matchzoo.models.classifiers.classifiers import LinearClassifier
from matchzoo.models.classifiers.ridge import fit_ridge
from matchzoo.models.classifiers.stored_head import Head
from matchzoo.recipes.comparison import Matrix, evaluate


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
        ProbeHarness(parts.data, parts.projector, parts.views, engine, Converged(), name=n, enough=(2, 40), quiet=True)
        for n in names
    ]


def test_both_spaces_see_the_same_views(benches):
    """The same network under another name: features are equal row by row, and many images give the head's own score."""
    one, two = benches
    inheritance = ClassifierTransfer.of(one)
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
    before = ClassifierTransfer.of(one)
    records = [before.record(two, [two.data.training_set])]
    for bench in benches:
        bench.test.labels = bench.test.labels.roll(1)
    after = ClassifierTransfer.of(one)
    records.append(after.record(two, [two.data.training_set]))
    assert torch.equal(before.head.weight, after.head.weight)
    assert records[0]["chosen"] == records[1]["chosen"]
    assert records[0]["top1"] != records[1]["top1"]


def test_in_a_matrix(tiny_card, tmp_path):
    """Beside the plain probe: another table, whose bytes hold the head; at home the head's own score."""
    from helpers.tables import TINY_CARD

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


def head(**changes) -> Head:
    weight, bias = random(3, 8).float(), random(3, seed=1).float()
    return Head(**{"weight": weight, "bias": bias, "backbone": "tiny", "top1": 90.5, **changes})


NAMES = ("a", "b", "c")


def stored(folder, one: Head | None) -> DistilledDataset:
    made = DistilledDataset(torch.rand(3, 3, 8, 8), torch.arange(3), NAMES, head=one)
    made.save(folder)
    return made


def test_a_head_travels_with_a_set(tmp_path):
    made = stored(tmp_path / "set", head())
    assert (tmp_path / "set/head.safetensors").is_file()
    about = json.loads((tmp_path / "set/metrics.json").read_text())
    assert about["head"] == {"shape": [3, 8], "bytes": 108, "backbone": "tiny", "top1": 90.5}
    assert "for features of tiny" in (tmp_path / "set/README.md").read_text()
    read = DistilledDataset.load(tmp_path / "set")
    assert torch.equal(read.head.weight, made.head.weight)
    assert torch.equal(read.head.bias, made.head.bias)
    assert (read.head.backbone, read.head.top1, read.head.bytes, read.bytes) == ("tiny", 90.5, 108, made.bytes)
    assert "with a head of tiny: 108 B, 4.69 % of the images'" in read.describe()
    turned = read.with_classes(("c", "a", "b"))
    assert torch.equal(turned.head.weight, made.head.weight[[2, 0, 1]])
    assert torch.equal(turned.head.bias, made.head.bias[[2, 0, 1]])
    plain = stored(tmp_path / "plain", None)
    assert plain.head is None
    assert DistilledDataset.load(tmp_path / "plain").head is None
    assert "head" not in json.loads((tmp_path / "plain/metrics.json").read_text())
    assert not (tmp_path / "plain/head.safetensors").exists()


def about_of(folder, **changes) -> None:
    table = json.loads((folder / "metrics.json").read_text())
    table.update(changes)
    files.write_json(folder / "metrics.json", table)


def replaced(folder, **tensors) -> None:
    """Other tensors under the right hash."""
    save_file(tensors, folder / "head.safetensors")
    table = json.loads((folder / "metrics.json").read_text())
    about_of(folder, files={**table["files"], "head.safetensors": file_sha256(folder / "head.safetensors")})


def without_hash(folder) -> None:
    table = json.loads((folder / "metrics.json").read_text())
    about_of(folder, files={k: v for k, v in table["files"].items() if k != "head.safetensors"})


def rotten(folder) -> None:
    (folder / "head.safetensors").write_bytes(b"no tensors")
    table = json.loads((folder / "metrics.json").read_text())
    about_of(folder, files={**table["files"], "head.safetensors": file_sha256(folder / "head.safetensors")})


SAID = {"shape": [3, 8], "bytes": 108, "backbone": "tiny", "top1": 90.5}
BROKEN = {
    "other bytes": (lambda f: save_file({"weight": torch.zeros(3, 8)}, f / "head.safetensors"), "its sha256 is"),
    "missing": (lambda f: (f / "head.safetensors").unlink(), r"head\.safetensors: is missing"),
    "no hash": (without_hash, r"has no hash of head\.safetensors"),
    "not spoken of": (lambda f: about_of(f, head=None), r"head\.safetensors: metrics\.json says nothing of it"),
    "no safetensors": (rotten, r"head\.safetensors: cannot be read as safetensors"),
    "other classes": (
        lambda f: replaced(f, weight=torch.zeros(4, 8), bias=torch.zeros(4)),
        r"expected float32 weight \[3, d\] and bias \[3\], got weight float32 \[4, 8\]",
    ),
    "float64": (lambda f: replaced(f, weight=torch.zeros(3, 8).double(), bias=torch.zeros(3)), "got weight F64"),
    "no bias": (lambda f: replaced(f, weight=torch.zeros(3, 8)), "expected the tensors weight and bias"),
    "not finite": (
        lambda f: replaced(f, weight=torch.full((3, 8), torch.inf), bias=torch.zeros(3)),
        "no finite numbers",
    ),
    "other dimension": (
        lambda f: replaced(f, weight=torch.zeros(3, 9), bias=torch.zeros(3)),
        r"it is .*\[3, 9\].* metrics\.json says",
    ),
    "no backbone": (lambda f: about_of(f, head={**SAID, "backbone": 3}), "the name of its backbone's card, got 3"),
    "no percent": (lambda f: about_of(f, head={**SAID, "top1": "all"}), "top1: expected percent, got 'all'"),
    "text": (lambda f: about_of(f, head="tiny"), "the name of its backbone's card"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_head_is_refused(case, tmp_path):
    stored(tmp_path / "set", head())
    change, message = BROKEN[case]
    change(tmp_path / "set")
    with pytest.raises(MatchZooError, match=message):
        DistilledDataset.load(tmp_path / "set")


def test_a_head_that_is_none_is_not_saved(tmp_path):
    for changes in ({"weight": torch.zeros(2, 8)}, {"bias": torch.full((3,), torch.nan)}, {"top1": 101.0}):
        with pytest.raises(MatchZooError, match="cannot be saved: head: "):
            stored(tmp_path / "set", head(**changes))
    assert not (tmp_path / "set").exists()


def test_a_stored_head_is_used_as_it_is(tiny_card, tmp_path, monkeypatch):
    """Trained once, saved with the set, and the same numbers without training; its classes in another order."""
    data = Digits(size=8)
    data.build(0)
    rows = torch.tensor([int((data.training_set.labels == c).nonzero()[0]) for c in range(10)])
    names = tuple("0123456789")
    plain = DistilledDataset(data.training_set.render(rows).values, torch.arange(10), names)
    card = str(tiny_card)
    common = {"data": data, "protocols": ["nearest-centroid"], "inherit": card, "device": "cpu", "quiet": True}
    matrix = evaluate([plain], [card], seeds=1, **common)
    turned = attrs.evolve(plain, head=matrix.head).with_classes(names[::-1])
    turned.save(tmp_path / "set")
    monkeypatch.setattr(Converged, "fit", None)
    again = evaluate([tmp_path / "set"], [card], seeds=1, **common)
    assert [r["top1"] for r in again.records] == [r["top1"] for r in matrix.records]
    torch.testing.assert_close(again.head.weight, matrix.head.weight)
    wrong = attrs.evolve(matrix.head, weight=matrix.head.weight[:, :5])
    with pytest.raises(MatchZooError, match="the stored head takes 5 features"):
        evaluate([attrs.evolve(plain, head=wrong)], [card], seeds=1, **common)
