"""Features of inner layers: against the layers themselves, pooled by hand."""

import pytest
import timm
import torch
import torchvision

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.projectors import Backbone
from matchzoo.projectors.layers import layer_features, pooled

CARD = """
architecture = "{}"
library = "{}"
weights = "random"
features = {}
size = 32
license = "none"
source = "a test"
"""


@pytest.fixture
def card(tmp_path):
    def write(architecture: str, library: str, features: int) -> str:
        path = tmp_path / f"{architecture}.toml"
        path.write_text(CARD.format(architecture, library, features))
        return str(path)

    return write


def test_layers_of_a_residual_network_are_means_over_positions():
    network = torchvision.models.resnet18(num_classes=7).eval()
    x = torch.rand(2, 3, 32, 32, requires_grad=True)
    features = layer_features(network, ["layer2", "output", "layer1"], x)

    first = network.layer1(network.maxpool(network.relu(network.bn1(network.conv1(x)))))
    second = network.layer2(first)
    expected = torch.cat([second.mean((2, 3)), network(x), first.mean((2, 3))], 1)
    torch.testing.assert_close(features, expected)
    (gradient,) = torch.autograd.grad(features.square().sum(), x)
    torch.testing.assert_close(gradient, torch.autograd.grad(expected.square().sum(), x)[0])
    assert not any(module._forward_hooks for module in network.modules())


@pytest.mark.parametrize("pool", ["token", "avg"])
def test_tokens_of_a_transformer_are_pooled_as_its_last_ones(pool):
    network = timm.create_model(
        "vit_tiny_patch16_224", img_size=32, depth=2, num_classes=0, global_pool=pool, fc_norm=False
    ).eval()
    x = torch.rand(2, 3, 32, 32)
    torch.testing.assert_close(layer_features(network, ["norm"], x), network(x))


def test_what_cannot_be_pooled_is_refused():
    assert pooled(torch.ones(2, 5)).shape == (2, 5)
    with pytest.raises(MatchZooError, match=r"'deep' gives shape \(2,\); expected maps"):
        pooled(torch.ones(2), name="deep")
    network = torchvision.models.resnet18().eval()
    network.spare = torch.nn.Identity()
    with pytest.raises(MatchZooError, match="'spare' is not a part of what the network computes"):
        layer_features(network, ["spare"], torch.rand(1, 3, 32, 32))


def test_backbone_of_layers(card):
    path = card("resnet18", "torchvision", 512)
    backbone = Backbone.load(path, layers=("layer1", "output"))
    x = torch.rand(2, 3, 32, 32)
    features = backbone(x)
    assert features.shape == (2, 64 + 512)
    assert backbone.identity()[0] == 64 + 512
    torch.testing.assert_close(features[:, 64:], Backbone.load(path)(x))
    assert backbone.origin()["layers"] == ["layer1", "output"]
    assert backbone.identity() != Backbone.load(path, layers=("output", "layer1")).identity()
    with pytest.raises(DeclarationError, match=r"no module 'layer9'.*did you mean 'layer4'"):
        Backbone(card=path, layers=("layer9",)).build(Spec(shape=(3, 32, 32)))
