"""The classifier of a linear probe, trained by itself and kept: a probe that classifies images."""

import attrs
from torch import nn

from matchzoo.core.declaration.structuring import structure, to_table
from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import Samples, unweighted
from matchzoo.core.spec import Spec
from matchzoo.data import Split
from matchzoo.data.views import Views
from matchzoo.evaluation.evaluation import Record, Trained
from matchzoo.evaluation.linear_probe import LinearProbe, space_names
from matchzoo.evaluation.probe_harness import ProbeHarness
from matchzoo.models.classifiers.classifiers import LinearClassifier
from matchzoo.models.classifiers.image_classifier import Probe
from matchzoo.models.classifiers.scoring import Score, summary
from matchzoo.projectors import Backbone, Projector


@attrs.frozen(eq=False)
class TrainedProbe:
    """What `train` gives.

    Attributes:
        probe: the classifier on its projector, which is built unless it is a backbone.
        spec: what it is built by.
        record: of its score on the test set.
    """

    probe: Probe
    spec: Spec
    record: Record


def train(trained: Trained, evaluation: LinearProbe, samples: Samples, title: str = "linear probe") -> TrainedProbe:
    """Train the classifier of a linear probe on synthetic images, with the first of its seeds.

    Of several spaces, in the first.

    Args:
        trained: the parts, built, the projector with the weights that it has after training.
        evaluation: how the classifier is trained, and on which views.
        samples: images [m, c, h, w] in [0, 1] (or points) with labels.
        title: what errors call it.

    Raises:
        MatchZooError: the parts cannot be evaluated so, or the protocol keeps all features (k-nn).
    """
    parts = trained.parts
    evaluation.check(parts)
    unweighted(samples, title)
    assert samples.labels is not None  # the check has seen to it
    space, projector = next(iter(parts.projectors.items()))
    views = (parts.views or Views()) if parts.spec.is_images else None
    bench = ProbeHarness(
        parts.data,
        projector.eval(),
        views,
        trained.engine,
        evaluation.protocol,
        name=space_names(parts.projectors)[space],
        enough=(evaluation.views, evaluation.rows),
        validation_share=evaluation.validation_share,
        quiet=trained.quiet,
    )

    images = Split(samples.values.float(), samples.labels)
    [fitted] = evaluation.protocol.fit(bench.training_sets([images]), bench.validation, bench.classes)
    classifier = fitted.classifier
    if not isinstance(classifier, LinearClassifier):
        raise MatchZooError(
            f"{title}: the protocol {evaluation.protocol.kind} trains no linear classifier; use converged, paper, "
            "ridge or nearest-centroid"
        )

    score = Score.of(classifier, bench.test, bench.classes, fitted.chosen)
    record = {
        "method": trained.method, "backbone": bench.name, "protocol": evaluation.protocol.kind, "images": len(images),
        **summary([score]),
    }  # fmt: skip
    spec = attrs.evolve(parts.spec, features=classifier.weight.shape[1], space="projector")
    return TrainedProbe(_probe(projector, classifier, spec, views), spec, record)


def _probe(projector: Projector, classifier: LinearClassifier, spec: Spec, views: Views | None) -> Probe:
    """A probe of its own: a fresh projector of the same declaration, with the weights that training moved."""
    fresh: Projector = structure(to_table(projector), Projector)  # type: ignore[type-abstract]
    probe = Probe(projector=fresh, size=views.size if views is not None else None)
    probe.make_room(spec)
    probe.weight, probe.bias = nn.Buffer(classifier.weight.cpu()), nn.Buffer(classifier.bias.cpu())
    if not isinstance(projector, Backbone):
        fresh.build(probe.seen(spec))
        fresh.load_state_dict(projector.state_dict())
    return probe
