"""The kernels that the tests try."""

from matchzoo.core.numerics.kernels import Gaussian, Laplacian, Linear, Polynomial, RationalQuadratic

KERNELS = {
    "gaussian": Gaussian(bandwidths=(0.5, 2.0)),
    "median": Gaussian(bandwidths=("0.5*median", "median")),
    "rational quadratic": RationalQuadratic(),
    "rational quadratic, median": RationalQuadratic(alphas=(0.5,), bandwidth="median"),
    "laplacian": Laplacian(bandwidths=(0.5, "median")),
    "linear": Linear(),
    "polynomial": Polynomial(),
}
