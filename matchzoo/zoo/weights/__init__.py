"""Where the weights of a backbone come from: packages, local files, the Hub, torchvision, any URL, or nowhere."""

from matchzoo.zoo.weights.file import FileWeights
from matchzoo.zoo.weights.hub import HubWeights
from matchzoo.zoo.weights.package import PackageWeights
from matchzoo.zoo.weights.random import RandomWeights
from matchzoo.zoo.weights.torch_hub import TorchvisionWeights, UrlWeights
from matchzoo.zoo.weights.weights import Weights

__all__ = [
    "FileWeights",
    "HubWeights",
    "PackageWeights",
    "RandomWeights",
    "TorchvisionWeights",
    "UrlWeights",
    "Weights",
]
