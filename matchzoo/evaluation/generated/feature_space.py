"""The space in which generated samples are compared with real ones: a frozen projector, and how it is given samples."""

import copy
from collections.abc import Callable

import attrs
import torch
import torch.nn.functional as F

from matchzoo.core.samples import Samples
from matchzoo.core.showing.progress import Progress
from matchzoo.core.spec import Spec
from matchzoo.projectors import Projector
from matchzoo.training.engine import Engine
from matchzoo.training.features import BLOCK


@attrs.frozen(eq=False)
class FeatureSpace:
    """A projector that is built and placed. Images get 8 bits a color, as they would be saved, and its size.

    Attributes:
        size: pixels a side that images are resized to; as they are if None.
        channels: of the images that it takes; gray ones are repeated. None where samples are no images.
    """

    projector: Projector
    engine: Engine
    size: int | None
    channels: int | None

    @classmethod
    def build(
        cls, projector: Projector, spec: Spec, engine: Engine, size: int | None = None, channels: int | None = None
    ) -> "FeatureSpace":
        """Of a declared projector, which stays as it is, for samples of a spec.

        Raises:
            DeclarationError: the projector does not take such samples.
        """
        built = copy.deepcopy(projector)
        shape = spec.shape
        if spec.is_images:
            channels = channels or shape[0]
            shape = (channels, *((size, size) if size is not None else shape[1:]))
        built.build(attrs.evolve(spec, shape=shape, space="evaluation.projector"))
        built.to(device=engine.device, dtype=engine.dtype)  # `place` would have bfloat16 weights where training has
        built.eval()
        return cls(built, engine, size, channels if spec.is_images else None)

    @torch.no_grad()
    def features(
        self, render: Callable[[torch.Tensor], Samples], chosen: torch.Tensor, progress: Progress
    ) -> torch.Tensor:
        """Features [n, d] of the chosen rows [n]."""
        features = []
        for rows in chosen.split(BLOCK):
            values = self.engine.samples(render(rows)).values
            if self.channels is not None:
                values = (values.clamp(0, 1) * 255).round() / 255
                if self.size is not None and values.shape[2:] != (self.size, self.size):
                    values = F.interpolate(values, (self.size, self.size), mode="bilinear", antialias=True).clamp(0, 1)
                values = values.expand(-1, self.channels, -1, -1)
            features.append(self.projector.project(values))
            progress.update(len(rows))
        return torch.cat(features)
