"""The regression of a denoiser: by hand, at its optimum, with noise that stays, and what is refused."""

import pytest
import torch
from torch import nn

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.generators import Flow, NoiseGenerator
from matchzoo.matchers import Denoising, SquaredError, denoising_loss
from matchzoo.models.fields import Denoiser, VarianceExploding
from matchzoo.models.networks import MLP


class Shrink(nn.Module, Denoiser):
    """The exact denoiser of N(0, s² I), times a factor."""

    def __init__(self, spread: float = 1.0, factor: float = 1.0) -> None:
        super().__init__()
        self.spread, self.factor = spread, factor
        self.seen: list[tuple[torch.Tensor, torch.Tensor]] = []

    def denoise(self, points: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        self.seen.append((points, sigma))
        return self.factor * points * (self.spread**2 / (self.spread**2 + sigma**2))[:, None]


def bound(term: Denoising, denoiser: nn.Module) -> Denoising:
    term.bind({"generator": denoiser})
    return term


def test_by_hand():
    term, step = bound(Denoising(noise=0.5, kernel=SquaredError(power=2.0)), Shrink()), Step(3, 0)
    data = torch.randn(6, 2)
    noise = torch.randn(6, 2, generator=step.rng("denoising"))
    expected = ((data + 0.5 * noise) / 1.25 - data).square().mean() / 0.25
    torch.testing.assert_close(term.discrepancy([Samples(data)], step).value, expected)


def test_the_posterior_mean_has_the_least_loss():
    data = 0.7 * torch.randn(20_000, 1, generator=torch.Generator().manual_seed(0))
    losses = {f: bound(Denoising(noise=(0.1, 2.0)), Shrink(0.7, f))(data).item() for f in (0.97, 1.0, 1.03)}
    assert min(losses, key=losses.__getitem__) == 1.0


def test_the_noise_is_log_uniform():
    denoiser = Shrink()
    bound(Denoising(noise=(0.1, 10.0)), denoiser)(torch.zeros(4000, 2))
    [(points, sigma)] = denoiser.seen
    exponents = sigma.log10()
    assert exponents.min() > -1
    assert exponents.max() < 1
    assert exponents.mean().abs() < 0.05
    assert exponents.std().item() == pytest.approx(2 / 12**0.5, abs=0.02)
    assert (points / sigma[:, None]).std().item() == pytest.approx(1, abs=0.03)


def test_fixed_noise_belongs_to_the_row():
    """The same in every step and for any rows beside it; another for another row or seed."""
    denoiser = Shrink()
    term = bound(Denoising(noise=(0.1, 1.0), fixed=True), denoiser)
    data = torch.zeros(5, 2)
    term.discrepancy([Samples(data, index=torch.arange(5))], Step(1, 0))
    term.discrepancy([Samples(data[:2], index=torch.tensor([3, 1]))], Step(9, 0))
    term.discrepancy([Samples(data, index=torch.arange(5))], Step(1, 1))
    (points, sigma), (some, some_sigma), (others, _) = denoiser.seen
    assert some.equal(points[[3, 1]])
    assert some_sigma.equal(sigma[[3, 1]])
    assert points.unique(dim=0).shape[0] == 5
    assert not others.equal(points)
    fresh = bound(Denoising(noise=0.5), Shrink())
    values = [fresh.discrepancy([Samples(data)], Step(number, 0)).value for number in (1, 2)]
    assert not values[0].equal(values[1])


def test_rows_count_as_their_weights_say():
    denoised, data = torch.randn(2, 4, 2).unbind()
    rows = torch.tensor([0, 0, 2, 3])
    weighted = denoising_loss(denoised, data, torch.ones(4), weights=torch.tensor([2.0, 0.0, 1.0, 1.0]))
    torch.testing.assert_close(weighted, denoising_loss(denoised[rows], data[rows], torch.ones(4)))


def test_what_is_refused():
    with pytest.raises(MatchZooError, match=r"of one shape .* got \[3, 1\], \[3\] and \[3\]"):
        denoising_loss(torch.zeros(3, 1), torch.zeros(3), torch.ones(3))
    with pytest.raises(MatchZooError, match="it has no denoiser yet"):
        Denoising(noise=0.1)(torch.randn(3, 2))
    with pytest.raises(DeclarationError, match="must have one"):
        Denoising().bind({"generator": NoiseGenerator(dimension=2, network=MLP())})
    with pytest.raises(DeclarationError, match=r"expected \[least, largest\]"):
        Denoising(noise=(1.0, 0.1))
    with pytest.raises(DeclarationError, match="made for no particular noise"):
        bound(Denoising(), Shrink())
    flow = Flow(network=MLP(), path=VarianceExploding(largest=5.0, rest=0.1))
    with pytest.raises(DeclarationError, match=r"0\.1 to 5, got 0\.01 to 1"):
        bound(Denoising(noise=(0.01, 1.0)), flow)
    with pytest.raises(DeclarationError, match="in the space of a codec"):
        bound(Denoising(), Flow(network=MLP(), codec="codes"))


def test_the_range_is_that_of_the_generator():
    flow = Flow(network=MLP(widths=[4]), path=VarianceExploding(largest=5.0, rest=0.1))
    flow.build(Spec(shape=(2,)))
    term = bound(Denoising(), flow)
    assert term.levels == pytest.approx((0.1, 5.0))
    term(torch.randn(7, 2)).backward()
    assert all(p.grad is not None for p in flow.parameters())
