"""A trained classifier of images: a projector and, on its features, the linear classifier of an evaluation."""

from typing import TYPE_CHECKING

import attrs
import torch
from torch import nn

from matchzoo.core.declare import declare
from matchzoo.core.errors import MatchZooError
from matchzoo.core.spec import Facts
from matchzoo.core.step import Step
from matchzoo.core.validators import at_least
from matchzoo.data import Split
from matchzoo.data.views import Views
from matchzoo.evaluation import LinearProbe, Record, Trained
from matchzoo.evaluation.linear_probe import space_names
from matchzoo.evaluation.probe_harness import Bench
from matchzoo.models.classifiers.classifiers import LinearClassifier
from matchzoo.models.classifiers.scoring import Score, summary
from matchzoo.projectors import Backbone, Projector
from matchzoo.training.loop import load_part

if TYPE_CHECKING:
    from matchzoo.runs.run import Run


@declare
class Probe(nn.Module):
    """Scores of classes: project(x) Wᵀ + b, in the precision of W."""

    projector: Projector
    """The space whose features are classified."""
    size: int | None = attrs.field(default=None, validator=at_least(1))
    """Pixels a side of what is projected, the centre of an image; the whole image if not given."""

    def build(self, facts: Facts) -> None:
        """Build the projector, and room for a classifier of ``facts.classes`` on ``facts.features``."""
        self.projector.build(self.seen(facts))
        self.make_room(facts)

    def make_room(self, facts: Facts) -> None:
        """Make the classifier, all zero; raises where the facts do not say what it is of."""
        if not facts.classes or not facts.features:
            raise MatchZooError("a probe needs the numbers of classes and features")
        self.weight = nn.Buffer(torch.zeros(facts.classes, facts.features, dtype=torch.float64))
        self.bias = nn.Buffer(torch.zeros(facts.classes, dtype=torch.float64))
        self.class_names = facts.class_names

    def seen(self, facts: Facts) -> Facts:
        """The facts of what the projector sees."""
        return facts if self.size is None else attrs.evolve(facts, shape=(facts.shape[0], self.size, self.size))

    @torch.no_grad()
    def scores(self, x: torch.Tensor) -> torch.Tensor:
        """Images [n, c, h, w] in [0, 1] (or points) → scores [n, classes], larger is likelier."""
        plain = x if self.size is None else Views(size=self.size).plain(x)
        return LinearClassifier(self.weight, self.bias).scores(self.projector.project(plain))

    def predict(self, x: torch.Tensor) -> list[str]:
        """The name of the class of the largest score of each image of [n, c, h, w]."""
        return [self.class_names[i] for i in self.scores(x).argmax(1).tolist()]


def train(run: "Run", *, quiet: bool = True) -> tuple[Probe, Facts, Record]:
    """Train the classifier of a run's linear probe on its synthetic images again, with the first of its seeds.

    Of several spaces, in the first.

    Data and backbone of the recipe must be on this machine; a projector that the run has moved is as it became.

    Args:
        run: finished, with a linear probe among its evaluations.
        quiet: show no progress.

    Returns:
        The probe, the facts that it is built by, and the record of its score on the test set.

    Raises:
        MatchZooError: the run has no linear probe, or one whose protocol keeps all features (k-nn).
    """
    from safetensors.torch import load_file

    recipe = run.recipe
    evaluation = next((one for one in recipe.evaluation if isinstance(one, LinearProbe)), None)
    if evaluation is None:
        raise MatchZooError(
            f"{run.folder}: its recipe has no linear probe; give it one (as in lgm/quickstart), and run it again"
        )
    engine = recipe.engine()
    parts = recipe.build(engine)
    evaluation.check(parts)
    space = next(iter(parts.projectors))
    if not isinstance(parts.projector, Backbone):
        parts.projector.advance(Step(recipe.trainer.steps, recipe.trainer.seed))
        tensors = load_file(run.folder / "parts.safetensors")
        if any(name.startswith(f"{space}/") for name in tensors):
            load_part(parts.projector, space, tensors)
    trained = Trained(parts=parts, engine=engine, method=run.folder.name, seed=recipe.trainer.seed, quiet=quiet)
    views = (parts.views or Views()) if parts.facts.is_images else None
    bench = Bench(
        parts.data,
        parts.projector.eval(),
        views,
        engine,
        evaluation.protocol,
        name=space_names(parts.projectors)[space],
        enough=(evaluation.views, evaluation.rows),
        validation_share=evaluation.validation_share,
        quiet=quiet,
    )
    samples = run.generator.sample()
    assert samples.labels is not None  # the evaluation's check has seen to it
    own = Split(samples.values.float(), samples.labels)
    [fitted] = evaluation.protocol.fit(bench.training_sets([own]), bench.validation, bench.classes)
    classifier = fitted.classifier
    if not isinstance(classifier, LinearClassifier):
        raise MatchZooError(
            f"{run.folder}: the protocol {evaluation.protocol.kind} trains no linear classifier; use converged, paper, "
            "ridge or nearest-centroid"
        )
    score = Score.of(classifier, bench.test, bench.classes, fitted.chosen)
    record = {
        "method": trained.method, "backbone": bench.name, "protocol": evaluation.protocol.kind, "images": len(own),
        **summary([score]),
    }  # fmt: skip
    facts = attrs.evolve(parts.facts, features=classifier.weight.shape[1], space="projector")
    probe = Probe(projector=recipe.copy().spaces[space], size=views.size if views is not None else None)
    probe.make_room(facts)
    probe.weight, probe.bias = nn.Buffer(classifier.weight.cpu()), nn.Buffer(classifier.bias.cpu())
    if not isinstance(parts.projector, Backbone):
        probe.projector.build(probe.seen(facts))
        probe.projector.load_state_dict(parts.projector.state_dict())
    return probe, facts, record
