"""A set's images made to fit the data."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.data import Arrays, Combined, ImageFolder, Shifted, ShiftedEnvironments
from matchzoo.data.shifts import Inverted
from matchzoo.recipes.comparison.fitting import fit_of, fitted, names_are_text

IMAGES = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))


def test_channels_are_those_of_the_data() -> None:
    gray, notes = fitted(IMAGES, (1, 4, 4), None)
    torch.testing.assert_close(gray[:, 0], (IMAGES * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1))
    assert notes == ["colors became gray, as the data are"]
    color, notes = fitted(gray, (3, 4, 4), None)
    assert torch.equal(color, gray.expand(-1, 3, -1, -1))
    assert notes == ["gray images, whose channel is repeated for the three of the data"]
    again, notes = fitted(color, (1, 4, 4), None)
    assert torch.equal(again, gray)
    assert notes == []


def test_images_become_square_as_those_of_the_data() -> None:
    wide = torch.zeros(1, 3, 2, 6)
    wide[..., 2:4] = 0.5
    assert torch.equal(fitted(wide, (3, 2, 2), "crop")[0], torch.full((1, 3, 2, 2), 0.5))
    padded = fitted(wide, (3, 6, 6), "pad")[0]
    assert torch.equal(padded[:, :, 2:4], wide)
    assert (padded[:, :, [0, 1, 4, 5]] == 1).all()
    tall, notes = fitted(wide.mT, (3, 3, 3), "pad")
    assert tall.shape == (1, 3, 3, 3)
    assert notes == ["6x2 pixels, made square by the data's fit 'pad'", "6x2 pixels, resized to the 3x3 of the data"]
    with pytest.raises(MatchZooError, match="images of 2x6 pixels, and the data do not say how such become square"):
        fitted(wide, (3, 2, 2), None)


def test_what_data_say_of_fit_and_names() -> None:
    folder, cut_outs, arrays = ImageFolder(path="a"), ImageFolder(path="b", fit="pad"), Arrays(path="c.npz")
    assert [fit_of(data) for data in (folder, cut_outs, arrays)] == ["crop", "pad", None]
    assert fit_of(Combined(environments={"a": cut_outs}, others={"b": cut_outs})) == "pad"
    assert fit_of(Combined(environments={"a": cut_outs}, others={"b": folder})) is None
    shifted = Shifted(source=cut_outs, shifts=[Inverted()])
    dealt = ShiftedEnvironments(source=cut_outs, environments={"a": ()})
    assert [fit_of(data) for data in (shifted, dealt)] == ["pad", "pad"]
    assert names_are_text(shifted)
    assert [names_are_text(data) for data in (folder, arrays)] == [True, False]
