"""A generator and its codec as one part."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.generators import DecodedGenerator, Flow, NoiseGenerator
from matchzoo.models.networks import MLP
from matchzoo.projectors import AutoEncoder, Identity


def codec() -> AutoEncoder:
    return AutoEncoder(encoder=MLP(widths=[]), decoder=MLP(widths=[]), features=3)


def flow(**words) -> Flow:
    return Flow(network=MLP(widths=[8]), codec="codes", **words)


def test_it_is_the_two_of_them():
    spec, (inner, between) = Spec(shape=(5,), seed=3), (flow(), codec())
    between.build(spec)
    inner.bind({"codes": between})
    inner.build(Spec(shape=(5,), features=3, seed=3))
    whole = DecodedGenerator(generator=flow(), codec=codec())
    whole.build(spec)
    assert torch.equal(whole.sample(4).values, inner.sample(4).values)
    assert {name.partition(".")[0] for name in whole.state_dict()} == {"generator", "codec"}
    assert (whole.count, whole.space, whole.units) == (None, None, None)


def test_the_average_within_it_moves():
    whole = DecodedGenerator(generator=flow(average=0.5), codec=codec())
    whole.build(Spec(shape=(5,)))
    before = whole.sample(4).values
    with torch.no_grad():
        for parameter in whole.generator.network.parameters():
            parameter.add_(1.0)
    assert torch.equal(whole.sample(4).values, before)
    whole.before_step(Step(1, 0))
    whole.after_step()
    whole.follow()
    assert not torch.equal(whole.sample(4).values, before)


def test_what_is_refused():
    with pytest.raises(DeclarationError, match="generator: makes samples itself"):
        DecodedGenerator(generator=NoiseGenerator(dimension=2, network=MLP()), codec=codec())
    with pytest.raises(DeclarationError, match="codec: has no decoder"):
        DecodedGenerator(generator=flow(), codec=Identity())
