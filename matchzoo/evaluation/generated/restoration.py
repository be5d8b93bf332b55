"""What a learned prior is worth: images restored with it."""

import copy
from collections.abc import Iterator

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, between, positive
from matchzoo.core.errors import MatchZooError
from matchzoo.core.step import Step
from matchzoo.data.shifts.blurred import blur
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained, some_rows
from matchzoo.generators import LearnedProximal
from matchzoo.models.proximal import LinearOperator, admm, linear_estimate
from matchzoo.training.composition import Composition

TASKS = ("denoising", "deblurring", "inpainting")
MOMENTS = 10_000
"""Training images whose mean and covariance the linear estimate takes, at most."""


def peak_signal_to_noise(restored: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """−10 log₁₀ of the mean squared error, in decibels [n], of images [n, …] in [0, 1]."""
    error = (restored - images).flatten(1).square().mean(1)
    return -10 * error.clamp_min(1e-12).log10()


@declare("restoration")
class RestorationQuality(Evaluation):
    """Test images that are noisy, blurred and noisy, or incomplete and noisy, restored with a generator of kind
    ``proximal`` by plug-and-play (`admm`; one application of the operator for noise alone): the peak signal-to-noise
    ratio in decibels, mean over images.

    Beside it, of the same measurements: the measurement itself, with the mean of the training images where pixels are
    missing, and the linear estimate of least mean squared error from mean and covariance of the training images, the
    Wiener filter.
    """

    samples: int = attrs.field(default=200, validator=at_least(1))
    """Test images, at most those that there are."""
    noise: float = attrs.field(default=0.05, validator=positive())
    """Standard deviation of the noise of blurred and of incomplete images; that of noisy ones is the operator's."""
    blur: float = attrs.field(default=1.0, validator=positive())
    """Standard deviation in pixels of the Gaussian that blurs."""
    missing: float = attrs.field(default=0.5, validator=between(0, 1))
    """Share of the pixels of every image that are missing, at random places, the same of every image."""
    iterations: int = attrs.field(default=100, validator=at_least(1))
    """Of plug-and-play, at most."""

    def check(self, parts: Composition) -> None:
        """The generator must be a proximal operator of images, and there must be test images."""
        if not isinstance(parts.generator, LearnedProximal) or not parts.spec.is_images or not parts.data.test_set:
            raise MatchZooError(
                'evaluation: restoration needs a generator of kind "proximal", and images with a test part'
            )

    @torch.no_grad()
    def evaluate(self, trained: Trained) -> list[Record]:
        """A record for each way to restore, with a figure for each kind of measurement."""
        self.check(trained.parts)
        proximal, data = trained.parts.generator, trained.parts.data
        assert isinstance(proximal, LearnedProximal)
        assert data.test_set is not None
        training = data.training_set
        pixels = training.render(some_rows(training, MOMENTS)).values.flatten(1).double()
        mean, covariance = pixels.mean(0), pixels.T.cov()
        images = data.test_set.render(some_rows(data.test_set, self.samples)).values

        records: list[Record] = [
            {"method": name, "samples": len(images)} for name in ("measurement", "linear estimate", trained.method)
        ]
        keep = self._kept_pixels(images)
        for name, operator, noise in self._measurements(images, keep, proximal.noise):
            drawn = torch.randn(images.shape, generator=Step(0, 0).rng("restoration", name))
            visible = keep if name == "inpainting" else torch.ones_like(keep)
            measured = operator(images) + noise * visible * drawn
            linear = linear_estimate(measured.double(), operator, mean, covariance, noise).to(images)
            restored = self._restored(name, measured, operator, proximal, noise)
            shown = measured + (1 - visible) * mean.view_as(keep).to(images)
            for record, estimate in zip(records, (shown, linear, restored), strict=True):
                record[name] = peak_signal_to_noise(estimate, images).mean().item()
        return records

    def _kept_pixels(self, images: torch.Tensor) -> torch.Tensor:
        """1 for pixels that are seen and 0 for others [c, h, w]: the same of every image, and in every run."""
        order = torch.rand(images.shape[2:], generator=Step(0, 0).rng("restoration"))
        return (order >= self.missing).to(images).expand(images.shape[1:])

    def _measurements(
        self, images: torch.Tensor, keep: torch.Tensor, noise: float
    ) -> Iterator[tuple[str, LinearOperator, float]]:
        """Name, operator and noise of each kind of measurement."""
        shape = tuple(images.shape[1:])
        yield "denoising", LinearOperator(lambda x: x, shape), noise
        yield "deblurring", LinearOperator(lambda x: blur(x, self.blur), shape), self.noise
        yield "inpainting", LinearOperator(lambda x: x * keep.to(x), shape), self.noise

    def _restored(
        self, name: str, measured: torch.Tensor, operator: LinearOperator, proximal: LearnedProximal, noise: float
    ) -> torch.Tensor:
        """Images [n, c, h, w], with the noise's variance as the weight of the prior."""
        if name == "denoising":
            return proximal.denoise(measured.to(proximal.device)).to(measured)
        on_cpu = copy.deepcopy(proximal).cpu()
        return admm(measured, operator, on_cpu, noise**2, iterations=self.iterations).samples.to(measured)

    def table(self, records: list[Record]) -> list[list[str]]:
        """Method, decibels of each kind of measurement."""
        rows = [["method, PSNR in dB", *TASKS]]
        return [*rows, *([r["method"], *(f"{r[task]:.2f}" for task in TASKS)] for r in records)]
