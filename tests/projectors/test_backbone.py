"""Backbones: real weights from a package, their mapping, and gradients to the pixels."""

import pytest
import timm
import torch
import torchvision

from matchzoo import zoo
from matchzoo.core.errors import MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.projectors import Backbone
from matchzoo.zoo.weights.keys import by_order

FACTS = Spec(shape=(3, 64, 64), classes=10)


@pytest.fixture(scope="module")
def lite0() -> Backbone:
    backbone = Backbone(card="efficientnet-lite0")
    assert backbone.build(FACTS) == 1280
    return backbone


def named(key: str, blocks: list[tuple[int, int]], with_expansion: set[tuple[int, int]]) -> str:
    """The published name of a weight in timm's terms, written out independently of the order of the file."""
    if not key.startswith("_blocks."):
        head, rest = key.split(".", 1)
        plain = {
            "_conv_stem": "conv_stem",
            "_bn0": "bn1",
            "_conv_head": "conv_head",
            "_bn1": "bn2",
            "_fc": "classifier",
        }
        return f"{plain[head]}.{rest}"
    _, number, head, rest = key.split(".", 3)
    stage, block = blocks[int(number)]
    if (stage, block) in with_expansion:
        names = {"_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2",
                 "_project_conv": "conv_pwl", "_bn2": "bn3"}  # fmt: skip
    else:
        names = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
    return f"blocks.{stage}.{block}.{names[head]}.{rest}"


@pytest.mark.parametrize("name", ["efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2"])
def test_mapping_by_order_is_the_mapping_by_name(name):
    card = zoo.load(name)
    if card.weights.needs():
        pytest.skip(card.weights.needs())
    state = card.weights.state()
    network = timm.create_model(card.architecture, pretrained=False)
    blocks = [(s, b) for s, stage in enumerate(network.blocks) for b in range(len(stage))]
    expanded = {(s, b) for s, b in blocks if hasattr(network.blocks[s][b], "conv_pwl")}
    renamed = {named(key, blocks, expanded): value for key, value in state.items()}
    network.load_state_dict(renamed, strict=True)
    x = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        expected = network.eval().forward_head(network.forward_features(x * 2 - 1), pre_logits=True)
        torch.testing.assert_close(zoo.network(card)(card.normalized(x)), expected)


@pytest.mark.parametrize("name", ["efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2", "mobilenetv2"])
def test_it_recognizes_a_photograph(name):
    """The classifier head that ships with the weights, on a photograph from scikit-learn's wheel: a temple."""
    from sklearn.datasets import load_sample_image

    card = zoo.load(name)
    if card.weights.needs():
        pytest.skip(card.weights.needs())
    state = card.weights.state()
    if card.library == "timm":
        network = timm.create_model(card.architecture, pretrained=False)
        state = by_order(state, network.state_dict())
    else:
        network = torchvision.models.get_model(card.architecture, weights=None)
    network.load_state_dict(state)
    image = torch.tensor(load_sample_image("china.jpg"), dtype=torch.float32).permute(2, 0, 1)[None] / 255
    image = torch.nn.functional.interpolate(image[:, :, :, 106:533], size=card.size, mode="bilinear", antialias=True)
    with torch.no_grad():
        chances = network.eval()(card.normalized(image)).softmax(1)[0]
    assert {"palace", "castle", "monastery"} & {
        timm.data.ImageNetInfo().index_to_description(int(i)).split(",")[0] for i in chances.topk(3).indices
    }


def test_gradients_reach_the_pixels_and_only_them(lite0):
    x = torch.rand(2, 3, 64, 64, requires_grad=True)
    lite0.project(x).square().sum().backward()
    assert torch.isfinite(x.grad).all()
    assert x.grad.abs().max() > 0
    assert all(p.grad is None and not p.requires_grad for p in lite0.parameters())


def test_it_stays_in_evaluation_mode_and_rows_do_not_mix(lite0):
    lite0.train()
    assert not any(m.training for m in lite0.network.modules())
    x = torch.rand(3, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(lite0.project(x)[1:2], lite0.project(x[1:2]), rtol=1e-4, atol=1e-5)


def test_random_weights_are_a_function_of_their_seed(tiny_card):
    def features(card: str) -> torch.Tensor:
        backbone = Backbone(card=card)
        backbone.build(FACTS)
        with torch.no_grad():
            return backbone.project(torch.full((1, 3, 32, 32), 0.3))

    state = torch.random.get_rng_state()
    first = features(str(tiny_card))
    assert torch.equal(state, torch.random.get_rng_state())
    assert torch.equal(first, features(str(tiny_card)))


def test_gray_images_are_repeated(tiny_card):
    gray = torch.rand(2, 1, 32, 32, generator=torch.Generator().manual_seed(0), requires_grad=True)
    backbone = Backbone(card=str(tiny_card))
    backbone.build(Spec(shape=(1, 32, 32)))
    features = backbone.project(gray)
    assert torch.equal(features, backbone.project(gray.expand(-1, 3, -1, -1)))
    features.sum().backward()
    assert gray.grad.shape == gray.shape


def test_a_backbone_takes_images_only():
    for shape in ((2,), (2, 8, 8)):
        with pytest.raises(MatchZooError, match="takes images of 3 channels"):
            Backbone(card="efficientnet-lite0").build(Spec(shape=shape))


def test_by_order_refuses_other_shapes():
    a = {"x": torch.zeros(2, 3), "y": torch.zeros(4)}
    assert list(by_order(a, {"p": torch.zeros(2, 3), "q": torch.zeros(4)})) == ["p", "q"]
    with pytest.raises(MatchZooError, match=r"tensor 1, y \[4\] for q \[5\]"):
        by_order(a, {"p": torch.zeros(2, 3), "q": torch.zeros(5)})
    with pytest.raises(MatchZooError, match="2 tensors for a network of 1"):
        by_order(a, {"p": torch.zeros(2, 3)})


def test_a_backbone_is_loaded_in_one_call(lite0):
    backbone = Backbone.load("efficientnet-lite0")
    images = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    assert torch.equal(backbone(images), lite0(images))
    assert not backbone.training
    assert not any(parameter.requires_grad for parameter in backbone.parameters())


def test_a_loaded_backbone_names_the_size_that_it_takes():
    with pytest.raises(
        MatchZooError, match=r"^size: clip-vit-b16 takes images of 224x224 pixels only.*; use size = 224"
    ):
        Backbone.load("clip-vit-b16", size=96)
    with pytest.raises(MatchZooError, match="unknown backbone 'nothing'"):
        Backbone.load("nothing")


def test_a_loaded_backbone_takes_normalization():
    backbone = Backbone.load("efficientnet-lite0", size=64, normalization="imagenet")
    assert backbone.mean.flatten().tolist() == pytest.approx([0.485, 0.456, 0.406])


def gradient(backbone: Backbone, autocast: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
    """Features of some images, and the gradient to their pixels of a weighted sum of them."""
    images = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0), requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        features = backbone(images).float()
    weights = torch.randn(features.shape, generator=torch.Generator().manual_seed(1))
    return features.detach(), torch.autograd.grad((features * weights).sum(), images)[0]


def test_weights_in_bfloat16_are_close_to_those_in_float32(tiny_card):
    backbone = Backbone.load(str(tiny_card), size=32)
    features, slope = gradient(backbone)
    assert backbone.narrow()
    assert torch.bfloat16 in {p.dtype for p in backbone.network.parameters()}
    close, near = gradient(backbone)
    assert close.dtype == torch.float32
    assert (close - features).norm() < 0.02 * features.norm()
    assert torch.nn.functional.cosine_similarity(near.flatten(), slope.flatten(), 0) > 0.99
    backbone.to(dtype=torch.float32)
    assert not backbone.is_narrow
    assert gradient(backbone)[0].dtype == torch.float32


def test_batch_norms_keep_their_weights_and_are_as_under_autocast():
    backbone = Backbone.load("efficientnet-lite0", size=32)
    expected = gradient(backbone, autocast=True)
    assert backbone.narrow()
    norms = [m for m in backbone.network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert norms
    assert all(m.weight.dtype == m.running_var.dtype == torch.float32 for m in norms)
    torch.testing.assert_close(gradient(backbone), expected)


def test_a_network_with_numbers_of_float32_keeps_its_weights(tiny_card):
    class Mixing(torch.nn.Module):
        def __init__(self, network: torch.nn.Module) -> None:
            super().__init__()
            self.network = network
            self.table = torch.nn.Buffer(torch.ones(3, 1, 1))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.network(x * self.table)

    backbone = Backbone.load(str(tiny_card), size=32)
    expected = gradient(backbone)
    backbone.network = Mixing(backbone.network)
    assert not backbone.narrow()
    assert {p.dtype for p in backbone.network.parameters()} == {torch.float32}
    torch.testing.assert_close(gradient(backbone), expected)
