"""What is checked of recipes without torch: kinds that a program declares itself are known as well."""

import torch

from matchzoo.core.declaration.declare import FAMILIES, declare
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.matchers.statistics import Statistic
from matchzoo.recipes.checking import family_outline

KIND = "declared-by-a-program"


def test_kinds_that_a_program_declares_are_known() -> None:
    @declare(KIND)
    class Declared(Statistic):
        """Values as they are."""

        def measure(self, samples: Samples, step: Step) -> torch.Tensor:
            return samples.values

    try:
        structure({"kind": "statistic", "statistic": KIND, "distance": "squared"}, family_outline("matcher"))
    finally:
        del FAMILIES[Statistic]._classes[KIND]
