"""Classifiers of torchvision and timm: their outputs, their start, gray images, and what is refused."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError
from matchzoo.models.networks import Architecture


def built(name, shape=(3, 8, 8), seed=0):
    network = Architecture(name=name)
    network.build(shape, (5,), torch.Generator().manual_seed(seed))
    return network


def test_it_has_a_score_for_every_class_and_starts_by_the_generator_alone():
    torch.manual_seed(3)
    state = torch.get_rng_state()
    first, same, other = built("timm:test_resnet"), built("timm:test_resnet"), built("timm:test_resnet", seed=1)
    assert torch.equal(torch.get_rng_state(), state)
    images = torch.rand(2, 3, 8, 8)
    assert first.training
    scores = [network.eval()(images) for network in (first, same, other)]
    assert scores[0].shape == (2, 5)
    torch.testing.assert_close(scores[0], scores[1])
    assert not torch.allclose(scores[0], scores[2])


def test_gray_images_are_repeated():
    gray, color = built("timm:test_resnet", (1, 8, 8)).eval(), built("timm:test_resnet").eval()
    images = torch.rand(2, 1, 8, 8)
    torch.testing.assert_close(gray(images), color(images.expand(-1, 3, -1, -1)))


def test_a_transformer_is_made_for_the_size_of_the_images():
    assert built("timm:test_vit", (3, 16, 16))(torch.rand(2, 3, 16, 16)).shape == (2, 5)


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("resnet18", (3, 8, 8), r"name: expected torchvision:NAME or timm:NAME, such as .* got 'resnet18'"),
        ("torchvision:resnt18", (3, 8, 8), "torchvision knows no 'resnt18'; did you mean 'resnet18'"),
        ("torchvision:fasterrcnn_resnet50_fpn", (3, 8, 8), "torchvision knows no 'fasterrcnn"),
        ("timm:resnt18", (3, 8, 8), "timm knows no architecture 'resnt18'"),
        ("torchvision:squeezenet1_1", (3, 4, 4), "does not take images of 4x4 pixels"),
        ("timm:test_resnet", (4, 8, 8), "takes images of 1 or 3 channels, got 4"),
        ("timm:test_resnet", (2,), "maps images to vectors"),
    ],
)
def test_what_is_refused(name, shape, message):
    with pytest.raises(DeclarationError, match=message):
        built(name, shape)
