"""Sets of the Hub, whose images are read as the data are."""

from pathlib import Path

import pytest
from helpers.hub_server import HubServer, hub  # noqa: F401
from PIL import Image

from matchzoo.core.errors import MatchZooError
from matchzoo.data import Digits, ImageFolder
from matchzoo.recipes.comparison.evaluated_set import evaluated_sets, opened


def test_images_of_several_sizes_on_the_hub_are_read_as_the_data(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    files = {}
    for name, width in (("left", 30), ("right", 40)):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        image = Image.new("RGB", (width, 10), "black")
        for number in range(2):
            image.putpixel((number, 0), (9, 9, 9))
            image.save(tmp_path / "pictures" / name / f"{number}.png")
            files[f"{name}/{number}.png"] = tmp_path / "pictures" / name / f"{number}.png"
    hub.add("datasets/other/cut-outs", files)
    sources = opened(["other/cut-outs"])
    assert sources[0].distilled is None

    data = ImageFolder(path=str(tmp_path / "pictures"), size=16, fit="pad", test_share=0.5)
    (evaluated,) = evaluated_sets(sources, data, data.build(0))
    assert evaluated.images.shape == (3, 16, 16)
    assert (evaluated.images.values[:, :, 0] == 1).all()
    digits = Digits(size=16)
    with pytest.raises(MatchZooError, match=r'other/cut-outs: images that are not sq.*size=16, fit="pad"\)\.save'):
        evaluated_sets(sources, digits, digits.build(0))
