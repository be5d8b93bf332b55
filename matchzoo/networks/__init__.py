"""Trainable maps that generators, projectors and estimators are made of."""

from matchzoo.networks.mlp import MLP
from matchzoo.networks.network import Network

__all__ = ["MLP", "Network"]
