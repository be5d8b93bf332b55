"""Where the weights of a backbone come from: packages, local files, the Hub, torchvision, any URL, or nowhere."""

from matchzoo.weights.file import FileWeights
from matchzoo.weights.hub import HubWeights
from matchzoo.weights.package import PackageWeights
from matchzoo.weights.random import RandomWeights
from matchzoo.weights.torch_hub import TorchvisionWeights, UrlWeights
from matchzoo.weights.weights import Weights

__all__ = [
    "FileWeights",
    "HubWeights",
    "PackageWeights",
    "RandomWeights",
    "TorchvisionWeights",
    "UrlWeights",
    "Weights",
]
