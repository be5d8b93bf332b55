"""Batch norm with the statistics of another set of samples."""

import contextlib
from collections.abc import Callable, Iterable, Iterator

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def batch_norms(modules: Iterable[nn.Module]) -> list[_BatchNorm]:
    """The batch norms within some modules that keep statistics."""
    return [
        inner
        for module in modules
        for inner in module.modules()
        if isinstance(inner, _BatchNorm) and inner.track_running_stats
    ]


@contextlib.contextmanager
def norm_statistics(modules: Iterable[nn.Module], look: Callable[[], object]) -> Iterator[None]:
    """Within, the batch norms of some modules have the statistics of the samples that ``look`` passes through them:
    adaptive batch normalization (AdaBN). Everything else stays, and afterwards they have their own again.

    Means and variances are those of every block of samples that is passed at once, averaged; while they are taken, each
    block is normalized by its own. With a single block they are those of the samples, but for the variance, which has
    n − 1.

    Args:
        modules: in evaluation mode, as afterwards.
        look: passes samples through all of the modules, without a gradient.

    Source: Li et al., Revisiting batch normalization for practical domain adaptation, 2016.
    """
    norms = batch_norms(modules)
    kept = [{name: buffer.clone() for name, buffer in norm.named_buffers()} for norm in norms]
    modes = [(norm.training, norm.momentum) for norm in norms]
    try:
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # an average that counts every block alike
            norm.train()
        look()
        for norm, (training, momentum) in zip(norms, modes, strict=True):
            norm.momentum = momentum
            norm.train(training)
        yield
    finally:
        for norm, buffers, (training, momentum) in zip(norms, kept, modes, strict=True):
            norm.momentum = momentum
            norm.train(training)
            with torch.no_grad():
                for name, buffer in norm.named_buffers():
                    buffer.copy_(buffers[name])
