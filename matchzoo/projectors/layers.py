"""Features of the layers inside a network, pooled to one vector a sample."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import nn

from matchzoo.core.errors import MatchZooError, did_you_mean

OWN = "output"
"""The name under which the network's own output stands among layers."""


def layer_features(network: nn.Module, names: Sequence[str], x: torch.Tensor) -> torch.Tensor:
    """Outputs of some modules of a network, each `pooled`, side by side in the order of their names.

    Args:
        network: any; it is called once.
        names: of its modules, as ``network.named_modules()`` has them, or `OWN` for what the network itself returns.
        x: its input [n, …].

    Returns:
        [n, d], d the sum over layers; differentiable in x.

    Raises:
        MatchZooError: there is no such module, it did not run, or its output is none that can be pooled.

    Examples:
        >>> from torchvision.models import resnet18
        >>> layer_features(resnet18(), ["layer1", "layer2"], torch.rand(4, 3, 64, 64)).shape
        torch.Size([4, 192])
    """
    first_token = getattr(network, "global_pool", None) == "token"
    prefix = int(getattr(network, "num_prefix_tokens", 0) or 0)
    with _recorded(network, [name for name in names if name != OWN]) as outputs:
        outputs[OWN] = network(x)
    missing = [name for name in names if name not in outputs]
    if missing:
        raise MatchZooError(f"layers: '{missing[0]}' is not a part of what the network computes")

    return torch.cat([pooled(outputs[name], first_token, prefix, name) for name in names], 1)


def pooled(output: torch.Tensor, first_token: bool = False, prefix: int = 0, name: str = "") -> torch.Tensor:
    """One vector [n, d] a sample of the output of a layer.

    Args:
        output: maps [n, d, h, w], of which the mean over positions is taken; tokens [n, t, d], the first of them or the
            mean of those after the first ``prefix``; or vectors [n, d], which stay as they are.
        first_token: take the first token, which stands for the class, and not the mean.
        prefix: tokens at the beginning that stand for no place in the image.
        name: of the layer, for the error.

    Raises:
        MatchZooError: it is nothing of these.
    """
    if isinstance(output, torch.Tensor):
        if output.ndim == 4:
            return output.mean((2, 3))
        if output.ndim == 3:
            return output[:, 0] if first_token and prefix else output[:, prefix:].mean(1)
        if output.ndim == 2:
            return output
    got = f"shape {tuple(output.shape)}" if isinstance(output, torch.Tensor) else type(output).__name__
    raise MatchZooError(f"layers: '{name}' gives {got}; expected maps [n, d, h, w], tokens [n, t, d] or vectors [n, d]")


def check_layers(network: nn.Module, names: Sequence[str]) -> str:
    """What is wrong with the names of layers; empty if nothing is."""
    known = {name for name, _ in network.named_modules() if name} | {OWN}
    for name in names:
        if name not in known:
            several = ", ".join(name for name, _ in network.named_children())
            return f"the network has no module '{name}'{did_you_mean(name, known)}; at its top are {several}"
    return ""


@contextlib.contextmanager
def _recorded(network: nn.Module, names: Sequence[str]) -> Iterator[dict[str, torch.Tensor]]:
    """Within, the outputs of some modules as they come."""
    outputs: dict[str, torch.Tensor] = {}
    modules = dict(network.named_modules())

    def keep(name: str) -> Any:
        def hook(module: nn.Module, inputs: Any, output: torch.Tensor) -> None:
            outputs[name] = output

        return hook

    problem = check_layers(network, names)
    if problem:
        raise MatchZooError(f"layers: {problem}")
    handles = [modules[name].register_forward_hook(keep(name)) for name in names]
    try:
        yield outputs
    finally:
        for handle in handles:
            handle.remove()
