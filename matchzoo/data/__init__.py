"""Where real samples come from."""

from matchzoo.data.card import load_card
from matchzoo.data.data import Data, Loaded
from matchzoo.data.domains.colored import Colored
from matchzoo.data.domains.combined import Combined
from matchzoo.data.domains.noisy_labels import NoisyLabels
from matchzoo.data.domains.shifted import Shifted
from matchzoo.data.domains.shifted_environments import ShiftedEnvironments
from matchzoo.data.domains.subset import Subset
from matchzoo.data.images.arrays import Arrays
from matchzoo.data.images.digits import Digits
from matchzoo.data.images.hub_dataset import Hub
from matchzoo.data.images.image_folder import ImageFolder
from matchzoo.data.images.imagenet import ImageNet
from matchzoo.data.images.table import Table
from matchzoo.data.images.torchvision import Torchvision
from matchzoo.data.points.gaussian import Gaussian
from matchzoo.data.points.gaussian_classes import GaussianClasses
from matchzoo.data.points.gaussians import Gaussians
from matchzoo.data.points.laplace import Laplace
from matchzoo.data.points.numbers import NumberTable
from matchzoo.data.points.ring import Ring
from matchzoo.data.points.ring_3d import Ring3D
from matchzoo.data.points.sinc import Sinc
from matchzoo.data.points.two_moons import TwoMoons
from matchzoo.data.split import Split

__all__ = [
    "Arrays",
    "Colored",
    "Combined",
    "Data",
    "Digits",
    "Gaussian",
    "GaussianClasses",
    "Gaussians",
    "Hub",
    "ImageFolder",
    "ImageNet",
    "Laplace",
    "Loaded",
    "NoisyLabels",
    "NumberTable",
    "Ring",
    "Ring3D",
    "Shifted",
    "ShiftedEnvironments",
    "Sinc",
    "Split",
    "Subset",
    "Table",
    "Torchvision",
    "TwoMoons",
    "load_card",
]
