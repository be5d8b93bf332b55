"""The artifact: written, read back, exported, and every hostile or broken one refused."""

import json
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import attrs
import numpy as np
import pyarrow as pa
import pytest
import torch
from helpers.distilled_sets import CLASSES, Bomb, made, metrics, same
from PIL import Image
from pyarrow import parquet
from safetensors.torch import save_file
from torchvision.datasets import ImageFolder

from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage import files
from matchzoo.core.storage.files import file_sha256
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.hub.folders import shard
from matchzoo.hub.folders.set_schema import METRICS, NAMES, RECIPE, TENSORS
from matchzoo.hub.folders.validation import sha256


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("channels", [3, 1])
def test_round_trip(soft: bool, channels: int, tmp_path: Path) -> None:
    distilled = made(soft, channels=channels)
    distilled.save(tmp_path / "set")
    found = {p.relative_to(tmp_path / "set").as_posix() for p in (tmp_path / "set").rglob("*") if p.is_file()}
    assert found == set(NAMES)
    again = DistilledDataset.load(tmp_path / "set")
    assert same(distilled, again)
    assert again.images.dtype == torch.float32
    again.save(tmp_path / "set")  # takes the place of the old one
    assert same(distilled, DistilledDataset.load(tmp_path / "set"))
    assert [p.name for p in tmp_path.iterdir()] == ["set"]
    batch, labels = next(iter(torch.utils.data.DataLoader(again, batch_size=4)))
    assert torch.equal(batch, distilled.images[:4])
    assert torch.equal(labels, distilled.labels[:4])


def test_what_the_parquet_file_says(tmp_path: Path) -> None:
    distilled = made(soft=True)
    distilled.save(tmp_path / "set")
    table = parquet.read_table(tmp_path / "set" / shard.NAME)
    assert table.column("label").to_pylist() == distilled.labels.argmax(1).tolist()
    for row, one in enumerate(table.column("image").to_pylist()):
        with Image.open(pa.BufferReader(one["bytes"])) as image:
            expected = np.rint(distilled.images[row].numpy().transpose(1, 2, 0) * 255)
            assert np.array_equal(np.asarray(image), expected)


@pytest.mark.parametrize("soft", [False, True])
def test_datasets_reads_it(soft: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    distilled = made(soft)
    distilled.save(tmp_path / "set")
    found = datasets.load_dataset(str(tmp_path / "set"), split="train", cache_dir=str(tmp_path / "cache"))
    assert found.features["label"].names == list(CLASSES)
    assert found["label"] == (distilled.labels.argmax(1) if soft else distilled.labels).tolist()
    pixels = torch.stack([torch.from_numpy(np.array(image)).permute(2, 0, 1) for image in found["image"]])
    assert torch.equal(pixels, (distilled.images * 255).round().to(torch.uint8))
    if soft:
        assert torch.equal(torch.tensor(found["probabilities"][:]), distilled.labels)


def test_export_keeps_the_order_of_classes(tmp_path: Path) -> None:
    distilled = made()
    distilled.export(tmp_path / "images")
    found = ImageFolder(tmp_path / "images")
    assert [label for _, label in found.samples] == sorted(distilled.labels.tolist())
    assert [name.split("_")[0] for name in found.classes] == ["0000", "0001", "0002"]
    order = distilled.labels.argsort(stable=True)
    for (image, _), row in zip(found, order, strict=True):
        assert np.array_equal(np.asarray(image), (distilled.images[row] * 255).round().byte().permute(1, 2, 0).numpy())
    again = DistilledDataset.load(tmp_path / "images")
    assert (again.class_names, again.named) == (CLASSES, True)
    assert again.unknown == ("preprocessing",)
    assert torch.equal(again.images, (distilled.images[order] * 255).round() / 255)
    with pytest.raises(MatchZooError, match="is not empty; give another folder"):
        distilled.export(tmp_path / "images")


def test_names_that_would_leave_the_folder_of_an_export(tmp_path: Path) -> None:
    names = ("../../up", "/etc/passwd", "..", "C:\\x")
    made(classes=names).export(tmp_path / "in" / "images")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in"]
    assert DistilledDataset.load(tmp_path / "in" / "images").class_names == names


def test_a_failing_save_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = made()
    old.save(tmp_path / "set")
    with pytest.raises(MatchZooError, match=r"set: cannot be saved: image 1 has values from .* expected \[0, 1\]"):
        attrs.evolve(old, images=old.images + torch.arange(6)[:, None, None, None]).save(tmp_path / "set")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write_json", full)
    with pytest.raises(MatchZooError, match=r"set: cannot be written \(No space left on device\)"):
        made(soft=True).save(tmp_path / "set")
    assert same(old, DistilledDataset.load(tmp_path / "set"))
    assert [p.name for p in tmp_path.iterdir()] == ["set"]
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/a.tex").write_text("x")
    with pytest.raises(MatchZooError, match="is not empty and holds no distilled set"):
        old.save(tmp_path / "thesis")
    assert [p.name for p in (tmp_path / "thesis").iterdir()] == ["a.tex"]


def test_the_card_shows_names_as_they_are() -> None:
    from huggingface_hub import DatasetCard

    from matchzoo.hub.folders import card

    text = card.text(made(soft=True), "user/name")
    head = DatasetCard(text, ignore_metadata_errors=False).data
    assert head.tags == ["dataset-distillation", "dataset-compression", "matchzoo", "ipc-2", "soft-labels"]
    assert "a/b\\|&lt;c&gt;" in text
    assert 'hub.pull("user/name")' in text
    assert "51.5 (sd 0.5)" in text
    assert "not chosen yet: `matchzoo push SET USER/NAME --license cc-by-4.0` sets one" in text


def test_the_card_tells_the_hub_of_papers_and_accuracies() -> None:
    from huggingface_hub import DatasetCard
    from huggingface_hub.repocard_data import model_index_to_eval_results

    from matchzoo.hub.folders import card

    recipe = '[[players.generator.minimize]]\nkind = "statistic"\nstatistic = { kind = "head-gradient" }\n'
    head = DatasetCard(card.text(attrs.evolve(made(), recipe=recipe), "user/name")).data
    assert "arxiv:2511.16674" in head.tags

    name, results = model_index_to_eval_results(head.to_dict()["model-index"])
    assert name == "name"
    own = [record for record in made().scores if record["method"] == made().scores[0]["method"]]
    assert [r.metric_value for r in results if r.metric_name.startswith("top-1")] == [r["top1_mean"] for r in own]
    assert "model-index" not in DatasetCard(card.text(attrs.evolve(made(), scores=()))).data.to_dict()


# what is refused


def rehash(folder: Path) -> None:
    """Make the hashes agree with the files again, as somebody would who means harm."""
    about = json.loads((folder / METRICS).read_text())
    metrics(folder, files={name: file_sha256(folder / name) for name in about["files"]})


def tensors(folder: Path, **changes: object) -> None:
    """Other tensors, with hashes that agree."""
    old = DistilledDataset.load(folder)
    found = {"images": old.images, "labels": old.labels, **changes}
    save_file(found, folder / TENSORS, {"class_names": json.dumps(old.class_names)})
    about = {
        name: {"shape": list(x.shape), "dtype": str(x.dtype).removeprefix("torch."), "sha256": sha256(x)}
        for name, x in found.items()
    }
    metrics(folder, **about)


def nan(folder: Path) -> None:
    images = DistilledDataset.load(folder).images
    images[2, 0, 3, 3] = float("nan")
    tensors(folder, images=images)


def pickled(folder: Path) -> None:
    (folder / TENSORS).write_bytes(pickle.dumps(Bomb(folder)))


def huge(folder: Path) -> None:
    head = {
        "__metadata__": {"class_names": json.dumps(CLASSES)},
        "images": {"dtype": "F32", "shape": [10**9, 3, 1000, 1000], "data_offsets": [0, 4 * 3 * 10**15]},
        "labels": {"dtype": "I64", "shape": [10**9], "data_offsets": [4 * 3 * 10**15, 4 * 3 * 10**15 + 8 * 10**9]},
    }
    text = json.dumps(head).encode()
    (folder / TENSORS).write_bytes(struct.pack("<Q", len(text)) + text)


def truncated(folder: Path) -> None:
    content = (folder / TENSORS).read_bytes()
    (folder / TENSORS).write_bytes(content[:-100])


def flipped(folder: Path) -> None:
    content = bytearray((folder / TENSORS).read_bytes())
    content[-40] ^= 1
    (folder / TENSORS).write_bytes(content)


def link(folder: Path, name: str) -> None:
    outside = folder.parent / "outside"
    (folder / name).rename(outside)
    (folder / name).symlink_to(outside)


def other_shard(folder: Path, **changes: object) -> None:
    path = folder / shard.NAME
    old = DistilledDataset.load(folder)
    values = {"images": old.images, "labels": old.labels, "class_names": old.class_names, **changes}
    shard.write(path, values["images"], values["labels"], values["class_names"])
    rehash(folder)


def bomb_shard(folder: Path) -> None:
    row = {"bytes": b"\0" * 20_000_000, "path": "x"}
    schema = parquet.read_schema(folder / shard.NAME)
    table = pa.table({"image": [row] * 6, "label": [0] * 6}, schema=schema)
    parquet.write_table(table, folder / shard.NAME, compression="zstd")
    rehash(folder)


def deep(folder: Path) -> None:
    (folder / METRICS).write_text("[" * 100_000 + "]" * 100_000)


def card(folder: Path, old: str, new: str) -> None:
    text = (folder / "README.md").read_text()
    (folder / "README.md").write_text(text.replace(old, new, 1))


def names_in(folder: Path, names: list[str]) -> None:
    old = DistilledDataset.load(folder)
    save_file({"images": old.images, "labels": old.labels}, folder / TENSORS, {"class_names": json.dumps(names)})
    metrics(folder, class_names=names)


def extra_file(folder: Path, name: str) -> None:
    about = json.loads((folder / METRICS).read_text())
    metrics(folder, files={**about["files"], name: "0" * 64})


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "pickle renamed": (pickled, r"images\.safetensors: cannot be read as safetensors"),
    "one bit": (flipped, r"the sha256 of (images|labels) is \w+, metrics\.json says \w+; fetch|not the rounded|labels"),
    "truncated": (truncated, r"cannot be read as safetensors .*fetch or make it again"),
    "huge shapes": (huge, r"cannot be read as safetensors"),
    "nan": (nan, "image 2 has values that are no finite numbers"),
    "above one": (lambda f: tensors(f, images=DistilledDataset.load(f).images + 0.5), r"expected \[0, 1\]"),
    "below zero": (lambda f: tensors(f, images=DistilledDataset.load(f).images - 0.5), r"expected \[0, 1\]"),
    "float64": (lambda f: tensors(f, images=DistilledDataset.load(f).images.double()), r"got (F64|float64)"),
    "label too high": (lambda f: tensors(f, labels=torch.tensor([0, 1, 3, 0, 1, 2])), "labels from 0 to 3"),
    "label below zero": (lambda f: tensors(f, labels=torch.tensor([0, -1, 2, 0, 1, 2])), "labels from -1 to 2"),
    "labels too few": (lambda f: tensors(f, labels=torch.tensor([0, 1])), r"labels: expected int64 \[6\]"),
    "logits": (lambda f: tensors(f, labels=torch.ones(6, 3)), "probabilities that sum to 1, got sums from 3"),
    "two channels": (lambda f: tensors(f, images=torch.rand(6, 2, 12, 12)), "images: expected float32"),
    "another tensor": (
        lambda f: save_file(
            {"images": torch.rand(6, 3, 12, 12), "labels": torch.arange(6) % 3, "x": torch.rand(2)},
            f / TENSORS,
            {"class_names": json.dumps(CLASSES)},
        ),
        "expected the tensors images and labels, got .*'x'",
    ),
    "wrong hash": (
        lambda f: metrics(f, images={"shape": [6, 3, 12, 12], "dtype": "float32", "sha256": "0" * 64}),
        "the sha256 of images is",
    ),
    "other shape said": (
        lambda f: metrics(f, images={"shape": [7, 3, 12, 12], "dtype": "float32", "sha256": "0" * 64}),
        r"images is float32 \[6, 3, 12, 12\], metrics\.json says",
    ),
    "no hash": (lambda f: metrics(f, labels={"shape": [6], "dtype": "int64"}), "the sha256 of labels is .* says None"),
    "newer schema": (lambda f: metrics(f, schema=2), r"newer matchzoo \(schema 2, .* pip install --upgrade"),
    "schema of text": (lambda f: metrics(f, schema="1"), "schema: expected a whole number from 1, got '1'"),
    "other format": (lambda f: metrics(f, format="x"), "is not that of a distilled set"),
    "no JSON": (lambda f: (f / METRICS).write_text("{'a': 1}"), r"metrics\.json: cannot be read as JSON"),
    "deep JSON": (deep, r"metrics\.json: (cannot be read as JSON|is not that)"),
    "NaN in JSON": (lambda f: metrics(f, scores=[{"top1_mean": float("nan")}]), "NaN is no JSON number"),
    "scores of text": (lambda f: metrics(f, scores="all"), "scores: expected list, got 'all'"),
    "scores of numbers": (lambda f: metrics(f, scores=[1]), "scores: expected a list of tables"),
    "more classes": (lambda f: names_in(f, [*CLASSES, "d"]), "declares other columns or class names"),
    "fewer classes": (lambda f: names_in(f, list(CLASSES[:2])), "labels from 0 to 2, expected 0 to 1"),
    "other classes": (lambda f: metrics(f, class_names=["a", "b", "c"]), r"not those of metrics\.json"),
    "a class twice": (lambda f: names_in(f, ["a", "b", "a"]), "'a' is there twice"),
    "escape in a class": (lambda f: names_in(f, ["a", "b", "\x1b[2J"]), "control characters"),
    "classes of numbers": (lambda f: metrics(f, class_names=[1, 2, 3]), "class names: expected a list of texts"),
    "traversal": (lambda f: extra_file(f, "../outside"), "'../outside' is not a name of a file in the folder"),
    "absolute": (lambda f: extra_file(f, "/etc/passwd"), "'/etc/passwd' is not a name of a file in the folder"),
    "windows": (lambda f: extra_file(f, "..\\x"), "is not a name of a file in the folder"),
    "link of tensors": (lambda f: link(f, TENSORS), r"images\.safetensors: is a link that leads out of the folder"),
    "link of metrics": (lambda f: link(f, METRICS), r"metrics\.json: is a link that leads out of the folder"),
    "link of folder": (lambda f: link(f, "data"), r"parquet: is a link that leads out of the folder"),
    "missing tensors": (lambda f: (f / TENSORS).unlink(), r"images\.safetensors: is missing"),
    "missing parquet": (lambda f: (f / shard.NAME).unlink(), r"parquet: is missing"),
    "missing card": (lambda f: (f / "README.md").unlink(), r"README\.md: is missing"),
    "missing recipe": (lambda f: (f / RECIPE).unlink(), r"recipe\.toml: is missing"),
    "no hash of recipe": (lambda f: metrics(f, files={}), r"has no hash of data/train"),
    "other recipe": (lambda f: (f / RECIPE).write_text("schema = 1\n"), r"recipe\.toml: its sha256 is"),
    "no TOML": (lambda f: ((f / RECIPE).write_text("a = ["), rehash(f)), r"recipe\.toml: cannot be read as TOML"),
    "large recipe": (lambda f: (f / RECIPE).write_text("#" * 2_000_000), r"recipe\.toml: 2000000 bytes, at most"),
    "other images": (lambda f: other_shard(f, images=torch.ones(6, 3, 12, 12)), "row 0: the image is not the rounded"),
    "other size": (lambda f: other_shard(f, images=torch.rand(6, 3, 9, 9)), "row 0: the image is not the rounded"),
    "other labels": (
        lambda f: other_shard(f, labels=torch.zeros(6, dtype=torch.int64)),
        "other labels than the tensors",
    ),
    "other names": (lambda f: other_shard(f, class_names=["a", "b", "c"]), "other columns or class names"),
    "fewer rows": (lambda f: other_shard(f, images=torch.rand(2, 3, 12, 12)), "2 rows, but the tensors hold 6"),
    "parquet bomb": (bomb_shard, r"declares \d+ bytes, more than 6 images of this size can need"),
    "no parquet": (
        lambda f: ((f / shard.NAME).write_bytes(b"PAR1 no more PAR1"), rehash(f)),
        "cannot be read as the parquet file",
    ),
    "card with code": (
        lambda f: card(f, "license: unknown", "license: !!python/object/apply:os.system ['touch executed']"),
        r"README\.md: its head cannot be read as plain YAML",
    ),
    "card with script": (lambda f: card(f, "## Use", "<ScRiPt>alert(1)</script>"), "holds code for a browser"),
    "card without head": (lambda f: (f / "README.md").write_text("# Hello"), "has no head of YAML"),
    "script beside": (lambda f: (f / "set.py").write_text("raise SystemExit"), r"set\.py: .*neither code nor pickles"),
    "pickle beside": (lambda f: (f / "data/x.pkl").write_bytes(b"x"), r"data/x\.pkl: .*neither code nor pickles"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_and_hostile_artifacts(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made().save(tmp_path / "set")
    spoil, message = BROKEN[case]
    spoil(tmp_path / "set")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MatchZooError, match=message) as caught:
        DistilledDataset.load(tmp_path / "set")
    assert "refused as a distilled set" in str(caught.value)
    assert not (tmp_path / "executed").exists()


# sets of others


def test_names_for_what_was_saved_without(tmp_path: Path) -> None:
    bare = attrs.evolve(made(), class_names=("0", "1", "2"), named=False)
    for place in (tmp_path / "set", tmp_path / "set.safetensors", tmp_path / "alone" / "distilled.safetensors"):
        bare.save(place)
        place = place.parent if place.name == "distilled.safetensors" else place
        found = DistilledDataset.load(place)
        assert (found.class_names, found.named) == (("0", "1", "2"), False)
        with pytest.raises(MatchZooError, match="class names are unknown: give them with class_names"):
            found.with_classes(CLASSES)
        found = DistilledDataset.load(place, class_names=CLASSES)
        assert (found.class_names, found.named) == (CLASSES, True)
        assert found.with_classes(CLASSES).labels.tolist() == bare.labels.tolist()
        with pytest.raises(MatchZooError, match="3 classes, but 1 class names are given"):
            DistilledDataset.load(place, class_names=["a"])
    for place in (tmp_path / "named", tmp_path / "named.safetensors"):
        made().save(place)
        with pytest.raises(MatchZooError, match=r"says its class names \(zebra, .*; leave out class_names"):
            DistilledDataset.load(place, class_names=CLASSES)


def test_bare_parquet_and_folders(tmp_path: Path) -> None:
    distilled = made(classes=("b", "a"))
    distilled.save(tmp_path / "set")
    (tmp_path / "bare/data").mkdir(parents=True)
    table = parquet.read_table(tmp_path / "set" / shard.NAME)
    parquet.write_table(table, tmp_path / "bare/data/train-0.parquet")
    parquet.write_table(table.replace_schema_metadata(None), tmp_path / "plain.parquet")
    rounded = (distilled.images * 255).round() / 255
    named = DistilledDataset.load(tmp_path / "bare")
    assert (named.class_names, named.unknown) == (("b", "a"), ("preprocessing",))
    assert torch.equal(named.images, rounded)
    assert torch.equal(named.labels, distilled.labels)
    bare = DistilledDataset.load(tmp_path / "plain.parquet")
    assert (bare.class_names, bare.unknown) == (("0", "1"), ("preprocessing", "class names"))
    with pytest.raises(MatchZooError, match="class names are unknown: give them with class_names"):
        bare.with_classes(("a", "b"))
    assert DistilledDataset.load(tmp_path / "plain.parquet", class_names=["b", "a"]).unknown == ("preprocessing",)
    assert DistilledDataset.load(tmp_path / "plain.parquet", size=8).images.shape == (4, 3, 8, 8)
    for name, size in (("cat", 9), ("dog", 10)):
        (tmp_path / "folder" / name).mkdir(parents=True)
        Image.new("RGB", (size, size), (name == "cat" and "red") or "blue").save(tmp_path / "folder" / name / "0.png")
    with pytest.raises(MatchZooError, match=r"images of several sizes, .*give size \(--size N\)"):
        DistilledDataset.load(tmp_path / "folder")
    found = DistilledDataset.load(tmp_path / "folder", size=9)
    assert (found.class_names, found.labels.tolist(), found.images.shape) == (("cat", "dog"), [0, 1], (2, 3, 9, 9))


def test_more_than_memory_is_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made().export(tmp_path / "images")
    monkeypatch.setenv("MATCHZOO_MEMORY", "0.001")
    with pytest.raises(MatchZooError, match=r"6 images of 12 pixels need .* or set MATCHZOO_MEMORY"):
        DistilledDataset.load(tmp_path / "images")
