"""The Inception network of the Fréchet Inception distance, its layers taken from torch-fidelity."""

import io
from collections import OrderedDict

import torch
from torch import nn

from matchzoo.core.errors import MatchZooError

ARCHITECTURE = "inception-v3-compat"
"""What torch-fidelity calls it."""
SIDE = 299
"""Pixels a side that images are resized to."""


def create() -> nn.Module:
    """torch-fidelity's network with random values, its classifier of 1008 outputs among them.

    Its constructor downloads weights unless it is given a file of them, so it is given one that is in memory: the
    initial state of torchvision's Inception v3, whose keys and shapes are the same.

    Raises:
        MatchZooError: torch-fidelity is not installed.
    """
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError:
        raise MatchZooError(
            f"the architecture {ARCHITECTURE} is torch-fidelity's, which is not installed: pip install torch-fidelity"
        ) from None
    import torchvision

    initial = torchvision.models.inception_v3(weights=None, num_classes=1008, aux_logits=False, init_weights=False)
    file = io.BytesIO()
    torch.save(initial.state_dict(), file)
    file.seek(0)
    network: nn.Module = FeatureExtractorInceptionV3(ARCHITECTURE, ["2048"], feature_extractor_weights_path=file)
    return network


class FidInception(nn.Module):
    """Images [n, 3, h, w], shifted and scaled by 128/255, → features [n, 2048].

    They are resized to 299 pixels as TensorFlow 1 did, then go through the layers of `create` up to the mean over the
    places. torch-fidelity's own forward pass does the same, but takes 8-bit images and so has no gradient; on 8-bit
    images divided by 255 the two agree but for rounding.

    Args:
        network: as `create` makes it, with weights.

    Source: Heusel et al., NeurIPS 2017.
    """

    num_features = 2048

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        layers = [(name, layer) for name, layer in network.named_children() if name != "fc"]  # in the order they run
        self.layers = nn.Sequential(OrderedDict(layers))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Features [n, 2048]."""
        from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x

        x = interpolate_bilinear_2d_like_tensorflow1x(x, size=(SIDE, SIDE), align_corners=False)
        return self.layers(x).flatten(1)
