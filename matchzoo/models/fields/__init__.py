"""Fields that move points in time, from noise at 0 to data at 1: paths, solvers, densities."""

from matchzoo.models.fields.denoiser import Denoiser, score_of
from matchzoo.models.fields.density import log_density
from matchzoo.models.fields.field import Field, Velocity, time_features
from matchzoo.models.fields.ode_solver import Adaptive, Euler, Heun, Midpoint, OdeSolver, RungeKutta4
from matchzoo.models.fields.path import Path, Straight, VarianceExploding, VariancePreserving

__all__ = [
    "Adaptive",
    "Denoiser",
    "Euler",
    "Field",
    "Heun",
    "Midpoint",
    "OdeSolver",
    "Path",
    "RungeKutta4",
    "Straight",
    "VarianceExploding",
    "VariancePreserving",
    "Velocity",
    "log_density",
    "score_of",
    "time_features",
]
