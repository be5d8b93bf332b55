"""The ratio estimators that the tests try."""

from matchzoo.core.numerics.kernels import Laplacian
from matchzoo.ratios import (
    KLIEP,
    ULSIF,
    Classifier,
    GaussianRatio,
    KernelDensityRatio,
    KernelMeanMatching,
    NearestNeighborRatio,
    RatioEstimator,
    RuLSIF,
)

FIXED: dict[str, RatioEstimator] = {
    "kmm": KernelMeanMatching(bandwidths=(0.7, 1.5), ridge=0.01),
    "kmm clip": KernelMeanMatching(bandwidths=(1.0,), ridge=0.01, constraint="clip"),
    "kmm non-negative": KernelMeanMatching(bandwidths=(1.0,), ridge=0.01, constraint="non-negative"),
    "kmm box": KernelMeanMatching(bandwidths=(1.0,), ridge=0.01, constraint="non-negative", bound=2.0, tolerance=0.0),
    "kmm laplacian": KernelMeanMatching(kernel=Laplacian(bandwidths=(1.0,)), ridge=0.1),
    "ulsif": ULSIF(bandwidths=(1.0,), ridges=(0.1,)),
    "rulsif": RuLSIF(bandwidths=(1.0,), ridges=(0.1,), relative=0.3, clip=False),
    "kliep": KLIEP(bandwidths=(1.0,)),
    "kliep laplacian": KLIEP(kernel=Laplacian(bandwidths=(1.0,))),
    "gaussian": GaussianRatio(),
    "kernel density": KernelDensityRatio(numerator_bandwidths=(0.7,), denominator_bandwidths=(0.9,)),
    "nearest": NearestNeighborRatio(neighbors=(4,)),
    "linear": Classifier(features="linear", ridges=(0.01,)),
    "quadratic": Classifier(ridges=(0.01,)),
    "fourier": Classifier(features="random-fourier", bandwidth=1.0, count=20, ridges=(0.01,)),
}
"""Every estimator, without a choice of hyper-parameters."""
