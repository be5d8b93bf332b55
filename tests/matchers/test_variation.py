"""Total variation of images, against loops over pixels."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.matchers import TotalVariation, total_variation


@pytest.mark.parametrize("beta", [1.0, 1.5, 2.0])
def test_it_is_the_sum_of_the_definition(beta):
    images = torch.rand(2, 3, 4, 5, dtype=torch.float64)
    images[0, 0, :3, :3] = 0.5  # where neighbors are equal
    images.requires_grad_()
    terms = [
        ((image[i, j + 1] - image[i, j]) ** 2 + (image[i + 1, j] - image[i, j]) ** 2) ** (beta / 2)
        for image in images.detach().flatten(0, 1)
        for i in range(3)
        for j in range(4)
    ]
    value = total_variation(images, beta)
    torch.testing.assert_close(value, torch.stack(terms).mean())
    torch.testing.assert_close(TotalVariation(beta=beta)(images, images), value)
    (gradient,) = torch.autograd.grad(value, images)
    assert gradient.isfinite().all()
    assert gradient[0, 0, 1, 1] == 0
    assert torch.autograd.gradcheck(lambda x: total_variation(x, beta), images[1:].detach().requires_grad_())


def test_noise_adds_a_constant_to_squared_differences():
    rng = torch.Generator().manual_seed(0)
    smooth = torch.linspace(0, 1, 64, dtype=torch.float64).expand(1, 1, 64, 64)
    noisy = smooth + 0.2 * torch.randn(400, 1, 64, 64, generator=rng, dtype=torch.float64)
    assert total_variation(noisy) == pytest.approx(total_variation(smooth).item() + 4 * 0.2**2, rel=1e-2)


def test_it_needs_pixels():
    with pytest.raises(DeclarationError, match="expected the pixels of images, got 5 features of samples"):
        TotalVariation().build(Spec(shape=(3, 8, 8), features=5))
    with pytest.raises(MatchZooError, match=r"expected images \[n, c, h, w\], h, w ≥ 2, got \[2, 3, 1, 8\]"):
        total_variation(torch.ones(2, 3, 1, 8))
