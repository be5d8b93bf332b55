"""Where synthetic samples come from."""

from matchzoo.generators.decoded import DecodedGenerator
from matchzoo.generators.denoiser import DenoiserGenerator
from matchzoo.generators.flow import Flow
from matchzoo.generators.generator import Generator
from matchzoo.generators.images import decode
from matchzoo.generators.map import MapGenerator
from matchzoo.generators.noise import NoiseGenerator
from matchzoo.generators.pixels import PixelImages
from matchzoo.generators.proximal import LearnedProximal
from matchzoo.generators.pyramid import PyramidImages
from matchzoo.generators.selection import Selection

__all__ = [
    "DecodedGenerator",
    "DenoiserGenerator",
    "Flow",
    "Generator",
    "LearnedProximal",
    "MapGenerator",
    "NoiseGenerator",
    "PixelImages",
    "PyramidImages",
    "Selection",
    "decode",
]
