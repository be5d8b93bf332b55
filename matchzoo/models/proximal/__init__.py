"""Proximal operators: learned and in closed form, what they are proximal operators of, and inverse problems by them."""

from matchzoo.models.proximal.inversion import Inversion, invert_gradient, prior_value
from matchzoo.models.proximal.linear_operator import LinearOperator, linear_estimate
from matchzoo.models.proximal.operator import GaussianProximal, ProximalOperator, SoftThreshold, soft_threshold
from matchzoo.models.proximal.plug_and_play import PlugAndPlay, Restoration, admm, proximal_gradient
from matchzoo.models.proximal.potential import potential_gradient, prior_at

__all__ = [
    "GaussianProximal",
    "Inversion",
    "LinearOperator",
    "PlugAndPlay",
    "ProximalOperator",
    "Restoration",
    "SoftThreshold",
    "admm",
    "invert_gradient",
    "linear_estimate",
    "potential_gradient",
    "prior_at",
    "prior_value",
    "proximal_gradient",
    "soft_threshold",
]
