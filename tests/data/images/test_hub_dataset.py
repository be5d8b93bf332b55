"""Data sets of the Hub, end to end: a server on this machine, the Hub's own client, parquet files and folders."""

import io
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from helpers.hub_server import HubServer, hub  # noqa: F401
from PIL import Image
from pyarrow import parquet

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.data import Hub, Shifted
from matchzoo.data.reading.repository import Repository
from matchzoo.data.reading.shards import Rows, named
from matchzoo.data.shifts import Inverted
from matchzoo.recipes.recipe import Recipe

REPO = "owner/pets"
NAMES = ("cat", "dog", "owl")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCHZOO_CACHE", str(tmp_path / "own"))


def encoded(red: int, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (12, 9), (red, 10, 20)).save(buffer, kind)
    return buffer.getvalue()


def features(**columns: Sequence[str]) -> dict[bytes, bytes]:
    """Metadata as `datasets` writes it: class names of some columns."""
    said: dict[str, object] = {"image": {"_type": "Image"}}
    said |= {name: {"names": list(names), "_type": "ClassLabel"} for name, names in columns.items()}
    return {b"huggingface": json.dumps({"info": {"features": said}}).encode()}


def shard(
    path: Path, reds: Sequence[int], metadata: dict[bytes, bytes] | None = None, rows: int = 2, **columns: list
) -> Path:
    """A parquet file of one-colored images and other columns, a few rows a row group."""
    images = pa.array([{"bytes": encoded(red), "path": f"{red}.png"} for red in reds])
    table = pa.table({"image": images, **columns}).replace_schema_metadata(metadata)
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(table, path, row_group_size=rows)
    return path


def pets(root: Path, metadata: dict[bytes, bytes] | None = None) -> dict[str, Path]:
    """Two training shards and a test file, as they are named on the Hub."""
    made = {
        "data/train-00000-of-00002.parquet": ([0, 10, 20, 30, 40], [0, 1, 2, 0, 1], [1, 0, 1, 0, 1]),
        "data/train-00001-of-00002.parquet": ([50, 60], [2, 0], [0, 0]),
        "data/test-00000-of-00001.parquet": ([70, 80], [1, 2], [1, 1]),
    }
    metadata = features(label=NAMES) if metadata is None else metadata
    return {n: shard(root / n, reds, metadata, label=labels, place=g) for n, (reds, labels, g) in made.items()}


def reds(split: torch.nn.Module) -> list[int]:
    return (split.all().values[:, 0, 4, 4] * 255).round().int().tolist()


def test_parquet_shards(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    files = pets(tmp_path / "r")
    commit = hub.add(
        f"datasets/{REPO}", {**files, "README.md": readme(tmp_path, "license: mit"), "a.zip": tmp_path / "R"}
    )
    data = Hub(repo=REPO, size=8, group_column="place")
    spec = data.build(0)
    assert (spec.class_names, spec.shape, spec.count) == (NAMES, (3, 8, 8), 7)
    assert reds(data.training_set) == [0, 10, 20, 30, 40, 50, 60]
    assert data.training_set.labels.tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert data.training_set.group.tolist() == [1, 0, 1, 0, 1, 0, 0]
    assert (reds(data.test_set), data.test_set.labels.tolist()) == ([70, 80], [1, 2])
    assert data.group_names == ("0", "1")
    held = Hub(repo=REPO, size=8, group_column="place", others=["1"], unlabeled=["1"])
    held.build(0)
    assert (len(held.training_set), len(held.sets()["1"]), held.sets()["1"].labels) == (4, 3, None)
    assert data.origin() == {"repo": REPO, "revision": "main", "commit": commit}
    shifted = Shifted(source=data, shifts=[Inverted()])
    shifted.build(0)
    assert reds(shifted.training_set) == [255 - 10 * i for i in range(7)]
    assert (shifted.group_names, shifted.origin()) == (data.group_names, data.origin())
    assert not [request for request in hub.requests if "a.zip" in request]  # only what is wanted


def readme(tmp_path: Path, head: str, mark: str = "") -> Path:
    path = tmp_path / "README.md"
    path.write_text(f"{mark}---\n{head}\n---\n# Pets\n")
    (tmp_path / "R").write_text("unused")
    return path


def test_fetched_once_and_pinned(hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    from huggingface_hub import constants

    commit = hub.add(f"datasets/{REPO}", pets(tmp_path / "r"))
    Hub(repo=REPO, size=8).load()
    asked = len(hub.requests)
    hub.add(f"datasets/{REPO}", {"data/train.parquet": shard(tmp_path / "s", [1, 2], label=[0, 1])})
    data = Hub(repo=REPO, size=9)
    assert reds(data.load().train) == [0, 10, 20, 30, 40, 50, 60]
    assert data.origin()["commit"] == commit
    assert len(hub.requests) == asked  # not a word to the network
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert len(Hub(repo=REPO, size=10).load().train) == 7


def test_a_commit_by_name(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    old = hub.add(f"datasets/{REPO}", pets(tmp_path / "r"))
    hub.add(f"datasets/{REPO}", {"data/train.parquet": shard(tmp_path / "s", [1, 2, 3, 4], label=[0, 1, 0, 1])})
    assert len(Hub(repo=f"{REPO}@{old}", size=8).load().train) == 7
    assert len(Hub(repo=REPO, revision=old, size=8).load().train) == 7
    assert len(Hub(repo=REPO, size=8, test_share=0.5).load().train) == 2
    hub.branches[f"datasets/{REPO}"]["refs/convert/parquet"] = old
    assert len(Hub(repo=REPO, revision="refs/convert/parquet", size=8).load().train) == 7


def test_a_file_that_was_lost_comes_again(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    files = pets(tmp_path / "r")
    hub.add(f"datasets/{REPO}", files)
    Hub(repo=REPO, size=8).load()
    [lost] = (tmp_path / "cache").rglob("train-00001*.parquet")
    lost.unlink()
    assert len(Hub(repo=REPO, size=8).load().train) == 7


def test_a_commit_that_is_gone_is_looked_up_again(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    """The history is squashed after its commit was noted: before anything came, and after a part of it came."""
    at = f"datasets/{REPO}"
    for came in (False, True):
        old = hub.add(at, {**pets(tmp_path / f"old-{came}"), "README.md": readme(tmp_path, "license: mit", "\ufeff")})
        noted = Repository.find(REPO, "main")
        if came:
            assert noted.readme() == {"license": "mit"}
        hub.commits[at].clear()
        path = shard(tmp_path / f"new-{came}", [1, 2, 3, 4], label=[0, 1, 0, 1])
        new = hub.add(at, {"data/train.parquet": path})
        assert noted.commit == old != new
        data = Hub(repo=REPO, size=8, test_share=0.5)
        assert len(data.load().train) == 2
        assert data.origin() == {"repo": REPO, "revision": "main", "commit": new}
        assert Repository.find(REPO, "main").commit == new
        (tmp_path / "own" / "hub").rename(tmp_path / f"noted-{came}")
    Repository.find(REPO, new)
    hub.commits[at].clear()
    hub.add(at, {"data/train.parquet": tmp_path / "R"})
    shutil.rmtree(tmp_path / "cache")
    with pytest.raises(MatchZooError, match=f"the data set {REPO} has no revision '{new}'"):
        Hub(repo=REPO, revision=new).load()


def test_without_a_network(hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    from huggingface_hub import constants, snapshot_download

    commit = hub.add(f"datasets/{REPO}", pets(tmp_path / "r"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    expected = rf"{REPO}@main: the Hub cannot be reached.*hf download {REPO} --repo-type dataset --revision main"
    with pytest.raises(MatchZooError, match=expected):
        Hub(repo=REPO).load()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    snapshot_download(REPO, repo_type="dataset")  # as the command does
    for offline in (True, False):
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", offline)
        if not offline:
            monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")  # nobody answers there
        data = Hub(repo=REPO, size=8)
        assert len(data.load().train) == 7
        assert data.origin()["commit"] == commit
        with pytest.raises(MatchZooError, match="owner/other@v1: the Hub cannot be reached"):
            Hub(repo="owner/other@v1").load()


def test_repositories_that_are_not_there(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    with pytest.raises(
        MatchZooError, match=r"data\.repo: there is no data set owner/none on the Hub, or it is private"
    ):
        Hub(repo="owner/none").load()
    hub.add(f"datasets/{REPO}", pets(tmp_path / "r"))
    with pytest.raises(MatchZooError, match=r"data\.revision: the data set owner/pets has no revision 'v9'"):
        Hub(repo=f"{REPO}@v9").load()
    hub.gated.add(f"datasets/{REPO}")
    with pytest.raises(
        MatchZooError, match=r"owner/pets@main: its owners ask you to accept their terms.*hf auth login"
    ):
        Hub(repo=REPO).load()
    with pytest.raises(MatchZooError, match=r"data\.repo: expected owner/name, got 'owner/a\.\.b'"):
        Hub(repo="owner/a..b").load()


WRONG_FIELDS = [
    ({"repo": "pets"}, "repo: expected owner/name or owner/name@revision, got 'pets'"),
    ({"repo": "a/b/c"}, "repo: expected owner/name"),
    ({"repo": "a/b@v1", "revision": "v2"}, "revision: the repository says one already: a/b@v1"),
    ({"repo": "a/b", "test_files": ("x",)}, "test_files: only along with train_files"),
]


@pytest.mark.parametrize(("fields", "message"), WRONG_FIELDS)
def test_wrong_fields(fields: dict, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        Hub(**fields)


# what is in the parquet files


def one(hub: HubServer, path: Path, **fields: object) -> Hub:  # noqa: F811
    hub.add(f"datasets/{REPO}", {"train.parquet": path})
    return Hub(**{"repo": REPO, "size": 8, "test_share": 0.5, **fields})


def test_class_names(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    """A field, else the file's own metadata, else the README, else the text, else numbers."""
    plain = shard(tmp_path / "a", range(6), label=[0, 1, 2] * 2)
    text = shard(tmp_path / "b", range(6), label=["dog", "cat", "owl"] * 2)
    own = shard(tmp_path / "c", range(6), features(label=NAMES), label=[0, 1, 2] * 2)
    said = (
        "dataset_info:\n  features:\n  - {name: image, dtype: image}\n  - name: label\n    dtype:\n      class_label:\n"
    )
    said += "        names: {'0': zero, '1': one, '2': two}"
    for path, head, fields, expected in (
        (plain, "license: mit", {}, ("0", "1", "2")),
        (plain, said, {}, ("zero", "one", "two")),
        (own, said, {}, NAMES),
        (own, said, {"class_names": ("x", "y", "z")}, ("x", "y", "z")),
        (text, said, {"class_names": ("owl", "cat", "dog")}, ("owl", "cat", "dog")),
        (text, "license: mit", {}, NAMES),
        (plain, "[broken: yaml", {}, ("0", "1", "2")),
    ):
        commit = hub.add(
            f"datasets/{REPO}",
            {"train.parquet": path, "README.md": readme(tmp_path, head)},
            head + str(fields) + path.name,
        )
        data = Hub(repo=REPO, revision=commit, size=8, test_share=0.5, **fields)
        assert data.build(0).class_names == expected
        labels = dict(zip(reds(data.training_set), data.training_set.labels.tolist(), strict=True))
        order = ("dog", "cat", "owl") if path is text else range(3)
        names = expected if path is text else range(3)
        assert all(order[red % 3] == names[label] for red, label in labels.items())


def test_a_file_that_datasets_wrote(hub: HubServer) -> None:  # noqa: F811
    """By ``Dataset.to_parquet`` of datasets 5.2.0, with the features Image, ClassLabel and Value("string")."""
    data = one(hub, Path(__file__).parents[2] / "golden/pets.parquet", group_column="place", test_share=0.3)
    data.build(0)
    assert (data.class_names, data.group_names) == (NAMES, ("grass", "sand"))
    for split, count in ((data.training_set, 6), (data.test_set, 3)):
        rows = [red // 10 for red in reds(split)]
        assert len(rows) == count
        assert split.labels.tolist() == [row % 3 for row in rows]
        assert split.group.tolist() == [row % 2 for row in rows]


def test_class_names_of_a_configuration(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    head = "dataset_info:\n"
    for config, names in (("small", "[a, b]"), ("large", "[c, d]")):
        head += f"- config_name: {config}\n  features:\n  - name: label\n"
        head += f"    dtype:\n      class_label:\n        names: {names}\n"
    files = {f"{c}/train.parquet": shard(tmp_path / c, range(4), label=[0, 1] * 2) for c in ("small", "large")}
    hub.add(f"datasets/{REPO}", {**files, "README.md": readme(tmp_path, head)})
    for config, expected in (("small", ("a", "b")), ("large", ("c", "d"))):
        assert Hub(repo=REPO, config=config, size=8, test_share=0.5).load().class_names == expected


def test_names_in_a_readme() -> None:
    assert named([{"name": "y", "dtype": {"class_label": {"names": ["a", "b"]}}}], "y") == ("a", "b")
    names = {str(i): f"c{i}" for i in range(12)}
    assert named([{"name": "y", "dtype": {"class_label": {"names": names}}}], "y") == tuple(names.values())
    for odd in (None, "x", [1], [{"name": "y", "dtype": "int64"}], [{"name": "y", "dtype": {"class_label": 3}}]):
        assert named(odd, "y") == ()


def test_other_columns_and_plain_bytes(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    table = pa.table(
        {"img": [encoded(i, "JPEG") for i in range(4)], "fine": pa.array(["b", "a"] * 2).dictionary_encode()}
    )
    parquet.write_table(table.replace_schema_metadata(features(other=["x"])), tmp_path / "a")
    loaded = one(hub, tmp_path / "a", image_column="img", label_column="fine", fit="pad").load()
    assert loaded.class_names == ("a", "b")
    assert loaded.train.all().values[0, :, 0, 0].tolist() == [1, 1, 1]


WRONG_COLUMNS = {
    "image name": (
        {},
        {"image_column": "img"},
        r"image_column: owner/pets@\w+: train.parquet: there is no column 'img'; did you mean 'image'",
    ),
    "label name": (
        {},
        {"label_column": "lable"},
        r"data\.label_column: .*there is no column 'lable'; did you mean 'label'",
    ),
    "no label": ({"label": None}, {}, r"data\.label_column: .*there is no column 'label'; known: image"),
    "group": ({}, {"group_column": "place"}, r"data\.group_column: .*there is no column 'place'"),
    "no images": ({}, {"image_column": "label"}, r"expected images as bytes in the column 'label', got int64"),
    "hashes for groups": (
        {"place": [0, 1, 2, 10**12]},
        {"group_column": "place"},
        r"data\.group_column: expected text or numbers that count from 0, got 1000000000000; number them from 0",
    ),
    "fractions": ({"label": [0.5] * 4}, {}, r"expected whole numbers or text in the column 'label', got double"),
    "lists": ({"label": [[1]] * 4}, {}, r"expected whole numbers or text in the column 'label', got list"),
    "a gap": ({"label": [0, 1, None, 1]}, {}, r"train\.parquet, row 2: 'label' is empty"),
    "no label given": (
        {"label": [-1, -1, -1, -1]},
        {"class_names": ("a", "b")},
        r"0 to 1, got -1 in row 0; a split without labels\? choose another with data\.test_split",
    ),
    "too high": (
        {"label": [0, 1, 2, 3]},
        {"class_names": NAMES},
        r"'label': expected numbers from 0 to 2, got 3 in row 3",
    ),
    "other text": (
        {"label": ["cat", "dog", "pig", "cat"]},
        {"class_names": NAMES},
        r"expected one of cat, dog, owl, got 'pig' in row 2",
    ),
    "one class": ({"label": ["cat"] * 4}, {}, r"expected at least 2 classes, got cat"),
    "class of none": ({"label": [0, 0, 1, 1]}, {"class_names": NAMES}, "classes without a training sample: owl"),
}


@pytest.mark.parametrize("case", WRONG_COLUMNS)
def test_wrong_columns(case: str, hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    columns, fields, message = WRONG_COLUMNS[case]
    columns = {name: values for name, values in {"label": [0, 1, 0, 1], **columns}.items() if values is not None}
    with pytest.raises(MatchZooError, match=message):
        one(hub, shard(tmp_path / "a", range(4), **columns), **fields).build(0)


def test_text_in_one_file_and_numbers_in_another(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    texts, numbers = ["cat", "dog", "cat", "dog"], [0, 1, 0, 1]
    shard(tmp_path / "parts/data/train-0.parquet", range(4), label=texts)
    shard(tmp_path / "parts/data/test-0.parquet", range(4), label=numbers)
    shard(tmp_path / "one/data/train-0.parquet", range(4), label=texts)
    shard(tmp_path / "one/data/train-1.parquet", range(4), label=numbers)
    for name, message in (("parts", r"data\.label_column"), ("one", "'label'")):
        files = {p.relative_to(tmp_path / name).as_posix(): p for p in (tmp_path / name).rglob("*.parquet")}
        hub.add(f"datasets/owner/{name}", files)
        with pytest.raises(
            MatchZooError, match=rf"{message}: expected text in all files or numbers in all, got '\w+' and \d"
        ):
            Hub(repo=f"owner/{name}", class_names=() if name == "parts" else ("cat", "dog")).load()
    loaded = Hub(repo="owner/parts", class_names=("cat", "dog")).load()
    assert loaded.train.labels.tolist() == loaded.test.labels.tolist() == numbers


def fetched(hub: HubServer) -> list[str]:  # noqa: F811
    """Names of the data that were asked for, sorted."""
    asked = [r.rpartition("/")[2] for r in hub.requests if r.startswith("GET") and "/resolve/" in r]
    return sorted(name.removesuffix(".parquet") for name in asked if name.endswith((".parquet", ".png")))


def large(root: Path, secret: Sequence[str] = ("test",), names: Sequence[str] = ()) -> dict[str, Path]:
    """Two files each of train, test and validation; labels of some splits are -1, the Hub's sign of secret ones."""
    files = {}
    for i, split in enumerate(("train", "test", "validation")):
        for j in range(2):
            labels = [-1, -1] if split in secret else [0, 1]
            own, name = [40 * i + 20 * j, 40 * i + 20 * j + 10], f"data/{split}-{j}.parquet"
            files[name] = shard(root / name, own, features(label=names) if names else None, label=labels)
    return files


@pytest.mark.parametrize("names", [(), ("cat", "dog")])
def test_a_test_split_without_labels_is_passed_over(names: tuple, hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    hub.add(f"datasets/{REPO}", large(tmp_path / "a", names=names))
    loaded = Hub(repo=REPO, size=8).load()
    assert (reds(loaded.train), loaded.train.labels.tolist()) == ([0, 10, 20, 30], [0, 1, 0, 1])
    assert (reds(loaded.test), loaded.test.labels.tolist()) == ([80, 90, 100, 110], [0, 1, 0, 1])
    assert fetched(hub) == ["test-0", "train-0", "train-1", "validation-0", "validation-1"]
    hub.add(f"datasets/{REPO}", large(tmp_path / "b", ("test", "validation"), names), "other")
    loaded = Hub(repo=REPO, revision="other", size=8, test_share=0.5).load()
    assert sorted(reds(loaded.train) + reds(loaded.test)) == [0, 10, 20, 30]
    files = {"train.parquet": shard(tmp_path / "c", [0, 10], label=[0, 1]), "test.parquet": shard(tmp_path / "d", [20])}
    hub.add(f"datasets/{REPO}", files, "third")  # not even a column
    assert Hub(repo=REPO, revision="third", size=8, test_share=0).load().test is None


def test_labels_that_are_numbers(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    texts = [str(i) for i in range(12)]
    data = one(hub, shard(tmp_path / "a", range(12), label=texts), test_share=0)
    assert (data.load().class_names, data.load().train.labels.tolist()) == (tuple(texts), list(range(12)))
    for revision, path, message in (
        ("b", shard(tmp_path / "b", range(4), label=[1, 2, 3, 1]), "'label': are numbered from 1 to 3; .*: subtract 1"),
        (
            "c",
            shard(tmp_path / "c", range(3), features(label=["a", "b"]), label=[1, 2, 1]),
            "got 2 in row 1; they are numbered from 1: subtract 1",
        ),
    ):
        hub.add(f"datasets/{REPO}", {"train.parquet": path}, revision)
        with pytest.raises(MatchZooError, match=message):
            Hub(repo=REPO, revision=revision, size=8).load()


WRONG_EARLY = {
    "label name": ({"label_column": "fine"}, "there is no column 'fine'", ["test-0", "train-0"]),
    "image name": ({"image_column": "img"}, "there is no column 'img'", ["test-0", "train-0", "validation-0"]),
    "group": ({"group_column": "place"}, "there is no column 'place'", ["test-0", "train-0", "validation-0"]),
    "no labels": ({"test_split": "test"}, "got -1 in row 0; a split without labels", ["test-0", "train-0"]),
    "no labels in files": (
        {"train_files": ("data/train-*",), "test_files": ("data/test-*",)},
        "got -1 in row 0; a split without labels",
        ["test-0", "train-0"],
    ),
    "too few names": (
        {"class_names": ("a",), "test_split": "val"},
        "expected numbers from 0 to 0, got 1 in row 1",
        ["train-0", "validation-0"],
    ),
}


@pytest.mark.parametrize("case", WRONG_EARLY)
def test_what_is_wrong_is_known_from_the_first_files(case: str, hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    fields, message, expected = WRONG_EARLY[case]
    hub.add(f"datasets/{REPO}", large(tmp_path / "a"))
    with pytest.raises(MatchZooError, match=message):
        Hub(repo=REPO, size=8, **fields).load()
    assert fetched(hub) == expected


def test_a_first_file_of_one_class_is_none_of_one_class(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    """Files are often sorted by class."""
    files = {f"{i}.parquet": shard(tmp_path / f"{i}", [i, i], label=[name] * 2) for i, name in enumerate(NAMES)}
    hub.add(f"datasets/{REPO}", files)
    assert Hub(repo=REPO, size=8, test_share=0.5).load().class_names == NAMES


def test_names_that_the_file_declares_bound_its_labels(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    path = shard(tmp_path / "a", range(4), features(label=["a", "b"]), label=[0, 1, 2, 0])
    with pytest.raises(MatchZooError, match="expected numbers from 0 to 1, got 2 in row 2"):
        one(hub, path).load()


def test_rows_that_cannot_be_decoded(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    images = [
        {"bytes": encoded(1), "path": None},
        {"bytes": None, "path": "b.png"},
        None,
        {"bytes": b"no", "path": "c"},
    ]
    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    parquet.write_table(pa.table({"image": pa.array(images, kind), "label": [0, 1, 1, 0]}), tmp_path / "a")
    with pytest.raises(MatchZooError) as caught:
        one(hub, tmp_path / "a").load()
    lines = [line.split("train.parquet, ")[1] for line in str(caught.value).splitlines()]
    assert lines == [
        "row 1: there is no image",
        "row 2: there is no image",
        "row 3: cannot be read as an image (cannot identify image file)",
    ]


def test_a_file_that_is_no_parquet(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "a").write_bytes(b"PAR1 but no more of it PAR1")
    with pytest.raises(MatchZooError, match=r"train\.parquet: cannot be read as a parquet file \("):
        one(hub, tmp_path / "a").load()


def test_without_pyarrow(hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    data = one(hub, shard(tmp_path / "a", range(4), label=[0, 1, 0, 1]))
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MatchZooError, match="not installed: pip install pyarrow"):
        data.load()
    assert not [request for request in hub.requests if "train.parquet" in request]


@pytest.mark.parametrize("order", ["ascending", "descending", "mixed"])
def test_rows_in_any_order(order: str, tmp_path: Path) -> None:
    shapes = [(37, 5), (1, 1), (20, 100)]
    paths, expected = [], []
    for i, (count, group) in enumerate(shapes):
        values = [f"{i} {row}".encode() for row in range(count)]
        parquet.write_table(pa.table({"x": values}), tmp_path / str(i), row_group_size=group)
        paths.append(tmp_path / str(i))
        expected += [(value, i, row) for row, value in enumerate(values)]
    asked = list(range(len(expected)))
    asked = {"ascending": asked, "descending": asked[::-1]}.get(order) or np.random.default_rng(0).permutation(
        asked
    ).tolist()
    rows = Rows(paths, "x")
    assert [rows.get(row) for row in asked] == [expected[row] for row in asked]


def test_a_large_file_is_never_in_memory(tmp_path: Path) -> None:
    """One row group of 64 MB, 100 kB a row: what is held are a few batches."""
    noise = np.random.default_rng(0).bytes(100_000)
    parquet.write_table(pa.table({"x": [noise] * 640}), tmp_path / "a", use_dictionary=False, compression="none")
    before, peak = pa.total_allocated_bytes(), 0
    rows = Rows([tmp_path / "a"], "x")
    for row in range(640):
        assert len(rows.get(row)[0]) == 100_000
        peak = max(peak, pa.total_allocated_bytes() - before)
    assert peak < 16e6


# folders of images


def folders(root: Path, parts: Sequence[str] = ("train", "test")) -> dict[str, Path]:
    files = {}
    for part in parts:
        for i, name in enumerate(("cat", "grün [2]", "猫")):
            for j in range(2):
                path = root / part / name / f"{j} #.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(encoded(60 * i + 20 * j + (5 if part == "test" else 0)))
                files[path.relative_to(root).as_posix()] = path
    return files


def test_folders(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    files = folders(tmp_path / "r")
    commit = hub.add(f"datasets/{REPO}", {**files, "logo/x.png": files["train/cat/0 #.png"]})
    data = Hub(repo=REPO, size=8)
    loaded = data.load()
    assert loaded.class_names == ("cat", "grün [2]", "猫")
    assert (reds(loaded.train), loaded.train.labels.tolist()) == ([0, 20, 60, 80, 120, 140], [0, 0, 1, 1, 2, 2])
    assert (reds(loaded.test), loaded.test.labels.tolist()) == ([5, 25, 65, 85, 125, 145], [0, 0, 1, 1, 2, 2])
    assert data.origin()["commit"] == commit
    other = Hub(repo=REPO, size=8, class_names=("猫", "cat", "grün [2]")).load()
    assert other.train.labels.tolist() == [1, 1, 2, 2, 0, 0]
    chosen = Hub(repo=REPO, size=8, train_files=("test/**",), test_share=0.5).load()
    assert (len(chosen.train), len(chosen.test)) == (3, 3)
    with pytest.raises(MatchZooError, match=r"data\.group_column: images in folders have no columns"):
        Hub(repo=REPO, group_column="place").load()


def test_images_without_folders_of_classes(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    hub.add(f"datasets/{REPO}", {f"train/{i}.png": shard(tmp_path / "a", [1], label=[0]) for i in range(3)})
    with pytest.raises(MatchZooError, match="holds images in the folders train, not in one for each class"):
        Hub(repo=REPO, size=8).load()
    assert not fetched(hub)


def test_folders_without_splits(hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr("matchzoo.data.reading.repository.MANY", 3)  # whole folders are asked for
    files = folders(tmp_path / "r", [""])
    hub.add(f"datasets/{REPO}", {**files, "notes.txt": files["cat/0 #.png"]})
    loaded = Hub(repo=REPO, size=8, test_share=0.5).load()
    assert sorted(reds(loaded.train) + reds(loaded.test)) == [0, 20, 60, 80, 120, 140]
    assert not [request for request in hub.requests if "notes.txt" in request]


# in a recipe


def test_a_recipe(hub: HubServer, lgm: dict, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:  # noqa: F811
    commit = hub.add(f"datasets/{REPO}", pets(tmp_path / "r"))
    lgm["data"] = {"kind": "hub", "repo": REPO, "size": 8}
    lgm["trainer"]["steps"], lgm["evaluation"] = 2, []
    run = structure(lgm, Recipe).run(tmp_path / "run", quiet=True)
    assert capsys.readouterr().err == ""
    environment = json.loads((run.folder / "environment.json").read_text())
    assert environment["sessions"][0]["data"] == {"repo": REPO, "revision": "main", "commit": commit}
