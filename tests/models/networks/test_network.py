"""Networks: parameter counts of the literature, shapes, starts, and what they refuse."""

import math

import pytest
import torch
from torch import nn

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.generators import Flow
from matchzoo.matchers import flow_matching_loss
from matchzoo.models.networks import DCGAN, MLP, Affine, Constant, ConvNet, Network, ResidualNet, UNet

NARROW = {"channels": (32, 64, 128), "kernel": 5, "bias": True, "scale": False, "epsilon": 1e-3}


def built(network: Network, inputs: tuple[int, ...], outputs: tuple[int, ...], seed: int = 0) -> Network:
    network.build(inputs, outputs, torch.Generator().manual_seed(seed))
    return network


def count(network: Network) -> int:
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize(
    ("network", "inputs", "outputs", "parameters"),
    [
        (DCGAN(**NARROW), (3, 32, 32), (128,), 521_088),  # GRAMFlow prints both
        (DCGAN(**NARROW), (128,), (3, 32, 32), 522_915),
        (DCGAN(), (100,), (3, 64, 64), 3_576_704),  # as in PyTorch's example of DCGAN
        (DCGAN(), (3, 64, 64), (1,), 2_765_568 + 1),  # there without the last bias
        (ConvNet(), (1, 28, 28), (10,), 3 * 2 * 128 + 128 * (9 + 1) + 2 * 128 * (9 * 128 + 1) + 10 * (9 * 128 + 1)),
        (ConvNet(), (3, 32, 32), (10,), 320_010),  # Zhao et al. 2021
        (ConvNet(head=False), (3, 32, 32), (2048,), 320_010 - 10 * 2049),
        (ConvNet(first_padding=3, head=False), (1, 28, 28), (2048,), 320_010 - 10 * 2049 - 2 * 128 * 9),
        (ConvNet(width=4, first_padding=0, pooling="stride"), (1, 18, 10), (2,), 4 * 12 + 2 * 4 * 39 + 2 * (4 * 2 + 1)),
        (
            ConvNet(widths=(16, 32), kernel=5, norm="group", pooling="max", head=False),
            (1, 16, 16),
            (512,),
            16 * 26 + 2 * 16 + 32 * (16 * 25 + 1) + 2 * 32,
        ),
        (MLP(widths=(16,), norm="group", output_norm="layer"), (20,), (8,), 20 * 16 + 16 + 32 + 16 * 8 + 8 + 16),
        (Affine(layers=3), (2, 3), (6,), 3 * 2 * 6),
        (Constant(), (5,), (7,), 7),
        (ResidualNet(), (3, 32, 32), (10,), 11_173_962),  # the usual count for CIFAR-10
        (MLP(widths=(100, 100)), (20,), (2,), 20 * 100 + 100 + 100 * 100 + 100 + 200 + 2),
        (MLP(widths=(), output_norm="batch", output="relu"), (20,), (7,), 20 * 7 + 7 + 14),
        (MLP(widths=(5,), norm="batch"), (3, 2, 2), (3, 2, 2), 12 * 5 + 5 + 10 + 5 * 12 + 12),
    ],
)
def test_parameters_and_shapes(network: Network, inputs: tuple, outputs: tuple, parameters: int) -> None:
    built(network, inputs, outputs)
    assert count(network) == parameters
    assert network(torch.rand(2, *inputs)).shape == (2, *outputs)


@pytest.mark.parametrize(
    ("network", "inputs", "outputs"),
    [
        (DCGAN(channels=(4, 8)), (5,), (3, 28, 20)),
        (DCGAN(channels=(4, 8)), (3, 28, 20), (5,)),
        (ConvNet(width=4), (3, 28, 20), (5,)),
        (ConvNet(width=4, head=False), (3, 28, 20), (24,)),
        (ConvNet(width=4, head=False, pooling="stride"), (3, 28, 20), (48,)),
        (ResidualNet(), (1, 28, 20), (5,)),
        (MLP(widths=(4, 4), norm="batch", activation="leaky-relu"), (5,), (2,)),
    ],
)
def test_the_start_is_a_function_of_the_generator_alone(network: Network, inputs: tuple, outputs: tuple) -> None:
    first = {k: v.clone() for k, v in built(network, inputs, outputs).state_dict().items()}
    torch.rand(7)
    again = built(network, inputs, outputs).state_dict()
    assert all(torch.equal(first[k], again[k]) for k in first)
    other = built(network, inputs, outputs, 1).state_dict()
    assert any(not torch.equal(first[k], other[k]) for k in first)
    assert all(torch.isfinite(value).all() for value in first.values() if value.is_floating_point())


def test_dcgan_is_the_published_composition() -> None:
    """Against torch's own layers, written out as PyTorch's example has them (its first layer is a convolution)."""
    ours = built(DCGAN(channels=(4, 8), output="tanh"), (6,), (3, 16, 16))
    theirs = nn.Sequential(
        nn.ConvTranspose2d(6, 8, 4, 1, 0, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
        nn.ConvTranspose2d(8, 4, 4, 2, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU(),
        nn.ConvTranspose2d(4, 3, 4, 2, 1, bias=False), nn.Tanh(),
    )  # fmt: skip
    values = list(ours.state_dict().values())
    values[0] = values[0].T.reshape(6, 8, 4, 4)
    theirs.load_state_dict(dict(zip(theirs.state_dict(), values, strict=True)))
    z = torch.randn(5, 6)
    torch.testing.assert_close(ours(z), theirs(z[:, :, None, None]))


def test_starts_have_the_stated_spread() -> None:
    network = built(DCGAN(channels=(64, 128)), (3, 32, 32), (50,))
    convolution, _, second, norm, _, _, last = network.layers
    for weight in (convolution.weight, second.weight, last.weight):
        assert weight.std().item() == pytest.approx(0.02, rel=0.05)
        assert abs(weight.mean().item()) < 1e-3
    assert norm.weight.mean().item() == pytest.approx(1, abs=0.01)
    convolution = built(ConvNet(), (3, 32, 32), (10,)).layers[0]
    bound = 1 / math.sqrt(27)  # torch's own start
    assert convolution.weight.abs().max().item() <= bound
    assert convolution.weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.05)
    assert convolution.bias.abs().max().item() <= bound


def test_instance_norm_keeps_samples_apart_and_batch_norm_does_not() -> None:
    x = torch.rand(4, 3, 16, 16)
    for norm, apart in (("instance", True), ("none", True), ("batch", False)):
        network = built(ConvNet(width=4, norm=norm), (3, 16, 16), (2,))
        assert torch.allclose(network(x)[:2], network(x[:2]), atol=1e-6) == apart
    for norm, apart in (("instance", True), ("batch", False)):
        network = built(ResidualNet(norm=norm), (3, 16, 16), (2,))
        assert torch.allclose(network(x)[:2], network(x[:2]), atol=1e-5) == apart


def test_a_residual_network_leaves_the_global_state_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    built(ResidualNet(), (3, 16, 16), (2,))
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize(
    ("network", "inputs", "outputs", "message"),
    [
        (
            DCGAN(),
            (5,),
            (3, 28, 28),
            "network.channels: 4 of them halve the side as often: expected one divisible by 16",
        ),
        (DCGAN(), (5,), (2,), "dcgan maps vectors to images or back, not (5,) to (2,); use mlp"),
        (ConvNet(), (5,), (3, 28, 28), "convnet maps images to vectors"),
        (ResidualNet(), (5,), (2,), "resnet maps images to vectors"),
        (ResidualNet(), (3, 8, 16), (2,), "network: resnet needs images of at least 16 pixels a side, got 8x16"),
        (ConvNet(), (3, 7, 28), (2,), "network.depth: 3 halvings need at least 8 pixels a side, got 7x28"),
        (UNet(), (1, 8, 8), (5,), "unet maps images to images of one size"),
        (UNet(), (1, 8, 8), (1, 4, 4), "unet maps images to images of one size"),
        (UNet(widths=(8, 8, 8)), (1, 3, 8), (1, 3, 8), "network.widths: 2 halvings need at least 4 pixels a side"),
        (UNet(widths=(12,)), (1, 8, 8), (1, 8, 8), "channels are a multiple of 8, got 12"),
        (ConvNet(head=False), (1, 16, 16), (10,), "network.head: without a last layer there are 512 outputs, got 10"),
    ],
)
def test_shapes_that_do_not_fit(network: Network, inputs: tuple, outputs: tuple, message: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        built(network, inputs, outputs)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("network", "inputs", "outputs"),
    [
        (MLP(widths=(5,), condition=3), (4,), (2,)),
        (ConvNet(width=4, depth=1, condition=3), (1, 8, 8), (2,)),
        (DCGAN(channels=(4,), condition=3), (6,), (1, 8, 8)),
        (DCGAN(channels=(4,), condition=3), (1, 8, 8), (2,)),
        (ResidualNet(condition=3), (1, 16, 16), (2,)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, torch.nn.Module) else str(value),
)
def test_a_condition_joins_the_input(network, inputs, outputs):
    """A label is its one-hot numbers, it changes the output, and what does not fit is refused."""
    network.build(inputs, outputs, torch.Generator().manual_seed(0))
    network.eval()
    x = torch.rand(6, *inputs)
    labels = torch.arange(6) % 3
    by_label = network(x, labels)
    assert by_label.shape == (6, *outputs)
    torch.testing.assert_close(by_label, network(x, torch.nn.functional.one_hot(labels, 3).float()))
    assert not torch.allclose(by_label, network(x, (labels + 1) % 3))
    for condition, message in ((None, "expected a condition of 3 numbers, got none"), (x.new_zeros(6, 2), "got 2")):
        with pytest.raises(MatchZooError, match=message):
            network(x, condition)


def test_without_a_condition_there_is_none():
    network = MLP(widths=(5,))
    network.build((4,), (2,), torch.Generator().manual_seed(0))
    with pytest.raises(MatchZooError, match="expected a condition of 0 numbers"):
        network(torch.rand(3, 4), torch.rand(3))
    timed = MLP(widths=(5,), condition=1)
    timed.build((4,), (2,), torch.Generator().manual_seed(0))
    assert timed(torch.rand(3, 4), torch.rand(3)).shape == (3, 2)


def test_group_norm_and_max_pooling_are_torchs_own() -> None:
    ours = built(ConvNet(widths=(8, 16), kernel=5, norm="group", pooling="max", head=False), (1, 8, 8), (64,))
    theirs = nn.Sequential(
        nn.Conv2d(1, 8, 5, padding=2), nn.GroupNorm(8, 8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 5, padding=2), nn.GroupNorm(8, 16), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
    )  # fmt: skip
    theirs.load_state_dict(dict(zip(theirs.state_dict(), ours.state_dict().values(), strict=True)))
    x = torch.rand(3, 1, 8, 8)
    torch.testing.assert_close(ours(x), theirs(x))
    torch.testing.assert_close(ours(x)[:1], ours(x[:1]), rtol=1e-5, atol=1e-6)
    with pytest.raises(DeclarationError, match="channels are a multiple of 8, got 12"):
        built(ConvNet(width=12, norm="group"), (1, 8, 8), (5,))
    with pytest.raises(DeclarationError, match="an odd number of pixels, got 4"):
        ConvNet(kernel=4)


def test_elementwise_networks() -> None:
    x = torch.tensor([[1.0, -2.0], [0.5, 3.0]])
    affine = built(Affine(layers=2), (2,), (2,))
    assert affine(x).tolist() == [[1, 0], [0.5, 3]]  # the identity, with ReLU between its layers
    affine.factors.data[1], affine.shifts.data[1] = torch.tensor([2.0, 3.0]), torch.tensor([1.0, -1.0])
    assert affine(x).tolist() == [[3, -1], [2, 8]]
    assert built(Constant(start=0.5), (2,), (3,))(x).tolist() == [[0.5] * 3] * 2
    with pytest.raises(DeclarationError, match="affine maps 2 numbers to as many, not to 3"):
        built(Affine(), (2,), (3,))


@pytest.mark.parametrize("widths", [(8,), (8, 16), (8, 8, 16)])
def test_unet_keeps_the_size_and_knows_its_condition(widths: tuple) -> None:
    """Sides that halvings do not divide, conditions that reach every pixel, and a start at zero."""
    network = built(UNet(widths=widths, blocks=2, condition=3), (2, 14, 9), (1, 14, 9))
    x, numbers = torch.rand(4, 2, 14, 9), torch.rand(4, 3)
    assert torch.equal(network(x, numbers), torch.zeros(4, 1, 14, 9))
    rng = torch.Generator().manual_seed(0)
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.1, generator=rng)
    images = network(x, numbers)
    assert images.shape == (4, 1, 14, 9)
    torch.testing.assert_close(network(x[1:2], numbers[1:2]), images[1:2])  # row by row
    assert (network(x, numbers + 1) - images).abs().amin() > 0
    images.square().sum().backward()
    assert all(parameter.grad.any() for parameter in network.parameters())
    with pytest.raises(MatchZooError, match="expected a condition of 3 numbers"):
        network(x)


def test_a_flow_of_images_of_classes_learns() -> None:
    flow = Flow(network=UNet(widths=(8, 16)), conditional=True)
    flow.build(Spec(shape=(1, 8, 8), classes=2))
    labels, rng = torch.arange(32) % 2, torch.Generator().manual_seed(0)
    data = labels[:, None, None, None].float() * torch.ones(1, 8, 8)
    optimizer = torch.optim.Adam(flow.parameters(), 1e-2)
    losses = []
    for _ in range(20):
        noise, time = torch.randn(data.shape, generator=rng), torch.rand(32, generator=rng)
        velocity = flow.velocity(flow.path.between(noise, data, time), time, labels)
        losses.append(flow_matching_loss(velocity, noise, data, time))
        optimizer.zero_grad()
        losses[-1].backward()
        optimizer.step()
    assert losses[-1] < losses[0] / 2
    assert flow.sample(3).values.shape == (3, 1, 8, 8)
