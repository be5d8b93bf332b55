"""The direct implementation that benchmarks/condensation_step.py compares with does what ours does."""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from textbook_dc import TextbookDC, convnet, matching_loss

from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers import RowCosine, StatisticMatcher
from matchzoo.matchers.statistics import NetworkGradient, PerClass
from matchzoo.models.networks import ConvNet
from matchzoo.projectors import Learned


def test_gradients_of_the_images_are_ours():
    projector = Learned(network=ConvNet(width=4, first_padding=3), features=3)
    projector.build(Spec(shape=(1, 28, 28), space="projectors.network"))
    network = convnet(4, 3).double()
    network.load_state_dict(
        dict(zip(network.state_dict(), projector.network.double().state_dict().values(), strict=True))
    )
    matcher = StatisticMatcher(statistic=PerClass(statistic=NetworkGradient(network="network")), distance=RowCosine())
    matcher.build(Spec(shape=(1, 28, 28), classes=3, features=784, space="projectors.images"))
    matcher.bind({"network": projector})

    rng = torch.Generator().manual_seed(0)
    real = torch.randn(12, 1, 28, 28, generator=rng, dtype=torch.float64)
    images = torch.randn(3, 1, 28, 28, generator=rng, dtype=torch.float64, requires_grad=True)
    labels, of_real = torch.arange(3), torch.arange(12) % 3
    theirs = matching_loss(network, [real[of_real == label] for label in range(3)], images, labels)
    sets = Samples(real.flatten(1), of_real), Samples(images.flatten(1), labels)
    ours = matcher.discrepancy(sets, Step(1, 0)).value

    [wanted], [gradient] = torch.autograd.grad(theirs, [images]), torch.autograd.grad(ours, [images])
    torch.testing.assert_close(gradient, wanted, rtol=1e-10, atol=1e-12)
    assert wanted.abs().max() > 0


def test_a_step_moves_the_images():
    rng = torch.Generator().manual_seed(0)
    textbook = TextbookDC(torch.randn(8, 1, 28, 28, generator=rng), torch.arange(8) % 2, width=4, real=3)
    before = textbook.synthetic.detach().clone()
    assert textbook.step() > 0
    assert not torch.equal(before, textbook.synthetic)
