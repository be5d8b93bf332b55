"""The handwritten digits that scikit-learn ships, on black or on photographs."""

from typing import Literal

import attrs
import torch
import torch.nn.functional as F

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, between, positive
from matchzoo.core.errors import MatchZooError
from matchzoo.data.data import Data, Loaded
from matchzoo.data.shifts.background import place_before, textures
from matchzoo.data.split import Split, stratified


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
            images = place_before(images, textures(len(images), self.size), self.background)
        images = (images.clamp(0, 1) * 255).round().to(torch.uint8).expand(-1, self.channels, -1, -1).contiguous()
        labels = torch.tensor(raw.target, dtype=torch.int64)
        train, test = stratified(labels, self.test_share, self.split_seed)
        return Loaded(
            Split(images[train], labels[train]), Split(images[test], labels[test]), tuple(map(str, range(10)))
        )
