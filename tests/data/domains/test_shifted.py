"""Any data as another domain: labels and groups stay, the store holds what is large, and what is refused."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.data import Colored, Data, Digits, ImageFolder, Shifted, TwoMoons
from matchzoo.data.domains.shifted import shifted_split
from matchzoo.data.reading.encoded import undecoded
from matchzoo.data.shifts import Contrast, Inverted, Noisy, Rotated, Thick

DIGITS = {"kind": "digits", "size": 8, "channels": 1}


def images(root: Path) -> ImageFolder:
    for name in ("a", "b"):
        for i in range(4):
            (root / name).mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (10, 10), (40 * i, ord(name), 9)).save(root / name / f"{i}.png")
    return ImageFolder(path=str(root), size=8, test_share=0.25)


def test_values_change_and_nothing_else_does() -> None:
    plain, inverted = Digits(size=8, channels=1).load(), Shifted(source=Digits(size=8, channels=1), shifts=[Inverted()])
    loaded = inverted.load()
    assert torch.equal(loaded.train.values, 255 - plain.train.values)
    assert torch.equal(loaded.test.labels, plain.test.labels)
    assert loaded.class_names == plain.class_names
    colored = Colored(source=Digits(size=8, channels=1), copies=1)
    groups, shifted = colored.load(), Shifted(source=colored, shifts=[Thick()]).load()
    assert torch.equal(shifted.train.group, groups.train.group)
    assert shifted.others.keys() == {"reversed"}


def test_noise_is_of_the_image_and_the_seed_not_of_the_split() -> None:
    def noisy(**changes: object) -> dict[bytes, bytes]:
        source = Digits(size=8, channels=1, **changes)
        plain, changed = source.load(), Shifted(source=source, shifts=[Noisy()], shift_seed=3).load()
        pairs = zip((plain.train, plain.test), (changed.train, changed.test), strict=True)
        return {
            bytes(x.numpy().data): bytes(y.numpy().data)
            for before, after in pairs
            for x, y in zip(before.values, after.values, strict=True)
        }

    assert noisy() == noisy(test_share=0.2, split_seed=5)


def test_images_of_files_within_memory_and_beyond(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = Shifted(source=images(tmp_path / "images"), shifts=[Noisy(std=0.1), Rotated(degrees=10)])
    held = data.load()
    monkeypatch.setenv("MATCHZOO_MEMORY", "0")
    mapped = data.load()
    assert (held.train.mapped, mapped.train.mapped) == (False, True)
    for name in ("train", "test"):
        first, second = getattr(held, name), getattr(mapped, name)
        assert torch.equal(first.all().values, second.all().values)
        assert torch.equal(first.labels, second.labels)
    assert mapped.train.fingerprint == data.load().train.fingerprint != data.source.load().train.fingerprint
    rows = torch.tensor([4, 1])
    assert torch.equal(mapped.train.part(rows).all().values, held.train.part(rows).all().values)
    with undecoded():
        assert data.load().train.shape == (3, 8, 8)


def test_points() -> None:
    plain, shifted = (
        data.load().train for data in (TwoMoons(), Shifted(source=TwoMoons(), shifts=[Rotated(degrees=90)]))
    )
    torch.testing.assert_close(shifted.values, torch.stack([-plain.values[:, 1], plain.values[:, 0]], 1))


def test_a_target_of_a_source() -> None:
    table = {
        "kind": "combined",
        "environments": {"plain": DIGITS},
        "others": {"turned": {"kind": "shifted", "source": DIGITS, "shifts": [{"kind": "rotated", "degrees": 40}]}},
        "unlabeled": ["turned"],
    }
    data = structure(table, Data)
    data.build(0)
    sets = data.sets()
    assert sets["turned"].labels is None
    assert torch.equal(sets["turned-test"].labels, sets["test"].labels)
    assert not torch.equal(sets["turned-test"].values, sets["test"].values)


@pytest.mark.parametrize(
    ("source", "shifts", "message"),
    [
        (Digits(size=8), [], "shifts: expected at least one entry"),
        (TwoMoons(), [Contrast(), Thick()], r"shifts\[1\]: expected images \[c, h, w\], got samples of shape \[2\]"),
        (
            ImageFolder(path="none", others=("a",)),
            [Inverted()],
            "there is no folder none",
        ),
        (Colored(source=Digits(size=8)), [Inverted()], r"source\.data\.source: expected images of 1 channel"),
    ],
)
def test_refused(source: Data, shifts: list, message: str) -> None:
    with pytest.raises(MatchZooError, match=message):
        Shifted(source=source, shifts=shifts).load()


def test_no_shift_leaves_a_split_as_it_is() -> None:
    split = TwoMoons(points=4).load().train
    assert shifted_split(split, []) is split
    with pytest.raises(DeclarationError, match=r"environments\.a\[0\]: expected images"):
        shifted_split(split, [Inverted()], path="environments.a")
