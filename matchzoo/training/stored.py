"""The real sides that are computed once, before the first step."""

from collections.abc import Callable

import attrs
import torch

from matchzoo.core.samples import Samples
from matchzoo.core.showing.progress import Progress
from matchzoo.core.step import Step
from matchzoo.matchers import Matcher, Reference
from matchzoo.training.composition import Composition
from matchzoo.training.engine import Engine
from matchzoo.training.features import collect_stacked


class StoredReferences:
    """What the terms of a recipe want stored of the real side, by space and reference.

    Args:
        parts: of the recipe, built.
        engine: where features are computed.
        seed: of the run.
    """

    def __init__(self, parts: Composition, engine: Engine, seed: int) -> None:
        self.parts, self.engine, self.seed = parts, engine, seed
        self.features: dict[tuple[str, str], Samples] = {}

    def compute(self, quiet: bool) -> None:
        """Compute what is not stored yet."""
        split, weights = self.parts.data.training_set, self.parts.data.weights()
        wanted: dict[tuple[str, int], list[Reference]] = {}
        for _, _, term in self.parts.terms():
            if term.reference.views is not None:
                wanted.setdefault((self.parts.space(term), term.reference.views), []).append(term.reference)

        for (space, copies), references in wanted.items():
            rows = len(split) * max(copies, 1)
            progress = Progress(rows, "real features", "images", quiet=quiet)
            with self.engine.main_process_first(), progress as bar:
                layers = [self.parts.projectors[name] for name in reversed(self.parts.lineage(space))]
                step = Step(0, self.seed)
                features = collect_stacked(split, layers, self.parts.views, copies, step, self.engine, bar.update)
            if weights is not None:
                features.weights = weights.to(features.values)[features.index]
            for reference in references:
                if (space, reference.key) not in self.features:
                    self.features[space, reference.key] = reference.keep(features, self.parts.spec.classes)

    def of(self, term: Matcher, dtype: torch.dtype, widen: Callable[[str, str, torch.dtype], Samples]) -> Samples:
        """What is stored for a term, in ``dtype`` where it takes no float16.

        Args:
            term: with a stored reference.
            dtype: of the features that it is compared with.
            widen: `widened`, cached for the terms of one update.
        """
        space = self.parts.space(term)
        features = self.features[space, term.reference.key]
        if features.values.dtype == torch.float16 and not term.supports_float16:
            return widen(space, term.reference.key, dtype)
        return features

    def widened(self, space: str, key: str, dtype: torch.dtype) -> Samples:
        """Stored features in another precision."""
        features = self.features[space, key]
        return attrs.evolve(features, values=features.values.to(dtype))
