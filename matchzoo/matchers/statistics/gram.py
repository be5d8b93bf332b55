"""Gram matrices: second moments of a batch, of the channels of maps, or between the places of an image."""

import math
from typing import Literal

import attrs
import torch
import torch.nn.functional as F

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples, unweighted
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.statistics.statistic import Statistic


def batch_gram(features: torch.Tensor) -> torch.Tensor:
    """XᵀX / n, the second moment of features about zero (`covariance` is that about their mean).

    Args:
        features: [n, d].

    Returns:
        [d, d].
    """
    return features.T @ features / len(features)


def channel_gram(maps: torch.Tensor) -> torch.Tensor:
    """F Fᵀ / (h w) of every sample, F [c, h w]: which channels occur together, wherever they do; the style of an image.

    Args:
        maps: [n, c, h, w], or [n, c, places].

    Returns:
        [n, c, c].

    Source: Gatys et al., Image style transfer using convolutional neural networks, CVPR 2016, equation 3, there without
    the division.
    """
    places = _by_place(maps)
    return places @ places.mT / places.shape[2]


def token_gram(maps: torch.Tensor) -> torch.Tensor:
    """The cosine of every pair of places (or tokens) of a sample: which parts of an image are alike, whatever their
    style; its layout.

    Args:
        maps: [n, c, h, w], or [n, c, places]; tokens [n, places, c] are transposed first. A place without any value has
            a cosine of 0.

    Returns:
        [n, places, places].
    """
    directions = F.normalize(_by_place(maps), dim=1)
    return directions.mT @ directions


def _by_place(maps: torch.Tensor) -> torch.Tensor:
    if maps.ndim < 3:
        raise MatchZooError(f"gram: expected maps [n, c, h, w] or [n, c, places], got {tuple(maps.shape)}")
    return maps.flatten(2)


@declare("gram")
class Gram(Statistic):
    """A Gram matrix of a set, scaled so that a squared distance is what the literature minimizes.

    - ``batch``: `batch_gram` [d, d] of the whole set.
    - ``channels``: `channel_gram` of each sample over √n, so that a squared distance is the mean over samples of the
      squared Frobenius distance. Sets are compared row by row.
    - ``tokens``: `token_gram` of each sample over √n · places, so that a squared distance is the mean over entries.

    Examples:
        >>> style = StatisticMatcher(statistic=Gram(of="channels", channels=64), distance=Squared())
        >>> style(maps, other_maps)  # [n, 64, h, w] each; a scalar

    Source: Gatys et al., CVPR 2016, for channels; for tokens the released code of ColorizeDiffusion XL, which compares
    the tokens of an image under another reference with those under its own, the latter without a gradient.
    """

    of: Literal["batch", "channels", "tokens"] = "batch"
    """What is multiplied with what."""
    channels: int | None = attrs.field(default=None, validator=at_least(1))
    """Of the maps that features are, such as those of a convnet without head; needed for channels and tokens."""

    def __attrs_post_init__(self) -> None:
        if self.of == "batch" and self.channels is not None:
            raise DeclarationError([("channels", 'counts only with of = "channels" or "tokens"; leave it out')])
        if self.of != "batch" and self.channels is None:
            raise DeclarationError([("channels", "missing: say of how many channels features are maps")])

    def build(self, spec: Spec) -> None:
        """Raise where features are no maps of so many channels."""
        if self.channels is not None and spec.features is not None and spec.features % self.channels:
            message = f"{spec.features} features are no maps of {self.channels} channels; expected a divisor"
            raise DeclarationError([("channels", message)])

    @property
    def uses_sample_weights(self) -> bool:
        """No: rows are compared with rows, or all alike."""
        return False

    def measure(self, samples: Samples, step: Step) -> torch.Tensor:
        """[d, d], [n, c, c] or [n, places, places]."""
        values = unweighted(samples, "gram").values.flatten(1)
        if self.of == "batch":
            return batch_gram(values)
        maps = values.unflatten(1, (self.channels or 1, -1))
        if self.of == "channels":
            return channel_gram(maps) / math.sqrt(len(maps))
        return token_gram(maps) / (math.sqrt(len(maps)) * maps.shape[2])
