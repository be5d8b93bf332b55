"""The real training samples, as a generator may look at them before training."""

import functools
from collections.abc import Callable

import attrs

from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.data.split import Split


@attrs.define(eq=False)
class Pool:
    """Real training samples and the space in which samples are compared.

    Attributes:
        split: the training samples.
        class_names: in label order; empty without labels.
        project: features [n, d] of samples without augmentation, with their labels.
        step: whose randomness chooses.
    """

    split: Split
    class_names: tuple[str, ...]
    project: Callable[[Split], Samples]
    step: Step

    @functools.cached_property
    def features(self) -> Samples:
        """Features [n, d] of the training samples, computed when they are first asked for."""
        return self.project(self.split)
