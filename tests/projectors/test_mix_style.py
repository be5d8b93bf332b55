"""Styles of feature maps: by hand, in distribution, and through a step."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.projectors import MixStyle, mix_styles
from matchzoo.projectors.mix_style import beta


def test_content_stays_and_the_style_is_a_mixture():
    maps = torch.randn(4, 3, 20, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    maps = 1 + maps * torch.tensor([1.0, 2.0, 3.0, 4.0])[:, None, None]
    partners, shares = torch.tensor([2, 0, 3, 1]), torch.tensor([0.0, 0.25, 1.0, 0.5])
    mixed = mix_styles(maps, partners, shares)
    torch.testing.assert_close(mixed[2], maps[2], rtol=1e-5, atol=0)
    torch.testing.assert_close(mixed[0].mean(1), maps[2].mean(1))
    torch.testing.assert_close(mixed[0].std(1), maps[2].std(1), rtol=1e-5, atol=0)
    torch.testing.assert_close(mixed[3].std(1), (maps[3].std(1) + maps[1].std(1)) / 2, rtol=1e-5, atol=0)
    assert torch.corrcoef(torch.stack([mixed[0, 0], maps[0, 0]]))[0, 1] == pytest.approx(1)


@pytest.mark.parametrize("alpha", [0.1, 2.0])
def test_shares_have_the_moments_of_a_beta_distribution(alpha):
    draws = beta(alpha, 20000, torch.Generator().manual_seed(0))
    assert draws.mean().item() == pytest.approx(0.5, abs=0.02)
    assert draws.var().item() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.05)


def test_draws_are_a_function_of_the_step():
    space = MixStyle(on="maps", channels=2)
    assert space.build(Spec(shape=(12,), space="projectors.styled")) == 12
    x = torch.randn(5, 12)
    space.before_step(Step(1, 0))
    first = space(x)
    assert torch.equal(space(x), first)
    space.before_step(Step(2, 0))
    assert not torch.allclose(space(x), first)
    assert space.is_resampled
    with pytest.raises(DeclarationError, match=r"projectors.styled.channels: expected maps of 5 channels"):
        MixStyle(on="maps", channels=5).build(Spec(shape=(12,), space="projectors.styled"))
