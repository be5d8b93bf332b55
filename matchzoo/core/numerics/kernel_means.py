"""Means of a kernel over all pairs of two sets, in bounded memory where the Gram matrix is large.

Up to `LIMIT` pairs the Gram matrix is made whole, and kept with the samples for whoever asks next. Above, it is made in
tiles (`matchzoo.core.numerics.kernel_tiles`), each forgotten as soon as it is summed. The mean is a scalar, so where a
gradient is wanted each tile gives its share of it at once: the backward pass keeps tensors of the sets' size and
computes nothing again.
"""

from typing import Any

import torch

from matchzoo.core.numerics.float64 import double
from matchzoo.core.numerics.kernel_tiles import Weights, sum_and_gradients
from matchzoo.core.numerics.kernels import Kernel
from matchzoo.core.samples import Samples

LIMIT = 2**19
"""Pairs of points up to which the Gram matrix is whole: 4 MiB in float64. Above, tiles are faster."""


def mean_of_pairs(kernel: Kernel, x: Samples, y: Samples, *, itself: bool = True) -> torch.Tensor:
    """E k(x_i, y_j) over all pairs of two sets; a scalar, differentiable in both and in their weights.

    Weights w, scaled to a sum of 1, take the place of 1/n: Σ v_i w_j k(x_i, y_j), and without pairs of a sample with
    itself the same over i ≠ j, divided by 1 − Σ w_i². Above `LIMIT` pairs, memory is that of a few tiles and of the
    gradient, and a second derivative takes the memory of the whole matrix.

    Args:
        kernel: resolved, as `Kernel.resolved` gives it.
        x: values [n, …], with weights or without.
        y: values [m, …], with weights or without; the same object for the pairs within a set.
        itself: whether pairs of a sample with itself count, of one set.
    """
    n, m = len(x), len(y)
    shares: tuple[Weights, Weights] = (None, None)
    if x.weights is not None or y.weights is not None:
        first = _shares(x)
        shares = first, first if y is x else _shares(y)

    if n * m <= LIMIT:
        gram = kernel.gram(x, y)
        if shares[0] is None and itself:
            return gram.mean()
        total = _weighted_sum(gram, *shares, itself=itself)
    else:
        a = x.values.flatten(1)
        total = _PairSum.apply(a, a if y is x else y.values.flatten(1), *shares, kernel, itself)
    if shares[0] is not None:
        return total if itself else total / (1 - shares[0].square().sum())
    return total / (n * (m if itself else n - 1))


def _shares(samples: Samples) -> torch.Tensor:
    """Weights [n] of a sum of 1."""
    if samples.weights is None:
        return samples.values.new_full((len(samples),), 1 / len(samples))
    weights = samples.weights.to(samples.values)
    return weights / weights.sum()


def _weighted_sum(gram: torch.Tensor, v: Weights, w: Weights, *, itself: bool) -> torch.Tensor:
    """Σ v_i w_j k_ij of a Gram matrix [n, m], each 1 where there are no weights, with its diagonal or without."""
    if v is None or w is None:
        return gram.sum() if itself else gram.sum() - gram.diagonal().sum()
    total = v @ gram @ w
    return total if itself else total - (v * w) @ gram.diagonal()


def sum_of_pairs(
    kernel: Kernel, x: torch.Tensor, y: torch.Tensor, v: Weights = None, w: Weights = None, *, itself: bool = True
) -> torch.Tensor:
    """Σ v_i w_j k(x_i, y_j) over all pairs, from one Gram matrix; a scalar, differentiable.

    Args:
        kernel: resolved.
        x: [n, d].
        y: [m, d]; the same object for the pairs within a set.
        v: [n]; 1 if not given.
        w: [m]; 1 if not given.
        itself: as in `mean_of_pairs`.
    """
    first = Samples(x)
    return _weighted_sum(kernel.gram(first, first if y is x else Samples(y)), v, w, itself=itself)


class _PairSum(torch.autograd.Function):
    """`sum_of_pairs` by tiles, with the gradient that each tile gives."""

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, y: torch.Tensor, v: Weights, w: Weights, kernel: Kernel, itself: bool
    ) -> torch.Tensor:
        ctx.save_for_backward(x, y, v, w)
        ctx.kernel, ctx.itself, ctx.within = kernel, itself, y is x
        total, ctx.gradients = sum_and_gradients(kernel, (x, y, v, w), itself, ctx.needs_input_grad[:4])
        return total.to(x)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """The gradient from the forward pass; one of the whole matrix where it is itself to be differentiated."""
        [gradient] = gradients
        shares, inputs = ctx.gradients, ctx.saved_tensors
        if not torch.is_grad_enabled():
            scaled = (None if s is None else (double(gradient) * s).to(z) for s, z in zip(shares, inputs, strict=True))
            return *scaled, None, None

        x, y, v, w = inputs
        y, w = (x, v) if ctx.within else (y, w)
        total = sum_of_pairs(ctx.kernel, x, y, v, w, itself=ctx.itself)
        moved = [z for z, share in zip((x, y, v, w), shares, strict=True) if share is not None]
        derivatives = iter(torch.autograd.grad(total, moved, create_graph=True))
        return *(None if share is None else gradient * next(derivatives) for share in shares), None, None
