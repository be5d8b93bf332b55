"""How alike the gradients of several networks are on parameters that they share, and the best split in two groups."""

import itertools
from collections.abc import Sequence
from typing import Literal

import attrs
import torch

from matchzoo.core.declaration.choices import checked
from matchzoo.core.errors import MatchZooError


@checked
def gradient_cosines(
    gradients: Sequence[Sequence[torch.Tensor]], over: Literal["rows", "whole"] = "whole"
) -> torch.Tensor:
    """The cosines [k, k] of the gradients of k networks with respect to the same parameters.

    Examples:
        >>> gradients = [torch.autograd.grad(loss_of(choice), shared) for choice in choices]
        >>> split = balanced_split(1 - gradient_cosines(gradients))

    Args:
        gradients: k of them, each of the same parameters […] in the same order.
        over: ``whole`` is one cosine of all numbers as one vector; ``rows`` the mean of the cosines of the rows of all
            parameters (an output unit or channel each, biases as one row), without those where a gradient is zero: a
            dead unit says nothing.

    Raises:
        MatchZooError: there are none, or shapes differ.

    Source: Hu et al., Generalizing few-shot NAS with gradient matching, ICLR 2022: its scripts take ``whole``, its
    function ``rows``, where a row of zeros counts as one that is orthogonal.
    """
    shapes = [[tuple(x.shape) for x in of_network] for of_network in gradients]
    if not shapes or not shapes[0] or any(of_network != shapes[0] for of_network in shapes):
        raise MatchZooError(f"gradients: expected those of the same parameters of every network, got shapes {shapes}")
    if over == "whole":
        flat = torch.stack([torch.cat([x.flatten() for x in of_network]) for of_network in gradients])
        directions = torch.nn.functional.normalize(flat, dim=1)
        return directions @ directions.T

    total = count = gradients[0][0].new_zeros(len(gradients), len(gradients))
    for parameter in zip(*gradients, strict=True):
        rows = torch.stack(parameter)
        rows = rows.flatten(2) if rows.ndim > 2 else rows[:, None]
        norms = rows.norm(dim=2)
        alive = (norms > 0).to(rows)
        directions = rows / norms.clamp_min(torch.finfo(rows.dtype).tiny)[:, :, None]
        total = total + torch.einsum("ird,jrd->ij", directions, directions)
        count = count + alive @ alive.T
    return total / count.clamp_min(1)


@attrs.frozen
class Split:
    """A split of k networks in two groups.

    Attributes:
        first: numbers of the smaller group, ascending.
        second: those of the other.
        within: Σ of the distances inside both groups, each pair once.
        between: Σ of the distances from one group to the other.
    """

    first: tuple[int, ...]
    second: tuple[int, ...]
    within: float
    between: float


def balanced_split(distances: torch.Tensor, smallest: int = 2) -> Split:
    """The split of k in two groups with the least sum of distances inside them, of all that leave no group too small.

    Args:
        distances: [k, k], symmetric; its diagonal is not looked at.
        smallest: least size of a group, at most k / 2.

    Raises:
        MatchZooError: there are too few, or no such split, or more than 20.
    """
    count = len(distances)
    if distances.shape != (count, count) or not 1 <= smallest <= count // 2 or count > 20:
        message = f"expected [k, k] with k from {2 * max(smallest, 1)} to 20, got {list(distances.shape)}"
        raise MatchZooError(f"distances: {message}; every split is tried")
    numbers = distances.detach().double().cpu()

    def inside(group: Sequence[int]) -> float:
        chosen = numbers[list(group)][:, list(group)]
        return chosen.triu(1).sum().item()

    best: Split | None = None
    for size in range(smallest, count // 2 + 1):
        for first in itertools.combinations(range(count), size):
            second = tuple(number for number in range(count) if number not in first)
            within = inside(first) + inside(second)
            if best is None or within < best.within:
                best = Split(first, second, within, numbers[list(first)][:, list(second)].sum().item())
    assert best is not None  # as was checked
    return best
