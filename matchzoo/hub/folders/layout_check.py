"""What a declared part would hold: what a stranger declares is measured before any of it is in memory."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from matchzoo.core.errors import MatchZooError
from matchzoo.core.part import Part
from matchzoo.core.spec import Spec
from matchzoo.projectors import Backbone, Stack
from matchzoo.projectors.backbone import CHANNELS, TAKEN

CALLS = 20_000
"""Calls of torch that a part may take to be built, above one for each of its values."""
ROOM = 1 << 20
"""Values that a tensor may have on the way, above 64 for each of the part's."""


class Measuring(TorchFunctionMode):
    """Everything is made on torch's meta device, where tensors have shapes and no values; too much of it raises.

    Args:
        values: that the part has.
    """

    def __init__(self, values: int) -> None:
        super().__init__()
        self.calls = CALLS + values
        self.largest = ROOM + 64 * values

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """The call, with ``meta`` for its device and without its generator, which that device has none of."""
        kwargs = {name: value for name, value in (kwargs or {}).items() if name != "generator"}
        if "device" in kwargs:
            kwargs["device"] = "meta"

        result = func(*args, **kwargs)
        self.calls -= 1
        if self.calls < 0 or (isinstance(result, torch.Tensor) and result.numel() > self.largest):
            raise MatchZooError("it would be far larger than its tensors are")
        return result


class Outline(Part):
    """What stands for a frozen backbone while a part is measured: the dimension of its features, and no values.

    Args:
        features: their dimension.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.features = features

    def build(self, spec: Spec) -> int:
        """The dimension of the features; raises for samples that no backbone takes."""
        if not spec.is_images or spec.shape[0] not in CHANNELS:
            raise MatchZooError(f"a backbone takes {TAKEN}, but a sample has shape {list(spec.shape)}")
        return self.features


def widths(part: nn.Module, spec: Spec) -> list[int]:
    """The dimensions of the features of all backbones in stacks of a part, as `outline` meets them."""
    stacks = [module for module in part.modules() if isinstance(module, Stack)]
    return [layer.width(spec) for stack in stacks for layer in stack.layers if isinstance(layer, Backbone)]


def outline(part: nn.Module, features: Iterable[int]) -> None:
    """Put an `Outline` in the place of every backbone in a stack of a part that is not built; their `widths`."""
    left = iter(features)
    for stack in [module for module in part.modules() if isinstance(module, Stack)]:
        layers: Any = tuple(Outline(next(left)) if isinstance(layer, Backbone) else layer for layer in stack.layers)
        stack.layers = layers
        for position, layer in enumerate(layers):
            setattr(stack, f"layers_{position}", layer)


def layout(build: Any, values: int) -> dict[str, tuple[list[int], bool]]:
    """Shapes of what a part holds, by name, and whether its values are floating-point numbers.

    Args:
        build: makes the part and returns it.
        values: that its tensors have, as far as they are known.

    Raises:
        MatchZooError: it cannot be built, or takes far more than these values.
    """
    try:
        with Measuring(values), torch.device("meta"):
            part = build()
    except MatchZooError:
        raise
    except Exception as error:  # whatever torch makes of sizes that somebody wrote into a file
        reason = (str(error).splitlines() or [""])[0][:200]
        raise MatchZooError(f"it cannot be built ({type(error).__name__}: {reason})") from None

    return {name: (list(value.shape), value.is_floating_point()) for name, value in part.state_dict().items()}
