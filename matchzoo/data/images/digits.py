"""The handwritten digits that scikit-learn ships, on black or on photographs."""

from typing import Literal

import attrs
import torch
import torch.nn.functional as F

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, between, positive
from matchzoo.core.errors import MatchZooError
from matchzoo.core.step import Step
from matchzoo.data.data import Data, Loaded
from matchzoo.data.split import Split, stratified


def textures(n: int, size: int) -> torch.Tensor:
    """Patches [n, 1, size, size] of two gray photographs (a temple and a flower, of scikit-learn), each stretched to
    [0, 1]: places drawn at random, but the same in every call. A pixel is the mean of 2x2 of a photograph, which is
    enlarged where it is too small for that."""
    from sklearn.datasets import load_sample_images

    photos = torch.stack([torch.tensor(photo) for photo in load_sample_images().images]).double().mean(3)[:, None]
    photos = F.avg_pool2d(photos, 2)
    smallest = min(photos.shape[2:])
    if size > smallest:
        photos = F.interpolate(photos, scale_factor=size / smallest + 1e-9, mode="bilinear", align_corners=False)
    rng = Step(0, 0).rng("textures")
    u = torch.rand(n, 3, generator=rng, dtype=torch.float64)
    which = (u[:, 0] * len(photos)).long().tolist()
    top, left = ((u[:, i + 1] * (photos.shape[i + 2] - size + 1)).long().tolist() for i in range(2))
    patches = [photos[w, :, t : t + size, s : s + size] for w, t, s in zip(which, top, left, strict=True)]
    images = torch.stack(patches).float()
    low, high = images.amin((2, 3), keepdim=True), images.amax((2, 3), keepdim=True)
    return (images - low) / (high - low).clamp_min(1)


@declare("digits")
class Digits(Data):
    """1797 handwritten digits of 8x8 pixels (UCI, as in scikit-learn), enlarged bilinearly to ``size``.

    With a ``background`` b every digit D lies on its own patch T of a photograph, X = D + (1 - D) · b · T, which says
    nothing about its class: what gradients share over classes is then mostly background.

    Source: Alpaydin and Kaynak, Optical recognition of handwritten digits, UCI machine learning repository, 1998.
    """

    size: int = attrs.field(default=64, validator=at_least(8))
    """Pixels a side."""
    channels: Literal[1, 3] = 3
    """1 for gray, 3 for backbones."""
    background: float = attrs.field(default=0.0, validator=between(0, 1))
    """Contrast of the photographs behind the digits; 0 for black."""
    test_share: float = attrs.field(default=0.5, validator=[positive(), between(0, 1, open_high=True)])
    """Share of every class that is kept for testing."""
    split_seed: int = attrs.field(default=0, validator=at_least(0))
    """Seed of the split."""

    def load(self) -> Loaded:
        """Read the digits; raises if scikit-learn is not installed."""
        try:
            from sklearn.datasets import load_digits
        except ImportError:
            raise MatchZooError(
                "the digits come with scikit-learn, which is not installed: pip install scikit-learn"
            ) from None
        raw = load_digits()
        images = torch.tensor(raw.images, dtype=torch.float32)[:, None] / 16
        images = F.interpolate(images, size=(self.size, self.size), mode="bilinear", align_corners=False)
        if self.background:
            images = images + (1 - images) * self.background * textures(len(images), self.size)
        images = (images.clamp(0, 1) * 255).round().to(torch.uint8).expand(-1, self.channels, -1, -1).contiguous()
        labels = torch.tensor(raw.target, dtype=torch.int64)
        train, test = stratified(labels, self.test_share, self.split_seed)
        return Loaded(
            Split(images[train], labels[train]), Split(images[test], labels[test]), tuple(map(str, range(10)))
        )
