"""Where real samples come from."""

from matchzoo.data.arrays import Arrays
from matchzoo.data.card import load_card
from matchzoo.data.colored import Colored
from matchzoo.data.combined import Combined
from matchzoo.data.data import Data, Loaded
from matchzoo.data.digits import Digits
from matchzoo.data.gaussian import Gaussian
from matchzoo.data.hub_dataset import Hub
from matchzoo.data.image_folder import ImageFolder
from matchzoo.data.imagenet import ImageNet
from matchzoo.data.numbers import NumberTable
from matchzoo.data.ring import Ring
from matchzoo.data.ring_3d import Ring3D
from matchzoo.data.split import Split
from matchzoo.data.table import Table
from matchzoo.data.torchvision import Torchvision

__all__ = [
    "Arrays",
    "Colored",
    "Combined",
    "Data",
    "Digits",
    "Gaussian",
    "Hub",
    "ImageFolder",
    "ImageNet",
    "Loaded",
    "NumberTable",
    "Ring",
    "Ring3D",
    "Split",
    "Table",
    "Torchvision",
    "load_card",
]
