"""Networks whose outputs are convex functions of their inputs."""

import functools
import itertools
import math

import attrs
import torch
import torch.nn.functional as F
from torch import nn

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least, not_empty, positive
from matchzoo.models.networks.layers import linear
from matchzoo.models.networks.network import Network, Shape

EXACT = 40.0
"""β z up to which softplus is computed; beyond, it is z itself in float64."""


@declare("icnn")
class ICNN(Network):
    """ψ(y), convex in y in every output: an input-convex neural network,

    z₁ = s(V₀ y + c₀), z_{k+1} = s(W_k z_k + V_k y + c_k), ψ = W z_K + V y + c + α |y|² / 2,

    with all W ≥ 0 and s(z) = log(1 + exp(β z)) / β, convex and increasing. Weights W are clamped at 0 after each step
    (`constrain`). They start from U(0, 2 / n) of n units, where sums of them are means: of weights with both signs, as
    other networks start from, the first clamp would set half to 0.

    Examples:
        >>> potential = ICNN(widths=[50, 50])
        >>> potential.build((2,), (1,), torch.Generator().manual_seed(0))
        >>> potential(torch.randn(5, 2)).shape
        torch.Size([5, 1])

    Source: Amos et al., Input convex neural networks, ICML 2017, section 3.1; with softplus: Fang et al., What's in a
    prior? Learned proximal networks for inverse problems, ICLR 2024, section 3 (where it is 2 α |y|² / 2).
    """

    widths: Several[int] = attrs.field(default=(50, 50, 50, 50), validator=[at_least(1), not_empty()])
    """Units of each hidden layer."""
    beta: float = attrs.field(default=10.0, validator=positive())
    """β of softplus: the larger, the closer to a ReLU, and the sharper the gradient of ψ can bend."""
    strong_convexity: float = attrs.field(default=0.0, validator=at_least(0))
    """α: the gradient of ψ rises by at least α in every direction, so that it can be inverted everywhere."""

    def build(self, inputs: Shape, outputs: Shape, rng: torch.Generator) -> None:
        """Make the layers: those of the (flattened) input with torch's uniform initialization of weights and biases,
        those between hidden units not negative."""
        self.shape = outputs
        size = math.prod(self.joined_shape(inputs))
        units = (*self.widths, math.prod(outputs))
        uniform = functools.partial(nn.init.uniform_, a=-(size**-0.5), b=size**-0.5, generator=rng)

        direct = [linear(size, count, uniform) for count in units]
        for layer in direct:
            uniform(layer.bias)
        self.direct = nn.ModuleList(direct)
        self.convex = nn.ModuleList(
            linear(before, after, functools.partial(nn.init.uniform_, a=0.0, b=2 / before, generator=rng), bias=False)
            for before, after in itertools.pairwise(units)
        )

    def forward(self, x: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        """[n, …] (flattened) → [n, *outputs], convex in x at any condition."""
        y = self.join(x, condition).flatten(1)
        values = self.direct[0](y)
        for position, convex in enumerate(self.convex, start=1):
            values = convex(F.softplus(values, self.beta, EXACT)) + self.direct[position](y)
        if self.strong_convexity:
            values = values + self.strong_convexity / 2 * x.flatten(1).square().sum(1, keepdim=True)
        return values.unflatten(1, self.shape)

    @torch.no_grad()
    def constrain(self) -> None:
        """Clamp the weights between hidden units at 0."""
        for weight in self.convex.parameters():
            weight.clamp_(min=0)
