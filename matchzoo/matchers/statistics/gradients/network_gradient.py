"""The gradient of a whole network's loss: the statistic of dataset condensation by gradient matching."""

import math
from collections.abc import Callable, Mapping
from typing import ClassVar

import attrs
import torch
import torch.nn.functional as F
from torch import nn

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import not_empty
from matchzoo.core.errors import DeclarationError, MatchZooError, did_you_mean
from matchzoo.core.part import Part
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.statistics.class_means import classes_of
from matchzoo.matchers.statistics.statistic import Statistic
from matchzoo.models.networks.layers import normalizes_batches
from matchzoo.projectors.learned import Learned

Tensors = dict[str, torch.Tensor]
CACHED = 2**21
"""Numbers of a layer's outputs that a pass on a CPU holds at once."""


def network_gradient(
    network: nn.Module, inputs: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """The gradient of the mean cross-entropy with respect to a network's weights, an output unit a row.

    Parameters of one dimension (biases, and scale and shift of norms) are held fixed and skipped. The others, [out, …],
    are flattened to [out, fan-in], padded by zeros to the widest, and stacked; padding changes no cosine of rows.
    Differentiable in inputs, weights and probabilities; no gradient reaches the network, and its buffers stay. Where
    none of these requires a gradient, as of real samples, no graph of the gradient is kept.

    Args:
        network: inputs [n, …] → scores [n, c].
        inputs: [n, …].
        labels: class indices [n], or probabilities [n, c].
        weights: [n] non-negative; None for equal ones.

    Returns:
        [rows, widest fan-in].

    Source: Zhao et al., Dataset condensation with gradient matching, ICLR 2021, section 3.3 and the released code.
    """
    fixed = {name: p.detach().to(inputs) for name, p in network.named_parameters()}
    wide = {name: p for name, p in fixed.items() if p.ndim > 1}
    shares = None if weights is None else (weights / weights.sum()).to(inputs)

    def loss(moved: Tensors, x: torch.Tensor, y: torch.Tensor, share: torch.Tensor | None) -> torch.Tensor:
        kept = {name: b.to(inputs.device, copy=True) for name, b in network.named_buffers()}
        scores = torch.func.functional_call(network, fixed | moved | kept, (x,))
        if share is None:
            return F.cross_entropy(scores, y, reduction="sum") / len(inputs)
        return F.cross_entropy(scores, y, reduction="none") @ share.to(scores)

    wanted = torch.is_grad_enabled() and any(x is not None and x.requires_grad for x in (inputs, labels, weights))
    if wanted or torch.func.debug_unwrap(inputs) is not inputs:  # the second: under `torch.vmap`
        taken = torch.func.grad(loss)(wide, inputs, labels, shares)
        rows = [gradient.flatten(1) for gradient in taken.values()]
        widest = max(row.shape[1] for row in rows)
        return torch.cat([F.pad(row, (0, widest - row.shape[1])) for row in rows])
    return _without_graph(loss, wide, inputs, labels, shares, _rows_at_once(network, wide, inputs))


def _without_graph(
    loss: Callable[..., torch.Tensor],
    at: Tensors,
    inputs: torch.Tensor,
    labels: torch.Tensor,
    shares: torch.Tensor | None,
    size: int,
) -> torch.Tensor:
    """The same [rows, widest fan-in] as numbers: the backward pass of layers that have a fast one, such as group norm,
    which a gradient of the gradient would rule out; at most ``size`` samples at once."""
    leaves = {name: parameter.detach().requires_grad_() for name, parameter in at.items()}
    blocks = -(-len(inputs) // size)
    size = -(-len(inputs) // blocks)  # all of about one size
    for start in range(0, len(inputs), size):
        block = slice(start, start + size)
        with torch.enable_grad():
            value = loss(leaves, inputs[block], labels[block], None if shares is None else shares[block])
        value.backward(inputs=list(leaves.values()))

    rows = [leaf.flatten(1) for leaf in leaves.values()]
    gradient, first = inputs.new_zeros(sum(map(len, rows)), max(row.shape[1] for row in rows)), 0
    for leaf, row in zip(leaves.values(), rows, strict=True):
        if leaf.grad is not None:
            gradient[first : first + len(row), : row.shape[1]] = leaf.grad.flatten(1)
        first += len(row)
    return gradient


def _rows_at_once(network: nn.Module, wide: Tensors, inputs: torch.Tensor) -> int:
    """How many samples a pass without a graph takes: on a CPU as many as leave the widest layer's outputs in its cache,
    and all of them on a GPU and where batch norm couples them."""
    if inputs.device.type != "cpu" or normalizes_batches(network):
        return len(inputs)
    pixels = inputs[0, 0].numel()
    return max(1, CACHED // (pixels * max(len(parameter) for parameter in wide.values())))


@declare("network-gradient")
class NetworkGradient(Statistic):
    """`network_gradient` of a classifier that is another projector of the recipe, resampled or moved by a player.

    For a space whose features are the samples themselves (``identity``, or ``standardized``), so that chunks and
    processes stay exact.
    Under ``row-cosine``, and of every class by itself (``per-class``), it is DC; without ``per-class`` it is what DCC
    compares.

    Source: Zhao et al., Dataset condensation with gradient matching, ICLR 2021; Lee et al., Dataset condensation with
    contrastive signals, ICML 2022.
    """

    vectorizes: ClassVar[bool] = True
    network: str = attrs.field(validator=not_empty())
    """Name of the projector, of kind ``learned`` with a feature for every class."""

    def build(self, spec: Spec) -> None:
        """Take shape and number of classes; raises where there are none, or features are not the samples themselves."""
        if spec.features != math.prod(spec.shape):
            kinds = '"identity" or "standardized"'
            message = f"network-gradient compares samples themselves, in a space of kind {kinds}, not {spec.space}"
            raise DeclarationError([("statistic", message)])
        self.shape, self.classes = spec.shape, classes_of(spec, "network-gradient")

    def bind(self, parts: Mapping[str, Part]) -> None:
        """Take the network; raises if there is none of that name, or it is no classifier."""
        projector = parts.get(self.network)
        if projector is None:
            hint = did_you_mean(self.network, parts)
            raise DeclarationError([("statistic.network", f"unknown projector '{self.network}'{hint}")])
        if not isinstance(projector, Learned) or projector.features != self.classes:
            has = (
                f"{projector.features} features" if isinstance(projector, Learned) else f"a {type(projector).__name__}"
            )
            message = f'a classifier is of kind "learned" with features = {self.classes}, got {has}'
            raise DeclarationError([(f"projectors.{self.network}", message)])
        self.classifier = (projector.network,)  # in a tuple, since it is a part of the projector and not of this

    def measure(self, samples: Samples, step: Step) -> torch.Tensor:
        """The gradient [rows, widest fan-in] of a set with labels."""
        if samples.labels is None:
            raise DeclarationError([("statistic", "a network's gradient needs labels, and this set has none")])
        if not hasattr(self, "classifier"):
            message = (
                "network-gradient: it has no network yet; in your own training loop call network_gradient(network, …)"
            )
            raise MatchZooError(message)
        inputs = samples.values.unflatten(1, self.shape)
        return network_gradient(self.classifier[0], inputs, samples.labels, samples.weights)
