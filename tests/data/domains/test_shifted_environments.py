"""Images dealt to domains: disjoint, each shifted in its own way, some held out."""

import pytest
import torch

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError
from matchzoo.data import Data, Digits, ShiftedEnvironments, TwoMoons
from matchzoo.data.shifts import Inverted, Rotated

TABLE = {
    "kind": "shifted-environments",
    "source": {"kind": "digits", "size": 8, "channels": 1},
    "environments": {"0": [], "30": [{"kind": "rotated", "degrees": 30}], "inverse": ["inverted"]},
    "others": ["inverse"],
    "unlabeled": ["inverse"],
}


def test_every_image_is_in_one_domain() -> None:
    data, plain = structure(TABLE, Data), Digits(size=8, channels=1).load()
    spec = data.build(0)
    sets = data.sets()
    assert (spec.group_names, set(sets)) == (("0", "30"), {"real", "train", "test", "inverse", "inverse-test"})
    assert [len(rows) for rows in data.environment_rows] == [300, 300]
    assert (len(sets["inverse"]), sets["inverse"].labels) == (299, None)
    assert len(sets["test"]) + len(sets["inverse-test"]) == len(plain.test)

    pixels = {bytes(image.numpy().data) for image in plain.train.values}
    first = sets["real"].values[data.environment_rows[0]]
    assert {bytes(image.numpy().data) for image in first} <= pixels
    dark = {bytes((255 - image).numpy().data) for image in sets["inverse"].values}
    assert dark <= pixels
    assert len(dark & {bytes(image.numpy().data) for image in first}) == 0


def test_another_seed_deals_otherwise() -> None:
    def dealt(seed: int) -> torch.Tensor:
        data = ShiftedEnvironments(
            source=TwoMoons(points=10), environments={"a": [], "b": [Rotated(degrees=35)]}, split_seed=seed
        )
        return data.load().train.values

    assert torch.equal(dealt(0), dealt(0))
    assert not torch.equal(dealt(0), dealt(1))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"environments": {}}, "environments: expected at least one entry"),
        ({"others": ["35"], "unlabeled": []}, "others: there is no group '35'; the groups are 0, 30, inverse"),
        ({"unlabeled": ["0"]}, "unlabeled: '0' is not one of the others: inverse"),
        ({"others": ["0", "30", "inverse"]}, "others: no group is left for training"),
        ({"source": {"kind": "ring"}}, r"environments\.inverse\[0\]: expected images"),
        ({"source": {"kind": "two-moons", "points": 2}}, "source: its train part has 2 samples, too few for 3"),
        (
            {"environments": {"0": ["rotatd"]}},
            r"environments\.0\[0\]\.kind: unknown shift 'rotatd'; did you mean 'rotated'",
        ),
    ],
)
def test_refused(changes: dict, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        structure({**TABLE, **changes}, Data).build(0)


def test_an_object_takes_lists() -> None:
    data = ShiftedEnvironments(source=Digits(size=8), environments={"a": [Inverted()], "b": []}, others=["b"])
    assert data.load().group_names == ("a",)
