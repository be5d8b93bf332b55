"""Trainable maps that generators, projectors and estimators are made of."""

from matchzoo.models.networks.architecture import Architecture
from matchzoo.models.networks.convnet import ConvNet
from matchzoo.models.networks.cosine import CosineClassifier
from matchzoo.models.networks.dcgan import DCGAN
from matchzoo.models.networks.elementwise import Affine, Constant
from matchzoo.models.networks.icnn import ICNN
from matchzoo.models.networks.mlp import MLP
from matchzoo.models.networks.network import Network, Shape
from matchzoo.models.networks.resnet import ResidualNet
from matchzoo.models.networks.supernet import Supernet
from matchzoo.models.networks.unet import UNet

__all__ = [
    "DCGAN",
    "ICNN",
    "MLP",
    "Affine",
    "Architecture",
    "Constant",
    "ConvNet",
    "CosineClassifier",
    "Network",
    "ResidualNet",
    "Shape",
    "Supernet",
    "UNet",
]
