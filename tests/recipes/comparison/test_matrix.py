"""Evaluating sets of images on backbones: what is accepted, what is shared, what is refused, and planted answers."""

import csv
import json

import attrs
import numpy as np
import pytest
import torch
from PIL import Image

from matchzoo.cli.main import main
from matchzoo.core.declaration.toml import write_toml
from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing.text import markdown, size_of
from matchzoo.core.storage import files
from matchzoo.data.views import Views
from matchzoo.evaluation.probe_harness import ProbeHarness
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.hub.third_party.tensor_form import TensorForm
from matchzoo.recipes.comparison import Matrix, evaluate
from matchzoo.recipes.recipe import Recipe

NAMES = tuple("0123456789")


@pytest.fixture(scope="module")
def second_card(tmp_path_factory):
    """Another tiny network with other random weights."""
    from helpers.tables import TINY_CARD

    path = tmp_path_factory.mktemp("cards") / "other.toml"
    path.write_text(TINY_CARD.replace("test_vit", "test_byobnet").replace("= 64", "= 256"))
    return path


@pytest.fixture
def digits():
    """One training image of each digit, as a distilled set."""
    from matchzoo.data import Digits

    data = Digits(size=8)
    data.build(0)
    rows = torch.tensor([int((data.training_set.labels == c).nonzero()[0]) for c in range(10)])
    return DistilledDataset(data.training_set.render(rows).values, torch.arange(10), NAMES)


def images(folder, distilled, names=None):
    """The set as a folder with a folder of images for each class."""
    for image, label in zip(distilled.images, distilled.labels.tolist(), strict=True):
        place = folder / (names or distilled.class_names)[label]
        place.mkdir(parents=True, exist_ok=True)
        pixels = (image.permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
        Image.fromarray(pixels).save(place / f"{len(list(place.iterdir()))}.png")


def test_class_names_are_for_the_sets_that_say_none(digits, tmp_path):
    from matchzoo.recipes.comparison.evaluated_set import opened

    bare = attrs.evolve(digits, class_names=tuple(f"class {i}" for i in range(10)), named=False)
    bare.save(tmp_path / "bare")
    digits.save(tmp_path / "named")
    found = opened([tmp_path / "named", tmp_path / "bare", bare], NAMES)
    assert [one.distilled.class_names for one in found] == [NAMES] * 3
    with pytest.raises(MatchZooError, match=r"every set says its class names; leave out class_names \(--class-names\)"):
        opened([tmp_path / "named", digits], tuple("abcdefghij"))


def test_every_form_of_a_set_gives_the_same_numbers(lgm, lgm_recipe, digits, tiny_card, tmp_path):
    lgm["generator"] = {"kind": "selection", "method": "random"}
    lgm["trainer"] = {"steps": 0, "device": "cpu"}
    lgm["evaluation"] = []
    del lgm["players"]
    from matchzoo.recipes.recipe import Recipe

    run = Recipe.of(lgm).run(tmp_path / "run", quiet=True)
    digits = run.distilled
    digits.save(tmp_path / "set.safetensors")
    (tmp_path / "published").mkdir()
    digits.save(tmp_path / "published/distilled.safetensors")
    order = torch.randperm(10, generator=torch.Generator().manual_seed(0))
    names = tuple(NAMES[i] for i in order.argsort())
    shuffled = DistilledDataset(digits.images, order[digits.labels], names)
    images(tmp_path / "folder", digits)
    sets = [
        run,
        tmp_path / "run/distilled",
        tmp_path / "set.safetensors",
        str(tmp_path / "published"),
        tmp_path / "folder",
    ]
    matrix = evaluate([*sets, digits, shuffled], [str(tiny_card)], protocols=["k-nn"], device="cpu", quiet=True)
    assert len({r["top1_mean"] for r in matrix.records}) == 1
    assert [r["made_with"] for r in matrix.records] == ["random", "random", "", "", "", "random", ""]
    assert [r["bytes"] for r in matrix.records] == [10 * (3 * 8 * 8 * 4 + 8)] * 7
    assert matrix.about["notes"] == [
        f"{tmp_path / 'folder'}: unknown: preprocessing, class names",  # they are called by digits
        "set 2: its classes are in another order; its labels were matched by name",
    ]
    assert matrix.about["data"] == {**lgm["data"], **matrix.about["data"]}


def test_a_matrix_of_two_sets_and_two_backbones(
    lgm_recipe, digits, tiny_card, second_card, tmp_path, capsys, monkeypatch
):
    lgm_recipe.replace(**{"trainer.steps": 3, "evaluation": []}).run(tmp_path / "one", quiet=True)
    digits.save(tmp_path / "two.safetensors")
    collected = []
    plain = ProbeHarness._collect

    def collect(self, split, copies, *rest):
        collected.append((self.name, split is self.data.test_set, copies))
        return plain(self, split, copies, *rest)

    monkeypatch.setattr(ProbeHarness, "_collect", collect)
    files_ = [tmp_path / f"out/matrix.{suffix}" for suffix in ("json", "md", "csv")]
    command = ["evaluate", tmp_path / "one", tmp_path / "two.safetensors", "--backbone", tiny_card, second_card]
    command += [
        "--protocol",
        "ridge",
        "nearest-centroid",
        "--baselines",
        "random",
        "full",
        "--seeds",
        "2",
        "--per-class",
    ]
    main([str(word) for word in [*command, "--device", "cpu", "--quiet", "--output", *files_]])
    tested = [name for name, is_test, _ in collected if is_test]
    assert tested == [str(tiny_card), str(second_card)]  # once a backbone, for all sets and both protocols
    matrix = Matrix.load(files_[0])
    assert len(matrix.records) == 4 * 2 * 2
    assert matrix.sets == ["one", "two", "random", "full"]
    record = matrix.record("two", str(second_card), "nearest-centroid")
    assert record["images"] == 10
    assert len(record["top1"]) == record["seeds"] == 1  # nothing depends on a seed
    drawn = matrix.record("two", str(second_card))
    assert drawn["top1_std"] == pytest.approx(torch.tensor(drawn["top1"]).double().std().item())
    assert len(record["per_class"]) == 10
    assert matrix.record("full", str(tiny_card))["images"] == 899
    assert matrix.record("one", str(tiny_card))["made_with"] == "tiny"
    table = matrix.table()
    assert table[0] == ["set", "distilled with", "images", "bytes", str(tiny_card), str(second_card), "mean"]
    both = [matrix.record("one", b)["top1_mean"] for b in matrix.backbones]
    assert table[1][-1] == f"{sum(both) / 2:.1f}"
    said = capsys.readouterr().out
    assert "top-1 %, protocol ridge, mean of 2 draws (sd: their standard deviation)" in said
    assert "top-1 % of every class on" in said
    with files_[2].open() as file:
        assert {row["set"] for row in csv.DictReader(file)} == set(matrix.sets)
    assert files_[1].read_text().count("| two |") == 2
    assert {"views", "seeds", "backbones", "protocols", "matchzoo"} <= json.loads(files_[0].read_text())["about"].keys()


def test_the_worst_group_is_the_planted_one(tiny_card, tmp_path):
    """Two classes told apart by brightness; in the test set's group 'swapped' their brightness is exchanged."""
    rng = np.random.default_rng(0)
    rows = ["file,label,split,group"]
    for i in range(120):
        label, part = i % 2, "train" if i < 60 else "test"
        group = "swapped" if part == "test" and i % 10 < 2 else "plain"
        bright = label if group == "plain" else 1 - label
        Image.fromarray((rng.integers(0, 60, (16, 16, 3)) + 180 * bright).astype(np.uint8)).save(tmp_path / f"{i}.png")
        rows.append(f"{i}.png,{['dark', 'light'][label]},{part},{group}")
    (tmp_path / "labels.csv").write_text("\n".join(rows) + "\n")
    from matchzoo.data import Table

    data = Table(path=str(tmp_path), size=16)
    for protocol in ("converged", "k-nn"):
        matrix = evaluate(
            [], [str(tiny_card)], data=data, baselines=["full"], protocols=[protocol], seeds=1, device="cpu", quiet=True
        )
        record = matrix.record("full", str(tiny_card))
        assert dict(zip(matrix.about["group_names"], record["per_group"], strict=True)) == {"plain": 100, "swapped": 0}
        assert record["worst_group_mean"] == 0
        assert record["top1_mean"] == pytest.approx(80)
        assert record["per_class"] == [pytest.approx(80)] * 2
        assert matrix.breakdown(str(tiny_card), "group") == [["set", "plain", "swapped"], ["full", "100.0", "0.0"]]
        assert matrix.table("worst_group")[1][4] == "0.0"


def test_sets_are_resized_to_the_data_and_that_is_said(digits, tiny_card):
    from matchzoo.data import Digits

    matrix = evaluate([digits], [str(tiny_card)], data=Digits(size=16), protocols=["k-nn"], device="cpu", quiet=True)
    assert matrix.about["notes"] == ["set 1: 8x8 pixels, resized to the 16x16 of the data"]
    matrix = evaluate([digits], [str(tiny_card)], data="digits", size=8, protocols=["k-nn"], device="cpu", quiet=True)
    assert matrix.about["notes"] == []
    assert matrix.about["data"]["size"] == 8


def test_data_that_are_a_part_of_others_are_evaluated_at_another_size(lgm, tiny_card, tmp_path):
    part = {"kind": "subset", "source": {"kind": "digits", "size": 8}, "part": "train", "samples": 60}
    Recipe.of(lgm | {"data": part, "evaluation": []}).replace(**{"trainer.steps": 2}).run(tmp_path / "run", quiet=True)
    how = {"protocols": ["nearest-centroid"], "baselines": [], "device": "cpu", "quiet": True}
    matrix = evaluate([tmp_path / "run"], [str(tiny_card)], size=16, **how)
    assert matrix.about["data"]["source"]["size"] == 16
    assert [note.partition(": ")[2] for note in matrix.about["notes"]] == [
        "8x8 pixels, resized to the 16x16 of the data"
    ]


def wrong(match, sets, backbones, **more):
    with pytest.raises(MatchZooError, match=match):
        evaluate(sets, backbones, protocols=["k-nn"], device="cpu", quiet=True, **more)


def test_what_is_refused(digits, ring_recipe, lgm_recipe, tiny_card, tmp_path):
    card = [str(tiny_card)]
    wrong("expected at least one backbone", [digits], [], data="digits")
    wrong("expected at least one set", [], card, data="digits")
    wrong(r"no run says what to test on; give data \(--data CARD\)", [digits], card)
    wrong("unknown data set 'digts'; did you mean 'digits'?", [digits], card, data="digts")
    wrong("unknown backbone 'efficientnet-lite9'", [digits], ["efficientnet-lite9"], data="digits")
    digits.save(tmp_path / "set.safetensors")
    wrong("given twice", [tmp_path / "set.safetensors"] * 2, card, data="digits")
    wrong("no such run, distilled set or folder", [tmp_path / "nothing"], card, data="digits")
    (tmp_path / "empty").mkdir()
    wrong("no run, no distilled set .* as images: .*at least 2 classes", [tmp_path / "empty"], card, data="digits")
    named = DistilledDataset(digits.images, digits.labels, (*NAMES[:9], "nine"))
    wrong("set 1: classes do not match: the data has no 'nine'; the images have no '9'", [named], card, data="digits")
    lacking = DistilledDataset(digits.images[:9], digits.labels[:9], NAMES)
    wrong(f"set 1 on {card[0]}: training: classes without a sample: 9", [lacking], card, data="digits")
    high = DistilledDataset(digits.images, digits.labels + 1, NAMES)
    wrong("set 1: labels: expected 0 to 9, got 1 to 10", [high], card, data="digits")
    wrong("are of .pt and .pth files; no set is one", [digits], card, data="digits", form=TensorForm(experiment=1))
    wrong(
        r"takes images of 224x224 pixels only, but they are 64x64; give size \(--size N\)",
        [digits],
        ["clip-vit-b16"],
        data="digits",
    )
    ring_recipe.run(tmp_path / "ring", quiet=True)
    wrong("this run made no set of images", [tmp_path / "ring"], card)
    with pytest.raises(MatchZooError, match=r"unknown protocol 'k-n'; did you mean 'k-nn'\?"):
        evaluate([digits], card, data="digits", protocols=["k-n"])
    quick = lgm_recipe.replace(**{"trainer.steps": 1, "evaluation": []})
    quick.run(tmp_path / "a", quiet=True)
    quick.replace(**{"data.test_share": 0.3}).run(tmp_path / "b", quiet=True)
    wrong("the runs are of different data", [tmp_path / "a", tmp_path / "b"], card)
    with pytest.raises(MatchZooError, match=r"expected a name that ends in .json, .md or .csv"):
        Matrix([], {}).save(tmp_path / "matrix.txt")
    files.write_text(tmp_path / "x.json", write_toml({"a": 1}))
    with pytest.raises(MatchZooError, match="not a stored matrix"):
        Matrix.load(tmp_path / "x.json")


def test_gray_sets_and_gray_data(digits, tiny_card):
    """A repeated channel gives what the same gray images in color do, whichever of set and data is gray."""
    from matchzoo.data import Digits

    gray = attrs.evolve(digits, images=digits.images[:, :1])
    scores = {}
    for channels in (1, 3):
        matrix = evaluate(
            [digits, gray],
            [str(tiny_card)],
            data=Digits(size=8, channels=channels),
            protocols=["nearest-centroid"],
            device="cpu",
            quiet=True,
        )
        scores |= {(channels, name): matrix.record(name, str(tiny_card))["top1_mean"] for name in matrix.sets}
        said = ["set 2: gray images, whose channel is repeated for the three of the data"]
        assert matrix.about["notes"] == (said if channels == 3 else [])
    assert len(set(scores.values())) == 1


@pytest.fixture
def by_number(tmp_path):
    """Data of twelve classes, told apart by brightness, in folders that are called by numbers."""
    for part, count in (("train", 4), ("test", 2)):
        for label in range(12):
            folder = tmp_path / "data" / part / str(label)
            folder.mkdir(parents=True)
            for i in range(count):
                green = 2 * i + (part == "test")
                Image.new("RGB", (8, 8), (20 * label, green, 20 * label)).save(folder / f"{i}.png")
    from matchzoo.data import ImageFolder

    return ImageFolder(path=str(tmp_path / "data"), size=8)


def test_bare_numbers_and_classes_that_are_called_by_numbers(by_number, tiny_card, tmp_path):
    """Labels of torchvision's order of such folders: by number, label 2 would be the class '2', and it is '10'."""
    names = sorted(map(str, range(12)))
    colors = torch.tensor([[20.0 * int(name), 0, 20 * int(name)] for name in names]) / 255
    images = colors[:, :, None, None].expand(-1, -1, 8, 8).contiguous()
    torch.save((images, torch.arange(12)), tmp_path / "set.pt")
    common = {"data": by_number, "protocols": ["nearest-centroid"], "device": "cpu", "quiet": True}
    with pytest.raises(MatchZooError, match=r"set\.pt: its labels are bare numbers.* Label 2 may be '2' or '10': give"):
        evaluate([tmp_path / "set.pt"], [str(tiny_card)], **common)
    matrix = evaluate([tmp_path / "set.pt"], [str(tiny_card)], class_names=names, **common)
    assert matrix.records[0]["top1_mean"] == 100
    matrix = evaluate([tmp_path / "data/train"], [str(tiny_card)], **common)  # folders are called as the data's
    assert matrix.records[0]["top1_mean"] == 100


def test_folders_of_images_become_square_as_the_data(tiny_card, tmp_path):
    """Wide cut-outs that differ at their ends, and are of several sizes: cropped, they would all be alike."""
    for part, count in (("train", 6), ("test", 4)):
        for label, ends in {"left": (0,), "right": (1,)}.items():
            (tmp_path / "data" / part / label).mkdir(parents=True)
            for i in range(count):
                image = Image.new("RGB", (64 + 4 * i + 2 * (part == "test"), 16), "white")
                for end in ends:
                    image.paste("black", (end * (image.width - 16), 0, end * (image.width - 16) + 16, 16))
                image.save(tmp_path / "data" / part / label / f"{i}.png")
    from matchzoo.data import ImageFolder

    data = ImageFolder(path=str(tmp_path / "data"), size=32, fit="pad")
    common = {"protocols": ["ridge"], "views": Views(), "seeds": 1, "device": "cpu", "quiet": True}
    matrix = evaluate([tmp_path / "data/train"], [str(tiny_card)], data=data, **common)
    assert matrix.records[0]["top1_mean"] == 100
    wrong(
        r'not square, and the data do not say .*size=32, fit="pad"\)\.save',
        [tmp_path / "data/train"],
        [str(tiny_card)],
        data="digits",
        size=32,
    )


def test_a_set_may_be_called_like_a_baseline(digits, tiny_card, tmp_path):
    digits.save(tmp_path / "random.safetensors")
    card = str(tiny_card)
    common = {"data": "digits", "size": 8, "protocols": ["nearest-centroid"], "device": "cpu", "quiet": True}
    matrix = evaluate([tmp_path / "random.safetensors"], [card], baselines=["random", "centroid"], **common)
    assert matrix.sets == ["random", "random (real)", "centroid"]
    assert matrix.record("random (real)", card)["seeds"] == 10
    assert [row[1] for row in matrix.table()[1:]] == ["", "", card]


def test_numbers_and_tables_as_text():
    assert [size_of(n) for n in (0, 999, 1000, 491_600, 10**9, 3 * 10**15)] == [
        "0 B",
        "999 B",
        "1 kB",
        "492 kB",
        "1 GB",
        "3e+03 TB",
    ]
    assert markdown([["a", "b"], ["x|y", "2"]]) == "| a | b |\n| --- | --- |\n| x\\|y | 2 |\n"


def test_baselines_have_the_counts_of_their_sets(digits, tiny_card):
    labels = torch.cat([torch.zeros(99, dtype=torch.int64), torch.arange(10)])
    many = attrs.evolve(digits, images=digits.images[labels], labels=labels)
    made = evaluate(
        [digits, many], [str(tiny_card)], data="digits", size=8, protocols=["nearest-centroid"],
        baselines=["random"], random_draws=2, quiet=True,
    )  # fmt: skip
    counts = {record["set"]: record["images"] for record in made.records}
    assert counts == {"set 1": 10, "set 2": 109, "random, 1 a class": 10, "random, as many as set 2": 98}
    note = "random, as many as set 2: 98 real images against 109 of the set (0 has 89 of 100)"
    assert note in made.about["notes"]
