"""Gram matrices of a batch, of channels and of tokens."""

import numpy as np
import pytest
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.matchers import Squared, StatisticMatcher
from matchzoo.matchers.statistics import Gram, batch_gram, channel_gram, token_gram


@pytest.mark.parametrize(("of", "name"), [("channels", "channel"), ("tokens", "patch")])
@pytest.mark.parametrize("flat", [False, True])
def test_losses_are_those_of_the_golden_values_with_their_gradients(golden, of, name, flat):
    values = golden("self_targets.npz")
    maps = torch.from_numpy(values["gram_f"]).requires_grad_()
    target = torch.from_numpy(values["gram_g"])
    matcher = StatisticMatcher(statistic=Gram(of=of, channels=4), distance=Squared())
    loss = matcher(target.flatten(1), maps.flatten(1)) if flat else matcher(target, maps)
    np.testing.assert_allclose(loss.item(), values[f"gram_{name}_loss"], rtol=1e-12)
    if f"gram_{name}_grad_f" in values:
        [gradient] = torch.autograd.grad(loss, maps)
        np.testing.assert_allclose(gradient, values[f"gram_{name}_grad_f"], rtol=1e-10, atol=1e-13)


def test_of_channels_and_of_a_batch(golden):
    values = golden("self_targets.npz")
    maps, x, y = (torch.from_numpy(values[name]) for name in ("gram_f", "vic_x", "vic_y"))
    np.testing.assert_allclose(channel_gram(maps), values["gram_channel_f"], rtol=1e-12)
    matcher = StatisticMatcher(statistic=Gram(), distance=Squared())
    np.testing.assert_allclose(matcher(x, y).item(), values["gram_batch_loss"], rtol=1e-12)
    centered = [z - z.mean(0) for z in (x, y)]
    np.testing.assert_allclose(matcher(*centered).item(), values["gram_covariance_loss"], rtol=1e-12)
    torch.testing.assert_close(batch_gram(x), torch.einsum("ni,nj->ij", x, x) / 16)


def test_style_knows_no_place_and_layout_no_rotation_of_channels():
    maps = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(channel_gram(maps.flip(3)), channel_gram(maps))
    rotation = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(1)).double())[0]
    torch.testing.assert_close(token_gram(torch.einsum("dc,ncij->ndij", rotation, 2 * maps)), token_gram(maps))
    torch.testing.assert_close(token_gram(maps).diagonal(dim1=1, dim2=2), torch.ones(2, 16, dtype=torch.float64))
    assert token_gram(torch.zeros(1, 3, 2, 2)).abs().sum() == 0


def test_what_is_refused():
    with pytest.raises(DeclarationError, match=r"channels: missing: say of how many channels"):
        Gram(of="tokens")
    with pytest.raises(DeclarationError, match=r"channels: counts only with"):
        Gram(channels=3)
    with pytest.raises(DeclarationError, match=r"channels: 10 features are no maps of 4 channels"):
        Gram(of="channels", channels=4).build(Spec(shape=(10,), features=10))
    with pytest.raises(MatchZooError, match=r"gram: expected maps"):
        channel_gram(torch.rand(3, 4))
