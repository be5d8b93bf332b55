import pytest
import torch

from matchzoo.core.errors import DeclarationError
from matchzoo.data.part_checks import check_test_part, copied_rows
from matchzoo.data.split import Split

IMAGES = torch.randint(256, (40, 3, 6, 5), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


@pytest.mark.parametrize("scale", [1, 255])
def test_copies_are_found_to_the_bit(scale: int) -> None:
    train, test = IMAGES[:30].clone(), IMAGES[30:].clone()
    test[2], test[5], test[7] = train[11], train[0], train[11]
    test[5, 1, 3, 3] ^= 1
    if scale > 1:
        train, test = train / scale, test / scale
    assert copied_rows(train, test).tolist() == [2, 7]
    flat = torch.zeros(9, 1, 8, 8)
    flat[:, 0, 7, 6] = torch.arange(9)  # alike but for one pixel
    assert copied_rows(flat[:4], flat[3:]).tolist() == [0]


def test_what_is_told_of_a_test_part(capsys: pytest.CaptureFixture) -> None:
    labels = torch.arange(40) % 3
    train, test = Split(IMAGES[:30], labels[:30]), Split(IMAGES[28:], labels[28:] % 2)
    check_test_part(train, test, ("cat", "dog", "rare"))
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "note: data: the test part has no sample of 1 of 3 classes: rare"
    assert told[1] == "note: data: 2 of 12 test images are copies of training images; results on them say little"
    assert len(told) == 2


def test_a_test_part_of_copies_is_refused() -> None:
    with pytest.raises(DeclarationError, match="5 of 10 test images are copies of training images; keep each of them"):
        check_test_part(Split(IMAGES[:30]), Split(IMAGES[25:35]), ())
    check_test_part(Split(IMAGES[:30], mapped=True, key="x"), Split(IMAGES[25:35]), ())  # too many to be read for it
