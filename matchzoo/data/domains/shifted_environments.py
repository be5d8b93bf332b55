"""Images of one data set dealt to several domains, each shifted in its own way."""

from typing import Any

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, not_empty
from matchzoo.core.errors import DeclarationError
from matchzoo.core.step import Step
from matchzoo.data.data import Data, Loaded
from matchzoo.data.domains.combined import joined
from matchzoo.data.domains.held_out import held_out
from matchzoo.data.domains.shifted import shifted_split
from matchzoo.data.shifts.shift import Shift
from matchzoo.data.split import Split


@declare("shifted-environments")
class ShiftedEnvironments(Data):
    """The samples of any data, dealt to ``environments`` in equal parts and shifted in the way of each.

    Training and test samples are shuffled and dealt apart, so that no sample is in two environments: rotated MNIST, for
    one, of which every domain has a sixth of the images. The environments are the groups; those of ``others`` are
    splits of their own (`matchzoo.data.domains.held_out`).

    Source: Gulrajani and Lopez-Paz, In search of lost domain generalization, ICLR 2021 (how images are dealt); Ghifary
    et al., Domain generalization for object recognition with multi-task autoencoders, ICCV 2015 (rotated MNIST).
    """

    source: Data
    """Images, or points for shifts that take such."""
    environments: dict[str, tuple[Shift, ...]] = attrs.field(validator=not_empty())
    """Shifts by name of the environment; none for the samples as they are."""
    others: tuple[str, ...] = ()
    """Environments that are no training samples but splits of their own, called as they are; the test samples of
    ``turned`` are the split ``turned-test``."""
    unlabeled: tuple[str, ...] = ()
    """Those of the others whose training samples have no labels; their test samples keep them."""
    split_seed: int = attrs.field(default=0, validator=at_least(0))
    """Seed of the shuffle, of noise and of backgrounds."""

    def load(self) -> Loaded:
        """Load the source, deal and shift it; raises where a shift cannot take its samples, or there are too few."""
        try:
            loaded = self.source.load()
        except DeclarationError as error:
            raise error.under("source") from None
        splits = {"train": loaded.train} if loaded.test is None else {"train": loaded.train, "test": loaded.test}
        dealt = {name: self._dealt(split, name) for name, split in splits.items()}
        whole = Loaded(
            dealt["train"], dealt.get("test"), loaded.class_names, tuple(self.environments), units=loaded.units
        )
        return held_out(whole, self.others, self.unlabeled)

    def origin(self) -> dict[str, Any]:
        """That of the source."""
        return self.source.origin()

    def _dealt(self, split: Split, name: str) -> Split:
        """A split whose samples are dealt, one environment after the other, and shifted."""
        count = len(self.environments)
        if len(split) < count:
            message = f"its {name} part has {len(split)} samples, too few for {count} environments"
            raise DeclarationError([("source", message)])
        order = torch.randperm(len(split), generator=Step(0, self.split_seed).rng("dealt", name))
        parts = [
            shifted_split(split.part(rows.sort().values), shifts, self.split_seed, f"environments.{environment}")
            for rows, (environment, shifts) in zip(
                torch.tensor_split(order, count), self.environments.items(), strict=True
            )
        ]
        return joined(parts)
