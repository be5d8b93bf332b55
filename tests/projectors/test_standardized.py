"""Standardized images: against the moments of the training images, and what is refused."""

import pytest
import torch
from helpers.room import training

from matchzoo.core.errors import DeclarationError
from matchzoo.core.spec import Spec
from matchzoo.projectors import Standardized

TABLE = {
    "data": {"kind": "digits", "size": 8},
    "generator": "pixels",
    "projectors": {
        "images": "standardized",
        "network": {"kind": "learned", "on": "images", "image": [3, 8, 8], "features": 4, "network": "mlp"},
    },
    "players": {
        "generator": {"moves": ["generator"], "minimize": [{"kind": "mmd", "bandwidths": [1.0], "space": "network"}]}
    },
    "trainer": {"steps": 1, "device": "cpu"},
}


def test_training_images_have_mean_0_and_standard_deviation_1():
    made = training(TABLE)
    images, whole = made.parts.projectors["images"], made.parts.data.training_set.all().values
    features = images(whole)
    assert features.shape == (len(whole), 192)
    channels = features.unflatten(1, (3, 8, 8))
    torch.testing.assert_close(channels.mean((0, 2, 3)), torch.zeros(3), rtol=0, atol=1e-5)
    torch.testing.assert_close(channels.square().mean((0, 2, 3)), torch.ones(3), rtol=0, atol=1e-4)
    torch.testing.assert_close(images.decode(features), whole)
    step = made.step(1)
    assert step["generator/minimize[0]"] > 0
    assert {"images/mean", "images/std"} <= made.state().keys()


def test_points_are_refused():
    with pytest.raises(DeclarationError, match=r"projector: standardizes the channels of images, but .* shape \(2,\)"):
        Standardized().build(Spec(shape=(2,)))
