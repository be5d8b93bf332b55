"""Trainable maps that generators, projectors and estimators are made of."""

from matchzoo.networks.convnet import ConvNet
from matchzoo.networks.dcgan import DCGAN
from matchzoo.networks.mlp import MLP
from matchzoo.networks.network import Network, Shape
from matchzoo.networks.resnet import ResidualNet

__all__ = ["DCGAN", "MLP", "ConvNet", "Network", "ResidualNet", "Shape"]
