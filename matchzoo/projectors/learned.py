"""A network that a player moves, or that is resampled."""

import copy
import math

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, positive
from matchzoo.core.errors import DeclarationError
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.models.networks.network import Network
from matchzoo.projectors.projector import Projector


@declare("learned")
class Learned(Projector):
    """Any network as projector: the learned feature space of GRAM-nets, the critic of GANs (``features = 1``), and the
    random networks of dataset condensation (``redraw_every = 1``).

    Examples:
        >>> critic = Learned(network=MLP(widths=[64]), features=1)
        >>> critic.build(Spec(shape=(2,)))
        1
        >>> critic(torch.randn(5, 2)).shape
        torch.Size([5, 1])
    """

    network: Network
    """From samples to features."""
    features: int = attrs.field(validator=at_least(1))
    """Dimension of the features."""
    bound: float | None = attrs.field(default=None, validator=positive())
    """Largest absolute value of a parameter, which is clipped to it after each step; none if not given. The weight
    clipping of Wasserstein GANs and MMD-GANs."""
    image: tuple[int, int, int] | None = attrs.field(default=None, validator=at_least(1))
    """Shape [channels, height, width] of the image whose pixels the features that it stands on are, such as the maps of
    earlier layers; as they come if not given."""
    redraw_every: int | None = attrs.field(default=None, validator=at_least(1))
    """Steps after which the network is resampled from its initialization; never if not given."""

    def build(self, spec: Spec) -> int:
        """Build the network, initialized by the seed of the run."""
        if self.image is not None and math.prod(self.image) != math.prod(spec.shape):
            message = f"{math.prod(self.image)} pixels, but there are {math.prod(spec.shape)} numbers"
            raise DeclarationError([(f"{spec.space}.image", message)])
        self.spec, self.drawn = spec, 0
        self.network.build(self.image or spec.shape, (self.features,), Step(0, spec.seed).rng(spec.space))
        clip(self.network, self.bound)
        return self.features

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """[n, …] → [n, features]."""
        return self.network(x if self.image is None else x.reshape(len(x), *self.image))

    @property
    def is_resampled(self) -> bool:
        """Whether the network is resampled, or a part of it is."""
        return self.redraw_every is not None or self.network.is_resampled

    def before_step(self, step: Step) -> bool:
        """Resample the network where one is due: steps 1 to k have the first, k + 1 to 2k the second, and so on; then
        let it draw what it samples itself.

        Which one is due, and all draws, are functions of the step's number alone. Parameters keep their place, so that
        their values change and nothing else.
        """
        redrawn = self._redraw(step)
        if self.network.is_resampled:
            self.network.resample(step.rng(self.spec.space, "network"))
        return redrawn

    def _redraw(self, step: Step) -> bool:
        due = 0 if self.redraw_every is None else max(step.number - 1, 0) // self.redraw_every
        if due == self.drawn:
            return False
        first = 0 if due == 0 else 1 + due * int(self.redraw_every or 0)
        if not hasattr(self, "twin"):
            self.twin = (copy.deepcopy(self.network).cpu(),)  # in a tuple, since it is no part of this
        fresh = self.twin[0]
        fresh.build(self.image or self.spec.shape, (self.features,), Step(first, self.spec.seed).rng(self.spec.space))
        overwrite(self.network, fresh)
        clip(self.network, self.bound)
        self.drawn = due
        return True

    def after_step(self) -> None:
        """Clip the parameters to the bound, and constrain the network."""
        clip(self.network, self.bound)
        super().after_step()


@torch.no_grad()
def clip(network: nn.Module, bound: float | None) -> None:
    """Clip every parameter to [−bound, bound]; None leaves them."""
    if bound is not None:
        for parameter in network.parameters():
            parameter.clamp_(-bound, bound)


@torch.no_grad()
def overwrite(network: nn.Module, other: nn.Module) -> None:
    """Give a network the parameters and buffers of another of its kind, which is on the host; the device is not waited
    for."""
    values = other.state_dict()
    for name, tensor in network.state_dict().items():
        tensor.copy_(values[name].pin_memory() if tensor.is_cuda else values[name], non_blocking=True)
