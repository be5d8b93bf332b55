"""The regression by which a denoiser, a score or a proximal operator is learned."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import positive, says
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.numerics.row_noise import row_normal, row_uniform
from matchzoo.core.part import Part
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher
from matchzoo.matchers.pairs.error_kernel import ErrorKernel, SquaredError
from matchzoo.models.fields.denoiser import Denoiser
from matchzoo.models.fields.path import over_rows


def denoising_loss(
    denoised: torch.Tensor,
    data: torch.Tensor,
    sigma: torch.Tensor,
    kernel: ErrorKernel | None = None,
    weights: torch.Tensor | None = None,
    number: int = 0,
) -> torch.Tensor:
    """Mean over rows of k(D(y, σ) − x), a scalar; rows count as their weights say.

    Examples:
        >>> sigma = torch.full((len(data),), 0.3)
        >>> noisy = data + 0.3 * torch.randn_like(data)
        >>> denoising_loss(network(noisy), data, sigma)

    Args:
        denoised: D(y, σ) [n, …].
        data: x [n, …].
        sigma: of the noise in y, [n].
        kernel: k; the squared error if not given.
        weights: [n], not negative.
        number: of the step, for a kernel with a schedule.

    Raises:
        MatchZooError: denoised samples are not of the data's shape, or there is not one σ for each.
    """
    if denoised.shape != data.shape or sigma.shape != data.shape[:1]:
        got = f"{list(denoised.shape)}, {list(data.shape)} and {list(sigma.shape)}"
        raise MatchZooError(f"denoising: expected denoised samples and data of one shape [n, …] and σ [n], got {got}")
    errors = (kernel or SquaredError()).errors(denoised - data, sigma, number)
    if weights is None:
        return errors.mean()
    return (weights.to(errors) * errors).sum() / weights.sum().to(errors)


def log_uniform(uniform: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """Numbers […] in [low, high] whose logarithms are uniform, of numbers […] from U(0, 1)."""
    return low * (high / low) ** uniform


@says(exclusiveMinimum=0)
def _check_noise(owner: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
    positive()(owner, attribute, value)
    if isinstance(value, tuple) and value[0] > value[1]:
        raise DeclarationError([(attribute.name, f"expected [least, largest], got {list(value)}")])


@declare("denoising")
class Denoising(Matcher):
    """E k(D(x + σ ξ, σ) − x) over data x, ξ from N(0, I) and σ, for the generator's denoiser D.

    It looks at real samples alone; nothing is rendered. With the squared error it is denoising score matching: the
    least is where D is the mean of x given y, and (D − y) / σ² the score of the data smoothed by σ. Where samples have
    weights, rows count as these say.

    Examples:
        >>> term = Denoising(noise=0.3)
        >>> term.bind({"generator": denoiser})  # any generator with `denoise`
        >>> term(data)  # [n, …]; a scalar

    Source: Vincent, A connection between score matching and denoising autoencoders, Neural Computation 2011; Song and
    Ermon, Generative modeling by estimating gradients of the data distribution, NeurIPS 2019.
    """

    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    default_sets: ClassVar[tuple[str, ...]] = ("real",)
    kernel: ErrorKernel = attrs.Factory(SquaredError)
    """What an error counts: ``squared``, ``absolute`` or ``proximal``."""
    noise: float | tuple[float, float] | None = attrs.field(default=None, validator=_check_noise)
    """σ, standard deviation of the noise: a number, or the least and the largest of a log-uniform σ for each row. The
    range that the generator declares if not given."""
    fixed: bool = False
    """Whether noise and σ of a row are the same in every step, a function of its index and of the run's seed: training
    on that many pairs, as theory has it, which can be fitted too closely."""

    def bind(self, parts: Mapping[str, Part]) -> None:
        """Take the denoiser; raises unless the generator is one, and is made for this noise."""
        generator = parts.get("generator")
        if not isinstance(generator, Denoiser):
            message = 'denoising trains a denoiser: [generator] must have one, such as kind = "denoiser"'
            raise DeclarationError([("kind", message)])
        if getattr(generator, "space", None) is not None:
            message = "denoising is of samples themselves, and this generator is in the space of a codec"
            raise DeclarationError([("generator.codec", message)])

        least, largest = generator.noise_range
        noise = (least, largest) if self.noise is None else self.noise
        low, high = noise if isinstance(noise, tuple) else (noise, noise)
        if self.noise is None and not 0 < low <= high < math.inf:
            message = "missing: a number, or [least, largest]; the generator is made for no particular noise"
            raise DeclarationError([("noise", message)])
        if low < least * (1 - 1e-9) or high > largest * (1 + 1e-9):
            message = (
                f"expected within what the generator is made for, {least:g} to {largest:g}, got {low:g} to {high:g}"
            )
            raise DeclarationError([("noise", message)])
        self.levels: tuple[float, float] = (low, high)
        self.denoiser: tuple[Denoiser] = (generator,)  # in a tuple, since it is a part of its own

    @property
    def uses_sample_weights(self) -> bool:
        """As factors of each row's error."""
        return True

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The loss on one set, for noise that the step decides, or each row."""
        if not hasattr(self, "denoiser"):
            raise MatchZooError("denoising: it has no denoiser yet; bind it to one, or use denoising_loss")
        data = sets[0].values
        noise, sigma = self.draw(sets[0], step)
        denoised = self.denoiser[0].denoise(data + over_rows(sigma, data) * noise, sigma)
        return Discrepancy(denoising_loss(denoised, data, sigma, self.kernel, sets[0].weights, step.number))

    def draw(self, samples: Samples, step: Step) -> tuple[torch.Tensor, torch.Tensor]:
        """The noise ξ [n, …] and σ [n] of some samples in a step."""
        data = samples.values
        if self.fixed:
            index = torch.arange(len(data), device=data.device) if samples.index is None else samples.index
            stream = Step(0, step.seed).rng("denoising").initial_seed()
            noise = row_normal(index, stream, tuple(data.shape[1:]))
            uniform = row_uniform(index, stream + 1)[:, 0]
        else:
            rng = step.rng("denoising")
            noise = torch.randn(data.shape, generator=rng)
            uniform = torch.rand(len(data), generator=rng)
        return noise.to(data), log_uniform(uniform, *self.levels).to(data)
