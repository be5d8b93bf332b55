"""Sets of samples that a recipe makes of others in every update: one kind a file."""

from matchzoo.training.derived_sets.adversarial import Adversarial
from matchzoo.training.derived_sets.derived_set import DerivedSet
from matchzoo.training.derived_sets.further_views import FurtherViews
from matchzoo.training.derived_sets.mixed import Mixed
from matchzoo.training.derived_sets.rewarded import Rewarded

__all__ = ["Adversarial", "DerivedSet", "FurtherViews", "Mixed", "Rewarded"]
