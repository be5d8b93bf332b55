"""The real samples as parts may look at them, once, before the first step and after the last one."""

import functools
from collections.abc import Callable, Mapping

import attrs
import torch

from matchzoo.core.errors import DeclarationError, did_you_mean
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.data.split import Split


@attrs.define(eq=False)
class Pool:
    """The splits of a data set, and the spaces in which samples are compared.

    Attributes:
        sets: the splits by name; ``real`` is the training split.
        class_names: in label order; empty without labels.
        collect: what `project` asks.
        step: whose randomness chooses.
        weights: [n] of the training rows, as often as they are drawn; None where all are alike.
    """

    sets: Mapping[str, Split]
    class_names: tuple[str, ...]
    collect: Callable[[Split, str | None], Samples]
    step: Step
    weights: torch.Tensor | None = None

    def project(self, split: Split, space: str | None = None) -> Samples:
        """Features [n, d] of the samples of a split, without augmentation, with their labels; in the space of a name,
        or in the recipe's first one."""
        return self.collect(split, space)

    @property
    def split(self) -> Split:
        """The training split."""
        return self.sets["real"]

    @functools.cached_property
    def features(self) -> Samples:
        """Features [n, d] of the training samples in the first space, computed when they are first asked for."""
        return self.project(self.split)

    def features_of(self, name: str, space: str | None, path: str) -> Samples:
        """Features [n, d] of a split in a space; the flattened samples themselves for a space of None.

        Args:
            name: of the split.
            space: of a projector.
            path: of the declared field that names the split, for the error.

        Raises:
            DeclarationError: there is no split of that name.
        """
        if name not in self.sets:
            hint = did_you_mean(name, self.sets)
            raise DeclarationError([(path, f"unknown set '{name}'{hint}; the data have {', '.join(self.sets)}")])
        if space is None:
            samples = self.sets[name].all()
            return samples.with_values(samples.values.flatten(1))
        return self.project(self.sets[name], space)
