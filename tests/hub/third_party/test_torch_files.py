"""Files of torch that others published: what is read as it is, what has to be said, and what is never unpickled."""

import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.distilled_sets import Bomb

from matchzoo.cli.main import main
from matchzoo.core.errors import MatchZooError
from matchzoo.hub.distilled import DistilledDataset

RNG = torch.Generator().manual_seed(0)
IMAGES, LABELS = torch.rand(4, 3, 8, 8, generator=RNG), torch.tensor([0, 2, 1, 1])
MEAN, STD = (0.49, 0.48, 0.45), (0.2, 0.19, 0.21)
NORMALIZED = (IMAGES - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]
LOGITS = torch.tensor([[2.0, -1, 0], [-3, 1, 4], [0, 3, -2], [1, 5, 2]])


def stored(tmp_path: Path, content: object, name: str = "set.pt") -> Path:
    torch.save(content, tmp_path / name)
    return tmp_path / name


AS_THEY_ARE: dict[str, object] = {
    "tuple": (IMAGES, LABELS),
    "table": {"images": IMAGES, "labels": LABELS, "lr": torch.tensor(0.01)},
    "one experiment": {"data": [[IMAGES, LABELS]]},
    "accuracies of numpy": {"data": [[IMAGES, LABELS]], "accs_all_exps": {"ConvNet": [np.float64(91.7)]}},
    "other keys": {"syn_images": IMAGES, "syn_labels": LABELS, "mean": torch.zeros(3)},
    "keys of a data set": {"data": IMAGES, "targets": LABELS.tolist()},
    "arrays": (IMAGES.numpy(), LABELS.numpy()),
    "lists": (list(IMAGES), LABELS.tolist()),
    "parameters": (torch.nn.Parameter(IMAGES), LABELS),
    "gradients": (IMAGES.clone().requires_grad_(), LABELS),
    "float64": (IMAGES.double(), LABELS.int()),
    "channels last": (IMAGES.permute(0, 2, 3, 1), LABELS),
    "labels of floats": (IMAGES, LABELS.float()),
    "labels in a column": (IMAGES, LABELS[:, None]),
    "one-hot rows": (IMAGES, torch.eye(3, dtype=torch.int64)[LABELS]),
}


@pytest.mark.parametrize("case", AS_THEY_ARE)
def test_what_is_read_as_it_is(case: str, tmp_path: Path) -> None:
    found = DistilledDataset.load(stored(tmp_path, AS_THEY_ARE[case]))
    assert torch.equal(found.images, IMAGES)
    assert (found.labels.tolist(), found.labels.dtype) == (LABELS.tolist(), torch.int64)
    assert found.unknown == ("preprocessing", "class names")
    assert not found.images.requires_grad


def test_bytes_gray_images_and_soft_labels(tmp_path: Path) -> None:
    soft = LOGITS.softmax(1)
    found = DistilledDataset.load(
        stored(tmp_path, ((IMAGES[:, 0] * 255).byte(), soft), "set.pth"), class_names=["a", "b", "c"]
    )
    assert torch.equal(found.images, (IMAGES[:, :1] * 255).byte() / 255)
    assert torch.equal(found.labels, soft)
    assert found.unknown == ("preprocessing",)


def test_images_and_labels_in_two_files(tmp_path: Path) -> None:
    stored(tmp_path, LABELS, "labels_best.pt")
    found = DistilledDataset.load(stored(tmp_path, IMAGES, "images_best.pt"))
    assert torch.equal(found.images, IMAGES)
    assert torch.equal(found.labels, LABELS)
    with pytest.raises(MatchZooError, match=r"found images without labels \(a tensor float32 \[4, 3, 8, 8\]\): save"):
        DistilledDataset.load(stored(tmp_path, IMAGES, "images_0.pt"))


SAID: dict[str, tuple[object, dict, str]] = {
    "experiment": (
        {"data": [[IMAGES, LABELS], [IMAGES.flip(0), LABELS.flip(0)]]},
        {"experiment": 0},
        "2 experiments, of 4 images each: say which (--experiment 0 to 1, experiment=0)",
    ),
    "bytes as floats": ((IMAGES * 255, LABELS), {"range": (0, 255)}, "(--range 0 255, range=(0, 255))"),
    "bytes as int64": (((IMAGES * 255).round().long(), LABELS), {"range": (0, 255)}, "(--range 0 255, range=(0, 255))"),
    "from -1": ((IMAGES * 2 - 1, LABELS), {"range": (-1, 1)}, "(--range -1 1, range=(-1, 1))"),
    "normalized": (
        (NORMALIZED, LABELS),
        {"mean": MEAN, "std": STD},
        "undone by its mean and std (such as --mean 0.4914",
    ),
    "normalized bytes": (
        (NORMALIZED, LABELS),
        {"mean": [255 * m for m in MEAN], "std": [255 * s for s in STD], "range": (0, 255)},
        "--mean",
    ),
    "a little outside": (
        (IMAGES + (IMAGES > 0.99) * 0.05, LABELS),
        {"clamp": True},
        "so little can be clamped (--clamp",
    ),
}


@pytest.mark.parametrize("case", SAID)
def test_what_has_to_be_said(case: str, tmp_path: Path) -> None:
    content, how, remedy = SAID[case]
    path = stored(tmp_path, content)
    with pytest.raises(MatchZooError) as caught:
        DistilledDataset.load(path)
    assert remedy in str(caught.value)
    found = DistilledDataset.load(path, **how)
    torch.testing.assert_close(found.images, IMAGES, atol=0.02 if "clamp" in how else 0.003, rtol=0)
    assert found.labels.tolist() == LABELS.tolist()


def test_learned_images_of_normalized_space_are_clamped_when_told_to(tmp_path: Path) -> None:
    path = stored(tmp_path, (NORMALIZED * 2, LABELS))
    with pytest.raises(MatchZooError, match=r"\(5\d\.?\d* % are outside\); that is after .* clamp the rest \(--clamp"):
        DistilledDataset.load(path, mean=MEAN, std=STD)
    found = DistilledDataset.load(path, mean=MEAN, std=STD, clamp=True)
    torch.testing.assert_close(found.images, (2 * IMAGES - torch.tensor(MEAN)[:, None, None]).clamp(0, 1))


def test_logits(tmp_path: Path) -> None:
    path = stored(tmp_path, (IMAGES, LOGITS))
    with pytest.raises(
        MatchZooError, match=r"values from -3 to 5 and sums from 1 to 8; if they are logits, say so \(--lo"
    ):
        DistilledDataset.load(path)
    assert torch.equal(DistilledDataset.load(path, logits=True).labels, LOGITS.softmax(1))
    centered = torch.eye(3)[LABELS] - 1 / 3
    with pytest.raises(MatchZooError, match=r"rows that sum to 0 may be one-hot labels less their mean \(KIP, FRePo\)"):
        DistilledDataset.load(stored(tmp_path, (IMAGES, centered)))


REFUSED: dict[str, tuple[object, dict, str]] = {
    "experiment too high": (
        {"data": [[IMAGES, LABELS]]},
        {"experiment": 1},
        "experiment: expected 0, for there is one set, got 1",
    ),
    "experiment below 0": ((IMAGES, LABELS), {"experiment": -1}, "experiment: expected a number from 0, got -1"),
    "range of bytes": (
        ((IMAGES * 255).byte(), LABELS),
        {"range": (0, 255)},
        "images are bytes, of 0 to 255 as they are",
    ),
    "range upside down": ((IMAGES, LABELS), {"range": (1, 0)}, "range: expected the values of black and of white"),
    "std alone": ((IMAGES, LABELS), {"std": 0.3}, "expected both of the normalization"),
    "std of zero": ((IMAGES, LABELS), {"mean": 0.1, "std": 0}, "expected finite numbers, std above 0"),
    "two means": (
        (NORMALIZED, LABELS),
        {"mean": (0.1, 0.2), "std": 0.3},
        "mean: expected a number for each of 3 channels, got 2",
    ),
    "logits of whole numbers": ((IMAGES, LABELS), {"logits": True}, "logits: its labels are a number an image"),
    "not finite": ((IMAGES / 0, LABELS), {"clamp": True}, "images have values that are no finite numbers"),
    "two hots": ((IMAGES, torch.ones(4, 3, dtype=torch.int64)), {}, "expected a single 1 in each row"),
    "halves": (
        (IMAGES, LABELS + 0.5),
        {},
        r"expected whole numbers [m] or probabilities [m, c], got a tensor float32 [4]",
    ),
    "labels from 1": ((IMAGES, LABELS + 1), {"class_names": ["a", "b", "c"]}, "they count from 1: subtract 1"),
    "one too many": ((IMAGES, LABELS[:3]), {}, "labels: expected int64 [4]"),
    "two channels": (
        (IMAGES[:, :2], LABELS),
        {},
        "expected [m, 3, h, w] or [m, 1, h, w], got a tensor float32 [4, 2, 8, 8]",
    ),
    "a table of a network": (
        {"state": {"w": IMAGES}, "epoch": 3},
        {},
        "found a table of 'state': a table of 1, 'epoch': a int; ask for tensors",
    ),
    "two images": (
        {"a": IMAGES, "b": IMAGES, "y": LABELS},
        {},
        "found a table of 'a': a tensor float32 [4, 3, 8, 8], 'b'",
    ),
    "nothing": ([], {}, "found a list of 0"),
    "expanded": ((IMAGES[:1].expand(10**7, -1, -1, -1), LABELS), {}, "declares more than the file holds"),
    "the same image often": (([IMAGES[0]] * 10**4, [0] * 10**4), {}, "declares more than the file holds"),
    "labels far apart": ((IMAGES, LABELS * 10**9), {}, "labels up to 2000000000; give them with class_names"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str, tmp_path: Path) -> None:
    content, how, message = REFUSED[case]
    path = stored(tmp_path, content)
    with pytest.raises(MatchZooError) as caught:
        DistilledDataset.load(path, **how)
    assert message in str(caught.value)


def broken(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def zip_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data/0", b"\0" * 10_000_000)


UNREAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "a bomb": (lambda p: torch.save((Bomb(p), LABELS), p), "an object of io.open; it was not unpickled"),
    "a bare bomb": (lambda p: broken(p, pickle.dumps(Bomb(p))), "it was not unpickled"),
    "a network": (
        lambda p: torch.save(torch.nn.Linear(2, 2), p),
        "an object of torch.nn.modules.linear.Linear; it was",
    ),
    "objects of numpy": (lambda p: torch.save(np.array([Bomb(p)], dtype=object), p), "it was not unpickled"),
    "text of numpy": (lambda p: torch.save((IMAGES, np.array(["a"] * 4)), p), "an array of numpy's type 'U1'"),
    "a date of numpy": (lambda p: torch.save((IMAGES, [np.datetime64("2020-01-01")]), p), "numpy's type 'M8'"),
    "no file of torch": (lambda p: broken(p, b"images"), "is damaged, or no file of torch; it was not unpickled"),
    "a zip bomb": (zip_bomb, "would unpack to 10000000 bytes"),
}


@pytest.mark.parametrize("case", UNREAD)
def test_what_is_never_unpickled(case: str, tmp_path: Path) -> None:
    spoil, message = UNREAD[case]
    (tmp_path / "in").mkdir()
    spoil(tmp_path / "in" / "set.pt")
    with pytest.raises(MatchZooError) as caught:
        DistilledDataset.load(tmp_path / "in" / "set.pt")
    assert message in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert not list(tmp_path.rglob("executed"))


def test_options_of_tensors_are_for_files_of_torch(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    DistilledDataset(IMAGES, LABELS, ("a", "b", "c")).save(tmp_path / "set.safetensors")
    with pytest.raises(
        MatchZooError, match=r"experiment, range, mean, std, clamp and logits are only of \.pt and \.pth"
    ):
        DistilledDataset.load(tmp_path / "set.safetensors", experiment=0)
    path = stored(tmp_path, {"data": [[IMAGES * 255, LABELS]] * 2})
    main(["push", str(path), "user/name", "--dry-run", "--experiment", "1", "--range", "0", "255"])
    assert "would push" in capsys.readouterr().out
    with pytest.raises(MatchZooError, match=r"give the file of torch in it: .*set\.pt"):
        DistilledDataset.load(tmp_path)


def test_a_set_has_no_gradients() -> None:
    made = DistilledDataset(IMAGES.clone().requires_grad_(), LOGITS.clone().requires_grad_(), ("a", "b", "c"))
    assert not made.images.requires_grad
    assert not made[0][1].requires_grad
