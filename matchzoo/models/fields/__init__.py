"""Fields that move points in time, from noise at 0 to data at 1: paths, solvers, densities; denoisers and
their samplers."""

from matchzoo.models.fields.denoiser import Denoiser, score_of
from matchzoo.models.fields.denoiser_analysis import Agreement, agreement, denoiser_jacobian, shrinkage_basis
from matchzoo.models.fields.density import log_density
from matchzoo.models.fields.diffusion import ProbabilityFlow, ReverseDiffusion
from matchzoo.models.fields.field import Field, Velocity, time_features
from matchzoo.models.fields.inpainting import inpaint
from matchzoo.models.fields.langevin import AnnealedLangevin, CoarseToFine
from matchzoo.models.fields.ode_solver import Adaptive, Euler, Heun, Midpoint, OdeSolver, RungeKutta4
from matchzoo.models.fields.path import Path, Straight, VarianceExploding, VariancePreserving
from matchzoo.models.fields.sampler import Sampler, noise_levels

__all__ = [
    "Adaptive",
    "Agreement",
    "AnnealedLangevin",
    "CoarseToFine",
    "Denoiser",
    "Euler",
    "Field",
    "Heun",
    "Midpoint",
    "OdeSolver",
    "Path",
    "ProbabilityFlow",
    "ReverseDiffusion",
    "RungeKutta4",
    "Sampler",
    "Straight",
    "VarianceExploding",
    "VariancePreserving",
    "Velocity",
    "agreement",
    "denoiser_jacobian",
    "inpaint",
    "log_density",
    "noise_levels",
    "score_of",
    "shrinkage_basis",
    "time_features",
]
