"""Features kept on disk: the same as computed ones, shared, resumed, and never another's."""

from pathlib import Path

import pytest
import torch

from matchzoo.cli.main import main
from matchzoo.core.errors import MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.core.storage import cache
from matchzoo.data import Digits, Split
from matchzoo.data.views import Crop, Noise, Views
from matchzoo.projectors import Backbone
from matchzoo.training import features as module
from matchzoo.training.engine import Engine
from matchzoo.training.features import collect

VIEWS = Views(copies=1, flip=0.5, crop=Crop(scale=(0.5, 1.0)), noise=Noise(probability=0.5))


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("MATCHZOO_CACHE", str(folder))
    return folder


@pytest.fixture
def engine() -> Engine:
    return Engine.start("cpu", "float32")


@pytest.fixture
def split() -> Split:
    data = Digits(size=32, test_share=0.97)
    data.build(0)
    assert data.training_set.lasting
    return data.training_set


def backbone(card: Path, **fields: str) -> Backbone:
    projector = Backbone(card=str(card), **fields)
    projector.build(Spec(shape=(3, 32, 32)))
    return projector


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*.npy"))


@pytest.mark.parametrize(("views", "copies"), [(None, 0), (VIEWS, 0), (VIEWS, 3)])
def test_kept_features_are_the_computed_ones(
    views: Views | None, copies: int, split: Split, tiny_card: Path, engine: Engine, own_cache: Path
) -> None:
    projector = backbone(tiny_card)
    split.lasting = False
    plain = collect(split, projector, views, copies, Step(0, 3), engine)
    assert kept(own_cache) == []
    split.lasting = True
    counted = [[], []]
    for seen in counted:
        again = collect(split, projector, views, copies, Step(0, 3), engine, seen.append)
        assert torch.equal(plain.values, again.values)
        assert torch.equal(plain.labels, again.labels)
        assert torch.equal(plain.index, again.index)
        assert sum(seen) == len(plain)
    assert len(kept(own_cache)) == 1


def test_they_are_computed_once_for_all_seeds(
    split: Split, tiny_card: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = collect(split, backbone(tiny_card), VIEWS, 0, Step(0, 1), engine)
    monkeypatch.setattr(Backbone, "project", lambda *_: pytest.fail("computed again"))
    again = collect(split, backbone(tiny_card), VIEWS, 0, Step(0, 2), engine)
    assert torch.equal(first.values, again.values)


def test_what_decides_them_is_in_the_key(
    split: Split, tiny_card: Path, engine: Engine, own_cache: Path, tmp_path: Path
) -> None:
    projector = backbone(tiny_card)
    other_card = tmp_path / "other.toml"
    other_card.write_text(
        tiny_card.read_text().replace('weights = "random"', 'weights = { kind = "random", seed = 1 }')
    )
    other = Split(255 - split.values, split.labels)
    some = Split(split.values, split.labels, rows=torch.arange(1, 5))
    other.lasting = some.lasting = True
    collect(split, projector, VIEWS, 1, Step(0, 0), engine)
    different = [
        (split, projector, VIEWS, 1, Step(0, 1)),
        (split, projector, VIEWS, 1, Step(1, 0)),
        (split, projector, VIEWS, 2, Step(0, 0)),
        (split, projector, VIEWS, 0, Step(0, 0)),
        (split, projector, None, 0, Step(0, 0)),
        (split, projector, VIEWS.without_noise(), 1, Step(0, 0)),
        (split, backbone(tiny_card, normalization="imagenet"), VIEWS, 1, Step(0, 0)),
        (split, backbone(other_card), VIEWS, 1, Step(0, 0)),
        (other, projector, VIEWS, 1, Step(0, 0)),
        (some, projector, VIEWS, 1, Step(0, 0)),
    ]
    for count, arguments in enumerate(different, 2):
        collect(*arguments, engine)
        assert len(kept(own_cache)) == count, arguments[1:]


def test_a_mapped_split_is_known_by_its_key_and_rows() -> None:
    values, labels = torch.arange(24.0).reshape(12, 2), torch.zeros(12, dtype=torch.int64)
    rows = torch.tensor([3, 1])

    def made(**fields: object) -> str:
        return Split(values, labels[:2], mapped=True, **fields).fingerprint

    whole = made(rows=rows, key="a")
    assert made(rows=rows, key="a") == whole
    assert len({whole, made(rows=rows.flip(0), key="a"), made(rows=rows, key="b"), made(key="a")}) == 4
    assert made(rows=rows) == Split(values, labels[:2], rows=rows, key="a").fingerprint  # of the bytes
    assert Split(values, labels).fingerprint != Split(values.double(), labels).fingerprint


def test_a_build_that_was_stopped_goes_on(
    split: Split, tiny_card: Path, engine: Engine, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BLOCK", 4)
    monkeypatch.setattr(module, "KEPT", 8)
    projector = backbone(tiny_card)
    whole = projector.project(split.all().values)
    calls: list[int] = []
    project = Backbone.project

    def counted(self: Backbone, x: torch.Tensor) -> torch.Tensor:
        calls.append(len(x))
        if len(calls) == 6:
            raise KeyboardInterrupt
        return project(self, x)

    monkeypatch.setattr(Backbone, "project", counted)
    with pytest.raises(KeyboardInterrupt):
        collect(split, projector, None, 0, Step(0, 0), engine)
    assert kept(own_cache) == []
    seen: list[int] = []
    again = collect(split, projector, None, 0, Step(0, 0), engine, seen.append)
    assert seen[0] == 16  # two whole blocks of eight were there
    assert sum(seen) == len(split)
    assert sum(calls) == len(split) + 4 + 4  # the half block, and the batch that was stopped
    torch.testing.assert_close(again.values, whole)
    assert [path.suffix for path in own_cache.rglob(".*")] == []


def test_where_nothing_can_be_kept_they_are_computed(
    split: Split,
    tiny_card: Path,
    engine: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MATCHZOO_CACHE", str(tmp_path / "file"))
    projector, seen = backbone(tiny_card), []
    found = collect(split, projector, None, 0, Step(0, 0), engine, seen.append)
    assert torch.equal(found.values, collect(Split(split.values), projector, None, 0, Step(0, 0), engine).values)
    assert sum(seen) == len(split)
    assert "features are not kept" in capsys.readouterr().err


def test_beyond_the_budget_they_stay_on_disk(
    split: Split, tiny_card: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    projector = backbone(tiny_card)
    inside = collect(split, projector, None, 0, Step(0, 0), engine).values
    monkeypatch.setenv("MATCHZOO_MEMORY", "0.0001")
    outside = collect(split, projector, None, 0, Step(0, 0), engine).values
    assert torch.equal(inside, outside)


def test_what_the_cache_holds_can_be_deleted(
    split: Split, tiny_card: Path, engine: Engine, own_cache: Path, capsys: pytest.CaptureFixture
) -> None:
    assert cache.usage() == {}
    with pytest.raises(MatchZooError, match="holds no 'features'; it holds nothing"):
        cache.clear("features")
    collect(split, backbone(tiny_card), None, 0, Step(0, 0), engine)
    [(kind, (count, size))] = cache.usage().items()
    assert (kind, count) == ("features", 1)
    assert size > split.all().values.shape[0] * 4
    (own_cache / "features" / ".other.part").write_text("being built")
    main(["doctor", "--clear", "all"])
    assert "deleted 1 arrays" in capsys.readouterr().out
    assert cache.usage() == {}
    assert (own_cache / "features" / ".other.part").is_file()
